//! URLs.
//!
//! Source: apiserver/pkg/cel/library/urls.go.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Function, text};
use crate::error::EvaluationError;
use crate::meter::Meter;
use crate::url::Url;
use crate::value::{Key, Map, Value};

type Outcome = Result<Value, EvaluationError>;

const PART: &[&str] = &["URL -> string"];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::global("url", &["string -> URL"], |args, meter| {
        let unreadable = EvaluationError::Unreadable("URL parse error during conversion from string");
        Url::read(text(args, meter)?)
            .map(|url| Value::Url(Arc::new(url)))
            .ok_or(unreadable)
    }),
    Function::global("isURL", &["string -> bool"], |args, meter| {
        Ok(Value::Bool(Url::is_url(text(args, meter)?)))
    }),
    Function::member("getScheme", PART, |args, meter| {
        part(args, meter, |url| &url.scheme)
    }),
    Function::member("getHost", PART, |args, meter| part(args, meter, |url| &url.host)),
    Function::member("getHostname", PART, |args, meter| {
        part(args, meter, Url::hostname)
    }),
    Function::member("getPort", PART, |args, meter| part(args, meter, Url::port)),
    Function::member("getEscapedPath", PART, |args, meter| {
        part(args, meter, |url| &url.path)
    }),
    Function::member("getQuery", &["URL -> map(string, list(string))"], query),
];

fn part(args: &[Value], meter: &mut Meter<'_>, part: fn(&Url) -> &str) -> Outcome {
    let [Value::Url(url)] = args else {
        return Err(EvaluationError::NoSuchOverload);
    };
    let text = part(url);
    meter.pay_bytes(text.len())?;
    Ok(text.into())
}

fn query(args: &[Value], meter: &mut Meter<'_>) -> Outcome {
    let [Value::Url(url)] = args else {
        return Err(EvaluationError::NoSuchOverload);
    };
    meter.pay(url.query().len())?;
    let mut found: BTreeMap<Key, Vec<Value>> = BTreeMap::new();
    for (name, value) in url.parameters() {
        found
            .entry(Key::String(name.into()))
            .or_default()
            .push(value.into());
    }
    let mut entries = BTreeMap::new();
    for (name, values) in found {
        entries.insert(name, Value::list(values)?);
    }
    Map::new(entries).map(Value::Map)
}
