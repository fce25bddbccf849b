//! The reader of a page at a terminal, with a controller behind it.

use std::collections::BTreeMap;

use crate::{acts, grammar::Command, shelf::Shelf, words, world::World};

/// A terminal with Juju's client.
pub struct Player<'s> {
    /// What it plays with.
    pub shelf: &'s Shelf,
    /// The controller, if there is one.
    pub controller: Option<String>,
    /// Models by name.
    pub worlds: BTreeMap<String, World>,
    /// The model that commands without `--model` mean.
    pub current: String,
    /// The images that were named, in their order.
    pub images: Vec<String>,
    /// The newest results of actions, by key.
    pub results: BTreeMap<String, String>,
}

/// Commands that change the model only, or look after the rest themselves: what follows from several of them comes at the end of
/// their block.
const ACTS: [&str; 16] = [
    "add-model",
    "add-secret",
    "add-unit",
    "bootstrap",
    "config",
    "consume",
    "deploy",
    "grant-secret",
    "integrate",
    "offer",
    "revoke-secret",
    "run",
    "scale-application",
    "switch",
    "trust",
    "update-secret",
];

impl<'s> Player<'s> {
    /// A terminal in the state of a scene.
    pub fn in_scene(shelf: &'s Shelf, name: &str) -> Result<Self, String> {
        let scene = shelf.scenes.get(name).ok_or_else(|| format!("no scene has the name {name}"))?;
        let mut player = if let Some(before) = &scene.after {
            Self::in_scene(shelf, before)?
        } else {
            let (worlds, results) = (BTreeMap::new(), BTreeMap::new());
            Self { shelf, controller: None, worlds, current: String::new(), images: Vec::new(), results }
        };
        for line in scene.commands.lines() {
            player.enter(line).map_err(|error| format!("making the scene {name}: {line}: {error}"))?;
        }
        Ok(player)
    }

    /// Types a line; gives what Juju prints.
    ///
    /// # Errors
    /// What Juju refuses, or what fails.
    pub fn enter(&mut self, line: &str) -> Result<String, String> {
        let words = words::words(&self.filled(line)?)?;
        let command = match words.split_first() {
            Some((juju, words)) if juju == "juju" => Command::parse(words)?,
            _ => return Err(format!("a console block has commands of Juju only, one per line: {line}")),
        };
        if !ACTS.contains(&command.name.as_str()) {
            self.settle()?;
        }
        let before = self.current.clone();
        if let Some(model) = command.option(&["m", "model"]) {
            model.rsplit([':', '/']).next().unwrap_or(model).clone_into(&mut self.current);
        }
        let printed = acts::play(self, &command);
        if command.option(&["m", "model"]).is_some() {
            self.current = before;
        }
        printed
    }

    /// Lets all models come to rest.
    pub fn settle(&mut self) -> Result<(), String> {
        self.worlds.values_mut().try_for_each(World::settle)
    }

    /// The model that commands mean.
    pub fn world(&mut self) -> Result<&mut World, String> {
        let (controller, current) = (&self.controller, &self.current);
        let missing = match controller {
            None => "No controllers registered.".to_owned(),
            Some(controller) => format!("model {controller}:admin/{current} not found"),
        };
        self.worlds.get_mut(current).ok_or(missing)
    }

    /// The line with something in the place of every placeholder.
    pub fn filled(&self, line: &str) -> Result<String, String> {
        let mut filled = String::new();
        let mut rest = line;
        while let Some((before, after)) = rest.split_once('<') {
            let (name, after) = after.split_once('>').ok_or("a < without a >")?;
            filled.push_str(before);
            filled.push_str(&self.placeholder(name)?);
            rest = after;
        }
        Ok(filled + rest)
    }

    fn placeholder(&self, name: &str) -> Result<String, String> {
        if let Some(value) = self.results.get(name).or_else(|| self.shelf.placeholders.get(name)) {
            return Ok(value.clone());
        }
        let secrets = || self.worlds.get(&self.current).into_iter().flat_map(|world| &world.secrets);
        let wanted = name.strip_suffix("-id");
        let found = match (name, wanted) {
            ("id", _) => secrets().last(),
            (_, Some(wanted)) => secrets().find(|(known, _)| known == wanted),
            _ => return Err(format!("tests/docs/placeholders.yaml has nothing for <{name}>")),
        };
        let uri = found.map(|(_, uri)| uri.trim_start_matches("secret:").to_owned());
        uri.ok_or_else(|| format!("no secret that was added and no result of an action is <{name}>"))
    }
}
