//! A command of Juju, taken apart as Juju does it.

mod form;
mod table;

use table::{COMMANDS, GLOBAL, Shape};

/// A command with its options and arguments.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Command {
    /// What is to be done: `deploy`.
    pub name: String,
    /// Options without dashes, each with its value, which is empty for a switch.
    pub options: Vec<(String, String)>,
    /// The arguments, and the words of a program that is to be run.
    pub arguments: Vec<String>,
}

/// Whether Juju has a command of this name.
#[allow(dead_code, reason = "the player of documents has no use for names alone")]
pub fn is_command(name: &str) -> bool {
    COMMANDS.iter().any(|shape| shape.name == name)
}

impl Command {
    /// Takes a command apart, which begins after the word `juju`.
    ///
    /// # Errors
    /// What Juju does not accept.
    pub fn parse(words: &[String]) -> Result<Self, String> {
        let (name, rest) = words.split_first().ok_or("a command is missing after juju")?;
        let shape = COMMANDS.iter().find(|shape| shape.name == name);
        let shape = shape.ok_or_else(|| format!("juju has no command {name}, or no document has named it yet"))?;
        let mut command = Self { name: name.clone(), ..Self::default() };
        command.read(shape, rest)?;
        command.check(shape)?;
        Ok(command)
    }

    /// The value of an option, by any of its names.
    pub fn option(&self, names: &[&str]) -> Option<&str> {
        let found = self.options.iter().find(|(name, _)| names.contains(&name.as_str()));
        found.map(|(_, value)| value.as_str())
    }

    fn read(&mut self, shape: &Shape, words: &[String]) -> Result<(), String> {
        let mut words = words.iter();
        while let Some(word) = words.next() {
            // Options after the unit are the program's own.
            if word == "--" || shape.has_program && !self.arguments.is_empty() {
                self.arguments.extend((word != "--").then(|| word.clone()));
                self.arguments.extend(words.by_ref().cloned());
            } else if let Some(option) = word.strip_prefix('-') {
                let (name, value) = self.option_of(shape, option.trim_start_matches('-'))?;
                let value = match value {
                    Some(value) => value,
                    None => words.next().cloned().ok_or_else(|| format!("{word} has no value"))?,
                };
                self.options.push((name, value));
            } else {
                self.arguments.push(word.clone());
            }
        }
        Ok(())
    }

    /// An option with its value, if it needs none or has one already.
    fn option_of(&self, shape: &Shape, option: &str) -> Result<(String, Option<String>), String> {
        let (name, value) = option.split_once('=').map_or((option, None), |(name, value)| (name, Some(value)));
        let is_in = |lists: [&str; 2]| lists.iter().flat_map(|list| list.split(' ')).any(|known| known == name);
        let value = value.map(str::to_owned);
        if is_in([shape.valued, GLOBAL[0]]) {
            Ok((name.to_owned(), value))
        } else if is_in([shape.switches, GLOBAL[1]]) {
            Ok((name.to_owned(), Some(value.unwrap_or_default())))
        } else {
            Err(format!("juju {} has no option {name}", self.name))
        }
    }

    fn check(&self, shape: &Shape) -> Result<(), String> {
        let (required, others) = self.arguments.split_at(shape.required.len().min(self.arguments.len()));
        let fits = required.len() == shape.required.len()
            && shape.required.iter().zip(required).all(|(form, argument)| form.fits(argument))
            && (shape.has_program || others.iter().all(|argument| shape.others.iter().any(|form| form.fits(argument))));
        if fits { Ok(()) } else { Err(format!("juju {} does not take {:?}", self.name, self.arguments.join(" "))) }
    }
}
