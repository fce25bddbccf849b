//! The charm's application with its neighbours, and ways to look at it from outside.

use std::{io, net::IpAddr, path::PathBuf, time::Duration};

use rehearsal::visitor;
use serde_json::{Value, json};
use stage::{
    ActionRun, ActionStatus, HookEvent, HookRun, Remote as _, Stage, StageError, StatusKind, Version,
    http::Answer,
    remote::{Postgresql, Redis, Scripted, ServerError},
    report::Cost,
};

use crate::{
    budget::{self, Budget},
    screen,
};

/// The folders from which a life is played.
#[derive(Debug, Clone)]
pub struct Sources {
    /// The charm.
    pub charm: PathBuf,
    /// The first image.
    pub image: PathBuf,
    /// The image to which it is refreshed.
    pub next_image: PathBuf,
    /// The Juju that is played.
    pub juju: Version,
}

/// An application in its model.
pub struct Life {
    /// The model and its agents.
    pub stage: Stage,
    /// The database.
    pub postgresql: Postgresql,
    /// Redis.
    pub redis: Redis,
    /// Where everything comes from.
    pub sources: Sources,
    /// The hooks of this step.
    pub runs: Vec<HookRun>,
}

/// Why a step did not end as expected.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// Something else is true than ought to be.
    #[error("{0}")]
    Unexpected(String),
    /// The stage could not play on.
    #[error("playing on")]
    Stage(#[from] StageError),
    /// PostgreSQL or Redis refused.
    #[error("asking a server")]
    Server(#[from] ServerError),
    /// The forum could not be asked.
    #[error("asking the forum")]
    Forum(#[from] io::Error),
}

/// How often the time of a hook is taken at most.
const TRIES: u32 = 20;
/// How often something is looked at that comes by itself, and the pause between. *Units*: real time.
const LOOKS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(100);

impl Life {
    /// A life that has not begun.
    ///
    /// # Errors
    /// The charm or its image cannot be read.
    pub fn new(sources: Sources, clock: clock::Clock) -> Result<Self, StageError> {
        let stage =
            Stage::builder().charm(&sources.charm).image(&sources.image).juju(sources.juju).clock(clock).build()?;
        Ok(Self {
            stage,
            postgresql: Postgresql::new("postgresql-k8s"),
            redis: Redis::new("redis-k8s"),
            sources,
            runs: Vec::new(),
        })
    }

    /// Relates PostgreSQL.
    pub fn integrate_postgresql(&mut self) -> Result<(), StepError> {
        self.stage.relate("database", self.postgresql.clone())?;
        self.settle()
    }

    /// Relates Redis.
    pub fn integrate_redis(&mut self) -> Result<(), StepError> {
        self.stage.relate("redis", self.redis.clone())?;
        self.settle()
    }

    /// Relates an application to the endpoint of its own name, and lets the agents catch up.
    pub fn integrate(&mut self, remote: &Scripted) -> Result<(), StepError> {
        self.stage.relate(remote.endpoint().0, remote.clone())?;
        self.settle()
    }

    /// The time of a hook that has nothing to do while every hook tool takes 50 ms to start.
    ///
    /// Other work on this machine makes hooks slower, never quicker: so the quickest of some counts.
    fn quickest(&mut self, wanted: Duration) -> Result<Duration, StepError> {
        self.stage.faults().tool_delay = Duration::from_millis(50);
        let mut quickest = Duration::MAX;
        for _ in 0..TRIES {
            quickest = quickest.min(self.hook(&HookEvent::update_status())?.wall);
            if quickest <= wanted {
                break;
            }
        }
        self.stage.faults().tool_delay = Duration::ZERO;
        Ok(quickest)
    }

    /// Lets the agents catch up, and shows each hook when it has run.
    pub fn settle(&mut self) -> Result<(), StepError> {
        while let Some(run) = self.stage.step()? {
            self.note(run);
        }
        Ok(())
    }

    /// Sets an option and lets the agents catch up.
    pub fn configure(&mut self, option: &str, value: Value) -> Result<(), StepError> {
        self.stage.config([(option, value)])?;
        self.settle()
    }

    /// Runs a hook although nothing is due.
    pub fn hook(&mut self, event: &HookEvent) -> Result<HookRun, StepError> {
        let run = self.stage.hook(0, event)?;
        self.note(run.clone());
        Ok(run)
    }

    /// Runs an action and expects it to be done.
    pub fn act(&mut self, name: &str, parameters: Value) -> Result<ActionRun, StepError> {
        let run = self.stage.run(0, name, parameters)?;
        if let Some(hook) = run.hook.clone() {
            self.note(hook);
        }
        expect(run.status == ActionStatus::Completed, || format!("{name} failed: {}", run.message))?;
        Ok(run)
    }

    fn note(&mut self, run: HookRun) {
        screen::show(&run);
        self.runs.push(run);
    }

    /// What the hooks of this step cost.
    pub fn cost(&self) -> Cost {
        budget::cost(&self.runs)
    }

    /// Expects a status, and some words in its text.
    pub fn expect_status(&self, kind: StatusKind, words: &str) -> Result<(), StepError> {
        let status = self.stage.unit(0).status();
        expect(status.status == kind && status.message.contains(words), || {
            format!("the status is {status:?}, expected {kind} with {words:?}")
        })
    }

    /// Expects the forum to serve.
    pub fn expect_active(&self) -> Result<(), StepError> {
        self.expect_status(StatusKind::Active, "")?;
        let page = self.visit("GET", "/")?;
        screen::observe(&format!("http://{}:3000/ answers {}", self.address(), page.status));
        expect(page.status == 200, || format!("the front page answers {}", page.status))
    }

    /// Expects that the hooks of this step booted Rails so often, the server's own starts apart.
    pub fn expect_boots(&self, expected: usize) -> Result<(), StepError> {
        let boots = self.cost().boots;
        expect(boots == expected, || format!("Rails was booted {boots} times, expected {expected}"))
    }

    /// Expects a hook that has nothing to do to do nothing.
    pub fn expect_thrift(&mut self, event: &HookEvent, budget: Budget) -> Result<(), StepError> {
        let run = self.hook(event)?;
        let waste = budget::waste(&run, budget.calls);
        expect(waste.is_empty(), || format!("{} had nothing to do, but {}", run.hook, waste.join("; ")))
    }

    /// Expects a hook that has nothing to do to be quick while every hook tool takes 50 ms to start.
    pub fn expect_speed(&mut self, budget: Budget) -> Result<(), StepError> {
        let (time, most) = (self.quickest(budget.time)?.as_millis(), budget.time.as_millis());
        screen::observe(&format!("with 50 ms added to each hook tool: {time} ms"));
        expect(time <= most, || format!("{time} ms with 50 ms added to each hook tool, {most} at most"))
    }

    /// The address of the pod.
    pub fn address(&self) -> IpAddr {
        self.stage.unit(0).address()
    }

    /// Asks the forum from the network around its pod.
    pub fn visit(&self, method: &str, path: &str) -> Result<Answer, StepError> {
        Ok(visitor::ask(self.address(), method, path)?)
    }

    /// Queues a job and waits until it is done.
    pub fn expect_job_done(&self) -> Result<(), StepError> {
        let queued = self.visit("POST", "/jobs")?;
        expect(queued.status == 202, || format!("queueing a job answers {}", queued.status))?;
        let path = format!("/jobs/{}", queued.body.trim());
        for _ in 0..LOOKS {
            if self.visit("GET", &path)?.body.trim() == "done" {
                screen::observe(&format!("the queued job {} is done", queued.body.trim()));
                return Ok(());
            }
            clock::Clock::real().pause(PAUSE);
        }
        Err(StepError::Unexpected("the queued job was not done".to_owned()))
    }

    /// What one value of the database is.
    pub fn query(&self, statement: &str) -> Result<String, StepError> {
        Ok(self.postgresql.query(statement)?)
    }
}

/// An error unless something is true.
pub fn expect(is_true: bool, otherwise: impl FnOnce() -> String) -> Result<(), StepError> {
    if is_true { Ok(()) } else { Err(StepError::Unexpected(otherwise())) }
}

/// The parameters of the admin who is added.
pub fn admin() -> Value {
    json!({"email": "admin@example.com", "password": "correct horse battery"})
}
