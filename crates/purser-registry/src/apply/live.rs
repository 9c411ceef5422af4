//! The merge itself.
//!
//! Source: `Updater.Apply` of structured-merge-diff, `merge/update.go`.

use purser_types::resource::SECRETS;
use purser_types::{Map, Status, Value, conform};

use super::check::Check;
use super::config::Config;
use super::conflict::Conflict;
use super::fields::fields;
use super::merge::merged;
use super::prune::pruned;
use super::refused::{Refused, failed};
use crate::managed::{Entry, Operation, Writer, compare, is_shown_in, without_server_fields};

/// An object, and what is to be applied to it.
pub(super) struct Live<'a> {
    /// The object as an untyped tree, without its managers.
    pub(super) fields: Map,
    /// What is applied.
    pub(super) config: &'a Config,
    /// By whom.
    pub(super) writer: &'a Writer<'a>,
}

impl<'a> Live<'a> {
    /// Checks and prepares both.
    ///
    /// # Errors
    /// 500 when one of the two does not fit the schema.
    pub(super) fn of(typed: &Map, config: &'a Config, writer: &'a Writer<'a>) -> Result<Self, Status> {
        let message = writer.resource.message;
        let check = Check {
            allows_duplicates: false,
            redacts: writer.resource == &SECRETS,
        };
        check.message(message, &config.fields).map_err(|why| {
            failed(format!(
                "failed to create typed patch object ({}): {why}",
                config.named()
            ))
        })?;
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
        .map_err(|why| {
            failed(format!(
                "failed to create typed live object ({}): {why}",
                config.named()
            ))
        })?;
        Ok(Self {
            fields,
            config,
            writer,
        })
    }

    /// Merges, and takes out what the manager no longer applies.
    ///
    /// # Errors
    /// When fields are somebody else's and they are not to be taken by `force`.
    pub(super) fn apply(&self, mut managers: Vec<Entry>, force: bool) -> Result<Applied, Refused> {
        let message = self.writer.resource.message;
        let failed = |what: &'static str| move |why: String| Refused::Failed(format!("{what}: {why}"));
        let merged =
            merged(message, &self.fields, &self.config.fields).map_err(failed("failed to merge config"))?;
        let mut own = self.writer.entry(Operation::Apply);
        own.fields = fields(message, &self.config.fields).map_err(failed("failed to get field set"))?;
        self.writer.without_reset(&mut own.fields, Operation::Apply);

        managers.retain(|entry| is_shown_in(self.writer.resource, &entry.api_version));
        let known = managers.iter().position(|entry| entry.is_of(&own));
        let last = known.map(|at| managers.swap_remove(at));
        managers.push(own);
        let fields = pruned(message, merged, last.as_ref().map(|last| &last.fields), &managers)
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
            (&a.manager, a.operation, &a.subresource).cmp(&(&b.manager, b.operation, &b.subresource))
        });
        let conflicts: Vec<Conflict> = others
            .iter()
            .flat_map(|entry| {
                let fields = entry.fields.intersection(&difference.changed);
                // Upstream compares in each manager's version, so its names of fields are told.
                let fields = entry.in_its_version(self.writer.resource, fields);
                Conflict::with(entry, fields.paths())
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
pub(super) struct Applied {
    /// Its fields, untyped.
    pub(super) fields: Map,
    /// Whether anything but the managers is other than before.
    pub(super) changed: bool,
    /// Who owns what.
    pub(super) managers: Vec<Entry>,
}
