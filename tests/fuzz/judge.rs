//! What must be true of every hook, and of the forum after it.

use stage::{ActionRun, Exit, HookRun, Status, StatusKind};

use crate::{
    case::Case,
    draw::{Kind, marker},
    life::{Environment, Failure, Life},
    oracle::{Effect, Oracle, is_required},
};

/// The longest text of a status. *Units*: bytes.
const STATUS_LIMIT: usize = 2_000;
/// The longest text of an action. *Units*: bytes.
const MESSAGE_LIMIT: usize = 1_000;
/// The beginnings of the variables that required relations set.
const REQUIRED_VARIABLES: [&str; 2] = ["DISCOURSE_DB_", "DISCOURSE_REDIS_"];
/// A variable that begins like them, and follows an option.
const POOL: &str = "DISCOURSE_DB_POOL";
/// Variables that a new relation to the same server changes.
const NEW_CREDENTIALS: [&str; 2] = ["DISCOURSE_DB_USERNAME", "DISCOURSE_DB_PASSWORD"];
const MIGRATE: &str = "charm:migrate";
const UPLOAD: &str = "s3:upload_assets";

/// Judges a case hook by hook.
pub struct Judge {
    case: u64,
    oracle: Oracle,
    /// Whether the server was told to run with other variables since the case began.
    has_changed_server: bool,
}

impl Judge {
    /// A judge of a case that has not begun.
    pub fn new(case: &Case, oracle: Oracle) -> Self {
        Self { case: case.number, oracle, has_changed_server: false }
    }

    /// A hook succeeded, showed no value, and left the forum to its visitors.
    pub fn hook(&mut self, life: &Life, run: &HookRun) -> Result<(), Failure> {
        let is_killed = self.oracle.has(Effect::Kills) && run.exit == Exit::Signal(9);
        ensure(run.is_success() || is_killed, || format!("{} ended with {}: {}", run.hook, run.exit, last_lines(run)))?;
        self.check_shown(life, run, &[Kind::Secret, Kind::Remote])?;
        check_writes(run)?;
        self.check_forum(life, run)
    }

    /// An action ended, and showed no credential.
    pub fn action(&mut self, life: &Life, run: &ActionRun, is_ended: bool) -> Result<(), Failure> {
        ensure(is_ended, || format!("an action is {:?}: {}", run.status, run.message))?;
        let shown = format!("{} {:?} {:?}", run.message, run.results, run.log);
        let explains = run.results.contains_key("explanation");
        let kinds = if explains { &[Kind::Secret][..] } else { &[Kind::Secret, Kind::Remote] };
        self.check_unmarked("an action", &shown, kinds)?;
        let is_line = run.message.len() <= MESSAGE_LIMIT && !run.message.contains(char::is_control);
        ensure(is_line, || format!("an action's message is no line: {:?}", run.message))?;
        match &run.hook {
            Some(hook) => {
                let is_killed = self.oracle.has(Effect::Kills) && hook.exit == Exit::Signal(9);
                ensure(hook.is_success() || is_killed, || format!("{} ended with {}", hook.hook, hook.exit))?;
                self.check_shown(life, hook, kinds)?;
                self.check_forum(life, hook)
            }
            None => Ok(()),
        }
    }

    fn check_shown(&self, life: &Life, run: &HookRun, kinds: &[Kind]) -> Result<(), Failure> {
        for line in &run.log {
            ensure(!line.text.contains("panicked at"), || line.text.clone())?;
            self.check_unmarked(&format!("the log of {}", run.hook), &line.text, kinds)?;
        }
        for argv in run.tools.iter().map(|call| &call.argv) {
            // What is returned to the operator goes by an argument.
            let kinds = if argv.first().is_some_and(|tool| tool == "action-set") { &[Kind::Secret] } else { kinds };
            self.check_unmarked("an argument", &argv.join(" "), kinds)?;
        }
        for status in life.stage.unit(0).status_history().iter().chain([&run.before, &run.after]) {
            self.check_status(status)?;
        }
        Ok(())
    }

    fn check_status(&self, status: &Status) -> Result<(), Failure> {
        self.check_unmarked("the status", &status.message, &[Kind::Secret, Kind::Remote])?;
        let is_legal = !matches!(status.status, StatusKind::Error | StatusKind::Unknown | StatusKind::Terminated);
        let is_line = status.message.len() <= STATUS_LIMIT && !status.message.contains(char::is_control);
        ensure(is_legal && is_line, || format!("the status is {status:?}"))
    }

    fn check_unmarked(&self, place: &str, text: &str, kinds: &[Kind]) -> Result<(), Failure> {
        for kind in kinds {
            let found = text.find(&marker(self.case, *kind));
            ensure(found.is_none(), || {
                format!("{place} shows a value ({kind:?}): {}", around(text, found.unwrap_or(0)))
            })?;
        }
        Ok(())
    }

    /// Rails was booted for jobs that are due, and for nothing else; a command may begin after the hook that caused it.
    pub fn check_boots(&mut self, life: &Life) -> Result<(), Failure> {
        let boots = life.stage.runs().iter().flat_map(|run| run.boots.iter().map(move |boot| (run, boot)));
        for (run, boot) in boots {
            let argv = boot.argv.join(" ");
            let is_due = match () {
                () if argv.contains("unicorn") => self.has_changed_server || self.oracle.has(Effect::Stops),
                () if argv.contains(MIGRATE) => self.oracle.has(Effect::Migrates),
                () if argv.contains(UPLOAD) => self.oracle.has(Effect::Uploads),
                () => argv.contains("sidekiq") || run.event.action().is_some(),
            };
            ensure(is_due, || format!("{} began {argv} in vain", run.hook))?;
            self.check_unmarked("an argument", &argv, &[Kind::Secret, Kind::Remote])?;
        }
        Ok(())
    }

    /// Unless it was told to run with something else, the server went on, and visitors were let in; who is let in is served.
    fn check_forum(&mut self, life: &Life, run: &HookRun) -> Result<(), Failure> {
        let changed = changed(&life.usual.environment, &life.environment());
        self.has_changed_server |= !changed.is_empty();
        let may_change = self.oracle.has(Effect::Changes) || changed.is_empty();
        ensure(may_change, || format!("{} changed variables without a reason: {changed:?}", run.hook))?;
        if self.oracle.has(Effect::Stops) || self.oracle.has(Effect::Moves) {
            return Ok(());
        }
        let is_ready = life.is_ready();
        ensure(is_ready || self.has_changed_server, || {
            format!("the pod is unready after {}: {}", run.hook, life.status())
        })?;
        ensure(!is_ready || life.is_serving(), || format!("nobody is served after {}: {}", run.hook, life.status()))
    }

    /// The agents have caught up with what went wrong: the forum serves, unless its required data went or changed.
    pub fn disturbed(&self, life: &Life) -> Result<(), Failure> {
        if self.oracle.has(Effect::Stops) {
            return ensure(!life.is_serving(), || format!("the forum serves without a relation: {}", life.status()));
        }
        let changed = changed(&life.usual.environment, &life.environment());
        let is_moved = changed.iter().any(|name| is_of_required(name));
        ensure(self.oracle.has(Effect::TouchesRequired) || !is_moved, || {
            format!("required variables changed: {changed:?}")
        })?;
        if self.oracle.has(Effect::Moves) && is_moved {
            return Ok(());
        }
        ensure(life.is_ready(), || format!("the pod is unready: {} (changed: {changed:?})", life.status()))?;
        ensure(life.is_serving(), || format!("nobody is served: {} (changed: {changed:?})", life.status()))
    }
}

/// Everything is as before the case.
pub fn recovered(life: &Life, removed: &[&str]) -> Result<(), Failure> {
    let status = life.status();
    ensure(status == life.usual.status, || format!("the status is {status:?}, not {:?}", life.usual.status))?;
    ensure(life.is_ready(), || "the pod is unready".to_owned())?;
    ensure(life.is_serving(), || "the forum does not answer".to_owned())?;
    let mut changed = changed(&life.usual.environment, &life.environment());
    if removed.iter().any(|endpoint| is_required(endpoint)) {
        changed.retain(|name| !NEW_CREDENTIALS.contains(&name.as_str()));
    }
    ensure(changed.is_empty(), || format!("variables are not as before: {changed:?}"))
}

/// Who cannot read a databag of a relation does not know what to write there.
fn check_writes(run: &HookRun) -> Result<(), Failure> {
    let relation = |argv: &[String]| argv.iter().skip_while(|word| *word != "-r").nth(1).cloned();
    let unread: Vec<_> =
        run.calls("relation-get").iter().filter(|call| call.exit != 0).map(|call| relation(&call.argv)).collect();
    let written = run.calls("relation-set").into_iter().find(|call| unread.contains(&relation(&call.argv)));
    written.map_or(Ok(()), |call| Err(format!("{} wrote what it could not read: {:?}", run.hook, call.argv)))
}

fn is_of_required(variable: &str) -> bool {
    variable != POOL && REQUIRED_VARIABLES.iter().any(|beginning| variable.starts_with(beginning))
}

/// The names of the variables that differ.
fn changed(before: &Environment, after: &Environment) -> Vec<String> {
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    names.filter(|name| before.get(*name) != after.get(*name)).cloned().collect()
}

fn ensure(is_true: bool, otherwise: impl FnOnce() -> Failure) -> Result<(), Failure> {
    if is_true { Ok(()) } else { Err(otherwise()) }
}

/// A piece of a text around a place in it.
fn around(text: &str, place: usize) -> String {
    let before = text[..place].chars().rev().take(120).collect::<Vec<_>>();
    let after = text[place..].chars().take(60);
    format!("{:?}", before.into_iter().rev().chain(after).collect::<String>())
}

fn last_lines(run: &HookRun) -> String {
    let lines: Vec<&str> = run.log.iter().rev().take(5).map(|line| line.text.as_str()).collect();
    format!("{lines:?}")
}
