//! The members of a mapping, each taken once; what is left over is not known.

use super::node::{Node, Value};
use crate::error::Error;
use crate::place::Place;

/// Members by name.
pub(super) struct Fields {
    place: Place,
    members: Vec<(String, Node, Node)>,
}

impl Fields {
    /// The members of `node`.
    ///
    /// # Errors
    /// When it is no mapping, or has a member twice.
    pub(super) fn of(node: Node, what: &str) -> Result<Self, Error> {
        let Node { place, value } = node;
        let node = |value| Node {
            place: place.clone(),
            value,
        };
        let Value::Map(entries) = value else {
            return Err(node(value).problem(format!("{what} is a mapping")));
        };
        let mut members: Vec<(String, Node, Node)> = Vec::new();
        for (key, value) in entries {
            let name = text(&key)?;
            if members.iter().any(|(known, ..)| *known == name) {
                return Err(key.problem(format!("{name:?} is there twice")));
            }
            members.push((name, key, value));
        }
        Ok(Self { place, members })
    }

    /// Where the mapping is.
    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// A member, if it is there.
    pub(super) fn take(&mut self, name: &str) -> Option<Node> {
        let at = self.members.iter().position(|(known, ..)| known == name)?;
        let (_, _, value) = self.members.swap_remove(at);
        (!matches!(value.value, Value::Null)).then_some(value)
    }

    /// A member that is a text.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Error> {
        self.take(name).map(|node| text(&node)).transpose()
    }

    /// A member that is a list of texts.
    pub(super) fn texts(&mut self, name: &str) -> Result<Vec<String>, Error> {
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Node {
                value: Value::List(items),
                ..
            }) => items.iter().map(text).collect(),
            Some(other) => Err(other.problem(format!("{name} is a list"))),
        }
    }

    /// A member whose own members are texts.
    pub(super) fn pairs(&mut self, name: &str) -> Result<Option<Vec<(String, String)>>, Error> {
        let Some(node) = self.take(name) else {
            return Ok(None);
        };
        let fields = Self::of(node, name)?;
        let pairs = fields
            .members
            .iter()
            .map(|(key, _, value)| Ok((key.clone(), text(value)?)));
        Ok(Some(pairs.collect::<Result<_, Error>>()?))
    }

    /// All members, when their names are the author's.
    pub(super) fn into_members(self) -> impl Iterator<Item = (String, Node)> {
        self.members.into_iter().map(|(name, _, value)| (name, value))
    }

    /// Says that nothing else is known.
    ///
    /// # Errors
    /// When something is left.
    pub(super) fn end(self, known: &str) -> Result<(), Error> {
        match self
            .members
            .into_iter()
            .min_by_key(|(_, key, _)| (key.place.line, key.place.column))
        {
            None => Ok(()),
            Some((name, key, _)) => {
                Err(key.problem(format!("{name:?} is not known here; known are {known}")))
            }
        }
    }
}

fn text(node: &Node) -> Result<String, Error> {
    match &node.value {
        Value::Text(text) => Ok(text.clone()),
        Value::Null => Ok(String::new()),
        Value::List(_) | Value::Map(_) => Err(node.problem("a text is wanted here")),
    }
}
