//! Lives in which one thing goes wrong: `dispatch` is killed after an outside effect, or a hook tool fails. They end like others.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use serde_json::json;
use stage::{Exit, HookRun, Version};

use crate::{
    end::End,
    forum::{Forum, Plan},
    image::Images,
    life::Failure,
};

/// Hook tools that change something.
const WRITES: [&str; 12] = [
    "action-fail",
    "action-set",
    "application-version-set",
    "open-port",
    "close-port",
    "relation-set",
    "secret-add",
    "secret-grant",
    "secret-set",
    "state-delete",
    "state-set",
    "status-set",
];

/// Juju runs `update-status` so often.
const UPDATE_STATUS: Duration = Duration::from_mins(5);

/// A life that is played again and again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Story {
    /// One unit: deployed, reconfigured, restarted, with another password, without Redis and with it again.
    OneUnit,
    /// Three units get a newer image with migrations of both kinds.
    Refresh,
}

/// What goes wrong in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// `dispatch` is killed after the hook tool call with this number.
    KillAfterTool(u32),
    /// `dispatch` is killed after the request to Pebble with this number.
    KillAfterRequest(u32),
    /// The hook tool call with this number fails.
    FailTool(u32),
}

/// A life in which nothing goes wrong, and where something could.
struct Undisturbed {
    end: End,
    /// After each outside effect.
    kills: Vec<Fault>,
    /// Each call of a hook tool.
    failures: Vec<Fault>,
}

impl Story {
    /// The name of its tests.
    pub fn name(self) -> &'static str {
        if self == Self::OneUnit { "one_unit" } else { "refresh_of_three_units" }
    }

    /// The kill points whose numbers are chosen; how many there are is printed.
    pub fn kills(self, images: &Arc<Images>, is_chosen: impl Fn(usize) -> bool) -> Vec<Fault> {
        choose(self.name(), "outside effects", &self.undisturbed(images).kills, is_chosen)
    }

    /// The calls of hook tools whose numbers are chosen; how many there are is printed.
    pub fn failures(self, images: &Arc<Images>, is_chosen: impl Fn(usize) -> bool) -> Vec<Fault> {
        choose(self.name(), "calls of hook tools", &self.undisturbed(images).failures, is_chosen)
    }

    /// The life without a fault; played once.
    fn undisturbed(self, images: &Arc<Images>) -> &'static Undisturbed {
        static ONE_UNIT: OnceLock<Undisturbed> = OnceLock::new();
        static REFRESH: OnceLock<Undisturbed> = OnceLock::new();
        let once = if self == Self::OneUnit { &ONE_UNIT } else { &REFRESH };
        once.get_or_init(|| {
            let mut forum = self.begin(images).unwrap_or_else(|failure| panic!("{failure:?}"));
            let first = forum.stage.runs().len();
            self.go_on(&mut forum).unwrap_or_else(|failure| panic!("{failure:?}"));
            let runs = &forum.stage.runs()[first..];
            Undisturbed { end: End::of(&forum), kills: kills(runs), failures: failures(runs) }
        })
    }

    /// Plays it with a fault: it ends as without.
    ///
    /// # Errors
    /// It does not, or the fault never struck.
    pub fn play(self, fault: Fault, images: &Arc<Images>) -> Result<(), Failure> {
        let undisturbed = self.undisturbed(images);
        let mut forum = self.begin(images)?;
        let first = forum.stage.runs().len();
        fault.set(&mut forum);
        self.go_on(&mut forum)?;
        fault.check(&forum.stage.runs()[first..])?;
        if matches!(fault, Fault::FailTool(_)) {
            look_again(&mut forum)?;
        }
        let violations = forum.world.lock().violations.clone();
        let difference = violations.first().cloned().or_else(|| undisturbed.end.difference(&End::of(&forum)));
        match difference {
            Some(difference) => Err(format!("{fault:?}:\n{difference}{}", log(&forum.stage.runs()[first..])).into()),
            None => Ok(()),
        }
    }

    /// What comes before the fault is set.
    fn begin(self, images: &Arc<Images>) -> Result<Forum, Failure> {
        let units = if self == Self::OneUnit { 1 } else { 3 };
        let plan = Plan { units, seed: 0, juju: Version::V4_0, boot: 5000..=5000, slow_boot: None };
        let mut forum = Forum::deployed(&plan, Arc::clone(images))?;
        // One that differs from life to life would be the only difference.
        forum.world.lock().key = Some("0f".repeat(64));
        if self == Self::Refresh {
            forum.stage.settle()?;
        }
        Ok(forum)
    }

    fn go_on(self, forum: &mut Forum) -> Result<(), Failure> {
        if self == Self::Refresh {
            let newer = forum.images.newer();
            forum.stage.refresh_image(newer);
            forum.stage.settle()?;
            return Ok(());
        }
        forum.stage.config([("s3_cdn_url", json!("https://cdn.example.com"))])?;
        forum.stage.settle()?;
        forum.stage.config([("max_category_nesting", json!(3))])?;
        forum.stage.settle()?;
        forum.stage.kill_container(0)?;
        forum.stage.settle()?;
        forum.postgresql.say_secret("secret-user", &[("username", "forum"), ("password", "hunter3")]);
        forum.stage.settle()?;
        forum.stage.unrelate("redis")?;
        forum.stage.settle()?;
        forum.stage.relate("redis", forum.redis.clone())?;
        forum.stage.settle()?;
        Ok(())
    }
}

impl Fault {
    fn set(self, forum: &mut Forum) {
        let faults = forum.stage.faults();
        match self {
            Self::KillAfterTool(n) => drop(faults.kill_after_tool(n)),
            Self::KillAfterRequest(n) => drop(faults.kill_after_request(n)),
            Self::FailTool(n) => drop(faults.fail_call(n, 1, "connection refused")),
        }
    }

    /// Whether it struck, and nothing else went wrong.
    fn check(self, runs: &[HookRun]) -> Result<(), Failure> {
        let killed = runs.iter().filter(|run| run.exit == Exit::Signal(9)).count();
        let others = runs.iter().find(|run| !run.is_success() && run.exit != Exit::Signal(9));
        if let Some(run) = others {
            return Err(format!("{self:?}: {} failed: {:?}", run.hook, run.exit).into());
        }
        let wanted = usize::from(!matches!(self, Self::FailTool(_)));
        if killed == wanted { Ok(()) } else { Err(format!("{self:?}: killed {killed} times").into()) }
    }
}

fn choose(story: &str, what: &str, all: &[Fault], is_chosen: impl Fn(usize) -> bool) -> Vec<Fault> {
    let chosen: Vec<Fault> = (0..).zip(all).filter(|(number, _)| is_chosen(*number)).map(|(_, fault)| *fault).collect();
    println!("{story}: {} of {} {what}", chosen.len(), all.len());
    chosen
}

/// A tool that fails is no failed hook, so that the next one finishes, whenever that comes.
fn look_again(forum: &mut Forum) -> Result<(), Failure> {
    for _ in 0..3 {
        forum.stage.pass(UPDATE_STATUS);
        for unit in forum.units() {
            forum.stage.update_status(unit)?;
        }
        forum.stage.settle()?;
    }
    Ok(())
}

/// The hooks, for whoever looks for the cause.
fn log(runs: &[HookRun]) -> String {
    let line = |run: &HookRun| format!("{} {} {:?} {}\n", run.unit, run.hook, run.exit, run.after);
    runs.iter().map(line).collect()
}

/// A kill after every outside effect: tools that write, and requests that change something.
fn kills(runs: &[HookRun]) -> Vec<Fault> {
    let calls = (1..).zip(runs.iter().flat_map(|run| &run.tools));
    let is_write = |argv: &[String]| argv.first().is_some_and(|tool| WRITES.contains(&tool.as_str()));
    let tools = calls.filter(|(_, call)| is_write(&call.argv)).map(|(n, _)| Fault::KillAfterTool(n));
    let requests = (1..).zip(runs.iter().flat_map(|run| &run.requests));
    let requests = requests.filter(|(_, request)| request.method != "GET").map(|(n, _)| Fault::KillAfterRequest(n));
    tools.chain(requests).collect()
}

fn failures(runs: &[HookRun]) -> Vec<Fault> {
    let calls: usize = runs.iter().map(|run| run.tools.len()).sum();
    (1..=u32::try_from(calls).unwrap_or(u32::MAX)).map(Fault::FailTool).collect()
}
