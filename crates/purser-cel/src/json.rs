//! Values from JSON, and back.

use std::collections::BTreeMap;

use crate::error::EvaluationError;
use crate::value::{Key, Map, Value};

impl TryFrom<&serde_json::Value> for Value {
    type Error = EvaluationError;

    /// A number without a fraction that fits is an int, any other a double, as Kubernetes reads unstructured
    /// objects (apimachinery/pkg/util/json).
    ///
    /// # Errors
    /// [`EvaluationError::TooDeep`]: never for a document that `serde_json` parsed, which stops at 128 levels.
    fn try_from(json: &serde_json::Value) -> Result<Self, Self::Error> {
        Ok(match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(bool) => Self::Bool(*bool),
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(int) => Self::Int(int),
                None => Self::Double(number.as_f64().unwrap_or(f64::NAN)),
            },
            serde_json::Value::String(text) => Self::from(text.as_str()),
            serde_json::Value::Array(items) => {
                Self::list(items.iter().map(Self::try_from).collect::<Result<_, _>>()?)?
            }
            serde_json::Value::Object(members) => {
                let mut entries = BTreeMap::new();
                for (name, member) in members {
                    entries.insert(Key::String(name.as_str().into()), Self::try_from(member)?);
                }
                Self::Map(Map::new(entries)?)
            }
        })
    }
}

impl Value {
    /// The value as JSON: bytes, durations, timestamps, keys of maps and the like as text; none where there is
    /// no such JSON (a number that is not finite, a type, an optional without a value).
    #[must_use]
    pub fn to_json(&self) -> Option<serde_json::Value> {
        Some(match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(bool) => serde_json::Value::Bool(*bool),
            Self::Int(number) => (*number).into(),
            Self::Uint(number) => (*number).into(),
            Self::Double(number) => serde_json::Number::from_f64(*number)?.into(),
            Self::String(text) => text.as_ref().into(),
            Self::List(list) => {
                serde_json::Value::Array(list.items().iter().map(Self::to_json).collect::<Option<_>>()?)
            }
            Self::Map(map) => {
                let mut members = serde_json::Map::new();
                for (key, value) in map.entries() {
                    members.insert(crate::text::shown(&key.value())?, value.to_json()?);
                }
                serde_json::Value::Object(members)
            }
            Self::Optional(value) => value.as_ref()?.to_json()?,
            other => crate::text::shown(other)?.into(),
        })
    }
}
