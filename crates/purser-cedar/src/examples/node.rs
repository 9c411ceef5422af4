//! YAML with the place of every value, so that a mistake is found where it is.

use std::borrow::Cow;

use granit_parser::{Event, Options, Parser, ScalarStyle, Span, StrInput};

use crate::error::Error;
use crate::place::{Place, Problem};

/// The deepest nesting that is read.
const MAX_DEPTH: usize = 16;

/// A value and where it begins.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) value: Value,
}

/// A value. Scalars are texts: `true` is the text `true`, which is what a label has.
#[derive(Debug)]
pub(super) enum Value {
    Null,
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// A problem with it.
    pub(super) fn problem(&self, message: impl Into<String>) -> Error {
        Error::one(Problem::placed(&self.place, message))
    }
}

/// Reads the first document.
///
/// # Errors
/// What is no YAML, with its place; aliases are not read.
pub(super) fn read(file: &str, text: &str) -> Result<Node, Error> {
    let mut options = Options::default();
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    let mut reader = Reader {
        file,
        parser: Parser::new_from_str_with_options(text, options),
    };
    loop {
        match reader.event()? {
            (Event::StreamStart | Event::DocumentStart(..), _) => {}
            (Event::StreamEnd | Event::DocumentEnd, _) => {
                return Err(Error::one(Problem::with_file(file, "there is nothing in it")));
            }
            (event, place) => return reader.node(event, place),
        }
    }
}

struct Reader<'a> {
    file: &'a str,
    parser: Parser<'a, StrInput<'a>>,
}

impl<'a> Reader<'a> {
    fn event(&mut self) -> Result<(Event<'a>, Place), Error> {
        loop {
            let next = self.parser.next_event();
            let event = next.unwrap_or_else(|| Ok((Event::StreamEnd, Span::default())));
            match event {
                Ok((Event::Comment(..), _)) => {}
                Ok((event, span)) => return Ok((event, self.place(span.start.line(), span.start.col()))),
                Err(error) => {
                    let marker = error.marker();
                    let place = self.place(marker.line(), marker.col());
                    return Err(Error::one(Problem::placed(&place, error.info())));
                }
            }
        }
    }

    fn place(&self, line: usize, column: usize) -> Place {
        Place {
            file: self.file.to_owned(),
            line,
            column: column + 1,
        }
    }

    fn node(&mut self, event: Event<'a>, place: Place) -> Result<Node, Error> {
        let value = match event {
            Event::Scalar(text, style, ..) => scalar(text, style),
            Event::SequenceStart(..) => self.list()?,
            Event::MappingStart(..) => self.map()?,
            Event::Alias(_) => return Err(Error::one(Problem::placed(&place, "aliases are not read here"))),
            _ => return Err(Error::one(Problem::placed(&place, "a value is missing"))),
        };
        Ok(Node { place, value })
    }

    fn list(&mut self) -> Result<Value, Error> {
        let mut items = Vec::new();
        loop {
            match self.event()? {
                (Event::SequenceEnd, _) => return Ok(Value::List(items)),
                (event, place) => items.push(self.node(event, place)?),
            }
        }
    }

    fn map(&mut self) -> Result<Value, Error> {
        let mut members: Vec<(Node, Node)> = Vec::new();
        loop {
            match self.event()? {
                (Event::MappingEnd, _) => return Ok(Value::Map(members)),
                (event, place) => {
                    let key = self.node(event, place)?;
                    let (event, place) = self.event()?;
                    members.push((key, self.node(event, place)?));
                }
            }
        }
    }
}

fn scalar(text: Cow<'_, str>, style: ScalarStyle) -> Value {
    match (&*text, style) {
        ("" | "~" | "null", ScalarStyle::Plain) => Value::Null,
        _ => Value::Text(text.into_owned()),
    }
}
