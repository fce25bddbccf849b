//! The plugins of the image, and whether they are on, without a boot of Rails.
//!
//! *Source*: Discourse `lib/plugin/instance.rb` (`enabled?`) and `app/models/site_setting.rb`; the image's list is described in
//! `discourse_rock/README.md`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A plugin as the image lists it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Plugin {
    /// Its name.
    pub name: String,
    /// Its version.
    ///
    /// *Empty*: it names none.
    pub version: Option<String>,
    /// The commit of its code.
    ///
    /// *Empty*: nobody knows it.
    pub commit: Option<String>,
    /// The site setting that switches it.
    ///
    /// *Empty*: it is always on.
    pub setting: Option<String>,
    /// Whether it is on where nobody has set it.
    pub default: bool,
}

/// Whether a plugin is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It is on.
    On,
    /// It is off.
    Off,
    /// The database does not say.
    Unknown,
}

/// The plugins in the image's list.
///
/// *Empty*: it is no such list.
#[must_use]
pub fn parse(text: &str) -> Option<Vec<Plugin>> {
    text.lines().map(serde_json::from_str).collect::<Result<_, _>>().ok()
}

/// The question for the settings that switch these plugins, for the standard input of `psql -XAtq`.
#[must_use]
pub fn script(plugins: &[Plugin]) -> String {
    let is_plain = |name: &&str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let names = plugins.iter().filter_map(|plugin| plugin.setting.as_deref()).filter(is_plain);
    let names = names.collect::<Vec<_>>().join(",");
    format!("SELECT name || ' ' || value FROM site_settings WHERE name = ANY('{{{names}}}'::text[]);\n")
}

/// The settings in an answer of the database.
#[must_use]
pub fn settings(answer: &str) -> BTreeMap<&str, &str> {
    answer.lines().filter_map(|line| line.split_once(' ')).collect()
}

impl Plugin {
    /// Whether the plugin is on: a variable stands over the database, which stands over the default.
    #[must_use]
    pub fn state(&self, variables: &BTreeMap<String, String>, settings: Option<&BTreeMap<&str, &str>>) -> State {
        let Some(setting) = &self.setting else { return State::On };
        let variable = variables.get(&format!("DISCOURSE_{}", setting.to_uppercase())).filter(|it| !it.is_empty());
        let stored = settings.map(|settings| settings.get(setting.as_str()).copied());
        match (variable, stored) {
            (Some(text), _) => State::of(text == "true"),
            (None, Some(Some(text))) => State::of(text == "t"),
            (None, Some(None)) => State::of(self.default),
            (None, None) => State::Unknown,
        }
    }
}

impl State {
    fn of(is_on: bool) -> Self {
        if is_on { Self::On } else { Self::Off }
    }

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn switched(default: bool) -> Plugin {
        let setting = Some("poll_enabled".to_owned());
        Plugin { name: "poll".to_owned(), version: None, commit: None, setting, default }
    }

    #[test]
    fn a_variable_stands_over_the_database_and_that_over_the_default() {
        let variables = |text: &str| BTreeMap::from([("DISCOURSE_POLL_ENABLED".to_owned(), text.to_owned())]);
        let (none, stored) = (BTreeMap::new(), settings("poll_enabled f\n"));
        let nothing = settings("");
        let state = |variables: &BTreeMap<String, String>, settings| switched(true).state(variables, settings);
        assert_eq!(state(&variables("true"), Some(&stored)), State::On);
        assert_eq!(state(&none, Some(&stored)), State::Off);
        assert_eq!(state(&none, Some(&nothing)), State::On);
        assert_eq!(state(&none, None), State::Unknown);
        assert_eq!(Plugin { setting: None, ..switched(false) }.state(&none, None), State::On);
    }

    #[test]
    fn a_list_has_a_plugin_in_each_line_and_nothing_else() {
        let line = r#"{"folder":"poll","name":"poll","setting":"poll_enabled","default":false}"#;
        assert_eq!(parse(&format!("{line}\n")), Some(vec![switched(false)]));
        assert_eq!((parse(""), parse("poll\n")), (Some(vec![]), None));
    }

    #[test]
    fn a_setting_that_is_no_plain_name_is_not_asked_for() {
        let odd = Plugin { setting: Some("x'; DROP TABLE y; --".to_owned()), ..switched(true) };
        let expected = "SELECT name || ' ' || value FROM site_settings WHERE name = ANY('{poll_enabled}'::text[]);\n";
        assert_eq!(script(&[odd, switched(true)]), expected);
    }
}
