//! How long a hook waits for hook tools.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

/// How often the time for a tool is halved: then it is about a second, and Juju itself needs milliseconds.
const MOST_HALVINGS: u32 = 6;

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
    halvings: u32,
    /// When the time was halved; calls that had begun before do not halve it again.
    halved: Option<Instant>,
}

impl Patience {
    /// The patience at the beginning of a hook.
    pub fn new(deadline: Duration) -> Self {
        Self { deadline, silent: BTreeSet::new(), halvings: 0, halved: None }
    }

    /// The time for a call that begins now.
    ///
    /// *Empty*: the tool did not answer for the same subject before, so it is not run again.
    pub fn limit(&self, subject: &Subject) -> Option<Duration> {
        (!self.silent.contains(subject)).then(|| self.deadline / 2_u32.pow(self.halvings))
    }

    /// Notes that a call which began at a time was not answered.
    pub fn note_silent(&mut self, subject: Subject, begun: Instant) {
        self.silent.insert(subject);
        if self.halved.is_none_or(|halved| begun >= halved) {
            self.halvings = MOST_HALVINGS.min(self.halvings + 1);
            self.halved = Some(Instant::now());
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
        let begun = Instant::now();
        patience.note_silent(mail.clone(), begun);
        assert_eq!((patience.limit(&mail), patience.limit(&storage)), (None, Some(MINUTE / 2)));
    }

    #[test]
    fn tools_that_did_not_answer_at_the_same_time_halve_the_time_once() {
        let mut patience = Patience::new(MINUTE);
        let begun = Instant::now();
        for relation in ["smtp:4", "s3:5", "oauth:6"] {
            patience.note_silent(subject("relation-get", &[relation]), begun);
        }
        assert_eq!(patience.limit(&subject("status-set", &["active"])), Some(MINUTE / 2));
    }

    #[test]
    fn a_tool_gets_a_second_however_many_did_not_answer() {
        let mut patience = Patience::new(MINUTE);
        for number in 0..100 {
            patience.note_silent(("relation-set", number.to_string()), Instant::now());
        }
        assert_eq!(patience.limit(&subject("status-set", &["active"])), Some(MINUTE / 64));
    }
}
