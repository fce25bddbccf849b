//! A YAML document as a tree of nodes that know their lines and the spelling of their scalars.

use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use std::collections::BTreeMap;
use thiserror::Error;

/// Why a text is no YAML.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NodeError {
    /// The text breaks YAML's rules.
    #[error("yaml: line {line}: {cause}")]
    Syntax {
        /// Where the text breaks them, from 1.
        line: usize,
        /// Which rule.
        cause: String,
    },
    /// The document nests too deeply, or its aliases would make it huge.
    #[error("yaml: document contains excessive aliasing")]
    Excessive,
}

/// A value and the line that it begins in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// From 1.
    pub line: usize,
    /// What it is.
    pub value: Value,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Any scalar, as it was spelled.
    Scalar {
        /// Without quotes.
        text: String,
        /// Whether it stood without quotes, so that it may be a number, a boolean or null.
        is_plain: bool,
    },
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in its order.
    Map(Vec<(Node, Node)>),
}

/// More nodes than any layer has.
const MOST_NODES: usize = 200_000;
/// Deeper than any layer is.
const DEEPEST: usize = 100;

impl Node {
    /// Reads the first document of a text.
    ///
    /// *Empty*: a text without a document is a plain empty scalar.
    ///
    /// # Errors
    /// The text is no YAML.
    pub fn parse(text: &str) -> Result<Self, NodeError> {
        let mut reader = Reader { parser: Parser::new_from_str(text), anchors: BTreeMap::new(), nodes: 0 };
        loop {
            let (event, span) = reader.next()?;
            match event {
                Event::StreamEnd | Event::DocumentEnd => return Ok(Self::empty(span.start.line())),
                Event::StreamStart | Event::DocumentStart(_) | Event::Nothing => {}
                event => return reader.read(event, span, 0),
            }
        }
    }

    /// Whether it is null: `~`, `null` or nothing, without quotes.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, is_plain: true } if super::scalar::is_null(text))
    }

    /// Whether nothing at all is written there.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, is_plain: true } if text.is_empty())
    }

    fn empty(line: usize) -> Self {
        Self { line, value: Value::Scalar { text: String::new(), is_plain: true } }
    }
}

struct Reader<'text> {
    parser: Parser<'text, saphyr_parser::StrInput<'text>>,
    anchors: BTreeMap<usize, Node>,
    nodes: usize,
}

impl<'text> Reader<'text> {
    fn next(&mut self) -> Result<(Event<'text>, Span), NodeError> {
        match self.parser.next_event() {
            Some(Ok(next)) => Ok(next),
            Some(Err(error)) => Err(NodeError::Syntax { line: error.marker().line(), cause: error.info().to_owned() }),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn read(&mut self, event: Event<'text>, span: Span, depth: usize) -> Result<Node, NodeError> {
        self.count(1)?;
        if depth > DEEPEST {
            return Err(NodeError::Excessive);
        }
        let line = span.start.line();
        let (anchor, value) = match event {
            Event::Alias(anchor) => return self.recall(anchor, line),
            Event::Scalar(text, style, anchor, tag) => {
                let is_plain = style == ScalarStyle::Plain && tag.is_none();
                (anchor, Value::Scalar { text: text.into_owned(), is_plain })
            }
            Event::SequenceStart(anchor, _) => (anchor, Value::List(self.read_list(depth)?)),
            Event::MappingStart(anchor, _) => (anchor, Value::Map(self.read_map(depth)?)),
            _ => return Ok(Node::empty(line)),
        };
        let node = Node { line, value };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn read_list(&mut self, depth: usize) -> Result<Vec<Node>, NodeError> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd | Event::StreamEnd, _) => return Ok(items),
                (event, span) => items.push(self.read(event, span, depth + 1)?),
            }
        }
    }

    fn read_map(&mut self, depth: usize) -> Result<Vec<(Node, Node)>, NodeError> {
        let mut entries = Vec::new();
        loop {
            match self.next()? {
                (Event::MappingEnd | Event::StreamEnd, _) => return Ok(entries),
                (event, span) => {
                    let key = self.read(event, span, depth + 1)?;
                    let (event, span) = self.next()?;
                    entries.push((key, self.read(event, span, depth + 1)?));
                }
            }
        }
    }

    fn recall(&mut self, anchor: usize, line: usize) -> Result<Node, NodeError> {
        let node = self.anchors.get(&anchor).cloned().unwrap_or_else(|| Node::empty(line));
        self.count(size(&node))?;
        Ok(node)
    }

    fn count(&mut self, more: usize) -> Result<(), NodeError> {
        self.nodes += more;
        if self.nodes > MOST_NODES { Err(NodeError::Excessive) } else { Ok(()) }
    }
}

fn size(node: &Node) -> usize {
    match &node.value {
        Value::Scalar { .. } => 1,
        Value::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Map(entries) => 1 + entries.iter().map(|(key, value)| size(key) + size(value)).sum::<usize>(),
    }
}
