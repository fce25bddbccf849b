//! The environment of the workload: variables, each with the option or relation that sets it.
//!
//! Empty values are left out, because Discourse reads a variable that is set but empty as nil and not as its default.
//!
//! *Source*: Discourse `app/models/global_setting.rb`.

use std::{collections::BTreeMap, fmt};

use serde::{Serialize, Serializer};

use crate::{
    digest::short_digest,
    secret::{MASK, Secret},
};

/// The variable that says how many children of Unicorn run background jobs.
pub const SIDEKIQS: &str = "UNICORN_SIDEKIQS";

/// The variables of a process, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct Environment(BTreeMap<String, Variable>);

/// Variables by name, in the order in which they are set; an empty value unsets a variable.
pub type Variables = Vec<(&'static str, Variable)>;

/// The value of a variable and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    value: Value,
    origin: Origin,
}

/// A value, which is masked wherever it is shown if it is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    /// It may be shown.
    Plain(String),
    /// Only Pebble gets it.
    Hidden(Secret),
}

/// Where the value of a variable comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// An option of the charm, by name.
    Option(&'static str),
    /// A relation: its endpoint, and the key in the databag or secret.
    Relation(&'static str, &'static str),
    /// The proxies of the model.
    Proxy,
    /// The charm itself, with the same value in every deployment.
    Charm,
}

impl Environment {
    /// The values for Pebble, secrets included.
    #[must_use]
    pub fn exposed(&self) -> BTreeMap<String, String> {
        self.0.iter().map(|(name, variable)| (name.clone(), variable.expose().to_owned())).collect()
    }

    /// The variables by name.
    #[must_use]
    pub fn variables(&self) -> &BTreeMap<String, Variable> {
        &self.0
    }

    /// The value of a variable.
    ///
    /// *Empty*: it is not set.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", Variable::expose)
    }

    /// Whether Sidekiq is a service of its own, and not a child of Unicorn.
    #[must_use]
    pub fn has_sidekiq_service(&self) -> bool {
        self.get(SIDEKIQS) == "0"
    }

    /// All variables as one text for digests. Of secrets it has 16 bits of a digest of all of them: enough to notice another one, and
    /// too few to find one out.
    #[must_use]
    pub fn digestible(&self) -> String {
        let text = |value: fn(&Variable) -> &str| {
            let lines: Vec<String> = self.0.iter().map(|(name, it)| format!("{name}={}", value(it))).collect();
            lines.join("\n")
        };
        let secrets: String = short_digest(&text(Variable::expose)).chars().take(4).collect();
        format!("{}\n{secrets}", text(Variable::masked))
    }

    /// The variables that differ from the running ones, each with its origin.
    ///
    /// A variable that is no longer set has no origin; `sources` returns those that may have set it.
    #[must_use]
    pub fn changes(
        &self,
        running: &BTreeMap<String, String>,
        sources: impl Fn(&str) -> Vec<Origin>,
    ) -> BTreeMap<String, String> {
        let differs =
            |name: &str, variable: &Variable| running.get(name).map(String::as_str) != Some(variable.expose());
        let set = self.0.iter().filter(|(name, it)| differs(name, it));
        let set = set.map(|(name, it)| (name.clone(), it.origin.to_string()));
        let unset = running.keys().filter(|name| !self.0.contains_key(*name));
        set.chain(unset.map(|name| (name.clone(), any_of(&sources(name))))).collect()
    }

    /// Adds variables, and replaces those with the same names.
    pub fn extend(&mut self, variables: impl IntoIterator<Item = (&'static str, Variable)>) {
        for (name, variable) in variables {
            self.set(name, variable);
        }
    }

    /// Replaces all variables with these prefixes by the running ones.
    ///
    /// For a relation with incomplete data: its previous values remain in use until the data is complete or removed.
    pub fn keep(&mut self, prefixes: &[&str], running: &BTreeMap<String, String>, origin: Origin) {
        let is_kept = |name: &str| prefixes.iter().any(|prefix| name.starts_with(prefix));
        self.0.retain(|name, _| !is_kept(name));
        for (name, value) in running.iter().filter(|(name, _)| is_kept(name)) {
            self.set(name, Variable::hidden(&Secret::from(value.clone()), origin));
        }
    }

    /// Those variables that begin with one of these texts.
    #[must_use]
    pub fn only(mut self, prefixes: &[&str]) -> Self {
        self.0.retain(|name, _| prefixes.iter().any(|prefix| name.starts_with(prefix)));
        self
    }

    /// The others than these variables.
    #[must_use]
    pub fn without(mut self, names: &[&str]) -> Self {
        self.0.retain(|name, _| !names.contains(&name.as_str()));
        self
    }

    /// This environment with one more variable.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.set(name, Variable::plain(value, Origin::Charm));
        self
    }

    fn set(&mut self, name: &str, variable: Variable) {
        if variable.expose().is_empty() {
            self.0.remove(name);
        } else {
            self.0.insert(name.to_owned(), variable);
        }
    }
}

impl Variable {
    /// A value that may be shown.
    #[must_use]
    pub fn plain(value: impl Into<String>, origin: Origin) -> Self {
        Self { value: Value::Plain(value.into()), origin }
    }

    /// A value that must not be shown.
    #[must_use]
    pub fn hidden(value: &Secret, origin: Origin) -> Self {
        Self { value: Value::Hidden(value.clone()), origin }
    }

    /// Where the value comes from.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// The value as it may be shown.
    #[cfg(test)]
    pub(crate) fn shown(&self) -> &str {
        self.masked()
    }

    pub(super) fn expose(&self) -> &str {
        match &self.value {
            Value::Plain(text) => text,
            Value::Hidden(secret) => secret.expose(),
        }
    }

    fn masked(&self) -> &str {
        match &self.value {
            Value::Plain(text) => text,
            Value::Hidden(_) => MASK,
        }
    }
}

impl Serialize for Variable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.masked().serialize(serializer)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(option) => write!(formatter, "{option}"),
            Self::Relation(endpoint, "") => write!(formatter, "relation {endpoint}"),
            Self::Relation(endpoint, key) => write!(formatter, "relation {endpoint}: {key}"),
            Self::Proxy => write!(formatter, "the model's proxy"),
            Self::Charm => write!(formatter, "the charm's layer"),
        }
    }
}

/// Several possible origins as one text.
fn any_of(origins: &[Origin]) -> String {
    let origins = if origins.is_empty() { &[Origin::Charm] } else { origins };
    origins.iter().map(Origin::to_string).collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const BUCKET: &str = "DISCOURSE_S3_BUCKET";
    const DOMAIN: Origin = Origin::Option("smtp_domain");

    fn environment(variables: Variables) -> Environment {
        let mut environment = Environment::default();
        environment.extend(variables);
        environment
    }

    fn running(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn secrets_are_shown_to_pebble_only() {
        let password = Variable::hidden(&Secret::from("hunter2".to_owned()), Origin::Relation("database", "password"));
        let environment = environment(vec![("DISCOURSE_DB_PASSWORD", password)]);
        assert_eq!(environment.exposed(), running(&[("DISCOURSE_DB_PASSWORD", "hunter2")]));
        let shown = serde_json::to_value(&environment).unwrap();
        assert_eq!(shown, json!({"DISCOURSE_DB_PASSWORD": "***"}));
        assert_eq!(environment.digestible(), "DISCOURSE_DB_PASSWORD=***\n9dc5");
        assert!(!format!("{environment:?}").contains("hunter2"));
    }

    #[test]
    fn a_later_value_replaces_an_earlier_one_and_an_empty_one_unsets_it() {
        let (option, relation) = (Origin::Option("s3_bucket"), Origin::Relation("s3", "bucket"));
        let plain = |value, origin| (BUCKET, Variable::plain(value, origin));
        assert_eq!(environment(vec![plain("a", option), plain("b", relation)]).get(BUCKET), "b");
        assert_eq!(environment(vec![plain("a", option), plain("", relation)]), Environment::default());
    }

    #[test]
    fn a_change_names_the_option_or_the_relation_and_its_key() {
        let bucket = Variable::plain("b", Origin::Relation("s3", "bucket"));
        let wanted = environment(vec![(BUCKET, bucket), ("DISCOURSE_SMTP_DOMAIN", Variable::plain("new", DOMAIN))]);
        let changes = wanted.changes(&running(&[(BUCKET, "a"), ("DISCOURSE_SMTP_DOMAIN", "old")]), |_| vec![]);
        assert_eq!(changes, running(&[(BUCKET, "relation s3: bucket"), ("DISCOURSE_SMTP_DOMAIN", "smtp_domain")]));
    }

    #[test]
    fn a_variable_that_is_no_longer_set_names_all_possible_origins() {
        let sources = |name: &str| match name {
            BUCKET => vec![Origin::Option("s3_bucket"), Origin::Relation("s3", "")],
            _ => Vec::new(),
        };
        let changes = Environment::default().changes(&running(&[(BUCKET, "x"), ("FOREIGN", "x")]), sources);
        assert_eq!(changes, running(&[(BUCKET, "s3_bucket or relation s3"), ("FOREIGN", "the charm's layer")]));
    }

    #[test]
    fn kept_variables_replace_all_others_with_the_same_prefix() {
        let mut kept = environment(vec![("DISCOURSE_SMTP_DOMAIN", Variable::plain("new", DOMAIN))]);
        let runs = running(&[("DISCOURSE_SMTP_PORT", "25"), ("OTHER", "x")]);
        kept.keep(&["DISCOURSE_SMTP_"], &runs, Origin::Relation("smtp", ""));
        assert_eq!(kept.exposed(), running(&[("DISCOURSE_SMTP_PORT", "25")]));
    }
}
