//! Several units: worlds that see what the others have published.

mod turns;

use super::*;
use crate::fleet::BARRIER;

/// Some units of one application; unit 0 leads.
struct Units {
    worlds: Vec<World>,
    /// Whether a server that restarts answers only later.
    is_boot_slow: bool,
}

fn options(more: &Value) -> Value {
    let mut options = shared_uploads();
    options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    options
}

impl Units {
    /// Units that share their uploads and have not run a hook yet.
    fn deployed(count: u32) -> Self {
        let unit = |number| UnitName { application: "forum".to_owned(), number };
        let worlds = (0..count).map(|number| {
            let world = World { unit: unit(number), is_leader: number == 0, ..fresh() };
            with_options(&options(&json!({})), world)
        });
        let mut units = Self { worlds: worlds.collect(), is_boot_slow: false };
        units.share();
        units
    }

    /// Units that serve.
    fn serving(count: u32) -> Self {
        let mut units = Self::deployed(count);
        units.settle();
        assert_eq!(units.ready(), (0..count).collect::<Vec<_>>());
        units
    }

    /// Lets every unit see what all have published.
    fn share(&mut self) {
        let bags: BTreeMap<UnitName, Databag> =
            self.worlds.iter().map(|it| (it.unit.clone(), it.peers().unwrap().own_unit.clone())).collect();
        let leader = self.worlds.iter().find(|world| world.is_leader).unwrap();
        let app = leader.peers().unwrap().own_app.clone();
        for world in &mut self.worlds {
            let own = world.unit.clone();
            let peers = world.relations.one_mut(&restart::ENDPOINT);
            peers.units = bags.clone().into_iter().filter(|(unit, _)| *unit != own).collect();
            peers.own_app.clone_from(&app);
        }
    }

    /// Runs a hook of a unit; returns its steps.
    fn hook(&mut self, index: usize) -> Vec<StepKind> {
        let is_boot_slow = self.is_boot_slow;
        let world = &mut self.worlds[index];
        let (mut journal, mut steps) = (Journal::default(), Vec::new());
        let mut decision = decide(world, &journal);
        while let Some(step) = decision.step.take() {
            let outcome = match &step.what {
                Step::Inspect(..) => Outcome::Found(Box::new(found(applied(world)))),
                Step::OpenGate if is_boot_slow => {
                    container(world).ready = Check::Down;
                    Outcome::Done
                }
                other => play(world, &journal, other, ALL),
            };
            journal.note(&step.what, &outcome);
            note_key(world, &outcome);
            world.inspection = outcome.inspection(&step.what, world.inspection.take());
            steps.push(step.what.kind());
            assert!(steps.len() < 16, "{steps:?}");
            decision = decide(world, &journal);
        }
        commit(world, &decision);
        self.share();
        steps
    }

    /// Runs hooks of all units, in turn, until a whole round changes nothing; returns how many units were not ready at the worst moment.
    fn settle(&mut self) -> usize {
        let mut most = 0;
        for _ in 0..40 {
            let before = self.published();
            let steps: usize = (0..self.worlds.len())
                .map(|index| {
                    let steps = self.hook(index).len();
                    most = most.max(self.worlds.len() - self.ready().len());
                    steps
                })
                .sum();
            if steps == 0 && before == self.published() {
                return most;
            }
        }
        panic!("the units do not settle: {:?}", self.statuses());
    }

    fn published(&self) -> Vec<(Databag, Option<Databag>)> {
        let peers = self.worlds.iter().map(|world| world.peers().unwrap());
        peers.map(|it| (it.own_unit.clone(), it.own_app.clone())).collect()
    }

    fn set(&mut self, more: &Value) {
        for world in &mut self.worlds {
            *world = with_options(&options(more), world.clone());
        }
    }

    fn now(&mut self, now: i64) {
        self.worlds.iter_mut().for_each(|world| world.now = now);
    }

    fn ready(&self) -> Vec<u32> {
        let is_ready = |world: &&World| {
            let container = world.container.as_ref().unwrap();
            let is_running = matches!(container.service, Service::Running(_));
            is_running && container.gate == Check::Stopped && container.ready == Check::Up
        };
        self.worlds.iter().filter(is_ready).map(|world| world.unit.number).collect()
    }

    fn statuses(&self) -> Vec<String> {
        self.worlds.iter().map(|world| shown(&first(world)).message).collect()
    }

    /// The server of a unit answers now.
    fn answer(&mut self, index: usize) {
        container(&mut self.worlds[index]).ready = Check::Up;
        self.is_boot_slow = false;
    }

    fn grants(&self) -> Vec<String> {
        let app = self.worlds[0].peers().unwrap().own_app.clone().unwrap();
        app.into_keys().filter(|key| key.starts_with("<ops")).collect()
    }
}

/// What a database has: nothing before the first migration, only additive ones while none of the others may run.
fn applied(world: &World) -> &'static [&'static str] {
    if world.fleet().memory.phase().is_none() { &["1", "2"] } else { ALL }
}

fn forum(number: u32) -> String {
    format!("<ops.model.Unit forum/{number}>")
}

#[test]
fn destructive_migrations_run_once_every_unit_has_acknowledged_the_barrier() {
    let mut units = Units::deployed(3);
    let mut migrations = Vec::new();
    for _ in 0..6 {
        for index in 0..3 {
            let steps = units.hook(index);
            let has_barrier = units.worlds[0].peers().unwrap().own_app.as_ref().unwrap().contains_key(BARRIER);
            if steps.contains(&StepKind::Job(Job::Migrate)) {
                migrations.push((index, has_barrier));
            }
        }
    }
    assert_eq!(units.ready(), [0, 1, 2]);
    assert!(migrations.iter().all(|(index, _)| *index == 0), "{migrations:?}");
    let acks = |world: &World| world.fleet().memory.ack;
    assert_eq!(units.worlds.iter().map(acks).collect::<Vec<_>>(), vec![Some("r1 0".to_owned()); 3]);
    assert_eq!(units.worlds[0].fleet().memory.schema.as_deref(), Some("r1 complete"));
}

#[test]
fn an_older_image_does_not_start_behind_the_barrier() {
    let mut units = Units::serving(2);
    let old = Migrations::parse("pre 1\npre 2\n").unwrap();
    let cold = container(&mut units.worlds[1]);
    cold.image = Ok(Image { migrations: old, ..image("r0") });
    (cold.service, cold.plan, cold.gate) = (Service::Stopped, Plan::default(), Check::Down);
    units.hook(1);
    assert_eq!(units.ready(), [0]);
    let remedy = "juju attach-resource forum discourse-image=<image of 2026.1.7>";
    assert_eq!(units.statuses()[1], format!("the database was migrated for Discourse 2026.1.7: {remedy}"));
}

#[test]
fn without_shared_uploads_only_the_first_unit_starts_and_the_others_do_once_they_are_shared() {
    let mut units = Units::deployed(3);
    for world in &mut units.worlds {
        *world = with_options(&json!({}), world.clone());
    }
    units.settle();
    let blocked = "uploads are not shared between units: set s3_enabled, or juju scale-application forum 1";
    assert_eq!((units.ready(), &units.statuses()[1..]), (vec![0], &[blocked, blocked].map(str::to_owned)[..]));
    units.set(&json!({}));
    units.settle();
    assert_eq!(units.ready(), [0, 1, 2]);
}

#[test]
fn units_that_have_served_go_on_without_shared_uploads() {
    let mut units = Units::serving(2);
    for world in &mut units.worlds {
        *world = with_options(&json!({}), world.clone());
    }
    assert!(units.settle() <= 1);
    assert_eq!(units.ready(), [0, 1]);
    container(&mut units.worlds[1]).service = Service::Stopped;
    units.settle();
    assert_eq!(units.ready(), [0, 1]);
}

#[test]
fn a_unit_that_leaves_shuts_its_gate_and_serves_on() {
    let mut units = Units::serving(2);
    units.worlds[1].is_leaving = true;
    units.set(&json!({"max_category_nesting": 3}));
    assert_eq!(units.hook(1), [StepKind::ShutGate]);
    assert_eq!(units.hook(1), []);
    let leaving = units.worlds[1].container.as_ref().unwrap();
    assert!(matches!(leaving.service, Service::Running(_)) && leaving.gate == Check::Down);
    assert_eq!(units.worlds[1].running_environment()["DISCOURSE_MAX_CATEGORY_NESTING"], "2");
}

#[test]
fn the_application_shows_its_worst_unit_and_how_many_serve() {
    let mut units = Units::serving(3);
    let status = |units: &Units| units.worlds[0].fleet().status;
    assert_eq!(status(&units).map(|text| text.starts_with("active ")), Some(true));
    container(&mut units.worlds[2]).image = Err(crate::discourse::image::ImageProblem {
        file: "/srv/discourse/VERSION",
        defect: crate::discourse::image::Defect::Missing,
    });
    units.settle();
    let problem = "the image lacks /srv/discourse/VERSION: juju attach-resource forum discourse-image=<image>";
    assert_eq!(status(&units), Some(format!("blocked 2 of 3 units serve; forum/2: {problem}")));
}
