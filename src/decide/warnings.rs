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
    /// All of them if they are others than those that the log has.
    pub lines: Vec<String>,
}

impl Warnings {
    /// The warnings among the reasons for a status; `logged` is the digest of those that the log has.
    pub fn of(reasons: &[Reason], logged: Option<&String>, names: Names) -> Self {
        let is_warning = |reason: &&Reason| matches!(reason, Reason::Warning(..));
        let lines: Vec<String> = reasons.iter().filter(is_warning).map(|reason| reason.text(names)).collect();
        let digest = (!lines.is_empty()).then(|| short_digest(&lines.join("\n")));
        let is_logged = digest.as_ref() == logged;
        Self { digest, lines: if is_logged { Vec::new() } else { lines } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::Topic;

    #[test]
    fn warnings_are_logged_when_they_change() {
        let names = Names { app: "forum", unit: "forum/0" };
        let of = |texts: &[&str], logged: Option<&String>| {
            let reasons: Vec<_> = texts.iter().map(|text| Reason::Warning(Topic::Option, (*text).to_owned())).collect();
            Warnings::of(&reasons, logged, names)
        };
        let first = of(&["a", "b"], None);
        assert_eq!(first.lines, ["a", "b"]);
        assert_eq!(of(&["a", "b"], first.digest.as_ref()).lines, [""; 0]);
        assert_eq!(of(&["a", "c"], first.digest.as_ref()).lines, ["a", "c"]);
        let none = of(&[], first.digest.as_ref());
        assert_eq!((none.digest, none.lines), (None, Vec::new()));
    }
}
