//! Plays a page from its beginning to its end.

use crate::{
    compare::compare,
    grammar::Command,
    page::{Block, Page, Part},
    player::Player,
    shelf::Shelf,
    shell::Shell,
    words::{commands, words},
};

/// Where a page starts that does not say it.
const DEFAULT: &str = "empty";
/// What a scene leaves the application in that does not say it.
const ACTIVE: &str = "active";

/// A page that is being played.
struct Teller<'p> {
    page: &'p Page,
    shelf: &'p Shelf,
    scene: String,
    /// What the scene is to leave the application in.
    ends: String,
    /// The terminal; none before the first command of a scene.
    player: Option<Player<'p>>,
    shell: Shell<'p>,
    mistakes: Vec<String>,
}

/// Plays a page.
///
/// # Errors
/// All that is wrong with it.
pub fn play(page: &Page, shelf: &Shelf) -> Result<(), String> {
    let (scene, ends) = (DEFAULT.to_owned(), ACTIVE.to_owned());
    let mut teller =
        Teller { page, shelf, scene, ends, player: None, shell: Shell::new(&shelf.top), mistakes: Vec::new() };
    for part in &page.parts {
        teller.part(part);
    }
    teller.end_scene();
    if teller.mistakes.is_empty() { Ok(()) } else { Err(teller.mistakes.join("\n")) }
}

impl<'p> Teller<'p> {
    fn part(&mut self, part: &'p Part) {
        match part {
            Part::Mistake(line, mistake) => self.note(*line, mistake),
            Part::Ends(status) => self.ends.clone_from(status),
            Part::Scene(line, name) => {
                self.end_scene();
                self.scene.clone_from(name);
                if !self.shelf.scenes.contains_key(name) {
                    self.note(*line, &format!("tests/docs/scenes.yaml has no scene {name}"));
                }
            }
            Part::Block(block) => self.block(block),
        }
    }

    fn note(&mut self, line: usize, mistake: &str) {
        self.mistakes.push(format!("{}:{line}: {mistake}", self.page.name));
    }

    fn block(&mut self, block: &'p Block) {
        match block.language.as_str() {
            "console" if block.not_played.is_some() => self.check(block),
            "console" => self.play(block),
            "sh" | "bash" | "shell" => {
                let mistakes = self.shell.check(&block.lines);
                for (line, mistake) in mistakes {
                    self.note(block.line + 1 + line, &mistake);
                }
            }
            "yaml" => {
                let parsed: Result<serde_yaml::Value, _> = serde_yaml::from_str(&block.lines.join("\n"));
                if let Err(error) = parsed {
                    self.note(block.line, &error.to_string());
                }
            }
            _ => {}
        }
    }

    /// Looks at the form of commands that are not played.
    fn check(&mut self, block: &Block) {
        for (line, command) in commands(&block.lines) {
            let filled = command.replace(['<', '>'], "");
            let parsed = words(&filled).and_then(|words| match words.split_first() {
                Some((juju, words)) if juju == "juju" => Command::parse(words).map(drop),
                _ => Err("a console block has commands of Juju only".to_owned()),
            });
            if let Err(mistake) = parsed {
                self.note(block.line + 1 + line, &mistake);
            }
        }
    }

    fn play(&mut self, block: &'p Block) {
        if let Err(mistake) = self.begin_scene() {
            return self.note(block.line, &mistake);
        }
        let commands = commands(&block.lines);
        let last = commands.len().saturating_sub(1);
        for (number, (line, command)) in commands.iter().enumerate() {
            let output = block.output.as_ref().filter(|_| number == last);
            if let Err(mistake) = self.enter(command, output.map(Vec::as_slice)) {
                self.note(block.line + 1 + line, &format!("{command}: {mistake}"));
            }
        }
        if let Some(Err(mistake)) = self.player.as_mut().map(Player::settle) {
            self.note(block.line, &mistake);
        }
    }

    fn begin_scene(&mut self) -> Result<(), String> {
        if self.player.is_none() && self.shelf.scenes.contains_key(&self.scene) {
            let mut player = Player::in_scene(self.shelf, &self.scene)?;
            player.settle()?;
            self.player = Some(player);
        }
        Ok(())
    }

    fn enter(&mut self, command: &str, output: Option<&[String]>) -> Result<(), String> {
        let Some(player) = &mut self.player else { return Ok(()) };
        let name = command.split_whitespace().nth(1).unwrap_or_default();
        match (player.enter(command), output) {
            (Ok(printed), Some(shown)) => compare(name, shown, &printed),
            (Ok(_), None) => Ok(()),
            (Err(refusal), Some(shown)) if is_refusal(shown) => {
                let prefix = if refusal.starts_with("Action id") { "" } else { "ERROR " };
                compare(name, shown, &format!("{prefix}{refusal}"))
            }
            (Err(refusal), _) => Err(refusal),
        }
    }

    fn end_scene(&mut self) {
        let ends = std::mem::replace(&mut self.ends, ACTIVE.to_owned());
        let Some(player) = self.player.take() else { return };
        let mut wrong = Vec::new();
        for world in player.worlds.values() {
            for unit in world.own().flat_map(|name| world.units(name)) {
                let status = world.stage.unit(&unit).status();
                if status.status.to_string() != ends {
                    wrong.push(format!("{unit} ends as {status}, not as {ends}: the last commands lack something, or say <!-- ends: ... -->"));
                }
            }
        }
        for mistake in wrong {
            self.note(0, &mistake);
        }
    }
}

/// Whether a page shows that Juju refuses something.
fn is_refusal(shown: &[String]) -> bool {
    shown.iter().any(|line| line.starts_with("ERROR") || line.starts_with("Action id"))
}
