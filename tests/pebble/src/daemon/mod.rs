//! The daemon: what all parts share, how it starts and how it ends.

pub mod boot;
pub mod brake;
pub mod copy;
pub mod options;
pub mod run;
pub mod surroundings;
pub mod world;

pub use brake::Brake;
pub use options::Options;
pub use surroundings::Surroundings;
pub use world::{Guard, World};

use crate::{
    changes::runner,
    checks,
    logs::{Buffer, Forwarding},
    plan::{self, Layer, PlanError},
    processes::Machine,
    timestamp,
};
use clock::Clock;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Notify, watch};

/// Why Pebble ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// A service asked for it, and that is no failure.
    Success,
    /// A service failed.
    ServiceFailure,
    /// A check failed.
    CheckFailure,
}

/// What all parts share.
pub struct Daemon {
    /// All time.
    pub clock: Clock,
    /// How it was started.
    pub options: Options,
    /// Names this run of the machine, or this run of Pebble as process 1.
    pub boot_id: String,
    /// What programs and servers there are.
    pub machine: Arc<dyn Machine>,
    /// Lets time go by while a client waits.
    pub brake: Brake,
    /// Wakes when a task has ended.
    pub idle: Notify,
    /// Log targets.
    pub forwarding: Arc<Forwarding>,
    /// Set when Pebble shall end by itself.
    pub ending: watch::Sender<Option<Ending>>,
    world: Mutex<World>,
}

impl Daemon {
    /// The parts together; nothing runs yet.
    #[must_use]
    pub fn new(options: Options, surroundings: Surroundings, world: World) -> Self {
        let clock = options.clock;
        Self {
            clock,
            options,
            boot_id: surroundings.boot_id,
            machine: surroundings.machine,
            brake: surroundings.brake,
            idle: Notify::new(),
            forwarding: Arc::new(Forwarding::new(clock)),
            ending: watch::Sender::new(None),
            world: Mutex::new(world),
        }
    }

    /// Everything that changes. It is saved, if it has changed, when the guard goes.
    pub fn world(&self) -> Guard<'_> {
        Guard::new(self, self.world.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Writes a line of Pebble's own log.
    pub fn log(&self, text: &str) {
        self.machine.note(&format!("{} [pebble] {text}", timestamp::format_millis(timestamp::now(self.clock))));
    }

    /// Ends Pebble; the first reason counts.
    pub fn end(&self, reason: Ending) {
        self.ending.send_if_modified(|ending| ending.replace(reason).is_none());
    }

    /// Adds a layer or combines it with its label. Checks follow at once, log targets as soon as they can; services wait.
    ///
    /// # Errors
    /// The plan with it is invalid; then nothing has changed.
    pub async fn add_layer(self: &Arc<Self>, layer: Layer, combine: bool, inner: bool) -> Result<(), PlanError> {
        let (plan, must_ensure) = {
            let mut world = self.world();
            let plan = if combine {
                world.plan.with_combined(layer, inner)?
            } else {
                world.plan.with_appended(layer, inner)?
            };
            let plan = Arc::new(plan);
            world.plan = Arc::clone(&plan);
            let must_ensure = checks::plan_change::apply(self, &mut world, &plan);
            (plan, must_ensure)
        };
        if must_ensure {
            runner::ensure(self);
        }
        let forwarding = Arc::clone(&self.forwarding);
        let _ = tokio::spawn(async move { forwarding.plan_changed(&plan).await }).await;
        Ok(())
    }

    /// Lets log targets know of a service's output.
    pub fn forward_output(&self, service: &plan::Service, logs: &Arc<Buffer>) {
        let (forwarding, service, logs) = (Arc::clone(&self.forwarding), service.clone(), Arc::clone(logs));
        tokio::spawn(async move { forwarding.service_started(&service, &logs).await });
    }

    fn save(&self, world: &mut World) {
        world.state.is_modified = false;
        if let Some(path) = &self.options.state_file
            && let Err(error) = world.state.save(path)
        {
            self.log(&format!("Cannot write state file: {error}"));
        }
    }
}
