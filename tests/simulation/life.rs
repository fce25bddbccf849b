//! A life in random order: what operators, Kubernetes and bad luck do between any two hooks, and what must hold all the while.

use std::{error::Error, sync::Arc, time::Duration};

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde_json::json;
use stage::{HookRun, Version};

use crate::{
    forum::{Forum, Plan},
    image::Images,
    watch::Watch,
};

/// How much happens before everything comes to rest.
const ACTS: usize = 6;
/// The most hooks between two acts.
const HOOKS: u32 = 12;
/// Juju runs `update-status` so often.
const UPDATE_STATUS: Duration = Duration::from_mins(5);
/// So often a settled life is given another five minutes before it counts as stuck.
const ROUNDS: u32 = 8;

/// The most of a status that is shown. *Units*: characters.
const SHOWN: usize = 70;

/// Why a life was not a good one.
pub type Failure = Box<dyn Error>;

struct Life {
    forum: Forum,
    random: StdRng,
    watch: Watch,
    nesting: u8,
    passwords: u32,
    is_newer: bool,
    is_related: bool,
    frozen: Option<u32>,
    /// What has happened so far.
    log: Vec<String>,
}

/// Plays the life of a seed.
///
/// # Errors
/// What went wrong, with everything that had happened until then.
pub fn play(seed: u64, images: Arc<Images>) -> Result<(), String> {
    let mut random = StdRng::seed_from_u64(seed);
    let juju = if random.random() { Version::V4_0 } else { Version::V3_6 };
    let slow_boot = Some(125_000..=280_000);
    let plan = Plan { units: units(&mut random), seed: random.random(), juju, boot: 200..=30_000, slow_boot };
    let forum = Forum::deployed(&plan, images).map_err(|error| format!("{error:?}"))?;
    let mut life = Life {
        forum,
        random,
        watch: Watch::default(),
        nesting: 2,
        passwords: 0,
        is_newer: false,
        is_related: true,
        frozen: None,
        log: vec![format!("deployed {} units on Juju {juju}", plan.units)],
    };
    life.live().map_err(|failure| format!("{failure}\n{}", life.log.join("\n")))
}

/// Two most often, seven at most: what they tell each other grows with the square of their number.
fn units(random: &mut StdRng) -> u32 {
    (2..7).find(|_| random.random_bool(0.5)).unwrap_or(7)
}

impl Life {
    fn live(&mut self) -> Result<(), Failure> {
        let is_rolled_back = self.random.random_ratio(1, 4);
        self.hooks(if is_rolled_back { u32::MAX } else { HOOKS * 2 })?;
        if is_rolled_back {
            self.go_there_and_back()?;
        }
        for _ in 0..if is_rolled_back { ACTS / 2 } else { ACTS } {
            self.act()?;
            let hooks = self.random.random_range(0..=HOOKS);
            self.hooks(hooks)?;
        }
        self.rest()
    }

    /// All units get the newer image, which completes its migrations, and then the older one again.
    fn go_there_and_back(&mut self) -> Result<(), Failure> {
        self.refresh()?;
        self.hooks(u32::MAX)?;
        self.refresh()?;
        self.hooks(HOOKS * 2)
    }

    fn act(&mut self) -> Result<(), Failure> {
        let units = self.forum.units();
        let unit = units[self.random.random_range(0..units.len())];
        match self.random.random_range(0..22) {
            0..=5 => self.configure()?,
            6 => self.rotate(),
            7 => self.disturb("kill the pod of", unit, |forum| forum.stage.kill_pod(unit))?,
            8 => self.disturb("evict the pod of", unit, |forum| forum.stage.evict_pod(unit))?,
            9 if self.forum.pebble_of(unit).is_some() => {
                self.disturb("kill the container of", unit, |forum| forum.stage.kill_container(unit))?;
            }
            10 => self.elect(unit)?,
            11..=12 => self.refresh()?,
            13 => self.update_status(unit)?,
            14 if units.len() < 7 => drop(self.forum.stage.add_unit()),
            15 if units.len() > 2 => {
                let last = units[units.len() - 1];
                self.disturb("remove", last, |forum| forum.stage.remove_unit(last))?;
            }
            16..=17 => self.spoil(),
            18 => self.restart_agent(unit)?,
            19 => self.freeze(unit)?,
            20 => self.relate_redis()?,
            _ => self.pass(),
        }
        Ok(())
    }

    fn configure(&mut self) -> Result<(), Failure> {
        self.nesting = 5 - self.nesting;
        self.log.push(format!("max_category_nesting is {}", self.nesting));
        Ok(self.forum.stage.config([("max_category_nesting", json!(self.nesting))])?)
    }

    fn rotate(&mut self) {
        self.passwords += 1;
        let password = format!("hunter{}", self.passwords);
        self.log.push(format!("the password is {password}"));
        self.forum.postgresql.say_secret("secret-user", &[("username", "forum"), ("password", &password)]);
    }

    fn disturb(
        &mut self,
        what: &str,
        unit: u32,
        act: impl FnOnce(&mut Forum) -> Result<(), stage::StageError>,
    ) -> Result<(), Failure> {
        self.log.push(format!("{what} {unit}"));
        self.watch.excuse(&self.forum, unit);
        Ok(act(&mut self.forum)?)
    }

    fn elect(&mut self, unit: u32) -> Result<(), Failure> {
        self.log.push(format!("{unit} leads"));
        Ok(self.forum.stage.elect(unit)?)
    }

    /// To the newer image, or back, whatever it has done to the database; then all pods may go at once.
    fn refresh(&mut self) -> Result<(), Failure> {
        self.is_newer = !self.is_newer;
        self.log.push(format!("refresh to the {} image", if self.is_newer { "newer" } else { "older" }));
        self.forum.stage.refresh_image(self.image());
        let at_once = self.random.random_bool(0.5);
        let rolled_back = if self.is_newer { Vec::new() } else { self.forum.units() };
        for unit in rolled_back {
            self.watch.excuse(&self.forum, unit);
            if at_once {
                self.disturb("kill the pod of", unit, |forum| forum.stage.kill_pod(unit))?;
            }
        }
        Ok(())
    }

    fn image(&self) -> std::path::PathBuf {
        if self.is_newer { self.forum.images.newer() } else { self.forum.images.older() }
    }

    fn update_status(&mut self, unit: u32) -> Result<(), Failure> {
        let is_in_error = self.forum.stage.model().units.values().any(|unit| unit.memory.failed.is_some());
        if is_in_error || self.frozen == Some(unit) {
            return Ok(());
        }
        self.log.push(format!("update-status {unit}"));
        let run = self.forum.stage.update_status(unit)?;
        self.check(&run)
    }

    /// `dispatch` is killed, or a hook tool fails, in one of the next hooks.
    fn spoil(&mut self) {
        let n = self.random.random_range(1..=60);
        let (what, faults) = (self.random.random_range(0..3), self.forum.stage.faults());
        let what = match what {
            0 => (faults.kill_after_tool(n), "dispatch is killed after tool"),
            1 => (faults.kill_after_request(n), "dispatch is killed after request"),
            _ => (faults.fail_call(n, 1, "connection refused"), "a tool fails: call"),
        };
        self.log.push(format!("{} {n}", what.1));
    }

    fn restart_agent(&mut self, unit: u32) -> Result<(), Failure> {
        self.log.push(format!("the agent of {unit} restarts"));
        Ok(self.forum.stage.restart_agent(unit)?)
    }

    /// A frozen agent runs no hooks, and its leadership passes to another one; the one that was frozen before goes on.
    fn freeze(&mut self, unit: u32) -> Result<(), Failure> {
        self.thaw()?;
        self.log.push(format!("{unit} is frozen"));
        self.frozen = Some(unit);
        Ok(self.forum.stage.freeze(unit)?)
    }

    fn thaw(&mut self) -> Result<(), Failure> {
        let frozen = self.frozen.take().filter(|unit| self.forum.units().contains(unit));
        Ok(frozen.map_or(Ok(()), |unit| self.forum.stage.thaw(unit))?)
    }

    /// Without a required relation nobody needs to serve; it can be made again once it is gone.
    fn relate_redis(&mut self) -> Result<(), Failure> {
        if self.forum.redis_relation().is_some() != self.is_related {
            return Ok(());
        }
        self.is_related = !self.is_related;
        self.log.push(format!("redis is {}", if self.is_related { "related" } else { "removed" }));
        if self.is_related {
            self.forum.stage.relate("redis", self.forum.redis.clone())?;
        } else {
            self.forum.stage.unrelate("redis")?;
            self.watch.excuse_all();
        }
        Ok(())
    }

    fn pass(&mut self) {
        let seconds = self.random.random_range(1..=900);
        self.log.push(format!("{seconds} s go by"));
        self.forum.stage.pass(Duration::from_secs(seconds));
    }

    /// Runs so many hooks, if there are so many to run.
    fn hooks(&mut self, count: u32) -> Result<(), Failure> {
        for _ in 0..count {
            let Some(run) = self.forum.stage.step()? else { return Ok(()) };
            self.check(&run)?;
        }
        Ok(())
    }

    fn check(&mut self, run: &HookRun) -> Result<(), Failure> {
        let passed = self.forum.stage.model().passed.as_secs();
        let after: String = run.after.to_string().chars().take(SHOWN).collect();
        self.log.push(format!("{passed:6} s  {} {} -> {after}", run.unit, run.hook));
        self.watch.check(&self.forum, run)
    }

    /// Everything is left alone until every unit serves what was asked for last.
    fn rest(&mut self) -> Result<(), Failure> {
        self.log.push("all is left alone".to_owned());
        self.forum.stage.faults().clear();
        self.thaw()?;
        if !self.is_related {
            self.hooks(u32::MAX)?;
            self.relate_redis()?;
        }
        if !self.is_newer {
            self.refresh()?;
        }
        self.hooks(u32::MAX)?;
        for _ in 0..ROUNDS {
            // Once more: other applications speak when everything has settled.
            self.hooks(u32::MAX)?;
            if self.has_settled() {
                return self.check_end();
            }
            self.forum.stage.pass(UPDATE_STATUS);
            for unit in self.forum.units() {
                self.update_status(unit)?;
            }
        }
        Err(format!("not every unit settles: {:#?}", self.forum.statuses()).into())
    }

    fn has_settled(&self) -> bool {
        let all = self.forum.statuses().iter().all(|status| status.contains(" active"));
        let is_newest = |unit: &u32| self.forum.revision(*unit) == "newer" && self.forum.stage.is_ready(*unit);
        let is_complete = self.forum.world.lock().applied.len() == crate::image::MIGRATIONS.len();
        all && is_complete && self.forum.units().iter().all(is_newest)
    }

    fn check_end(&self) -> Result<(), Failure> {
        let world = self.forum.world.lock();
        let wanted = [
            ("DISCOURSE_MAX_CATEGORY_NESTING", self.nesting.to_string()),
            ("DISCOURSE_DB_PASSWORD", format!("hunter{}", if self.passwords == 0 { 2 } else { self.passwords })),
            ("DISCOURSE_SECRET_KEY_BASE", world.key.clone().unwrap_or_default()),
        ];
        for (pod, server) in &world.servers {
            for (name, value) in &wanted {
                if server.environment.get(*name) != Some(value) {
                    return Err(format!("{pod} runs with another {name}").into());
                }
            }
        }
        Ok(())
    }
}
