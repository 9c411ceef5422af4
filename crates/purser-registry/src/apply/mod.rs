//! Server-side apply: a configuration is merged into an object, what its manager no longer applies goes, and nobody
//! else's fields are changed without `force`.
//!
//! Everything works on untyped trees, as upstream does, because a configuration may say less than an object must
//! have (and may say `null`). Sources: `Updater.Apply` of structured-merge-diff v6, and
//! `k8s.io/apimachinery/pkg/util/managedfields/internal`.

#![expect(
    clippy::result_large_err,
    reason = "a refusal is what the whole request ends with: it is made once, and moved a few times"
)]

mod check;
mod config;
mod conflict;
mod fields;
mod go;
mod last_applied;
mod merge;
mod prune;
#[cfg(test)]
mod tests;

use purser_types::conform::{self, ConformError};
use purser_types::resource::SECRETS;
use purser_types::{Map, Object, Status, Value};

use crate::managed::{self, Entry, Operation, Writer, compare, is_shown_in, without_server_fields};
use check::Check;
use conflict::Conflict;
use fields::fields;
use merge::merged;
use prune::pruned;

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
    applied.map_err(Refused::status)?.object(current, &live)
}

/// Why a configuration is not applied.
enum Refused {
    Conflicts(Vec<Conflict>),
    Failed(String),
}

impl Refused {
    fn status(self) -> Status {
        match self {
            Self::Conflicts(conflicts) => conflict::refused(&conflicts),
            Self::Failed(why) => failed(why),
        }
    }
}

/// 500 without a reason, as upstream answers what it does not expect.
fn failed(why: String) -> Status {
    Status::new(500, "", why, None)
}

/// An object, and what is to be applied to it.
struct Live<'a> {
    /// The object as an untyped tree, without its managers.
    fields: Map,
    config: &'a Config,
    writer: &'a Writer<'a>,
}

impl<'a> Live<'a> {
    /// # Errors
    /// When one of the two does not fit the schema.
    fn of(typed: &Map, config: &'a Config, writer: &'a Writer<'a>) -> Result<Self, Status> {
        let message = writer.resource.message;
        let check = Check {
            allows_duplicates: false,
            redacts: writer.resource == &SECRETS,
        };
        check
            .message(message, &config.fields)
            .map_err(|why| failed(format!("failed to create typed patch object ({}): {why}", config.named())))?;
        let Value::Map(mut fields) = conform::untype(message, typed) else {
            return Err(failed("the object is not understood".to_owned()));
        };
        if let Some(meta) = fields.get_mut("metadata").and_then(Value::as_map_mut) {
            meta.remove("managedFields");
        }
        Check {
            allows_duplicates: true,
            ..check
        }
        .message(message, &fields)
        .map_err(|why| failed(format!("failed to create typed live object ({}): {why}", config.named())))?;
        Ok(Self {
            fields,
            config,
            writer,
        })
    }

    fn apply(&self, mut managers: Vec<Entry>, force: bool) -> Result<Applied, Refused> {
        let message = self.writer.resource.message;
        let failed = |what: &'static str| move |why: String| Refused::Failed(format!("{what}: {why}"));
        let merged = merged(message, &self.fields, &self.config.fields)
            .map_err(failed("failed to merge config"))?;
        let mut own = self.writer.entry(Operation::Apply);
        own.fields = fields(message, &self.config.fields).map_err(failed("failed to get field set"))?;
        self.writer.without_reset(&mut own.fields, Operation::Apply);

        managers.retain(|entry| is_shown_in(self.writer.resource, &entry.api_version));
        let known = managers.iter().position(|entry| entry.is_of(&own));
        let last = known.map(|at| managers.swap_remove(at));
        managers.push(own);
        let fields = pruned(
            message,
            merged,
            last.as_ref().map(|last| &last.fields),
            &managers,
        )
        .map_err(failed("failed to prune fields"))?;
        let own = managers.pop();

        self.take(&mut managers, &fields, force)?;
        let changed = fields != self.fields;
        if let Some(mut own) = own {
            own.time = if changed {
                Some(self.writer.now)
            } else {
                last.and_then(|last| last.time)
            };
            without_server_fields(&mut own.fields);
            managers.push(own);
        }
        managers.retain(|entry| !entry.fields.is_empty());
        Ok(Applied {
            fields,
            changed,
            managers,
        })
    }

    /// Takes what the new fields change from the other managers; without `force` only what nobody owns may change.
    fn take(&self, others: &mut [Entry], fields: &Map, force: bool) -> Result<(), Refused> {
        let mut difference = compare(self.writer.resource.message, &self.fields, fields)
            .map_err(|why| Refused::Failed(format!("failed to compare objects: {why}")))?;
        for set in [&mut difference.changed, &mut difference.removed] {
            self.writer.without_reset(set, Operation::Apply);
        }
        others.sort_by(|a, b| {
            let order = |entry: &'_ Entry| (entry.manager.clone(), entry.operation, entry.subresource.clone());
            order(a).cmp(&order(b))
        });
        let conflicts: Vec<Conflict> = others
            .iter()
            .flat_map(|entry| {
                let paths = entry.fields.intersection(&difference.changed).paths();
                Conflict::with(entry, paths)
            })
            .collect();
        if !force && !conflicts.is_empty() {
            return Err(Refused::Conflicts(conflicts));
        }
        for entry in others {
            entry.fields.subtract(&difference.changed);
            entry.fields.subtract(&difference.removed);
        }
        Ok(())
    }
}

/// What became of an object.
struct Applied {
    fields: Map,
    /// Whether anything but the managers is other than before.
    changed: bool,
    managers: Vec<Entry>,
}

impl Applied {
    fn object(self, current: Option<&Object>, live: &Live<'_>) -> Result<Object, Status> {
        let resource = live.writer.resource;
        let mut object = match current.filter(|_| !self.changed) {
            Some(current) => current.duplicate(),
            None => {
                let conformed = conform::conform(resource.message, Value::Map(self.fields));
                let body = conformed.map_err(|why| unusable(&why, live.config))?.body;
                Object { resource, body }
            }
        };
        last_applied::refresh(live, object.meta_mut());
        managed::write(resource, object.meta_mut(), self.managers);
        Ok(object)
    }
}

/// 500: the merged tree is no object. The sentence names fields and types, and of values only a time or a number.
fn unusable(why: &ConformError, config: &Config) -> Status {
    let why = match why {
        ConformError::Base64 { .. } => format!("error decoding string from json: {why}"),
        why => why.to_string(),
    };
    failed(format!(
        "failed to convert new typed object ({}) to object: {why}",
        config.named()
    ))
}
