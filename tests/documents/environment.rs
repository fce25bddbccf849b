//! The variables of the workload, from the literals of the code, with what sets each.

use std::{collections::BTreeSet, sync::LazyLock};

use discourse_k8s::{
    discourse::{
        environment::Origin,
        variables::{fixed, sources},
    },
    relations::{ENDPOINTS, Endpoint},
};

use crate::{
    page::assert_holds,
    sources::{Literals, files},
    table::{code, codes, table},
};

/// What a name of such a variable begins with.
const BEGINNINGS: [&str; 5] = ["DISCOURSE_", "RAILS_", "UNICORN_", "SSL_", "HTTP"];

/// Names with such a beginning that no service gets.
const OTHERS: [&str; 1] = ["DISCOURSE_K8S_TIME"];

/// Variables that a relation sets where the option is not set.
const ALSO_SET: [(&str, &str); 3] =
    [("DISCOURSE_FORCE_HTTPS", "ingress"), ("DISCOURSE_HOSTNAME", "ingress"), ("DISCOURSE_PORT", "ingress")];

#[test]
fn the_page_of_the_environment_lists_every_variable_with_what_sets_it() {
    let rows = VARIABLES.iter().map(|name| [code(name), origins(name)]);
    let made = table(["Variable", "Set by"], rows);
    assert_holds("docs/reference/environment.md", "environment", &made);
}

/// The variables that an option sets.
pub fn of_option(option: &str) -> Vec<String> {
    VARIABLES.iter().filter(|name| options(name).contains(option)).cloned().collect()
}

/// All variables, by name.
static VARIABLES: LazyLock<BTreeSet<String>> = LazyLock::new(variables);

fn variables() -> BTreeSet<String> {
    let texts = files(&["discourse", "relations", "decide", "decide.rs"])
        .into_iter()
        .flat_map(|file| Literals::of(&file).texts);
    texts.filter(|text| is_variable(text)).collect()
}

/// Whether a text is the name of a variable, and no beginning of names.
fn is_variable(text: &str) -> bool {
    let has_form =
        text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_') && !text.ends_with('_');
    has_form && !OTHERS.contains(&text) && BEGINNINGS.iter().any(|it| text.starts_with(it))
}

/// The options, relations and so on that set a variable.
fn origins(name: &str) -> String {
    if fixed().iter().any(|(it, _)| *it == name) {
        return "the charm, always".to_owned();
    }
    if sources(name).contains(&Origin::Proxy) {
        return "the proxies of the model".to_owned();
    }
    let options = codes(options(name));
    let relations = codes(ENDPOINTS.into_iter().filter(|it| is_set_by(name, it)).map(|it| it.name));
    let options = (!options.is_empty()).then(|| format!("option {options}"));
    let relations = (!relations.is_empty()).then(|| format!("relation {relations}"));
    let all: Vec<String> = [options, relations].into_iter().flatten().collect();
    if all.is_empty() { "the charm, where it is needed".to_owned() } else { all.join("; ") }
}

/// The options that set a variable: one that is named like it, else all whose variables begin like it.
fn options(name: &str) -> BTreeSet<&'static str> {
    let sources = sources(name).into_iter();
    let all = sources.filter_map(|origin| if let Origin::Option(it) = origin { Some(it) } else { None });
    let all: BTreeSet<_> = all.collect();
    let same = all.iter().find(|option| name == format!("DISCOURSE_{}", option.to_uppercase()));
    same.map_or(all.clone(), |option| BTreeSet::from([*option]))
}

fn is_set_by(name: &str, endpoint: &Endpoint) -> bool {
    let is_own = endpoint.variables.iter().any(|it| *it == name || it.ends_with('_') && name.starts_with(it));
    is_own || ALSO_SET.contains(&(name, endpoint.name))
}
