//! What a token says, read as Go reads it.

use std::time::Duration;

use purser_types::{Map, Value};

/// How far clocks may differ where a token says from when it may be used, as go-oidc has it. There is none where it
/// says when it ends.
const LEEWAY: Duration = Duration::from_secs(60);

/// The claims of a token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claims<'a>(pub(super) &'a Map);

impl<'a> Claims<'a> {
    /// Whether a claim is there, `null` included.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A claim that is a text; `null` is the empty one.
    ///
    /// # Errors
    /// With Go's sentence.
    pub(super) fn text(&self, name: &str) -> Result<&'a str, String> {
        match self.0.get(name).ok_or_else(|| "claim not present".to_owned())? {
            Value::String(text) => Ok(text.expose()),
            Value::Null => Ok(""),
            other => Err(mistaken(other, "string")),
        }
    }

    /// A claim that is true or false; `null` is false.
    ///
    /// # Errors
    /// With Go's sentence.
    pub(super) fn truth(&self, name: &str) -> Result<bool, String> {
        match self.0.get(name).ok_or_else(|| "claim not present".to_owned())? {
            Value::Bool(truth) => Ok(*truth),
            Value::Null => Ok(false),
            other => Err(mistaken(other, "bool")),
        }
    }

    /// A claim that is a text or a list of texts.
    ///
    /// # Errors
    /// With Go's sentence.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<&'a str>, String> {
        let claim = self.0.get(name).ok_or_else(|| "claim not present".to_owned())?;
        let list = match claim {
            Value::List(items) => items
                .iter()
                .map(|item| match item {
                    Value::Null => Some(""),
                    item => item.as_str(),
                })
                .collect(),
            Value::Null => Some(Vec::new()),
            Value::String(text) => Some(vec![text.expose()]),
            _ => None,
        };
        list.ok_or_else(|| mistaken(claim, "string"))
    }

    /// Whether the claims that every token may have are of the types that they have to be.
    /// Source: go-oidc's `idToken`, into which each is decoded before anything is asked of it.
    pub(super) fn are_well_typed(&self) -> bool {
        let is_text = |name: &&str| !self.has(name) || self.text(name).is_ok();
        let is_time = matches!(
            self.0.get("iat"),
            None | Some(Value::Null | Value::Int(_) | Value::Float(_))
        );
        ["sub", "nonce", "at_hash"].iter().all(is_text) && is_time && self.have_sources()
    }

    /// Whether claims that are said to be elsewhere are said where.
    fn have_sources(&self) -> bool {
        let sources = self.0.get("_claim_sources").and_then(Value::as_map);
        let is_there = |source: &Value| {
            let source = source.as_str().filter(|source| !source.is_empty());
            source.is_some_and(|source| sources.is_some_and(|sources| sources.contains_key(source)))
        };
        match self.0.get("_claim_names") {
            None | Some(Value::Null) => true,
            Some(Value::Map(names)) => names.values().all(is_there),
            Some(_) => false,
        }
    }

    /// Whether it is for one of `wanted`.
    pub(super) fn is_for(&self, wanted: &[String]) -> bool {
        let audiences = self.texts("aud").unwrap_or_default();
        audiences
            .iter()
            .any(|audience| wanted.iter().any(|wanted| wanted == audience))
    }

    /// Whether it has ended; `now` is since 1970. A token that does not say when it ends has.
    pub(super) fn has_ended(&self, now: Duration) -> bool {
        match self.seconds("exp") {
            Some(seconds) => u64::try_from(seconds).map_or(true, |end| Duration::from_secs(end) < now),
            None => true,
        }
    }

    /// Whether it may not be used yet. A time that cannot be read never comes.
    pub(super) fn is_early(&self, now: Duration) -> bool {
        match (self.0.get("nbf"), self.seconds("nbf")) {
            (None | Some(Value::Null), _) => false,
            (Some(_), None) => true,
            (Some(_), Some(begin)) => u64::try_from(begin)
                .is_ok_and(|begin| now.saturating_add(LEEWAY) < Duration::from_secs(begin)),
        }
    }

    /// A time, whole seconds since 1970; a fraction is cut off.
    fn seconds(&self, name: &str) -> Option<i64> {
        match self.0.get(name)? {
            Value::Int(seconds) => Some(*seconds),
            Value::Float(seconds) if seconds.abs() < MOST_SECONDS => whole(*seconds),
            _ => None,
        }
    }
}

/// Times beyond this are no times: 2^53 seconds, up to which every whole number has a floating-point one.
const MOST_SECONDS: f64 = 9_007_199_254_740_992.0;

/// The whole seconds of a number within [`MOST_SECONDS`].
fn whole(seconds: f64) -> Option<i64> {
    format!("{:.0}", seconds.trunc()).parse().ok()
}

fn mistaken(found: &Value, wanted: &str) -> String {
    let found = match found {
        Value::Bool(_) => "bool",
        Value::Int(_) | Value::Float(_) => "number",
        Value::List(_) => "array",
        Value::Map(_) => "object",
        _ => "string",
    };
    format!("json: cannot unmarshal {found} into Go value of type {wanted}")
}
