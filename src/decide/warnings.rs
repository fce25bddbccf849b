//! The warnings, which the log gets once: when they change.

use crate::{
    digest::short_digest,
    status::{Names, Reason},
};

/// All warnings, as a digest and as lines for the log.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    /// A digest of all of them.
    ///
    /// *Empty*: there are none.
    pub digest: Option<String>,
    /// All of them if they are others than those that the log has, and what failed in this hook.
    pub lines: Vec<String>,
}

impl Warnings {
    /// The warnings among the reasons for a status; `logged` is the digest of those that the log has.
    pub fn of(reasons: &[Reason], logged: Option<&String>, names: Names) -> Self {
        let texts = |is_asked_for: fn(&&Reason) -> bool| -> Vec<String> {
            reasons.iter().filter(is_asked_for).map(|reason| reason.text(names)).collect()
        };
        let failures = texts(|reason| matches!(reason, Reason::Transient(..)));
        if !failures.is_empty() {
            // What cannot be read says nothing of its warnings, and a note of them would concern every unit.
            return Self { digest: logged.cloned(), lines: failures };
        }
        let lines = texts(|reason| matches!(reason, Reason::Warning(..)));
        let digest = (!lines.is_empty()).then(|| short_digest(&lines.join("\n")));
        let is_logged = digest.as_ref() == logged;
        Self { digest, lines: if is_logged { Vec::new() } else { lines } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::Topic;

    fn warnings(texts: &[&str], failures: &[&str], logged: Option<&String>) -> Warnings {
        let lasting = texts.iter().map(|text| Reason::Warning(Topic::Option, (*text).to_owned()));
        let failures = failures.iter().map(|text| Reason::Transient(Topic::Relation, (*text).to_owned()));
        Warnings::of(&lasting.chain(failures).collect::<Vec<_>>(), logged, Names { unit: &"forum/0".parse().unwrap() })
    }

    #[test]
    fn warnings_are_logged_when_they_change() {
        let of = |texts: &[&str], logged: Option<&String>| warnings(texts, &[], logged);
        let first = of(&["a", "b"], None);
        assert_eq!(first.lines, ["a", "b"]);
        assert_eq!(of(&["a", "b"], first.digest.as_ref()).lines, [""; 0]);
        assert_eq!(of(&["a", "c"], first.digest.as_ref()).lines, ["a", "c"]);
        let none = of(&[], first.digest.as_ref());
        assert_eq!((none.digest, none.lines), (None, Vec::new()));
    }

    #[test]
    fn what_failed_is_logged_in_every_hook_and_changes_no_note() {
        let logged = warnings(&["a", "b"], &[], None).digest;
        for _ in 0..2 {
            let failed = warnings(&["a"], &["boom"], logged.as_ref());
            assert_eq!(
                (failed.digest, failed.lines),
                (logged.clone(), vec!["boom; the next hook tries again".to_owned()])
            );
        }
    }
}
