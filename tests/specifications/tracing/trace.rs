//! A trace, read from a request to an OTLP receiver.
//!
//! *Source*: OTLP specification 1.x, "JSON Protobuf Encoding".

use std::collections::BTreeMap;

use serde_json::Value;
use stage::remote::Post;

/// The spans of one request, and what they are about.
#[derive(Debug)]
pub struct Trace {
    /// The attributes of the resource.
    pub resource: BTreeMap<String, String>,
    /// In the order in which they began.
    pub spans: Vec<Span>,
}

/// One span.
#[derive(Debug)]
pub struct Span {
    /// Its name.
    pub name: String,
    /// Its attributes.
    pub attributes: BTreeMap<String, String>,
    /// The trace that it belongs to.
    pub trace: String,
    /// Its own identifier.
    pub id: String,
    /// The span around it, empty for the outermost one.
    pub parent: String,
    /// Whether it ended with an error, and what is said of that.
    pub status: Value,
    begin: u64,
}

impl Trace {
    /// Reads a request, which must be one for traces with the spans of a single resource.
    #[track_caller]
    pub fn of(post: &Post) -> Self {
        assert_eq!(post.path, "/v1/traces");
        let [of_resource] = list(&post.body["resourceSpans"]) else { panic!("{}", post.body) };
        let scopes = list(&of_resource["scopeSpans"]).iter();
        let mut spans: Vec<Span> = scopes.flat_map(|scope| list(&scope["spans"])).map(Span::of).collect();
        spans.sort_by_key(|span| span.begin);
        Self { resource: attributes(&of_resource["resource"]), spans }
    }

    /// The span that no other one of this request is around.
    #[track_caller]
    pub fn outermost(&self) -> &Span {
        let is_outermost = |span: &&Span| !self.spans.iter().any(|other| other.id == span.parent);
        let outermost: Vec<&Span> = self.spans.iter().filter(is_outermost).collect();
        assert_eq!(outermost.len(), 1, "{outermost:?}");
        outermost[0]
    }

    /// The span of this name, of which there is only one.
    #[track_caller]
    pub fn span(&self, name: &str) -> &Span {
        let found: Vec<&Span> = self.spans.iter().filter(|span| span.name == name).collect();
        assert_eq!(found.len(), 1, "{name}: {:?}", self.spans);
        found[0]
    }

    /// The names of the spans directly within one, in the order in which they began.
    pub fn within(&self, outer: &Span) -> Vec<&str> {
        let inner = self.spans.iter().filter(|span| span.parent == outer.id);
        inner.map(|span| span.name.as_str()).collect()
    }
}

impl Span {
    #[track_caller]
    fn of(span: &Value) -> Self {
        let [begin, end] = ["startTimeUnixNano", "endTimeUnixNano"].map(|key| text(&span[key]).parse::<u64>().unwrap());
        assert!(begin <= end, "{span}");
        Self {
            name: text(&span["name"]),
            attributes: attributes(span),
            trace: identifier(&span["traceId"], 32),
            id: identifier(&span["spanId"], 16),
            parent: text(&span["parentSpanId"]),
            status: span["status"].clone(),
            begin,
        }
    }
}

#[track_caller]
fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

#[track_caller]
fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Hexadecimal digits that are not all zero.
#[track_caller]
fn identifier(value: &Value, length: usize) -> String {
    let digits = text(value);
    let is_valid = digits.len() == length && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    assert!(is_valid && digits.bytes().any(|digit| digit != b'0'), "{digits}");
    digits
}

/// Attributes whose values are texts.
#[track_caller]
fn attributes(of: &Value) -> BTreeMap<String, String> {
    let pairs = list(&of["attributes"]).iter();
    pairs.map(|pair| (text(&pair["key"]), text(&pair["value"]["stringValue"]))).collect()
}
