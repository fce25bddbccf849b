//! Lives of several units in random orders: hooks interleave, databags arrive late, pods die, images and leaders change.

use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::*;
use crate::{
    decide::{State, Understanding},
    discourse::aside::Aside,
};

/// Lives, each from a seed of its own.
const LIVES: u64 = 40;
/// What happens in one life before everything settles.
const EVENTS: usize = 120;
/// *Units*: seconds between two events.
const STEP: i64 = 20;

/// A unit, and what it was seen doing.
struct Unit {
    world: World,
    /// Whether it was ready and nobody has killed it or replaced its pod since.
    is_expected: bool,
    /// Whether its server boots.
    is_booting: bool,
}

struct Life {
    seed: u64,
    random: StdRng,
    units: Vec<Unit>,
    /// The versions in the database.
    applied: BTreeSet<&'static str>,
    /// The image that new pods get.
    image: &'static str,
    nesting: u8,
    now: i64,
    /// What has happened so far.
    log: Vec<String>,
}

fn migrations(image: &str) -> (&'static [&'static str], &'static [&'static str]) {
    if image == "r1" { (&["1", "2"], &["3"]) } else { (&["1", "2", "4"], &["3", "5"]) }
}

fn image_of(revision: &str) -> Image {
    let (pre, post) = migrations(revision);
    let lines = pre.iter().map(|it| format!("pre {it}\n")).chain(post.iter().map(|it| format!("post {it}\n")));
    Image { migrations: Migrations::parse(&lines.collect::<String>()).unwrap(), ..image(revision) }
}

impl Life {
    fn new(seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let count = random.random_range(2..=5);
        let mut life = Self {
            seed,
            random,
            units: Vec::new(),
            applied: BTreeSet::new(),
            image: "r1",
            nesting: 2,
            now: NOW,
            log: Vec::new(),
        };
        for number in 0..count {
            let unit = UnitName { application: "forum".to_owned(), number };
            let world = World { unit, units: (0..count).collect(), is_leader: number == 0, ..fresh() };
            life.units.push(Unit { world, is_expected: false, is_booting: false });
        }
        (0..life.units.len()).for_each(|index| life.replace_pod(index));
        life.configure();
        life
    }

    fn configure(&mut self) {
        let mut options = shared_uploads();
        options["max_category_nesting"] = json!(self.nesting);
        for unit in &mut self.units {
            unit.world = with_options(&options, unit.world.clone());
        }
    }

    /// A new pod: nothing runs in it yet.
    fn replace_pod(&mut self, index: usize) {
        let unit = &mut self.units[index];
        unit.world.container = fresh().container;
        container(&mut unit.world).image = Ok(image_of(self.image));
        (unit.is_expected, unit.is_booting) = (false, false);
        self.log.push(format!("{} gets a pod with {}", unit.world.unit, self.image));
    }

    /// Lets a unit see what another has published; what the leader wrote is fresh in every hook.
    fn deliver(&mut self, from: usize, to: usize) {
        let (name, bag) = {
            let world = &self.units[from].world;
            (world.unit.clone(), world.peers().unwrap().own_unit.clone())
        };
        if from != to {
            self.log.push(format!("{to} hears of {from}"));
            self.units[to].world.relations.one_mut(&restart::ENDPOINT).units.insert(name, bag);
        }
    }

    fn hook(&mut self, index: usize) {
        let (mut journal, mut count) = (Journal::default(), 0);
        let mut decision = decide(&self.units[index].world, &journal);
        while let Some(step) = decision.step.take() {
            let outcome = self.play(index, &journal, &step.what);
            journal.note(&step.what, &outcome);
            let world = &mut self.units[index].world;
            note_key(world, &outcome);
            world.inspection = outcome.inspection(&step.what, world.inspection.take());
            count += 1;
            self.log.push(format!("{} {}", world.unit, step.what.kind()));
            assert!(count < 16, "seed {}: a hook does not end", self.seed);
            decision = decide(world, &journal);
            self.check();
        }
        commit(&mut self.units[index].world, &decision);
        let app = self.units[index].world.peers().unwrap().own_app.clone();
        self.log.push(format!(
            "{index} ends a hook: {:?}",
            decision.databags.iter().map(|it| (it.write.owner, &it.write.changes)).collect::<Vec<_>>()
        ));
        if self.units[index].world.is_leader {
            self.units.iter_mut().for_each(|unit| {
                unit.world.relations.one_mut(&restart::ENDPOINT).own_app.clone_from(&app);
            });
        }
    }

    fn play(&mut self, index: usize, journal: &Journal, step: &Step) -> Outcome {
        let Unit { world, is_booting, .. } = &mut self.units[index];
        match step {
            Step::Inspect(_, wanted) => {
                let missing = |versions: &BTreeSet<String>| {
                    versions.iter().filter(|it| !self.applied.contains(it.as_str())).count()
                };
                let (pending_pre, pending_post) = (missing(wanted.pre()), missing(wanted.post()));
                let is_empty = self.applied.is_empty();
                let schema = Schema { pending_pre, pending_post, is_locked: false, is_empty, aside: Aside::default() };
                Outcome::Found(Box::new(Inspection {
                    schema: Ok(schema),
                    database: None,
                    redis: None,
                    runs: BTreeMap::new(),
                }))
            }
            Step::RunJob(Job::Migrate, _, environment) => {
                let revision = container(world).image.as_ref().unwrap().revision.clone();
                let (pre, post) = migrations(&revision);
                self.applied.extend(pre);
                if !environment.exposed().contains_key("SKIP_POST_DEPLOYMENT_MIGRATIONS") {
                    self.applied.extend(post);
                }
                Outcome::Done
            }
            Step::OpenGate if *is_booting => {
                container(world).ready = Check::Down;
                Outcome::Done
            }
            Step::Replan(_) => {
                *is_booting = self.random.random_bool(0.5);
                play(world, journal, step, ALL)
            }
            other => play(world, journal, other, ALL),
        }
    }

    /// What must hold at every moment.
    fn check(&mut self) {
        for unit in &mut self.units {
            unit.is_expected |= is_ready(&unit.world);
        }
        let lost = self.units.iter().filter(|unit| unit.is_expected && !is_ready(&unit.world)).count();
        assert!(lost <= 1, "seed {}: {lost} units that served are not ready", self.seed);
        let runs_old = |unit: &Unit| is_running(&unit.world) && revision(&unit.world) == "r1";
        let is_broken = self.applied.contains("5") && self.units.iter().any(runs_old);
        assert!(!is_broken, "seed {}: old code serves after a destructive migration: {:#?}", self.seed, self.log);
    }

    fn happen(&mut self) {
        self.now += STEP;
        self.units.iter_mut().for_each(|unit| unit.world.now = self.now);
        let (one, other) =
            (self.random.random_range(0..self.units.len()), self.random.random_range(0..self.units.len()));
        match self.random.random_range(0..20) {
            0..=8 => self.hook(one),
            9..=13 => self.deliver(one, other),
            14..=15 => self.answer(one),
            16 => self.replace_pod(one),
            17 => self.elect(one),
            18 => {
                self.nesting = 5 - self.nesting;
                self.configure();
            }
            _ => self.roll(),
        }
        self.check();
    }

    /// A server that boots answers from now on.
    fn answer(&mut self, index: usize) {
        let unit = &mut self.units[index];
        if unit.is_booting {
            unit.is_booting = false;
            container(&mut unit.world).ready = Check::Up;
        }
    }

    fn elect(&mut self, index: usize) {
        self.log.push(format!("{index} is elected"));
        for (number, unit) in self.units.iter_mut().enumerate() {
            unit.world.is_leader = number == index;
        }
    }

    /// Kubernetes replaces the highest pod with an older image, if all above it are ready; from time to time the image goes back.
    fn roll(&mut self) {
        self.image = if self.random.random_bool(0.2) { "r1" } else { "r2" };
        for index in (0..self.units.len()).rev() {
            if revision(&self.units[index].world) != self.image {
                return self.replace_pod(index);
            }
            if !is_ready(&self.units[index].world) {
                return;
            }
        }
    }

    /// Whether nobody asks for a turn, and nothing of a migration is left.
    fn is_quiet(&self) -> bool {
        let is_done = |unit: &Unit| {
            let memory = unit.world.fleet().memory;
            !memory.asks && State::of(unit.world.container.as_ref().unwrap(), &wanted(&unit.world)) == State::Serving
        };
        self.applied.contains("5") && self.units.iter().all(is_done)
    }

    /// Everything arrives, every server answers and every pod gets the newest image.
    fn settle(&mut self) {
        self.image = "r2";
        for _ in 0..60 {
            if self.units.iter().all(|unit| is_ready(&unit.world) && revision(&unit.world) == "r2") && self.is_quiet() {
                return;
            }
            self.now += STEP;
            for index in 0..self.units.len() {
                self.units[index].world.now = self.now;
                (0..self.units.len()).for_each(|from| self.deliver(from, index));
                self.answer(index);
                self.hook(index);
                self.check();
            }
            let next = (0..self.units.len()).rev().find(|index| revision(&self.units[*index].world) != "r2");
            if let Some(index) = next {
                self.replace_pod(index);
            }
        }
    }
}

fn revision(world: &World) -> String {
    world.container.as_ref().unwrap().image.as_ref().unwrap().revision.clone()
}

fn wanted(world: &World) -> Environment {
    Understanding::of(world).environment
}

fn is_running(world: &World) -> bool {
    matches!(world.container.as_ref().unwrap().service, Service::Running(_))
}

fn is_ready(world: &World) -> bool {
    let container = world.container.as_ref().unwrap();
    is_running(world) && container.gate == Check::Stopped && container.ready == Check::Up
}

#[test]
fn whatever_happens_at_most_one_serving_unit_restarts_and_every_unit_settles() {
    for seed in 0..LIVES {
        let mut life = Life::new(seed);
        (0..EVENTS).for_each(|_| life.happen());
        life.settle();
        let all_ready = life.units.iter().all(|unit| is_ready(&unit.world));
        let statuses: Vec<String> = life.units.iter().map(|unit| shown(&first(&unit.world)).message).collect();
        assert!(all_ready && life.applied.contains("5"), "seed {seed}: {statuses:?} {:?}", life.applied);
        let nesting = |unit: &Unit| unit.world.running_environment()["DISCOURSE_MAX_CATEGORY_NESTING"].clone();
        let wanted = life.nesting.to_string();
        assert!(life.units.iter().all(|unit| nesting(unit) == wanted), "seed {seed}");
    }
}
