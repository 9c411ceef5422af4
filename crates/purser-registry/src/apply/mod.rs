//! Server-side apply: a configuration is merged into an object, what its manager no longer applies goes, and nobody
//! else's fields are changed without `force`.
//!
//! Everything works on untyped trees, as upstream does, because a configuration may say less than an object must
//! have (and may say `null`). Sources: `Updater.Apply` of structured-merge-diff v6, and
//! `k8s.io/apimachinery/pkg/util/managedfields/internal`.

mod check;
mod config;
mod conflict;
mod fields;
mod go;
mod last_applied;
mod live;
mod merge;
mod prune;
mod refused;
#[cfg(test)]
mod tests;

use purser_types::conform::{self, ConformError};
use purser_types::{Map, Object, Status, Value};

use crate::managed::{self, Writer};
use live::{Applied, Live};
use refused::{Refused, failed};

pub(crate) use config::Config;

/// In whose name everything is that was there before anybody was recorded.
const BEFORE: &str = "before-first-apply";

/// `current` (`None`: nothing is there) with `config` applied to it by `writer`, and the managers recorded. The
/// object has still to be prepared and checked like any other that is sent.
///
/// # Errors
/// 400 for a configuration of another kind or with managed fields, 409 for conflicts, 500 where upstream answers so:
/// for what is no object of the kind.
pub(crate) fn apply(
    current: Option<&Object>,
    config: &Config,
    writer: &Writer<'_>,
    force: bool,
) -> Result<Object, Status> {
    config.check_kind(writer.resource)?;
    let mut managers = match current {
        Some(current) => managed::read(current.resource, current.meta())
            .map_err(|why| failed(format!("failed to decode managed fields: {why}")))?,
        None => Vec::new(),
    };
    let empty = Map::new();
    let typed = current.map_or(&empty, |current| &current.body);
    if managers.is_empty() && current.is_some() {
        let before = Writer {
            manager: BEFORE,
            ..*writer
        };
        managers = before.updated(managers, &empty, typed).unwrap_or_default();
    }
    config.check_managed_fields()?;
    let live = Live::of(typed, config, writer)?;
    let applied = match live.apply(managers.clone(), force) {
        Err(Refused::Conflicts(conflicts)) => {
            let left = last_applied::left(&live, conflicts);
            if left.is_empty() {
                live.apply(managers, true)
            } else {
                Err(Refused::Conflicts(left))
            }
        }
        other => other,
    };
    object(applied.map_err(Refused::status)?, current, &live)
}

/// The object, typed, with its managers.
fn object(applied: Applied, current: Option<&Object>, live: &Live<'_>) -> Result<Object, Status> {
    let resource = live.writer.resource;
    let mut object = match current.filter(|_| !applied.changed) {
        Some(current) => current.duplicate(),
        None => {
            let conformed = conform::conform(resource.message, Value::Map(applied.fields));
            let body = conformed.map_err(|why| unusable(&why, live.config))?.body;
            Object { resource, body }
        }
    };
    last_applied::refresh(live, object.meta_mut());
    managed::write(resource, object.meta_mut(), applied.managers);
    Ok(object)
}

/// 500: the merged tree is no object. The sentence names fields and types, and of values only a time or a number.
fn unusable(why: &ConformError, config: &Config) -> Status {
    let why = match why {
        ConformError::Base64(_) => format!("error decoding string from json: {why}"),
        why => why.to_string(),
    };
    failed(format!(
        "failed to convert new typed object ({}) to object: {why}",
        config.named()
    ))
}
