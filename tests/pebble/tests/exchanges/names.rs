//! What differs from run to run gets a stable name in answers, and may be used by that name in requests.

use crate::{
    listener::Listener,
    trouble::{Outcome, Trouble},
};
use nix::unistd::{Gid, Group, Uid, User};
use regex::{Captures, Regex};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, path::Path};

/// Real ids, ports and folders on one side, `<change:1>`, `<port:web>` and `<dir>` on the other.
pub struct Names {
    directory: String,
    /// The ids of each kind in the order in which they were met.
    seen: BTreeMap<&'static str, Vec<String>>,
    kept: BTreeMap<String, Value>,
    ports: BTreeMap<String, Listener>,
    own: Map<String, Value>,
    patterns: Patterns,
}

/// The forms of what is replaced in texts.
struct Patterns {
    name: Regex,
    time: Regex,
    number: Regex,
    ids: Vec<(&'static str, Regex)>,
    others: Vec<(Regex, &'static str)>,
}

impl Names {
    pub fn new(directory: &Path) -> Outcome<Self> {
        Ok(Self {
            directory: directory.to_string_lossy().into_owned(),
            seen: BTreeMap::new(),
            kept: BTreeMap::new(),
            ports: BTreeMap::new(),
            own: own_account()?,
            patterns: Patterns::new()?,
        })
    }

    /// The port of that name; reserved when it is met for the first time.
    pub fn port(&mut self, name: &str) -> Outcome<&mut Listener> {
        if !self.ports.contains_key(name) {
            self.ports.insert(name.to_owned(), Listener::reserve()?);
        }
        self.ports.get_mut(name).ok_or_else(|| Trouble(format!("no port {name}")))
    }

    /// Keeps a value for `<kept:name>`.
    pub fn keep(&mut self, name: &str, value: Option<&Value>) {
        self.kept.insert(name.to_owned(), value.cloned().unwrap_or_default());
    }

    /// A part of a request with its names replaced by what they stand for.
    pub fn fill(&mut self, value: Value) -> Outcome<Value> {
        Ok(match value {
            Value::String(text) => self.fill_text(&text)?.into(),
            Value::Array(items) => items.into_iter().map(|item| self.fill(item)).collect::<Outcome<_>>()?,
            Value::Object(members) => self.fill_members(members)?.into(),
            other => other,
        })
    }

    /// The same for the members of an object.
    pub fn fill_members(&mut self, members: Map<String, Value>) -> Outcome<Map<String, Value>> {
        members.into_iter().map(|(key, item)| Ok((self.fill_text(&key)?, self.fill(item)?))).collect()
    }

    /// The same for a text.
    pub fn fill_text(&mut self, text: &str) -> Outcome<String> {
        let mut filled = String::new();
        let mut end = 0;
        for found in self.patterns.name.clone().find_iter(text) {
            filled.push_str(text.get(end..found.start()).unwrap_or_default());
            filled.push_str(&self.meaning(found.as_str())?);
            end = found.end();
        }
        Ok(filled + text.get(end..).unwrap_or_default())
    }

    fn meaning(&mut self, name: &str) -> Outcome<String> {
        let unknown = || Trouble(format!("nothing in the answers so far is called {name}"));
        let Some((kind, rest)) = name.trim_matches(['<', '>']).split_once(':') else {
            return Ok(self.directory.clone());
        };
        match kind {
            "port" => Ok(self.port(rest)?.number().to_string()),
            "free" => Ok(self.port(rest)?.release().to_string()),
            "kept" => self.kept.get(rest).map(quoted).ok_or_else(unknown),
            _ => {
                let number: usize = rest.parse().map_err(|_| unknown())?;
                let ids = self.seen.get(kind).ok_or_else(unknown)?;
                ids.get(number.wrapping_sub(1)).cloned().ok_or_else(unknown)
            }
        }
    }

    /// An answer with all that differs from run to run replaced by names.
    pub fn clean(&mut self, answer: Value) -> Value {
        self.introduce(&answer);
        self.cleaned(answer)
    }

    /// Numbers the ids of an answer, members in alphabetical order, so that the order in which they come does not matter.
    fn introduce(&mut self, value: &Value) {
        match value {
            Value::Array(items) => changes_in_order(items.clone()).iter().for_each(|item| self.introduce(item)),
            Value::Object(members) => {
                let mut keys: Vec<_> = members.iter().collect();
                keys.sort_by_key(|(key, _)| *key);
                for (key, item) in keys {
                    if let Some((kind, id)) = id_of(members, key, item) {
                        self.name(kind, &id);
                    }
                    self.introduce(item);
                }
            }
            _ => {}
        }
    }

    fn cleaned(&mut self, value: Value) -> Value {
        match value {
            Value::String(text) => self.clean_text(&text).into(),
            Value::Array(items) => changes_in_order(items).into_iter().map(|item| self.cleaned(item)).collect(),
            Value::Object(members) => {
                let whole = members.clone();
                members.into_iter().map(|(key, item)| (key.clone(), self.cleaned_member(&whole, &key, item))).collect()
            }
            other => other,
        }
    }

    fn cleaned_member(&mut self, whole: &Map<String, Value>, key: &str, item: Value) -> Value {
        if let Some((kind, id)) = id_of(whole, key, &item) {
            return self.name(kind, &id).into();
        }
        let owned = whole.contains_key("permissions") || whole.contains_key("occurrences");
        match self.own.get(key) {
            Some(own) if owned && *own == item => format!("<my {key}>").into(),
            _ if key == "version" && whole.contains_key("boot-id") => "<version>".into(),
            _ => self.cleaned(item),
        }
    }

    fn clean_text(&mut self, text: &str) -> String {
        let text = text.replace(&self.directory, "<dir>");
        let text = self.patterns.time.replace_all(&text, "<time>").into_owned();
        let text = self.name_ids(&text);
        let text = self.name_ports(&text);
        self.patterns.others.iter().fold(text, |text, (form, name)| form.replace_all(&text, *name).into_owned())
    }

    /// Names the ids that texts mention; of those but process ids only the ones that are known.
    fn name_ids(&mut self, text: &str) -> String {
        self.patterns.ids.clone().into_iter().fold(text.to_owned(), |text, (kind, form)| {
            let replaced = form.replace_all(&text, |found: &Captures| {
                let id = &found[2];
                let known = kind == "pid" || self.seen.get(kind).is_some_and(|ids| ids.iter().any(|seen| seen == id));
                found[1].to_owned() + &if known { self.name(kind, id) } else { id.to_owned() }
            });
            replaced.into_owned()
        })
    }

    fn name_ports(&self, text: &str) -> String {
        let name = |found: &Captures| {
            let digits = found.get(2).map_or("", |digits| digits.as_str());
            let is_port = |port: &Listener| found[1].is_empty() && port.number().to_string() == digits;
            let port = self.ports.iter().find(|(_, port)| is_port(port));
            found[1].to_owned() + &port.map_or_else(|| digits.to_owned(), |(name, _)| format!("<port:{name}>"))
        };
        self.patterns.number.replace_all(text, name).into_owned()
    }

    fn name(&mut self, kind: &'static str, id: &str) -> String {
        let ids = self.seen.entry(kind).or_default();
        let place = ids.iter().position(|seen| seen == id).unwrap_or_else(|| {
            ids.push(id.to_owned());
            ids.len() - 1
        });
        format!("<{kind}:{}>", place + 1)
    }
}

impl Patterns {
    fn new() -> Outcome<Self> {
        Ok(Self {
            name: Regex::new(r"<(dir|[a-z]+:[\w-]+)>")?,
            time: Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")?,
            number: Regex::new(r"(\.?)(\d+)")?,
            ids: vec![
                ("change", Regex::new(r#"(change with id "|cannot abort change )(\d+)"#)?),
                ("task", Regex::new(r#"(task "|\bexec )(\d+)"#)?),
                ("notice", Regex::new(r#"(notice with (?:ID|id) ")(\d+)"#)?),
                ("pid", Regex::new(r"\b(pid=)(\d+)")?),
            ],
            others: vec![
                (Regex::new(r"\bpebble/v?\d[\w.+-]*")?, "pebble/<version>"),
                (Regex::new(r"\.\w{6,14}~")?, ".<random>~"),
                (Regex::new(r"127\.0\.0\.1:\d+->")?, "<client>->"),
            ],
        })
    }
}

/// The kind and value of the id that a member of an object holds, judged by the shape of the object.
fn id_of(members: &Map<String, Value>, key: &str, item: &Value) -> Option<(&'static str, String)> {
    let has = |key: &str| members.contains_key(key);
    let kind = match key {
        "change" | "change-id" | "prev-change-id" => "change",
        "task-id" => "task",
        "boot-id" => "boot",
        "id" if has("progress") => "task",
        "id" if has("spawn-time") => "change",
        "id" if has("occurrences") || members.len() == 1 => "notice",
        "key" if members.get("type").is_some_and(|kind| kind == "change-update") => "change",
        _ => return None,
    };
    item.as_str().filter(|id| !id.is_empty()).map(|id| (kind, id.to_owned()))
}

/// Lists of changes come in no order: this puts them in the order of their ids, and leaves other lists as they are.
fn changes_in_order(mut items: Vec<Value>) -> Vec<Value> {
    let is_change = |item: &Value| item.get("spawn-time").is_some() && item.get("progress").is_none();
    if items.iter().all(is_change) {
        items.sort_by_key(|item| {
            let id = item.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
            (id.len(), id)
        });
    }
    items
}

/// The account of the player, as members of answers name it.
fn own_account() -> Outcome<Map<String, Value>> {
    let (user, group) = (Uid::effective(), Gid::effective());
    let mut own = Map::new();
    own.insert("user-id".to_owned(), user.as_raw().into());
    own.insert("group-id".to_owned(), group.as_raw().into());
    own.insert("user".to_owned(), User::from_uid(user)?.map(|user| user.name).into());
    own.insert("group".to_owned(), Group::from_gid(group)?.map(|group| group.name).into());
    Ok(own)
}

/// A kept value as part of a query.
fn quoted(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let quote = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(quote).collect()
}
