//! Command lines as Juju's commands take them: flags among the positionals, `--` ends them.

use super::ToolError;
use std::collections::BTreeMap;

/// What a tool accepts.
#[derive(Debug, Clone, Copy)]
pub struct Syntax {
    /// Flags that take a value, each as its names: `&["r", "relation"]`.
    pub values: &'static [&'static [&'static str]],
    /// Flags that stand alone or take `=true`.
    pub switches: &'static [&'static str],
}

/// A parsed command line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arguments {
    /// Values of flags by the flag's first name, each with the name that was typed.
    values: BTreeMap<&'static str, (String, String)>,
    /// Switches that are on.
    switches: Vec<&'static str>,
    /// What is not a flag.
    pub positionals: Vec<String>,
}

/// Parses the arguments after the tool's name.
///
/// # Errors
/// A flag that is not known, lacks its value, or a switch that is neither true nor false.
pub fn parse(syntax: &Syntax, words: &[String]) -> Result<Arguments, ToolError> {
    let mut parsed = Arguments::default();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if word == "--" {
            parsed.positionals.extend(rest.cloned());
            break;
        }
        match flag_of(word) {
            None => parsed.positionals.push(word.clone()),
            Some((name, value)) => parsed.take_flag(syntax, word, name, value, &mut rest)?,
        }
    }
    Ok(parsed)
}

fn flag_of(word: &str) -> Option<(&str, Option<&str>)> {
    let body = word.strip_prefix("--").or_else(|| word.strip_prefix('-')).filter(|body| !body.is_empty())?;
    match body.split_once('=') {
        Some((name, value)) => Some((name, Some(value))),
        None => Some((body, None)),
    }
}

impl Arguments {
    fn take_flag<'w>(
        &mut self,
        syntax: &Syntax,
        word: &str,
        name: &str,
        value: Option<&str>,
        rest: &mut impl Iterator<Item = &'w String>,
    ) -> Result<(), ToolError> {
        let typed = word.split('=').next().unwrap_or(word).to_owned();
        if let Some(key) = syntax.values.iter().find(|names| names.contains(&name)).and_then(|names| names.first()) {
            let value = value.or_else(|| rest.next().map(String::as_str));
            let missing = || ToolError::usage(format!("option needs an argument: {typed}"));
            self.values.insert(key, (typed.clone(), value.ok_or_else(missing)?.to_owned()));
            return Ok(());
        }
        let unknown = || ToolError::usage(format!("option provided but not defined: {typed}"));
        let switch = syntax.switches.iter().find(|known| **known == name).ok_or_else(unknown)?;
        match value.unwrap_or("true") {
            "true" | "1" | "t" | "T" | "TRUE" | "True" => self.switches.push(switch),
            "false" | "0" | "f" | "F" | "FALSE" | "False" => self.switches.retain(|on| on != switch),
            other => {
                return Err(ToolError::usage(format!("invalid value {other:?} for option {typed}: invalid syntax")));
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

    /// Whether a switch is on.
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
        let quoted: Vec<String> = self.positionals.iter().map(|word| format!("{word:?}")).collect();
        Err(ToolError::usage(format!("unrecognized args: [{}]", quoted.join(" "))))
    }
}

/// Splits `key=value` arguments.
///
/// # Errors
/// No `=`, an empty key, or a key given twice.
pub fn pairs(words: &[String]) -> Result<Vec<(String, String)>, ToolError> {
    let mut found: Vec<(String, String)> = Vec::new();
    for word in words {
        let split = word.split_once('=').filter(|(key, _)| !key.is_empty());
        let (key, value) = split.ok_or_else(|| ToolError::usage(format!("expected \"key=value\", got {word:?}")))?;
        if found.iter().any(|(other, _)| other == key) {
            return Err(ToolError::usage(format!("key {key:?} specified more than once")));
        }
        found.push((key.to_owned(), value.to_owned()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYNTAX: Syntax = Syntax { values: &[&["r", "relation"], &["format"]], switches: &["app"] };

    fn parsed(line: &str) -> Result<Arguments, ToolError> {
        parse(&SYNTAX, &line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn flags_stand_anywhere_before_two_dashes() {
        let arguments = parsed("- --relation db:7 --app pg/0 --format=json -- --app").unwrap();
        assert_eq!(arguments.positionals, ["-", "pg/0", "--app"]);
        assert_eq!((arguments.value("r"), arguments.typed("r")), (Some("db:7"), "--relation"));
        assert_eq!((arguments.value("format"), arguments.is_on("app")), (Some("json"), true));
    }

    #[test]
    fn a_switch_can_be_switched_off() {
        assert!(!parsed("--app=false").unwrap().is_on("app"));
    }

    #[test]
    fn unknown_flags_and_missing_values_are_named() {
        let message = |line| parsed(line).unwrap_err().to_string();
        assert_eq!(message("--nope"), "option provided but not defined: --nope");
        assert_eq!(message("-r"), "option needs an argument: -r");
        assert_eq!(message("--app=perhaps"), "invalid value \"perhaps\" for option --app: invalid syntax");
    }
}
