//! The reader: the parser's events to a document.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use granit_parser::{Event, Options, Parser, ScalarStyle, Span, StrInput, Tag};

use super::resolve::{Resolved, resolve};
use super::{MAX_ALIASED_BYTES, MAX_ALIASED_VALUES, MAX_DEPTH, SyntaxError};
use crate::json::{MAX_BYTES, MAX_VALUES};
use crate::node::{MAX_DUPLICATES, Node, Str, float, push_key};
use crate::sensitive::Text;

/// A document.
pub(crate) struct Document<'a> {
    /// The values; members sorted by key, the last of several with one key kept, as upstream's way through a Go map
    /// and JSON leaves them.
    pub(crate) node: Node<'a>,
    /// Keys that a mapping has more than once, at most 100.
    pub(crate) duplicates: Vec<Duplicate>,
}

/// A key that its mapping already has.
pub(crate) struct Duplicate {
    /// The line of the value, from 1.
    pub(crate) line: usize,
    /// The key.
    pub(crate) key: String,
    /// The dotted path, `metadata.name`.
    pub(crate) path: String,
}

impl std::fmt::Display for Duplicate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "line {}: key {} already set in map",
            self.line,
            crate::quote::quote(&self.key)
        )
    }
}

/// Reads the first document.
pub(crate) fn read(bytes: &[u8]) -> Result<Document<'_>, SyntaxError> {
    if bytes.len() > MAX_BYTES {
        return Err(SyntaxError::TooLarge);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| SyntaxError::of("invalid leading UTF-8 octet"))?;
    let control = |c: char| (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || c == '\u{7f}';
    if text.chars().any(control) {
        return Err(SyntaxError::of("control characters are not allowed"));
    }
    let mut options = Options::default();
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    options.simple_key_max_lookahead = SIMPLE_KEY;
    let mut reader = Reader {
        parser: Parser::new_from_str_with_options(text, options),
        anchors: HashMap::new(),
        path: String::new(),
        duplicates: Vec::new(),
        depth: 0,
        values: 0,
        aliased: Size::default(),
    };
    let node = reader.document()?;
    Ok(Document {
        node,
        duplicates: reader.duplicates,
    })
}

/// How far a key may reach on its line, in characters.
const SIMPLE_KEY: usize = 1024;

/// What a value takes.
#[derive(Clone, Copy, Default)]
struct Size {
    values: usize,
    bytes: usize,
}

struct Reader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    anchors: HashMap<usize, Node<'a>>,
    path: String,
    duplicates: Vec<Duplicate>,
    depth: usize,
    values: usize,
    /// What aliases and anchors have added.
    aliased: Size,
}

impl<'a> Reader<'a> {
    /// The next event that is not a comment. (Other users of the parser in one build turn comments on; they are on
    /// here too, so that it is the same parser in every build.)
    fn event(&mut self) -> Result<(Event<'a>, Span), SyntaxError> {
        loop {
            let next = self.parser.next_event();
            let event = next.unwrap_or_else(|| Ok((Event::StreamEnd, Span::default())))?;
            if !matches!(event, (Event::Comment(..), _)) {
                return Ok(event);
            }
        }
    }

    fn document(&mut self) -> Result<Node<'a>, SyntaxError> {
        loop {
            match self.event()? {
                (Event::StreamStart | Event::DocumentStart(..), _) => {}
                (Event::StreamEnd | Event::DocumentEnd, _) => return Ok(Node::Null),
                (event, span) => return self.node(event, span),
            }
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span) -> Result<Node<'a>, SyntaxError> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(SyntaxError::TooLarge);
        }
        let (anchor, node) = match event {
            Event::Scalar(text, style, anchor, tag) => (anchor, scalar(text, style, tag.as_deref())?),
            Event::SequenceStart(_, anchor, _) => (anchor, self.nested(Self::sequence)?),
            Event::MappingStart(_, anchor, _) => (anchor, self.nested(Self::mapping)?),
            Event::Alias(anchor) => (0, self.alias(anchor)?),
            _ => {
                let line = span.start.line().saturating_sub(1);
                return Err(SyntaxError::Syntax {
                    line,
                    problem: "did not find expected node content",
                });
            }
        };
        if anchor > 0 {
            let copy = self.copy(&node)?;
            self.anchors.insert(anchor, copy);
        }
        Ok(node)
    }

    fn nested(
        &mut self,
        read: fn(&mut Self) -> Result<Node<'a>, SyntaxError>,
    ) -> Result<Node<'a>, SyntaxError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(SyntaxError::of("exceeded max depth"));
        }
        let node = read(self);
        self.depth -= 1;
        node
    }

    fn alias(&mut self, anchor: usize) -> Result<Node<'a>, SyntaxError> {
        // Taken out while it is copied; it is put back below.
        let Some(original) = self.anchors.remove(&anchor) else {
            return Err(SyntaxError::of("anchor value contains itself"));
        };
        let copy = self.copy(&original);
        self.anchors.insert(anchor, original);
        copy
    }

    /// A copy that is paid for, so that a few lines cannot unfold into gigabytes.
    fn copy(&mut self, node: &Node<'a>) -> Result<Node<'a>, SyntaxError> {
        node.duplicate(&mut |bytes| {
            self.aliased.values += 1;
            self.aliased.bytes += bytes;
            self.aliased.values <= MAX_ALIASED_VALUES && self.aliased.bytes <= MAX_ALIASED_BYTES
        })
        .ok_or_else(|| SyntaxError::of("document contains excessive aliasing"))
    }

    fn sequence(&mut self) -> Result<Node<'a>, SyntaxError> {
        let mut items = Vec::new();
        loop {
            match self.event()? {
                (Event::SequenceEnd, _) => return Ok(Node::List(items)),
                (event, span) => {
                    let length = self.path.len();
                    self.path.push_str(&format!("[{}]", items.len()));
                    items.push(self.node(event, span)?);
                    self.path.truncate(length);
                }
            }
        }
    }

    fn mapping(&mut self) -> Result<Node<'a>, SyntaxError> {
        let mut members: BTreeMap<String, Node<'a>> = BTreeMap::new();
        let mut merged: Vec<(String, Node<'a>)> = Vec::new();
        loop {
            let (event, span) = self.event()?;
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let is_merge = is_merge(&event);
            let key = self.node(event, span)?;
            let key = key_text(&key)?;
            let (event, span) = self.event()?;
            let length = self.path.len();
            push_key(&mut self.path, &key);
            let value = self.node(event, span)?;
            if is_merge {
                merge(value, &mut merged)?;
            } else if members.insert(key.clone(), value).is_some() && self.duplicates.len() < MAX_DUPLICATES {
                self.duplicates.push(Duplicate {
                    line: span.start.line(),
                    key,
                    path: self.path.clone(),
                });
            }
            self.path.truncate(length);
        }
        for (key, value) in merged {
            members.entry(key).or_insert(value);
        }
        Ok(Node::Object(
            members
                .into_iter()
                .map(|(key, node)| (Str::Owned(Text::new(key)), node))
                .collect(),
        ))
    }
}

fn is_merge(event: &Event<'_>) -> bool {
    match event {
        Event::Scalar(text, ScalarStyle::Plain, _, None) => text == "<<",
        _ => false,
    }
}

/// `<<: *a` and `<<: [*a, *b]`: members that the mapping does not have itself, the first source first.
fn merge<'a>(value: Node<'a>, merged: &mut Vec<(String, Node<'a>)>) -> Result<(), SyntaxError> {
    let sources = match value {
        Node::List(sources) => sources,
        one => vec![one],
    };
    for source in sources {
        let Node::Object(members) = source else {
            return Err(SyntaxError::of(
                "map merge requires map or sequence of maps as the value",
            ));
        };
        merged.extend(
            members
                .into_iter()
                .map(|(key, node)| (key.as_str().to_owned(), node)),
        );
    }
    Ok(())
}

/// A key as JSON has it.
fn key_text(key: &Node<'_>) -> Result<String, SyntaxError> {
    match key {
        Node::String(text) | Node::Number(text) => Ok(text.as_str().to_owned()),
        Node::Bool(value) => Ok(value.to_string()),
        Node::Null | Node::List(_) | Node::Object(_) => Err(SyntaxError::of("invalid map key")),
    }
}

fn scalar<'a>(text: Cow<'a, str>, style: ScalarStyle, tag: Option<&Tag>) -> Result<Node<'a>, SyntaxError> {
    let suffix = tag.map(|tag| tag.suffix_in_namespace("tag:yaml.org,2002:"));
    match suffix {
        // An unknown tag keeps the text; `!` asks for a string.
        Some(None) => return Ok(Node::String(string(text))),
        Some(Some(suffix)) => match suffix.as_ref() {
            "binary" => {
                let bytes = crate::base64::decode(text.as_bytes())
                    .map_err(|_| SyntaxError::of("!!binary value contains invalid base64 data"))?;
                return Ok(Node::String(Str::Owned(Text::new(crate::json::lossy(
                    &zeroize::Zeroizing::new(bytes),
                )))));
            }
            "int" | "float" | "bool" | "null" => {}
            _ => return Ok(Node::String(string(text))),
        },
        None if style != ScalarStyle::Plain => return Ok(Node::String(string(text))),
        None => {}
    }
    Ok(match resolve(&text) {
        Resolved::Null => Node::Null,
        Resolved::Bool(value) => Node::Bool(value),
        Resolved::Int(value) => Node::Number(Str::Owned(Text::new(value))),
        Resolved::Float(value) if value.is_nan() => return Err(SyntaxError::Unsupported("NaN")),
        Resolved::Float(value) if value.is_infinite() => {
            return Err(SyntaxError::Unsupported(if value > 0.0 {
                "+Inf"
            } else {
                "-Inf"
            }));
        }
        Resolved::Float(value) => Node::Number(Str::Owned(Text::new(float(value)))),
        Resolved::Timestamp | Resolved::Merge | Resolved::Text => Node::String(string(text)),
    })
}

fn string(text: Cow<'_, str>) -> Str<'_> {
    match text {
        Cow::Borrowed(text) => Str::Borrowed(text),
        Cow::Owned(text) => Str::Owned(Text::new(text)),
    }
}
