//! The tree of an expression.

use std::sync::Arc;

use crate::functions::Function;
use crate::value::Value;

/// A node: where it stands in the text, in characters, and what it is.
#[derive(Clone)]
pub(crate) struct Expr {
    pub(crate) at: usize,
    /// Levels below and with this one. INVARIANT: at most [`crate::bounds::MAX_NESTING`] in a tree that the
    /// parser returned: everything that walks it does so by recursion.
    pub(crate) depth: usize,
    pub(crate) kind: Kind,
}

#[derive(Clone)]
pub(crate) enum Kind {
    Literal(Value),
    Ident(Arc<str>),
    Select(Box<Select>),
    Index(Box<Index>),
    Call(Box<Call>),
    /// `&&` of two or more.
    And(Vec<Expr>),
    /// `||` of two or more.
    Or(Vec<Expr>),
    Choice(Box<Choice>),
    List(Vec<Item>),
    Map(Vec<Entry>),
    Over(Box<Over>),
}

/// `of.field`, `of.?field`, `has(of.field)`.
#[derive(Clone)]
pub(crate) struct Select {
    pub(crate) of: Expr,
    pub(crate) field: Arc<str>,
    pub(crate) how: Access,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Plain,
    Optional,
    Presence,
}

/// `of[key]`, `of[?key]`.
#[derive(Clone)]
pub(crate) struct Index {
    pub(crate) of: Expr,
    pub(crate) key: Expr,
    pub(crate) optional: bool,
}

/// A call of a function or an operator; the receiver of a member call is its first argument.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) name: Arc<str>,
    pub(crate) member: bool,
    pub(crate) args: Vec<Expr>,
    /// Found by the checker.
    pub(crate) function: Option<&'static Function>,
}

/// `asked ? then : otherwise`.
#[derive(Clone)]
pub(crate) struct Choice {
    pub(crate) asked: Expr,
    pub(crate) then: Expr,
    pub(crate) otherwise: Expr,
}

/// An element of a list; an optional one is left out when it has no value.
#[derive(Clone)]
pub(crate) struct Item {
    pub(crate) optional: bool,
    pub(crate) value: Expr,
}

/// An entry of a map; an optional one is left out when it has no value.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) optional: bool,
    pub(crate) key: Expr,
    pub(crate) value: Expr,
}

/// A macro that binds one or two names to each element of a range.
#[derive(Clone)]
pub(crate) struct Over {
    pub(crate) what: What,
    pub(crate) range: Expr,
    pub(crate) first: Arc<str>,
    pub(crate) second: Option<Arc<str>>,
    /// Only the elements for which this holds.
    pub(crate) filter: Option<Expr>,
    pub(crate) body: Expr,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// Whether the body holds for all.
    All,
    /// Whether it holds for any.
    Exists,
    /// Whether it holds for exactly one.
    ExistsOne,
    /// The list of the bodies' values.
    List,
    /// The map from each key to the body's value.
    Map,
    /// The map of the entries that the bodies are.
    Entries,
    /// The body's value as an optional, when the range, an optional, has a value.
    Optional,
    /// The body's value, an optional, when the range has a value.
    Flat,
}

impl Expr {
    pub(crate) fn new(at: usize, kind: Kind) -> Self {
        let depth = children(&kind)
            .into_iter()
            .map(|child| child.depth)
            .max()
            .unwrap_or(0)
            + 1;
        Self { at, depth, kind }
    }

    pub(crate) fn call(at: usize, name: &str, args: Vec<Expr>) -> Self {
        let call = Call {
            name: name.into(),
            member: false,
            args,
            function: None,
        };
        Self::new(at, Kind::Call(Box::new(call)))
    }

    /// Whether this or anything below is such a node.
    pub(crate) fn any(&self, holds: &mut impl FnMut(&Kind) -> bool) -> bool {
        holds(&self.kind) || children(&self.kind).into_iter().any(|child| child.any(holds))
    }

    /// The name, when this is nothing but one.
    pub(crate) fn as_ident(&self) -> Option<&Arc<str>> {
        match &self.kind {
            Kind::Ident(name) => Some(name),
            _ => None,
        }
    }
}

fn children(kind: &Kind) -> Vec<&Expr> {
    match kind {
        Kind::Literal(_) | Kind::Ident(_) => Vec::new(),
        Kind::Select(select) => vec![&select.of],
        Kind::Index(index) => vec![&index.of, &index.key],
        Kind::Call(call) => call.args.iter().collect(),
        Kind::And(parts) | Kind::Or(parts) => parts.iter().collect(),
        Kind::Choice(choice) => vec![&choice.asked, &choice.then, &choice.otherwise],
        Kind::List(items) => items.iter().map(|item| &item.value).collect(),
        Kind::Map(entries) => entries
            .iter()
            .flat_map(|entry| [&entry.key, &entry.value])
            .collect(),
        Kind::Over(over) => [Some(&over.range), over.filter.as_ref(), Some(&over.body)]
            .into_iter()
            .flatten()
            .collect(),
    }
}
