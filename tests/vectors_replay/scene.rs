//! A vector on the stage: its world is built, its hook played, and what is left behind noted.

use std::{error::Error, fs, path::Path, process::ExitCode};

use clock::Clock;
use serde_json::{Value, json};
use stage::{ActionRun, HookEvent, HookRun, RelationStep, Stage, StatusKind};

use super::{
    before::Before,
    facts::Outcome,
    left::{self, Left},
    model,
    playing::checkout,
    recording::Recording,
    world::World,
};

/// Why a vector could not be played.
type SceneError = Box<dyn Error>;

/// Nominal seconds are this long.
const TIME_SCALE: &str = "0.1";
/// Commands of the recording that may fail, and the fault of the workload that makes them fail.
const KNOBS: [(&str, &str, &str); 2] =
    [("db:migrate", "migrate-fail", "20240101000000"), ("s3:upload_assets", "upload-fail", "")];
/// The workload container.
const CONTAINER: &str = "discourse";

/// Plays the vector of a file and prints what it left behind as one line of JSON.
pub fn play(file: &Path) -> ExitCode {
    match outcome(file).and_then(|outcome| Ok(serde_json::to_string(&outcome)?)) {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{}", chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn outcome(file: &Path) -> Result<Outcome, SceneError> {
    let recording = Recording::read(file)?;
    let mut scene = Scene::build(&recording)?;
    if let Some(before) = Before::of(&recording) {
        scene.live_through(&before)?;
    } else if !recording.input.leader {
        scene.let_the_leader_set_up()?;
    }
    scene.exchange()?;
    scene.play()
}

/// A stage with the world of one vector.
struct Scene<'a> {
    recording: &'a Recording,
    world: World,
    stage: Stage,
    unit: u32,
}

impl<'a> Scene<'a> {
    fn build(recording: &'a Recording) -> Result<Self, SceneError> {
        let mut stage = Stage::builder()
            .charm(checkout().join("target/charm"))
            .image(checkout().join("target/image/vectors"))
            .application(&recording.input.app)
            .clock(TIME_SCALE.parse::<Clock>()?)
            .units(0)
            .build()?;
        stage.deploy();
        model::add_unit(stage.model_mut(), &recording.input.unit);
        let unit = recording.input.unit.rsplit('/').next().unwrap_or_default().parse()?;
        stage.assume_notified(unit)?;
        let world = World::start(recording, stage.sandbox().ok_or("the unit has no pod")?)?;
        Ok(Self { recording, world, stage, unit })
    }

    /// Plays until the service runs with the environment that the vector starts with.
    fn live_through(&mut self, before: &Before) -> Result<(), SceneError> {
        model::write_before(self.stage.model_mut(), self.recording, before);
        self.stage.assume_notified(self.unit)?;
        self.stage.hook(self.unit, &HookEvent::config_changed())?;
        self.stage.settle()?;
        let status = self.stage.unit(self.unit).status();
        if status.status != StatusKind::Active {
            return Err(format!("the world before the vector ends {status}").into());
        }
        self.add_user()
    }

    /// Sets up the database of a unit that does not lead, as its leader would have.
    fn let_the_leader_set_up(&mut self) -> Result<(), SceneError> {
        if self.recording.credentials().is_none() || !self.recording.input.container.can_connect {
            return Ok(());
        }
        model::write(self.stage.model_mut(), self.recording);
        self.stage.model_mut().application_mut().leader = Some(self.recording.input.unit.clone());
        self.stage.assume_notified(self.unit)?;
        self.stage.hook(self.unit, &HookEvent::config_changed())?;
        self.stage.settle()?;
        // It was another unit's work, so this one has noted nothing.
        self.stage.model_mut().relations.clear();
        self.stage.kill_container(self.unit)?;
        self.stage.pod(self.unit).ok_or("the unit has no pod")?.start_container(CONTAINER)?;
        Ok(())
    }

    /// Adds the user whom the recorded commands found.
    fn add_user(&mut self) -> Result<(), SceneError> {
        let param = |name: &str| self.recording.event.params.get(name).and_then(Value::as_str);
        let is_found = self.recording.exit_code("users:exists[") == Some(0);
        let is_anonymized = self.recording.exit_code("users:anonymize[") == Some(0);
        let email = match (param("email"), param("username")) {
            (Some(email), _) if is_found => email.to_owned(),
            (_, Some(username)) if is_anonymized => format!("{username}@example.com"),
            _ => return Ok(()),
        };
        // What is no address cannot be a user's; the vector then starts without one.
        let _ = self.stage.run(self.unit, "create-user", json!({"email": email}))?;
        Ok(())
    }

    /// Changes the model to that of the vector, without a hook.
    fn exchange(&mut self) -> Result<(), SceneError> {
        self.world.keep_up_with(self.recording)?;
        model::write(self.stage.model_mut(), self.recording);
        self.stage.assume_notified(self.unit)?;
        let pod = self.stage.pod(self.unit).ok_or("the unit has no pod")?;
        for (command, knob, argument) in KNOBS {
            if self.recording.exit_code(command).is_some_and(|code| code != 0) {
                fs::write(pod.path(CONTAINER, "/srv/discourse/knobs")?.join(knob), argument)?;
            }
        }
        if !self.recording.input.container.can_connect {
            pod.kill_container(CONTAINER)?;
        }
        Ok(())
    }

    /// The hook, what follows from it, and `update-status` at the end.
    ///
    /// A follower that asks for its turn gets it, as from the leader that no vector has. After `stop` and `remove` nothing follows. A Pebble that is down stays down.
    fn play(mut self) -> Result<Outcome, SceneError> {
        let starts = self.stage.boots(self.unit).len();
        let relations = self.stage.model().relations.clone();
        let (action, hook) = self.hook()?;
        if !left::is_last(self.recording) {
            if self.recording.input.container.can_connect {
                self.stage.settle()?;
                if model::grant_turn(self.stage.model_mut(), self.recording) {
                    self.stage.settle()?;
                    model::end_turn(self.stage.model_mut(), self.recording);
                }
            }
            self.stage.update_status(self.unit)?;
        }
        self.stage.runs().iter().for_each(trace);
        Ok(Left { recording: self.recording, stage: &self.stage, unit: self.unit, starts, relations, action, hook }
            .outcome())
    }

    /// The vector's own hook; none if Juju refuses the action.
    fn hook(&mut self) -> Result<(Option<ActionRun>, Option<HookRun>), SceneError> {
        let event = &self.recording.event;
        if let Some(action) = &event.action {
            let run = self.stage.run(self.unit, action, Value::Object(event.params.clone()))?;
            let hook = run.hook.clone();
            eprintln!("{action}: {:?} {}", run.status, run.message);
            return Ok((Some(run), hook));
        }
        Ok((None, Some(self.stage.hook(self.unit, &hook_event(self.recording)?)?)))
    }
}

/// Prints a hook in one line, for a person who looks into a difference.
fn trace(run: &HookRun) {
    let commands: Vec<String> = run.boots.iter().map(|boot| boot.argv.join(" ")).collect();
    eprintln!("{}: {}, {} tools, commands {commands:?}, {}", run.hook, run.exit, run.tools.len(), run.after);
    run.log.iter().for_each(|line| eprintln!("    {line}"));
}

fn hook_event(recording: &Recording) -> Result<HookEvent, SceneError> {
    let event = &recording.event;
    let name = event.dispatch_path.strip_prefix("hooks/").unwrap_or(&event.dispatch_path);
    if name == format!("{CONTAINER}-pebble-ready") {
        return Ok(HookEvent::pebble_ready(CONTAINER));
    }
    let (Some(endpoint), Some(id)) = (&event.endpoint, event.relation_id) else { return Ok(HookEvent::plain(name)) };
    let step = match name.rsplit('-').next() {
        Some("created") => RelationStep::Created,
        Some("joined") => RelationStep::Joined,
        Some("changed") => RelationStep::Changed,
        Some("departed") => RelationStep::Departed,
        Some("broken") => RelationStep::Broken,
        _ => return Err(format!("no relation hook is called {name}").into()),
    };
    let remote = recording.relation(endpoint).map(|relation| relation.remote_app.as_str()).unwrap_or_default();
    let unit = event.remote_unit.map(|number| format!("{remote}/{number}"));
    Ok(HookEvent::relation(id, step, unit.as_deref()))
}
