//! How long a hook waits for hook tools.

use std::{collections::BTreeSet, time::Duration};

/// The part of its deadline that a tool gets in any case: about a second of a minute, and Juju itself needs milliseconds.
const LEAST: u32 = 64;

/// What a call is about: the tool, and its first argument that is no option, such as a relation or a secret.
pub(super) type Subject = (&'static str, String);

/// The time in which tools must answer, and which of them did not.
///
/// Whenever tools do not answer, the next ones get half of the time. All waits together so take little more than two deadlines, and
/// a tool that does answer is never left out.
#[derive(Debug)]
pub(super) struct Patience {
    deadline: Duration,
    silent: BTreeSet<Subject>,
    limit: Duration,
}

impl Patience {
    /// The patience at the beginning of a hook.
    pub fn new(deadline: Duration) -> Self {
        Self { deadline, silent: BTreeSet::new(), limit: deadline }
    }

    /// The time for a call that begins now.
    ///
    /// *Empty*: the tool did not answer for the same subject before, so it is not run again.
    pub fn limit(&self, subject: &Subject) -> Option<Duration> {
        (!self.silent.contains(subject)).then_some(self.limit)
    }

    /// Notes that a call was not answered within its time; of those that had the same time, only the first halves it.
    pub fn note_silent(&mut self, subject: Subject, limit: Duration) {
        self.silent.insert(subject);
        if limit == self.limit {
            self.limit = (limit / 2).max(self.deadline / LEAST);
        }
    }
}

/// What a call is about.
pub(super) fn subject(tool: &'static str, arguments: &[&str]) -> Subject {
    let named = arguments.iter().find(|argument| !argument.starts_with('-'));
    (tool, named.copied().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn a_call_is_about_a_relation_a_secret_or_nothing() {
        for (arguments, named) in [
            (&["--format=json", "-r", "smtp:4", "-", "mail/0"][..], "smtp:4"),
            (&["--format=json", "--refresh", "--", "secret:x"], "secret:x"),
            (&["--format=json"], ""),
        ] {
            assert_eq!(subject("tool", arguments), ("tool", named.to_owned()));
        }
    }

    #[test]
    fn what_did_not_answer_is_not_asked_again_and_what_comes_later_gets_half_of_the_time() {
        let mut patience = Patience::new(MINUTE);
        let [mail, storage] = ["smtp:4", "s3:5"].map(|relation| subject("relation-get", &[relation]));
        patience.note_silent(mail.clone(), MINUTE);
        assert_eq!((patience.limit(&mail), patience.limit(&storage)), (None, Some(MINUTE / 2)));
    }

    #[test]
    fn tools_that_did_not_answer_at_the_same_time_halve_the_time_once() {
        let mut patience = Patience::new(MINUTE);
        for relation in ["smtp:4", "s3:5", "oauth:6"] {
            patience.note_silent(subject("relation-get", &[relation]), MINUTE);
        }
        assert_eq!(patience.limit(&subject("status-set", &["active"])), Some(MINUTE / 2));
    }

    #[test]
    fn a_tool_gets_a_second_however_many_did_not_answer() {
        let mut patience = Patience::new(MINUTE);
        for number in 0..100 {
            let subject = ("relation-set", number.to_string());
            let limit = patience.limit(&subject).unwrap();
            patience.note_silent(subject, limit);
        }
        assert_eq!(patience.limit(&subject("status-set", &["active"])), Some(MINUTE / LEAST));
    }
}
