//! Command lines as Juju's commands take them: flags among the positionals, `--` ends them.

use super::{
    ToolError,
    flags::{Flag, Takes},
    quote::{quoted, quoted_list},
};
use std::{collections::BTreeMap, slice::Iter};

/// A parsed command line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arguments {
    /// Values of flags by the flag's first name, each with the name that was typed.
    values: BTreeMap<&'static str, (String, String)>,
    /// Switches that are on, by their first name.
    switches: Vec<&'static str>,
    /// What is not a flag.
    pub positionals: Vec<String>,
}

/// Says why a value is wrong that only the model can judge.
pub type Check<'c> = &'c dyn Fn(Takes, &str) -> Result<(), String>;

/// Parses the arguments after the tool's name; `None` if they ask for help.
///
/// # Errors
/// The first flag that is not known, lacks its value or has a wrong one.
pub fn parse(flags: &[Flag], words: &[String], check: Check<'_>) -> Result<Option<Arguments>, ToolError> {
    let mut parsed = Arguments::default();
    let mut line = Line { words: words.iter(), letters: "" };
    while let Some(word) = line.next() {
        match word {
            Word::Plain(word) => parsed.positionals.push(word.to_owned()),
            Word::End(rest) => parsed.positionals.extend(rest.cloned()),
            Word::Unnamed(word) => {
                return Err(ToolError::usage(format!("empty option in argument {}", quoted(word))));
            }
            Word::Flag { name, attached } => match flags.iter().find(|flag| flag.names.contains(&name)) {
                Some(flag) => parsed.set(flag, name, attached, &mut line, check)?,
                None if ["help", "h"].contains(&name) => return Ok(None),
                None => {
                    return Err(ToolError::usage(format!("option provided but not defined: {}", dashed(name))));
                }
            },
        }
    }
    Ok(Some(parsed))
}

/// What is left of a command line.
struct Line<'w> {
    words: Iter<'w, String>,
    /// What follows a flag of one letter in the same word.
    letters: &'w str,
}

enum Word<'w> {
    Plain(&'w str),
    End(Iter<'w, String>),
    /// `--=value`.
    Unnamed(&'w str),
    Flag {
        name: &'w str,
        attached: Option<&'w str>,
    },
}

impl<'w> Line<'w> {
    /// The next word or letter; letters at the very end that belong to no flag are never looked at.
    fn next(&mut self) -> Option<Word<'w>> {
        if self.words.as_slice().is_empty() {
            return None;
        }
        if !self.letters.is_empty() {
            return Some(self.letter());
        }
        let word = self.words.next()?.as_str();
        match word.strip_prefix('-') {
            None | Some("") => Some(Word::Plain(word)),
            Some("-") => Some(Word::End(std::mem::take(&mut self.words))),
            Some(long) => match long.strip_prefix('-') {
                None => {
                    self.letters = long;
                    Some(self.letter())
                }
                Some(long) => Some(match long.split_once('=') {
                    Some(("", _)) => Word::Unnamed(word),
                    Some((name, value)) => Word::Flag { name, attached: Some(value) },
                    None => Word::Flag { name: long, attached: None },
                }),
            },
        }
    }

    fn letter(&mut self) -> Word<'w> {
        let length = self.letters.chars().next().map_or(0, char::len_utf8);
        let (name, rest) = self.letters.split_at_checked(length).unwrap_or_default();
        self.letters = rest;
        Word::Flag { name, attached: None }
    }

    /// The value of the flag that was just read: what is attached to it, with the letters a sign of equality, too, else the next word.
    fn value(&mut self, attached: Option<&'w str>) -> Option<&'w str> {
        let letters = Some(std::mem::take(&mut self.letters)).filter(|letters| !letters.is_empty());
        attached.or(letters).or_else(|| self.words.next().map(String::as_str))
    }
}

fn dashed(name: &str) -> String {
    if name.len() > 1 { format!("--{name}") } else { format!("-{name}") }
}

impl Arguments {
    fn set<'w>(
        &mut self,
        flag: &Flag,
        name: &'w str,
        attached: Option<&'w str>,
        line: &mut Line<'w>,
        check: Check<'_>,
    ) -> Result<(), ToolError> {
        let key = flag.names.first().copied().unwrap_or_default();
        if flag.takes == Takes::Nothing && attached.is_none() && !line.letters.starts_with('=') {
            self.switches.push(key);
            return Ok(());
        }
        let missing = || ToolError::usage(format!("option needs an argument: {}", dashed(name)));
        let value = line.value(attached).ok_or_else(missing)?;
        let wrong =
            |why| ToolError::usage(format!("invalid value {} for option {}: {why}", quoted(value), dashed(name)));
        match flag.takes {
            Takes::Nothing if boolean(value).map_err(wrong)? => self.switches.push(key),
            Takes::Nothing => self.switches.retain(|on| *on != key),
            takes => {
                check_value(takes, value, check).map_err(wrong)?;
                self.values.insert(key, (dashed(name), value.to_owned()));
            }
        }
        Ok(())
    }

    /// The value of a flag, by its first name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|(_, value)| value.as_str())
    }

    /// The flag as it was typed, with its dashes.
    #[must_use]
    pub fn typed(&self, name: &str) -> &str {
        self.values.get(name).map_or("", |(typed, _)| typed.as_str())
    }

    /// Whether a switch is on, by its first name.
    #[must_use]
    pub fn is_on(&self, switch: &str) -> bool {
        self.switches.contains(&switch)
    }

    /// Takes the first positional away.
    pub fn shift(&mut self) -> Option<String> {
        if self.positionals.is_empty() { None } else { Some(self.positionals.remove(0)) }
    }

    /// Refuses positionals that are left over.
    ///
    /// # Errors
    /// There are some.
    pub fn finish(&self) -> Result<(), ToolError> {
        if self.positionals.is_empty() {
            return Ok(());
        }
        Err(ToolError::usage(format!("unrecognized args: {}", quoted_list(&self.positionals))))
    }
}

fn boolean(value: &str) -> Result<bool, String> {
    match value {
        "true" | "1" | "t" | "T" | "TRUE" | "True" => Ok(true),
        "false" | "0" | "f" | "F" | "FALSE" | "False" => Ok(false),
        other => Err(format!("strconv.ParseBool: parsing {}: invalid syntax", quoted(other))),
    }
}

fn check_value(takes: Takes, value: &str, check: Check<'_>) -> Result<(), String> {
    match takes {
        Takes::OneOf(known) if !known.contains(&value) => Err(format!("unknown format {}", quoted(value))),
        Takes::Integer => value.parse::<i64>().map(drop).map_err(|cause| {
            let why = match cause.kind() {
                std::num::IntErrorKind::PosOverflow | std::num::IntErrorKind::NegOverflow => "value out of range",
                _ => "invalid syntax",
            };
            format!("strconv.ParseInt: parsing {}: {why}", quoted(value))
        }),
        _ => check(takes, value),
    }
}

/// Splits `key=value` arguments, both without the blanks around them; empty arguments do not count.
///
/// # Errors
/// No `=`, an empty key, or a key given twice.
pub fn pairs(words: &[String]) -> Result<Vec<(String, String)>, ToolError> {
    let mut found: Vec<(String, String)> = Vec::new();
    for word in words.iter().filter(|word| !word.is_empty()) {
        let no_pair = || ToolError::usage(format!("expected \"key=value\", got {}", quoted(word)));
        let (key, value) = word.split_once('=').ok_or_else(no_pair)?;
        let (key, value) = (key.trim(), value.trim());
        if key.is_empty() {
            return Err(ToolError::usage(format!("expected \"key=value\", got \"={value}\"")));
        }
        if found.iter().any(|(other, _)| other == key) {
            return Err(ToolError::usage(format!("key {} specified more than once", quoted(key))));
        }
        found.push((key.to_owned(), value.to_owned()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::flags;

    const FLAGS: [Flag; 5] = [
        flags::RELATION,
        flags::format(&["json", "yaml"]),
        flags::switch(&["a", "all"]),
        flags::switch(&["app"]),
        Flag { names: &["revision"], takes: Takes::Integer },
    ];

    fn parsed(line: &str) -> Result<Option<Arguments>, ToolError> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        parse(&FLAGS, &words, &|takes, value| match (takes, value) {
            (Takes::Relation, "99") => Err("relation not found".to_owned()),
            _ => Ok(()),
        })
    }

    #[test]
    fn flags_stand_anywhere_before_two_dashes() {
        let arguments = parsed("- --relation db:7 --app pg/0 --format=json -- --app -").unwrap().unwrap();
        assert_eq!(arguments.positionals, ["-", "pg/0", "--app", "-"]);
        assert_eq!((arguments.value("r"), arguments.typed("r")), (Some("db:7"), "--relation"));
        assert_eq!((arguments.value("format"), arguments.is_on("app")), (Some("json"), true));
    }

    #[test]
    fn a_letter_takes_what_is_left_of_its_word() {
        assert_eq!(parsed("-r7").unwrap().unwrap().value("r"), Some("7"));
        let arguments = parsed("-ar db:7 x").unwrap().unwrap();
        assert_eq!((arguments.is_on("a"), arguments.value("r"), arguments.positionals.len()), (true, Some("db:7"), 1));
        assert!(parsed("-az").unwrap().unwrap().is_on("a"), "the last letter is never read");
    }

    #[test]
    fn a_switch_can_be_switched_off_by_its_long_name() {
        assert!(!parsed("--app --app=false").unwrap().unwrap().is_on("app"));
        assert!(parsed("--all").unwrap().unwrap().is_on("a"));
    }

    #[test]
    fn help_is_asked_for_before_the_first_mistake_or_not_at_all() {
        for line in ["--help", "-h", "x --app --help --nope", "--h", "-ah x"] {
            assert_eq!(parsed(line), Ok(None), "{line}");
        }
        assert!(parsed("--nope --help").is_err());
        assert!(parsed("-- --help").unwrap().is_some());
    }

    #[test]
    fn mistakes_are_named_in_the_order_of_the_line() {
        for (line, message) in [
            ("--nope=1 -r 99", "option provided but not defined: --nope"),
            ("-zx y", "option provided but not defined: -z"),
            ("--z", "option provided but not defined: -z"),
            ("-r", "option needs an argument: -r"),
            ("--relation", "option needs an argument: --relation"),
            ("-r 99 --nope", "invalid value \"99\" for option -r: relation not found"),
            ("--relation=99", "invalid value \"99\" for option --relation: relation not found"),
            ("--format=", "invalid value \"\" for option --format: unknown format \"\""),
            ("--format smart", "invalid value \"smart\" for option --format: unknown format \"smart\""),
            (
                "--app=perhaps",
                "invalid value \"perhaps\" for option --app: strconv.ParseBool: parsing \"perhaps\": invalid syntax",
            ),
            ("-a=true", "invalid value \"=true\" for option -a: strconv.ParseBool: parsing \"=true\": invalid syntax"),
            (
                "--revision x",
                "invalid value \"x\" for option --revision: strconv.ParseInt: parsing \"x\": invalid syntax",
            ),
            ("--=x", "empty option in argument \"--=x\""),
        ] {
            assert_eq!(parsed(line), Err(ToolError::usage(message)), "{line}");
        }
    }

    #[test]
    fn pairs_are_trimmed() {
        let split = |words: &[&str]| pairs(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!(split(&["", " a = b=c "]), Ok(vec![("a".to_owned(), "b=c".to_owned())]));
        for (words, message) in [
            (&["a", "=x"][..], "expected \"key=value\", got \"a\""),
            (&[" = x "], "expected \"key=value\", got \"=x\""),
            (&["a=1", " a=2"], "key \"a\" specified more than once"),
        ] {
            assert_eq!(split(words), Err(ToolError::usage(message)));
        }
    }
}
