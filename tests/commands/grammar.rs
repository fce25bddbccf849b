//! The commands of Juju that texts may name, and the form of their arguments.
//!
//! *Source*: documentation.ubuntu.com/juju/3.6, the reference of Juju's commands.

/// What stands in a pattern for a part that is filled in.
const ANY: &str = "any";

/// The form of one argument.
#[derive(Clone, Copy)]
enum Form {
    /// This word.
    Word(&'static str),
    /// An application, or anything else that has a name.
    Name,
    /// An application with one of its endpoints.
    Endpoint,
    /// A unit, by its number or as the leader.
    Unit,
    /// A secret.
    Secret,
    /// A name with a value, or an option that begins with two dashes and has one.
    Setting,
    /// A number.
    Number,
    /// The packed charm.
    Charm,
}

use Form::{Charm, Endpoint, Name, Number, Secret, Setting, Unit, Word};

/// Each command with the arguments that it must have, and the form of any number of others.
const COMMANDS: [(&str, &[Form], &[Form]); 18] = [
    ("add-secret", &[Name, Setting], &[Setting]),
    ("attach-resource", &[Name, Setting], &[]),
    ("config", &[Name, Word("--reset"), Name], &[]),
    ("config", &[Name], &[Setting]),
    ("debug-log", &[Word("--include"), Name], &[]),
    ("deploy", &[Charm, Word("--resource"), Setting], &[]),
    ("deploy", &[Name], &[Word("--channel"), Name, Word("--trust")]),
    ("exec", &[Word("--unit"), Unit, Word("--")], &[Name, Charm]),
    ("grant-secret", &[Secret, Name], &[]),
    ("integrate", &[Endpoint, Endpoint], &[]),
    ("refresh", &[Name, Word("--path"), Charm, Word("--resource"), Setting], &[]),
    ("remove-application", &[Name], &[]),
    ("remove-relation", &[Endpoint, Name], &[]),
    ("run", &[Unit, Name], &[Setting]),
    ("scale-application", &[Name, Number], &[]),
    ("show-unit", &[Unit, Word("--endpoint"), Name], &[]),
    ("ssh", &[Word("--container"), Name, Unit], &[Name, Charm]),
    ("update-secret", &[Secret, Setting], &[Setting]),
];

/// Commands that texts only mention: what follows is not meant to be typed.
const MENTIONED: [&str; 3] = ["expose", "show-operation", "status"];

/// Whether Juju accepts a command; the name of a command alone is not meant to be typed.
pub fn is_accepted(command: &str) -> bool {
    let words: Vec<&str> = command.split_whitespace().collect();
    let [name, arguments @ ..] = words.as_slice() else { return false };
    if MENTIONED.contains(name) {
        return true;
    }
    if arguments.is_empty() {
        return COMMANDS.iter().any(|(known, ..)| known == name);
    }
    COMMANDS.iter().filter(|(known, ..)| known == name).any(|(_, required, others)| {
        let (first, rest) = arguments.split_at(required.len().min(arguments.len()));
        first.len() == required.len()
            && required.iter().zip(first).all(|(form, argument)| form.fits(argument))
            && rest.iter().all(|argument| others.iter().any(|form| form.fits(argument)))
    })
}

impl Form {
    fn fits(self, argument: &str) -> bool {
        if let Word(word) = self {
            return argument == word;
        }
        let is_filled_in = argument == ANY || argument.chars().all(|c| c.is_ascii_uppercase());
        is_filled_in || self.fits_literally(argument)
    }

    fn fits_literally(self, argument: &str) -> bool {
        let is_name = |text: &str| {
            text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
                && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
        };
        let is_number = |text: &str| text == ANY || !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match self {
            Word(word) => argument == word,
            Name => is_name(argument),
            Endpoint => argument.split_once(':').is_some_and(|(app, endpoint)| is_name(app) && is_name(endpoint)),
            Unit => argument
                .split_once('/')
                .is_some_and(|(app, number)| is_name(app) && (is_number(number) || number == "leader")),
            Secret => is_name(argument.trim_start_matches("secret:")),
            Setting => {
                let setting = argument.trim_start_matches("--").split_once('=');
                setting.is_some_and(|(name, value)| is_name(name) && !value.is_empty())
            }
            Number => is_number(argument),
            Charm => argument.starts_with(['.', '/']),
        }
    }
}

/// The commands in a text or source file, without the word `juju`; what is filled in, in braces or angle brackets, is one word.
pub fn commands(text: &str) -> Vec<String> {
    let text = joined(text);
    let starts = text.match_indices("juju ").filter(|(place, _)| {
        let before = text.get(..*place).and_then(|before| before.chars().next_back());
        !before.is_some_and(|c| c.is_ascii_alphanumeric() || "-_/.".contains(c))
    });
    let rests = starts.filter_map(|(place, start)| text.get(place + start.len()..));
    let commands = rests.filter(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase())).map(command);
    commands.collect()
}

/// The text without the line breaks that a backslash takes out of a string.
fn joined(text: &str) -> String {
    let mut lines = text.split("\\\n");
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |joined, line| joined + line.trim_start())
}

/// The command at the beginning of a text.
fn command(text: &str) -> String {
    let mut command = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let is_last = rest.peek().is_none_or(|next| next.is_whitespace() || *next == '"');
        match c {
            '"' | '`' | ';' | '\n' | '\\' | ')' | '(' | ',' | '#' => break,
            ':' if is_last => break,
            '.' if is_last && !command.ends_with('.') => break,
            '{' => fill(&mut command, &mut rest, '}'),
            '<' => fill(&mut command, &mut rest, '>'),
            '\'' => fill(&mut command, &mut rest, '\''),
            _ => command.push(c),
        }
    }
    command.trim_end().to_owned()
}

/// Replaces what is filled in, up to its end.
fn fill(command: &mut String, rest: &mut impl Iterator<Item = char>, end: char) {
    for c in rest.by_ref() {
        if c == end {
            break;
        }
    }
    command.push_str(ANY);
}
