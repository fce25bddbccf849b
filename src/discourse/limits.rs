//! What no process can be given, what Pebble's plan does not keep, and what Discourse does not start with: the gate for every variable.
//!
//! *Source*: Linux `execve(2)`, "Limits on size of arguments and environment"; for texts of several lines the plans that Pebble
//! 1.26.0 and 1.32.1 print for them.

use std::collections::BTreeMap;

use crate::discourse::{
    coercion::is_misread_text,
    environment::{Environment, Origin, Variable, Variables},
};

/// The most bytes of one `NAME=value` with its final NUL.
const LONGEST: usize = 128 * 1024;

/// The most bytes of all variables together. The kernel takes a quarter of the stack, which is 2 MiB; the other half is for what
/// image, Pebble and scripts add, and for arguments.
const MOST: usize = 1024 * 1024;

/// A value that cannot be used: where it comes from, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// Where the value comes from.
    pub origin: Origin,
    /// The form that it must have; it follows the name of the origin.
    pub why: String,
}

/// What is wrong with a variable.
///
/// *Empty*: it can be used.
#[must_use]
pub fn misfit(name: &str, variable: &Variable) -> Option<Misfit> {
    let value = variable.expose();
    let why = match () {
        () if value.contains('\0') => "must not contain a NUL character".to_owned(),
        () if !is_kept_in_plan(value) => {
            "has several lines: it must not begin with a blank or contain U+2028 or U+2029".to_owned()
        }
        () if is_misread_text(name, value) => {
            "must not be a number, true or false: Discourse takes no such value for text".to_owned()
        }
        () if size(name, variable) > LONGEST => {
            format!("is too long: {name} can have {} bytes", LONGEST - name.len() - 2)
        }
        () => return None,
    };
    Some(Misfit { origin: variable.origin(), why })
}

/// Whether Pebble's plan shows a value as it is: one that differs for ever would restart the server in every hook.
fn is_kept_in_plan(value: &str) -> bool {
    !value.contains('\n') || !value.starts_with(char::is_whitespace) && !value.contains(['\u{2028}', '\u{2029}'])
}

/// Whether what one relation gives is too long together: else a few relations could make all variables so.
#[must_use]
pub fn are_too_long(variables: &Variables) -> bool {
    let given = variables.iter().filter(|(_, variable)| matches!(variable.origin(), Origin::Relation(..)));
    given.map(|(name, variable)| size(name, variable)).sum::<usize>() > LONGEST
}

/// The variables that cannot be used; if only all together are too long, the largest one must shrink.
#[must_use]
pub fn misfits(environment: &Environment) -> Vec<Misfit> {
    let variables = environment.variables();
    let alone: Vec<Misfit> = variables.iter().filter_map(|(name, variable)| misfit(name, variable)).collect();
    if alone.is_empty() { together(variables).into_iter().collect() } else { alone }
}

fn together(variables: &BTreeMap<String, Variable>) -> Option<Misfit> {
    let total: usize = variables.iter().map(|(name, variable)| size(name, variable)).sum();
    let (_, largest) = variables.iter().max_by_key(|(name, variable)| size(name, variable))?;
    let why = format!("is too long: all variables together can have {MOST} bytes");
    (total > MOST).then(|| Misfit { origin: largest.origin(), why })
}

fn size(name: &str, variable: &Variable) -> usize {
    name.len() + variable.expose().len() + 2
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMAILS: Origin = Origin::Option("developer_emails");

    fn environment(variables: &[(&'static str, String, Origin)]) -> Environment {
        let mut environment = Environment::default();
        let variables = variables.iter().map(|(name, value, origin)| (*name, Variable::plain(value, *origin)));
        environment.extend(variables);
        environment
    }

    #[test]
    fn a_variable_may_be_as_long_as_the_kernel_takes_and_no_byte_longer() {
        let longest = LONGEST - "DISCOURSE_DEVELOPER_EMAILS".len() - 2;
        let of_length = |length| environment(&[("DISCOURSE_DEVELOPER_EMAILS", "a".repeat(length), EMAILS)]);
        assert_eq!(misfits(&of_length(longest)), []);
        let why = "is too long: DISCOURSE_DEVELOPER_EMAILS can have 131044 bytes".to_owned();
        assert_eq!(misfits(&of_length(longest + 1)), [Misfit { origin: EMAILS, why }]);
    }

    #[test]
    fn a_nul_character_is_refused_whatever_it_comes_from() {
        let bucket = Origin::Relation("s3", "bucket");
        let found = misfits(&environment(&[("DISCOURSE_S3_BUCKET", "a\0b".to_owned(), bucket)]));
        assert_eq!(found, [Misfit { origin: bucket, why: "must not contain a NUL character".to_owned() }]);
    }

    #[test]
    fn a_value_of_several_lines_that_the_plan_does_not_keep_is_refused() {
        let key = Origin::Relation("s3", "secret-key");
        let found = |value: &str| misfits(&environment(&[("DISCOURSE_S3_SECRET_ACCESS_KEY", value.to_owned(), key)]));
        let why = "has several lines: it must not begin with a blank or contain U+2028 or U+2029".to_owned();
        for lost in ["\n", "\nkey", "\tkey\n", " a\nb", "\u{85}\n", "\ra\nb", "a\n\u{2028}", "\u{2029}a\n"] {
            assert_eq!(found(lost), [Misfit { origin: key, why: why.clone() }], "{lost:?}");
        }
        for kept in ["a\nb", "a\n", "a\n b\n\n", "\tkey", " key ", "a\u{2028}b", "\r", "---\n", "#\n# "] {
            assert_eq!(found(kept), [], "{kept:?}");
        }
    }

    #[test]
    fn a_name_that_discourse_takes_for_a_number_is_refused() {
        let why = "must not be a number, true or false: Discourse takes no such value for text".to_owned();
        let emails = environment(&[("DISCOURSE_DEVELOPER_EMAILS", "123".to_owned(), EMAILS)]);
        assert_eq!(misfits(&emails), [Misfit { origin: EMAILS, why }]);
    }

    #[test]
    fn of_too_many_long_variables_the_largest_is_named() {
        let names = ["A", "B", "C", "D", "E", "F", "G", "H", "I"];
        let with_length = |length: usize| {
            let variables = names.map(|name| (name, "a".repeat(length), Origin::Charm));
            let largest = [("J", "a".repeat(length + 1), EMAILS)];
            environment(&[&variables[..], &largest].concat())
        };
        assert_eq!(misfits(&with_length(104_000)), []);
        let why = "is too long: all variables together can have 1048576 bytes".to_owned();
        assert_eq!(misfits(&with_length(105_000)), [Misfit { origin: EMAILS, why }]);
    }
}
