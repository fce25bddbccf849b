//! What goes wrong on request.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Faults that strike the next hooks; all counts begin when the fault is set and go on over hooks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct Faults {
    /// Real time that every hook tool takes to start; starts overlap, as processes do.
    pub tool_delay: Duration,
    /// Calls that go wrong.
    pub calls: Vec<CallFault>,
    /// When `dispatch` dies.
    pub kill: Option<Kill>,
    /// What the next commit fails with.
    pub commit: Option<String>,
    /// The agent dies after the next commit, before it has noted the hook as done: the hook runs twice.
    pub forgets: bool,
}

/// Which calls of hook tools go wrong, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallFault {
    /// Tool name and leading arguments; empty means any call.
    pub prefix: Vec<String>,
    /// Matching calls to let through first.
    pub skip: u32,
    /// Whether it strikes once, or every time from then on.
    pub once: bool,
    /// What happens instead of the call.
    pub outcome: Outcome,
}

/// What a call does instead of its work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It fails with an exit code and `ERROR <message>`.
    Fail(i32, String),
    /// It succeeds and prints this.
    Print(String),
    /// It dies by a signal.
    Die,
}

/// When and how `dispatch` dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kill {
    /// What is counted.
    pub point: KillPoint,
    /// How many to wait for; 1 is the next one.
    pub countdown: u32,
    /// The signal: 9 or 15 count as the agent's end, others as failures.
    pub signal: i32,
    /// Who does it.
    pub killer: Killer,
}

/// Who kills `dispatch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Killer {
    /// Nobody in particular.
    Mishap,
    /// An operator, with `juju cancel-task`.
    Operator,
    /// Kubernetes, which evicts the pod.
    Eviction,
}

/// After what `dispatch` dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum KillPoint {
    /// A hook tool has done its work; its answer is lost.
    Tool,
    /// A request to Pebble was answered.
    Request,
    /// A command of the workload has begun.
    Boot,
}

impl Faults {
    /// Makes every hook tool start later by this much real time.
    pub fn delay_tools(&mut self, delay: Duration) -> &mut Self {
        self.tool_delay = delay;
        self
    }

    /// Makes the n-th call from now (1 is the next) fail, whichever it is.
    pub fn fail_call(&mut self, n: u32, exit: i32, message: &str) -> &mut Self {
        let outcome = Outcome::Fail(exit, message.to_owned());
        self.calls.push(CallFault { prefix: Vec::new(), skip: n.saturating_sub(1), once: true, outcome });
        self
    }

    /// Makes every call that begins like this fail: `["secret-get", "secret:x"]`.
    pub fn fail_calls(&mut self, prefix: &[&str], exit: i32, message: &str) -> &mut Self {
        self.answer_calls(prefix, Outcome::Fail(exit, message.to_owned()))
    }

    /// Gives every call that begins like this another outcome.
    pub fn answer_calls(&mut self, prefix: &[&str], outcome: Outcome) -> &mut Self {
        let prefix = prefix.iter().map(|word| (*word).to_owned()).collect();
        self.calls.push(CallFault { prefix, skip: 0, once: false, outcome });
        self
    }

    /// Kills `dispatch` after the n-th hook tool call from now, before it has the answer.
    pub fn kill_after_tool(&mut self, n: u32) -> &mut Self {
        self.kill_at(KillPoint::Tool, n)
    }

    /// Kills `dispatch` after the n-th request to Pebble from now.
    pub fn kill_after_request(&mut self, n: u32) -> &mut Self {
        self.kill_at(KillPoint::Request, n)
    }

    /// Kills `dispatch` when the n-th command of the workload from now begins.
    pub fn kill_at_boot(&mut self, n: u32) -> &mut Self {
        self.kill_at(KillPoint::Boot, n)
    }

    /// Makes the next commit fail with this text.
    pub fn fail_commit(&mut self, message: &str) -> &mut Self {
        self.commit = Some(message.to_owned());
        self
    }

    /// Makes the agent forget the next hook that it commits: the hook runs once more.
    pub fn repeat_hook(&mut self) -> &mut Self {
        self.forgets = true;
        self
    }

    /// Cancels the running action after the n-th hook tool call from now.
    pub fn cancel_after_tool(&mut self, n: u32) -> &mut Self {
        self.kill = Some(Kill { point: KillPoint::Tool, countdown: n, signal: 9, killer: Killer::Operator });
        self
    }

    /// Evicts the pod after the n-th hook tool call from now: what runs is terminated, and `stop` comes next.
    pub fn evict_after_tool(&mut self, n: u32) -> &mut Self {
        self.kill = Some(Kill { point: KillPoint::Tool, countdown: n, signal: 15, killer: Killer::Eviction });
        self
    }

    /// Takes all faults back.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Whether an eviction is still to come.
    pub(crate) fn awaits_eviction(&self) -> bool {
        self.kill.is_some_and(|kill| kill.killer == Killer::Eviction)
    }

    fn kill_at(&mut self, point: KillPoint, countdown: u32) -> &mut Self {
        self.kill = Some(Kill { point, countdown, signal: 9, killer: Killer::Mishap });
        self
    }

    /// The outcome that replaces this call, if any.
    pub(crate) fn strike_call(&mut self, argv: &[String]) -> Option<Outcome> {
        let place = self.calls.iter_mut().position(|fault| fault.strikes(argv))?;
        let fault = self.calls.get(place)?.clone();
        if fault.once {
            self.calls.remove(place);
        }
        Some(fault.outcome)
    }

    /// Counts an event; gives what kills `dispatch` if it dies now.
    pub(crate) fn strike_kill(&mut self, point: KillPoint) -> Option<Kill> {
        let kill = self.kill.as_mut().filter(|kill| kill.point == point)?;
        kill.countdown = kill.countdown.saturating_sub(1);
        if kill.countdown > 0 {
            return None;
        }
        self.kill.take()
    }
}

impl CallFault {
    fn strikes(&mut self, argv: &[String]) -> bool {
        if !argv.starts_with(&self.prefix) {
            return false;
        }
        let strikes = self.skip == 0;
        self.skip = self.skip.saturating_sub(1);
        strikes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn the_second_call_fails_once_and_no_other() {
        let mut faults = Faults::default();
        faults.fail_call(2, 1, "gone");
        let outcomes: Vec<bool> = (0..4).map(|_| faults.strike_call(&words("is-leader")).is_some()).collect();
        assert_eq!(outcomes, [false, true, false, false]);
    }

    #[test]
    fn a_prefix_strikes_the_calls_that_begin_with_it() {
        let mut faults = Faults::default();
        faults.fail_calls(&["secret-get", "a"], 1, "gone");
        let strikes = |faults: &mut Faults, call: &str| faults.strike_call(&words(call)).is_some();
        assert!(!strikes(&mut faults, "secret-get b"));
        assert!(strikes(&mut faults, "secret-get a"));
        assert!(strikes(&mut faults, "secret-get a --peek"));
    }

    #[test]
    fn a_kill_strikes_once_when_its_count_is_reached() {
        let mut faults = Faults::default();
        faults.kill_after_tool(2);
        let mut strike = |point| faults.strike_kill(point).map(|kill| kill.signal);
        assert_eq!(strike(KillPoint::Tool), None);
        assert_eq!(strike(KillPoint::Request), None);
        assert_eq!(strike(KillPoint::Tool), Some(9));
        assert_eq!(strike(KillPoint::Tool), None);
    }
}
