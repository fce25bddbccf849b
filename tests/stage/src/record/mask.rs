//! Secrets are never in a record, nor in what a play shows.

use crate::{hook::ToolCall, model::Model};
use serde_json::json;
use std::collections::BTreeSet;

/// What stands in a secret's place.
pub(crate) const MASKED: &str = "•••";
/// A shorter value is found in too many words that are none.
const SHORTEST: usize = 4;
/// A value of fewer characters counts only as a word of its own.
const DISTINCT: usize = 8;

/// Words that say nothing, whoever keeps them secret.
const PLAIN: [&str; 4] = ["true", "false", "none", "null"];

/// Parts of names whose values are secret.
const SECRET: [&str; 9] =
    ["password", "passwd", "passphrase", "secret", "token", "credential", "private-key", "api-key", "access-key"];

/// Whether the name of an option, parameter or key says that its value is secret.
#[must_use]
pub(crate) fn says_secret(name: &str) -> bool {
    let name = name.to_lowercase().replace(['_', '.', ' '], "-");
    SECRET.iter().any(|part| name.contains(part))
}

/// The values that may not be shown.
#[derive(Debug, Default)]
pub(crate) struct Mask {
    values: BTreeSet<String>,
}

impl Mask {
    /// Adds the contents of all secrets and the values of options and keys whose type or name says secret.
    ///
    /// *Empty*: a value that is the name of an application, or a part of it, is no secret.
    pub(crate) fn learn(&mut self, model: &Model) {
        for secret in model.secrets.values() {
            let values = secret.revisions.values().flat_map(|content| content.values());
            values.for_each(|value| self.add(value, model));
        }
        let applications = model.applications.values();
        let options = applications.flat_map(|application| application.config.iter().map(move |set| (application, set)));
        for (application, (name, value)) in options {
            let is_secret = application.charm.options.get(name).is_some_and(|option| option.kind == "secret");
            if let (true, Some(value)) = (is_secret || says_secret(name), value.as_str()) {
                self.add(value, model);
            }
        }
        let ends = model.relations.values().flat_map(|relation| &relation.ends);
        for (key, value) in ends.flat_map(|end| end.units.values().chain([&end.app]).flatten()) {
            if says_secret(key) && !value.starts_with("secret:") {
                self.add(value, model);
            }
        }
    }

    /// Adds what is given to `secret-add` and `secret-set`, which need not come to a secret.
    pub(crate) fn learn_calls(&mut self, calls: &[ToolCall]) {
        let writes = calls.iter().filter(|call| writes_secret(call));
        for (_, value) in writes.flat_map(|call| call.argv.iter().skip(1).filter_map(|word| content(word))) {
            self.insert(value);
        }
    }

    fn add(&mut self, value: &str, model: &Model) {
        if value != model.name && !model.applications.keys().any(|name| name.contains(value)) {
            self.insert(value);
        }
    }

    /// A value of several lines, a key or certificate, is shown line by line at times, and any value within JSON.
    pub(crate) fn insert(&mut self, value: &str) {
        let whole = std::iter::once(value).chain(value.lines().map(str::trim));
        let hidden =
            whole.filter(|value| value.chars().count() >= SHORTEST && !PLAIN.contains(&&*value.to_lowercase()));
        let spelled: Vec<String> =
            hidden.flat_map(|value| within_json(value).into_iter().chain([value.to_owned()])).collect();
        self.values.extend(spelled);
    }

    /// A text without them.
    pub(crate) fn apply(&self, text: &str) -> String {
        let mut text = text.to_owned();
        // Longer ones first: a value may be a part of another.
        let mut found: Vec<&String> = self.values.iter().filter(|value| text.contains(value.as_str())).collect();
        found.sort_by_key(|value| std::cmp::Reverse(value.len()));
        for value in found {
            text = replace(&text, value);
        }
        text
    }
}

/// A value as it stands in a JSON text: as Rust, Go and Python write it, and in a JSON text that is itself a value of one.
fn within_json(value: &str) -> Vec<String> {
    let spellings = |value: &str| {
        let plain = json!(value).to_string();
        let inner = plain.get(1..plain.len() - 1).unwrap_or_default().to_owned();
        [escaped(&inner, |char| "<>&".contains(char)), escaped(&inner, |char| !char.is_ascii()), inner]
    };
    let once = spellings(value);
    once.iter().flat_map(|inner| spellings(inner)).chain(once.clone()).collect()
}

/// A text in which numbers stand for some of its characters.
fn escaped(text: &str, is_hidden: fn(char) -> bool) -> String {
    let units = |char: char| char.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect();
    let spelled = |char| if is_hidden(char) { units(char) } else { vec![char.to_string()] };
    text.chars().flat_map(spelled).collect()
}

/// Replaces a value, a short one only where it is a whole word.
fn replace(text: &str, value: &str) -> String {
    let is_distinct = value.chars().count() >= DISTINCT;
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(value) {
        let is_part = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
        let last = before.chars().next_back().or_else(|| replaced.chars().next_back());
        let is_word = !is_part(last) && !is_part(after.chars().next());
        replaced.push_str(before);
        replaced.push_str(if is_distinct || is_word { MASKED } else { value });
        rest = after;
    }
    replaced.push_str(rest);
    replaced
}

/// The words of a call as a shell reads them, without the contents of a secret.
pub(crate) fn words(call: &ToolCall) -> String {
    let hides = writes_secret(call);
    let word = |word: &String| match content(word) {
        Some((key, _)) if hides => quoted(&format!("{key}={MASKED}")),
        _ => quoted(word),
    };
    let words: Vec<String> = call.argv.iter().map(word).collect();
    let input = call.stdin.as_ref().map(|input| format!(" < ({} bytes)", input.len()));
    words.join(" ") + &input.unwrap_or_default()
}

/// What a call printed, without the contents of a secret.
pub(super) fn output(call: &ToolCall) -> &str {
    let reads = call.argv.first().is_some_and(|tool| tool == "secret-get");
    if reads && !call.stdout.is_empty() { MASKED } else { &call.stdout }
}

fn writes_secret(call: &ToolCall) -> bool {
    call.argv.first().is_some_and(|tool| matches!(tool.as_str(), "secret-add" | "secret-set"))
}

fn content(word: &str) -> Option<(&str, &str)> {
    word.split_once('=').filter(|_| !word.starts_with('-'))
}

/// A word in single quotes, unless a shell reads it as it is.
pub(super) fn quoted(word: &str) -> String {
    let is_plain = |character: char| character.is_alphanumeric() || "_-./:=@%+,•".contains(character);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::{Mask, output, quoted, says_secret, words};
    use crate::hook::ToolCall;
    use serde_json::json;
    use time::OffsetDateTime;

    fn call(argv: &[&str], stdin: Option<&str>, stdout: &str) -> ToolCall {
        ToolCall {
            argv: argv.iter().map(|&word| word.to_owned()).collect(),
            stdin: stdin.map(str::to_owned),
            exit: 0,
            stdout: stdout.to_owned(),
            stderr: String::new(),
            began: OffsetDateTime::UNIX_EPOCH,
            millis: 0.0,
        }
    }

    fn mask(values: &[&str]) -> Mask {
        let mut mask = Mask::default();
        for value in values {
            mask.insert(value);
        }
        mask
    }

    #[test]
    fn what_is_given_to_a_secret_is_hidden_and_its_labels_are_not() {
        let call = call(&["secret-add", "--label=a=b", "pass word=x y", "user=me"], None, "secret:1\n");
        assert_eq!(words(&call), "secret-add --label=a=b 'pass word=•••' user=•••");
        assert_eq!(output(&call), "secret:1\n");
    }

    #[test]
    fn what_is_read_from_a_secret_is_hidden() {
        assert_eq!(output(&call(&["secret-get", "secret:1"], None, "password: hunter2\n")), "•••");
        assert_eq!(output(&call(&["config-get", "name"], None, "forum\n")), "forum\n");
    }

    #[test]
    fn of_standard_input_there_is_the_size_alone() {
        let call = call(&["relation-set", "--file", "-"], Some("password: hunter2"), "");
        assert_eq!(words(&call), "relation-set --file - < (17 bytes)");
    }

    #[test]
    fn a_known_value_is_hidden_wherever_it_stands_and_a_short_one_as_a_word() {
        let mask = mask(&["hunter2", "long-password", "no"]);
        assert_eq!(mask.apply("db://me:hunter2@host hunter25"), "db://me:•••@host hunter25");
        assert_eq!(mask.apply("xlong-passwordx no"), "x•••x no");
        assert_eq!(mask.apply("hunter2hunter2 hunter2"), "hunter2hunter2 •••");
    }

    #[test]
    fn each_line_of_a_value_is_hidden() {
        assert_eq!(mask(&["BEGIN KEY\nabcdefgh\n"]).apply("got abcdefgh"), "got •••");
    }

    #[test]
    fn a_value_is_hidden_in_json_whoever_wrote_it() {
        let mask = mask(&["pass\"<wörd>"]);
        for text in [r#"{"a":"pass\"<wörd>"}"#, r#"{"a":"pass\"\u003cwörd\u003e"}"#, r#"{"a":"pass\"<w\u00f6rd>"}"#] {
            assert_eq!(mask.apply(text), r#"{"a":"•••"}"#);
            let twice = json!({ "data": text }).to_string();
            assert_eq!(mask.apply(&twice), r#"{"data":"{\"a\":\"•••\"}"}"#);
        }
    }

    #[test]
    fn a_name_says_secret_however_it_is_spelled() {
        assert!(["smtp_password", "apiKey.api-key", "TOKEN", "s3_secret_access_key"].into_iter().all(says_secret));
        assert!(!["user", "hostname", "key", "public_key"].into_iter().any(says_secret));
    }

    #[test]
    fn words_that_say_nothing_are_shown() {
        assert_eq!(mask(&["False"]).apply("tls: False"), "tls: False");
    }

    #[test]
    fn the_longer_of_two_values_is_hidden_as_a_whole() {
        assert_eq!(mask(&["password", "password1234"]).apply("is password1234"), "is •••");
    }

    #[test]
    fn what_a_refused_call_gave_is_known_too() {
        let mut mask = Mask::default();
        mask.learn_calls(&[call(&["secret-set", "secret:9", "password=letmein9"], None, "")]);
        assert_eq!(mask.apply("no letmein9 here"), "no ••• here");
    }

    #[test]
    fn a_word_with_a_blank_or_a_quote_is_quoted() {
        assert_eq!([quoted("a-b=c"), quoted("it's"), quoted("")], ["a-b=c", r"'it'\''s'", "''"]);
    }
}
