//! What a step does, once the names in it are filled in.

use crate::{
    scenario::Text,
    trouble::{Outcome, Trouble},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// One deed; each has a verb, the member that names it.
pub enum Deed {
    Http(Box<Request>),
    Exec(Box<Exec>),
    Shell(Shell),
    Pebble(Signal),
    Listen(Listen),
    Received(Received),
    Join(Join),
    Sleep(Sleep),
}

/// A request to the program.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Method and path.
    #[serde(rename = "http")]
    pub line: String,
    /// A body of JSON.
    #[serde(default, deserialize_with = "present")]
    pub body: Option<Value>,
    /// A body that is sent as it is.
    pub text: Option<String>,
    /// A body that is a form.
    pub parts: Option<Vec<Part>>,
    pub boundary: Option<String>,
    /// The form lacks its last boundary.
    #[serde(default)]
    pub unclosed: bool,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The local user who connects.
    #[serde(rename = "as")]
    pub user: Option<String>,
    /// The port to connect to, in place of the socket.
    pub tcp: Option<String>,
    /// How many times on one connection; the last answer counts.
    pub repeat: Option<usize>,
    /// Seconds to wait for the answer.
    pub patience: Option<f64>,
    /// The name by which a later `join` gets the answer.
    pub background: Option<String>,
}

/// One part of a form.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    pub name: String,
    pub filename: Option<String>,
    pub json: Option<Value>,
    pub base64: Option<String>,
    #[serde(default)]
    pub text: String,
    pub times: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Layer {
    #[serde(rename = "layer")]
    label: String,
    yaml: Text,
    #[serde(default)]
    combine: bool,
    #[serde(rename = "as")]
    user: Option<String>,
    patience: Option<f64>,
}

/// A command with its websockets.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exec {
    /// The body of the request.
    #[serde(rename = "exec")]
    pub body: Value,
    /// The websockets to connect, in this order.
    pub sockets: Option<Vec<String>>,
    pub then: Option<Vec<Action>>,
    /// Whether the answer shows the environment.
    #[serde(default)]
    pub full: bool,
    /// Whether to wait for the end of the command.
    pub wait: Option<bool>,
    /// Whether the answer shows how the websockets were left.
    #[serde(default)]
    pub closing: bool,
    /// Whether the websockets stay open after the step.
    #[serde(default)]
    pub hold: bool,
}

/// What is done with the websockets of a command.
#[derive(Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Action {
    Send {
        send: String,
        times: Option<usize>,
    },
    SendText {
        #[serde(rename = "send-text")]
        text: String,
    },
    End {
        #[serde(rename = "end")]
        _end: bool,
    },
    Output {
        output: String,
    },
    Signal {
        signal: String,
    },
    Control {
        control: Value,
    },
    Close {
        close: String,
        code: Option<u16>,
    },
    Drop {
        drop: String,
    },
    Sleep {
        sleep: f64,
    },
    File {
        file: String,
    },
}

/// A command on the host.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shell {
    #[serde(rename = "shell")]
    pub command: String,
}

/// What happens to the program: `start`, `term`, `kill`, `int` or `exits`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signal {
    #[serde(rename = "pebble")]
    pub what: String,
    pub args: Option<Vec<String>>,
}

/// How a port answers from now on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    #[serde(rename = "listen")]
    pub port: String,
    pub status: Option<u16>,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    #[serde(default)]
    pub body: String,
    /// Seconds before each answer.
    #[serde(default)]
    pub delay: f64,
    #[serde(default)]
    pub closed: bool,
}

/// A look at what came to a port.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Received {
    #[serde(rename = "received")]
    pub port: String,
    /// Show these headers.
    #[serde(default)]
    pub headers: Vec<String>,
    /// Wait for so many requests.
    pub count: Option<usize>,
    /// Wait for so many log lines, and show the requests as pushes to Loki.
    pub lines: Option<usize>,
    /// Show a line once that came twice.
    #[serde(default)]
    pub distinct: bool,
}

/// The answer to a request in the background.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Join {
    #[serde(rename = "join")]
    pub name: String,
}

/// A pause.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sleep {
    #[serde(rename = "sleep")]
    pub seconds: f64,
}

impl Deed {
    /// Reads the members of a step; a member too many is an error.
    pub fn parse(members: Map<String, Value>) -> Outcome<Self> {
        let is = |verb: &str| members.contains_key(verb);
        Ok(match () {
            () if is("http") => Self::Http(read(members)?),
            () if is("layer") => Self::Http(Box::new(read::<Layer>(members)?.into())),
            () if is("exec") => Self::Exec(read(members)?),
            () if is("shell") => Self::Shell(read(members)?),
            () if is("pebble") => Self::Pebble(read(members)?),
            () if is("listen") => Self::Listen(read(members)?),
            () if is("received") => Self::Received(read(members)?),
            () if is("join") => Self::Join(read(members)?),
            () if is("sleep") => Self::Sleep(read(members)?),
            () => return Err(Trouble(format!("a step without a known verb: {}", Value::Object(members)))),
        })
    }
}

impl Request {
    /// A request without a body.
    pub fn plain(line: impl Into<String>) -> Self {
        Self {
            line: line.into(),
            body: None,
            text: None,
            parts: None,
            boundary: None,
            unclosed: false,
            headers: BTreeMap::new(),
            user: None,
            tcp: None,
            repeat: None,
            patience: None,
            background: None,
        }
    }

    /// A request with a body of JSON.
    pub fn posting(line: &str, body: Value) -> Self {
        Self { body: Some(body), ..Self::plain(line) }
    }
}

impl From<Layer> for Request {
    fn from(layer: Layer) -> Self {
        let yaml = layer.yaml.whole();
        let body = json!({
            "action": "add", "combine": layer.combine, "label": layer.label, "format": "yaml", "layer": yaml
        });
        Self { user: layer.user, patience: layer.patience, ..Self::posting("POST /v1/layers", body) }
    }
}

fn read<T: DeserializeOwned>(members: Map<String, Value>) -> Outcome<T> {
    let text = Value::Object(members.clone()).to_string();
    serde_json::from_value(members.into()).map_err(|error| Trouble(format!("cannot read the step {text}: {error}")))
}

/// Keeps a body of `null` apart from none.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}
