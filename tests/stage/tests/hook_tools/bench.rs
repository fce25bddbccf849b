//! A charm whose hooks run the command lines that a test gives it.

use serde_json::Value;
use stage::{
    ActionRun, Databag, End, HookEvent, HookRun, Model, Relation, RelationStep, Secret, Stage, Version,
    model::{Owner, databag},
};
use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// The unit under test.
pub const UNIT: &str = "probe/0";

const METADATA: &str = "
name: probe
peers:
  mesh: {interface: mesh}
requires:
  database: {interface: sql}
  cache: {interface: cache}
provides:
  web: {interface: http}
";

const CONFIG: &str = "
options:
  name: {type: string, default: forum}
  port: {type: int, default: 5432}
  ratio: {type: float, default: 0.5}
  debug: {type: boolean, default: false}
  note: {type: string}
  token: {type: secret}
";

const ACTIONS: &str = "
work:
  params:
    email: {type: string}
    count: {type: integer, default: 3}
    deep: {type: object}
  required: [email]
  additionalProperties: false
free:
  params: {}
";

/// A stage with one deployed unit.
pub struct Bench {
    pub stage: Stage,
    folder: TempDir,
}

/// What one command line ended with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// A call that succeeded and printed this.
pub fn prints(text: &str) -> Reply {
    Reply { code: 0, stdout: text.to_owned(), stderr: String::new() }
}

/// A call that succeeded and printed nothing.
pub fn silence() -> Reply {
    prints("")
}

/// A call that the agent could not fulfil.
pub fn fails(message: &str) -> Reply {
    Reply { code: 1, stdout: String::new(), stderr: format!("ERROR {message}\n") }
}

/// A call whose flags or arguments were wrong.
pub fn refused(message: &str) -> Reply {
    Reply { code: 2, ..fails(message) }
}

impl Bench {
    /// The unit leads its application.
    pub fn leader() -> Self {
        Self::of(Version::default())
    }

    /// The unit leads its application, in this version of Juju.
    pub fn of(version: Version) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("a readable folder");
        fs::create_dir(folder.path().join("calls")).expect("a folder for answers");
        let charm = write_charm(folder.path());
        let mut stage = Stage::builder().juju(version).charm(charm).build().expect("a stage");
        stage.deploy();
        let model = stage.model_mut();
        let unit = model.units.get_mut(UNIT).expect("the unit");
        unit.memory.installed = true;
        unit.memory.started = true;
        let address = unit.address;
        for relation in model.relations.values_mut() {
            relation.enter(UNIT, databag::seed(address));
        }
        Self { stage, folder }
    }

    /// Another unit leads.
    pub fn follower() -> Self {
        let mut bench = Self::leader();
        bench.model().application_mut().leader = Some("probe/1".to_owned());
        bench
    }

    /// The model, to arrange or to look at.
    pub fn model(&mut self) -> &mut Model {
        self.stage.model_mut()
    }

    /// A relation that the unit has entered, with these units at the other end; gives its number.
    pub fn relate(&mut self, endpoint: &str, application: &str, units: &[(&str, Databag)]) -> u32 {
        let model = self.stage.model_mut();
        let id = model.mint_relation();
        let interface = model.application().charm.endpoints[endpoint].interface.clone();
        let unit = model.units.get_mut(UNIT).expect("the unit");
        let memory = unit.memory.relations.entry(id).or_default();
        memory.created = true;
        memory.joined = units.iter().map(|(name, bag)| ((*name).to_owned(), Some(bag.clone()))).collect();
        let mut theirs = End::new(application, endpoint);
        theirs.units = units.iter().map(|(name, bag)| ((*name).to_owned(), bag.clone())).collect();
        let ends = vec![End::new("probe", endpoint), theirs];
        let mut relation = Relation { id, interface, ends, ..Relation::default() };
        relation.enter(UNIT, databag::seed(unit.address));
        model.relations.insert(id, relation);
        id
    }

    /// The relation with this number.
    pub fn relation(&mut self, id: u32) -> &mut Relation {
        self.model().relations.get_mut(&id).expect("the relation")
    }

    /// What the unit has published there.
    pub fn own_bag(&mut self, id: u32) -> Databag {
        let mut bag = self.relation(id).unit_bag(UNIT).expect("the bag").clone();
        bag.retain(|key, _| !databag::ADDRESS_KEYS.contains(&key.as_str()));
        bag
    }

    /// A secret that another application owns; gives its URI.
    pub fn foreign_secret(&mut self, application: &str, content: &[(&str, &str)]) -> String {
        let model = self.stage.model_mut();
        let id = model.mint_secret();
        model.secrets.insert(id.clone(), Secret::new(Owner::Application(application.to_owned()), bag(content)));
        format!("secret:{id}")
    }

    /// The secret with this bare id.
    pub fn secret(&mut self, id: &str) -> &mut Secret {
        self.model().secrets.get_mut(id).expect("the secret")
    }

    /// Runs command lines in a hook that succeeds, and is about nothing in particular.
    pub fn calls(&mut self, lines: &[&str]) -> Vec<Reply> {
        self.calls_in(&HookEvent::update_status(), lines)
    }

    /// Runs one command line.
    pub fn call(&mut self, line: &str) -> Reply {
        self.calls(&[line]).remove(0)
    }

    /// Runs command lines in a hook of this kind that succeeds.
    pub fn calls_in(&mut self, event: &HookEvent, lines: &[&str]) -> Vec<Reply> {
        let (run, replies) = self.hook(event, lines, 0);
        assert!(run.is_success(), "{} {}: {:?}", run.hook, run.exit, run.log);
        replies
    }

    /// Runs command lines in a relation hook; `unit` is the other one.
    pub fn calls_about(&mut self, id: u32, step: RelationStep, unit: Option<&str>, lines: &[&str]) -> Vec<Reply> {
        self.calls_in(&HookEvent::relation(id, step, unit), lines)
    }

    /// Runs command lines in a hook that ends with this code.
    pub fn hook(&mut self, event: &HookEvent, lines: &[&str], code: i32) -> (HookRun, Vec<Reply>) {
        self.write_script(lines, &format!("exit {code}"));
        let run = self.stage.hook(0, event).expect("a hook");
        (run, self.replies(lines.len()))
    }

    /// Runs a hook that is only this command line, its output not caught.
    pub fn noisy(&mut self, event: &HookEvent, last: &str) -> HookRun {
        self.write_script(&[], last);
        self.stage.hook(0, event).expect("a hook")
    }

    /// Runs command lines in an action, and then this last one by which `dispatch` ends.
    pub fn action(&mut self, name: &str, parameters: Value, lines: &[&str], last: &str) -> (ActionRun, Vec<Reply>) {
        self.write_script(lines, last);
        let run = self.stage.run(0, name, parameters).expect("an action");
        let count = if run.hook.is_some() { lines.len() } else { 0 };
        (run, self.replies(count))
    }

    /// Takes the program out of the charm; before the first hook.
    pub fn remove_dispatch(&mut self) {
        self.stage.assume_notified(0).expect("the unit");
        let charm = self.stage.agent_dir(0).expect("the unit's folder").charm();
        fs::remove_file(charm.join("dispatch")).expect("a program");
    }

    /// The folder in which command lines run.
    pub fn calls_folder(&self) -> PathBuf {
        self.folder.path().join("calls")
    }

    fn write_script(&self, lines: &[&str], last: &str) {
        let call =
            |(place, line): (usize, &&str)| format!("(\n{line}\n) >{place}.out 2>{place}.err; echo $? >{place}.code\n");
        let calls: String = lines.iter().enumerate().map(call).collect();
        let text = format!("cd {}\n{calls}{last}\n", self.calls_folder().display());
        fs::write(self.folder.path().join("script"), text).expect("a script");
    }

    fn replies(&self, count: usize) -> Vec<Reply> {
        (0..count).map(|place| self.reply(place)).collect()
    }

    fn reply(&self, place: usize) -> Reply {
        let read = |kind| {
            let bytes = fs::read(self.calls_folder().join(format!("{place}.{kind}"))).expect("an answer");
            String::from_utf8_lossy(&bytes).into_owned()
        };
        Reply { code: read("code").trim().parse().expect("an exit code"), stdout: read("out"), stderr: read("err") }
    }
}

/// A charm that runs `script` in `folder`, whatever the hook.
fn write_charm(folder: &Path) -> PathBuf {
    let charm = folder.join("charm");
    fs::create_dir(&charm).expect("a charm");
    let dispatch = format!("#!/bin/sh\nexec /bin/sh {}/script\n", folder.display());
    for (name, text) in
        [("metadata.yaml", METADATA), ("config.yaml", CONFIG), ("actions.yaml", ACTIONS), ("dispatch", &dispatch)]
    {
        fs::write(charm.join(name), text).expect("a file of the charm");
    }
    fs::set_permissions(charm.join("dispatch"), Permissions::from_mode(0o755)).expect("a program");
    charm
}

/// A databag of these keys and values.
pub fn bag(entries: &[(&str, &str)]) -> Databag {
    entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}
