//! Hooks that run in a step, and what is shown and kept of them.

use super::{
    complaint,
    player::{Player, Trouble},
    screen,
};
use crate::{
    hook::{Exit, HookRun},
    stage::StageError,
};

/// More hooks than any step needs.
const MOST: usize = 1000;

/// The faults that still wait for their call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pending {
    calls: usize,
    kill: bool,
}

impl Player<'_> {
    /// Lets hooks run until nothing is left to do.
    pub(super) fn settle(&mut self) -> Result<(), Trouble> {
        for _ in 0..MOST {
            if !self.one_hook()? {
                self.at_rest = true;
                return Ok(());
            }
        }
        Err(StageError::NeverIdle(MOST).into())
    }

    /// Lets hooks run if anything was done since nothing was left to do.
    pub(super) fn rest(&mut self) -> Result<(), Trouble> {
        if self.at_rest { Ok(()) } else { self.settle() }
    }

    /// Lets the next hook run; tells whether there was one.
    pub(super) fn one_hook(&mut self) -> Result<bool, Trouble> {
        let pending = self.pending();
        let Some(run) = self.stage.step()? else { return Ok(false) };
        self.saw(&run, pending).map(|()| true)
    }

    pub(super) fn pending(&mut self) -> Pending {
        let faults = self.stage.faults();
        Pending { calls: faults.calls.len(), kill: faults.kill.is_some() }
    }

    /// Says which faults nobody met.
    pub(super) fn tell_unmet_faults(&mut self) {
        let Pending { calls, kill } = self.pending();
        if calls > 0 {
            self.screen.line(&format!("     note: {calls} calls that were to fail never came"));
        }
        if kill {
            self.screen.line("     note: the call at which a hook was to be killed never came");
        }
    }

    /// Shows and keeps a run; one that hangs ends the play.
    pub(super) fn saw(&mut self, run: &HookRun, before: Pending) -> Result<(), Trouble> {
        self.screen.learn(self.stage.model(), &run.tools);
        let log = self.logs.add(run, self.screen).unwrap_or_else(|cause| format!("nowhere: {cause}"));
        self.screen.line(&line(run));
        let (_, hooks) = (self.latest.entry(run.unit.clone()))
            .and_modify(|(step, hooks)| {
                if *step != self.step {
                    hooks.clear();
                }
            })
            .or_default();
        hooks.push(run.hook.clone());
        self.latest.entry(run.unit.clone()).and_modify(|(step, _)| *step = self.step);
        self.runs.push(run.clone());
        let is_wanted = !run.is_success() && (!has_failed(run) || self.pending() != before);
        if is_wanted && let Some(record) = self.stage.record_mut() {
            record.excuse_last(&run.unit);
        }
        if !has_failed(run) {
            return Ok(());
        }
        self.screen.line(&format!("{:13}{}", "", complaint(run)));
        self.screen.line(&format!("{:13}the whole log: {log}", ""));
        if self.pending() == before {
            self.failures.push(run.unit.clone());
        }
        match &run.exit {
            Exit::TimedOut(doing) => {
                Err(Trouble::NotAsExpected(format!("{} of {} hangs in `{doing}`", run.hook, run.unit)))
            }
            _ => Ok(()),
        }
    }
}

/// Whether a hook failed; how an action ended is for whoever ran it to judge, unless it hangs.
pub(super) fn has_failed(run: &HookRun) -> bool {
    !run.is_success() && (run.event.action().is_none() || matches!(run.exit, Exit::TimedOut(_)))
}

fn line(run: &HookRun) -> String {
    let requests = if run.requests.is_empty() { String::new() } else { format!(" {:>3} requests", run.requests.len()) };
    let status = match run {
        // A message that was there before is on the screen already.
        run if run.is_success() && run.before == run.after => run.after.status.to_string(),
        run if run.is_success() => run.after.to_string(),
        run if has_failed(run) => "FAILED".to_owned(),
        run => run.exit.to_string(),
    };
    format!("{} {:>3} calls{requests}  {status}", screen::begin(run.wall, &run.unit, &run.hook), run.tools.len())
}
