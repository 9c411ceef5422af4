//! Values of expressions.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use crate::bounds::MAX_VALUE_DEPTH;
use crate::error::EvaluationError;
use crate::moment::{Duration, Timestamp};
use crate::net::Cidr;
use crate::number;
use crate::url::Url;

/// A value. Cheap to clone. `Debug` names its type and no more: a value may be a part of a token or of a Secret.
#[derive(Clone)]
#[non_exhaustive]
pub enum Value {
    /// `null`.
    Null,
    /// A bool.
    Bool(bool),
    /// A signed number.
    Int(i64),
    /// An unsigned number.
    Uint(u64),
    /// A floating-point number.
    Double(f64),
    /// Text.
    String(Arc<str>),
    /// Bytes.
    Bytes(Arc<[u8]>),
    /// A list.
    List(List),
    /// A map, or an object.
    Map(Map),
    /// A length of time.
    Duration(Duration),
    /// A point in time.
    Timestamp(Timestamp),
    /// A value or none.
    Optional(Option<Arc<Value>>),
    /// A type, by its name.
    Type(&'static str),
    /// An address of the Internet.
    Ip(IpAddr),
    /// A block of addresses.
    Cidr(Cidr),
    /// A URL.
    Url(Arc<Url>),
}

/// A list of values.
#[derive(Clone)]
pub struct List {
    items: Arc<[Value]>,
    depth: u16,
}

/// A map of values.
#[derive(Clone)]
pub struct Map {
    entries: Arc<BTreeMap<Key, Value>>,
    depth: u16,
}

/// A key of a map. Numbers of both kinds that are the same number are the same key.
#[derive(Clone)]
pub enum Key {
    /// A bool.
    Bool(bool),
    /// A number with a sign.
    Int(i64),
    /// A number without one.
    Uint(u64),
    /// Text.
    String(Arc<str>),
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(one), Self::Bool(other)) => one.cmp(other),
            (Self::Int(one), Self::Int(other)) => one.cmp(other),
            (Self::Uint(one), Self::Uint(other)) => one.cmp(other),
            (Self::Int(one), Self::Uint(other)) => number::int_to_uint(*one, *other),
            (Self::Uint(one), Self::Int(other)) => number::int_to_uint(*other, *one).reverse(),
            (Self::String(one), Self::String(other)) => one.cmp(other),
            _ => self.kind().cmp(&other.kind()),
        }
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key {}

impl List {
    /// # Errors
    /// [`EvaluationError::TooDeep`].
    pub fn new(items: Vec<Value>) -> Result<Self, EvaluationError> {
        let depth = deeper(items.iter())?;
        Ok(Self {
            items: items.into(),
            depth,
        })
    }

    /// The values, in their order.
    #[must_use]
    pub fn items(&self) -> &[Value] {
        &self.items
    }
}

impl Map {
    /// # Errors
    /// [`EvaluationError::TooDeep`].
    pub fn new(entries: BTreeMap<Key, Value>) -> Result<Self, EvaluationError> {
        let depth = deeper(entries.values())?;
        Ok(Self {
            entries: Arc::new(entries),
            depth,
        })
    }

    /// The values by their keys, in the order of the keys.
    #[must_use]
    pub fn entries(&self) -> &BTreeMap<Key, Value> {
        &self.entries
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<&Value> {
        self.entries.get(key)
    }
}

fn deeper<'a>(values: impl Iterator<Item = &'a Value>) -> Result<u16, EvaluationError> {
    let depth = values.map(Value::depth).max().unwrap_or(0).saturating_add(1);
    if depth > MAX_VALUE_DEPTH {
        Err(EvaluationError::TooDeep)
    } else {
        Ok(depth)
    }
}

impl Key {
    /// Where keys of its kind stand among those of others.
    fn kind(&self) -> u8 {
        match self {
            Self::Bool(_) => 0,
            Self::Int(_) | Self::Uint(_) => 1,
            Self::String(_) => 2,
        }
    }

    /// The key that a value is, when it can be one.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(bool) => Some(Self::Bool(*bool)),
            Value::Int(number) => Some(Self::Int(*number)),
            Value::Uint(number) => Some(Self::Uint(*number)),
            Value::Double(number) => number::exact_int(*number).map(Self::Int),
            Value::String(text) => Some(Self::String(text.clone())),
            _ => None,
        }
    }

    /// The key that a value in a literal is: a double finds a key, and is none.
    pub(crate) fn written(value: &Value) -> Option<Self> {
        match value {
            Value::Double(_) => None,
            other => Self::of(other),
        }
    }

    /// The value that a key is.
    #[must_use]
    pub fn value(&self) -> Value {
        match self {
            Self::Bool(bool) => Value::Bool(*bool),
            Self::Int(number) => Value::Int(*number),
            Self::Uint(number) => Value::Uint(*number),
            Self::String(text) => Value::String(text.clone()),
        }
    }
}

impl Value {
    /// A list of these.
    ///
    /// # Errors
    /// [`EvaluationError::TooDeep`].
    pub fn list(items: Vec<Value>) -> Result<Self, EvaluationError> {
        List::new(items).map(Self::List)
    }

    /// The text, when it is text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The bool, when it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(bool) => Some(*bool),
            _ => None,
        }
    }

    /// The values, when it is a list.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Self::List(list) => Some(list.items()),
            _ => None,
        }
    }

    /// The name of the type, as `type()` answers it.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::String(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Duration(_) => "google.protobuf.Duration",
            Self::Timestamp(_) => "google.protobuf.Timestamp",
            Self::Optional(_) => "optional_type",
            Self::Type(_) => "type",
            Self::Ip(_) => "net.IP",
            Self::Cidr(_) => "net.CIDR",
            Self::Url(_) => "kubernetes.URL",
        }
    }

    pub(crate) fn depth(&self) -> u16 {
        match self {
            Self::List(list) => list.depth,
            Self::Map(map) => map.depth,
            Self::Optional(Some(value)) => value.depth().saturating_add(1),
            _ => 0,
        }
    }

    /// Some value, as an optional.
    ///
    /// # Errors
    /// [`EvaluationError::TooDeep`].
    pub(crate) fn some(value: Value) -> Result<Self, EvaluationError> {
        if value.depth() >= MAX_VALUE_DEPTH {
            Err(EvaluationError::TooDeep)
        } else {
            Ok(Self::Optional(Some(Arc::new(value))))
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Value({})", self.type_name())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<bool> for Value {
    fn from(bool: bool) -> Self {
        Self::Bool(bool)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}
