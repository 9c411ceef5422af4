//! What `purser at-rest quarantine` and `purser at-rest backups` are told, and tell.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use super::chore::{Chore, Done};
use super::manifest::check_name;
use super::options::{AtRestCommand, BackupsCommand, QuarantineCommand, Target};
use super::place::path_of;
use super::quarantine::Value;
use super::report::aligned;
use crate::error::Error;
use crate::output::Output;

/// What a command has done; `None`: it is another one.
///
/// # Errors
/// When an object is named wrongly.
pub(super) fn chores(command: &AtRestCommand) -> Result<Option<Vec<Chore>>, Error> {
    Ok(Some(match command {
        AtRestCommand::Quarantine(command) => of_quarantine(command)?,
        AtRestCommand::Backups(BackupsCommand::Record { name, .. }) => {
            check_name(name)?;
            vec![Chore::Record(name.clone())]
        }
        AtRestCommand::Backups(BackupsCommand::List(_)) => vec![Chore::Backups],
        AtRestCommand::Backups(BackupsCommand::Release { names, .. }) => {
            names.iter().try_for_each(|name| check_name(name))?;
            names.iter().cloned().map(Chore::Release).collect()
        }
        _ => return Ok(None),
    }))
}

fn of_quarantine(command: &QuarantineCommand) -> Result<Vec<Chore>, Error> {
    Ok(match command {
        QuarantineCommand::Add {
            resource: Some(resource),
            names,
            ..
        } => {
            for name in names {
                path_of(resource, name).map_err(Error::Usage)?;
            }
            let aside = |name: &String| Chore::Aside {
                resource: resource.clone(),
                name: name.clone(),
            };
            names.iter().map(aside).collect()
        }
        QuarantineCommand::Add { .. } => vec![Chore::AllAside],
        QuarantineCommand::List(_) => vec![Chore::Listed],
        QuarantineCommand::Restore {
            all_readable: true, ..
        } => vec![Chore::ReadableBack],
        QuarantineCommand::Restore { ids, .. } | QuarantineCommand::Discard { ids, .. }
            if ids.iter().any(|id| !is_id(id)) =>
        {
            return Err(Error::Usage("an id is what the list calls a value".to_owned()));
        }
        QuarantineCommand::Restore { ids, .. } => ids.iter().cloned().map(Chore::Back).collect(),
        QuarantineCommand::Discard { ids, .. } => ids.iter().cloned().map(Chore::Discarded).collect(),
    })
}

/// Whether it is whole as a part of a path.
fn is_id(id: &str) -> bool {
    id.split('/').all(|part| !["", ".", ".."].contains(&part))
}

/// Prints what came of it.
///
/// # Errors
/// [`Error::Findings`] when something was refused.
pub(super) fn tell(chores: &[Chore], target: &Target, done: &Done) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    match target.output {
        Output::Json => {
            let json = serde_json::to_string_pretty(done).map_err(io::Error::from)?;
            writeln!(out, "{json}")?;
        }
        Output::Text => out.write_all(text(chores, done).as_bytes())?,
    }
    match done.refused.is_empty() {
        true => Ok(()),
        false => Err(Error::Findings(done.refused.join("; "))),
    }
}

fn text(chores: &[Chore], done: &Done) -> String {
    let mut out = String::new();
    let values = done.values.as_deref().unwrap_or_default();
    match chores.first() {
        Some(Chore::Listed) => out.push_str(&table(values)),
        Some(Chore::Backups | Chore::Record(_)) => out.push_str(&backups(done)),
        Some(Chore::AllAside | Chore::Aside { .. }) => moved(&mut out, values, "put aside"),
        Some(Chore::ReadableBack | Chore::Back(_)) => moved(&mut out, values, "put back"),
        Some(Chore::Discarded(_)) => moved(&mut out, values, "destroyed"),
        Some(Chore::Release(_)) | None => {}
    }
    out
}

fn moved(out: &mut String, values: &[Value], what: &str) {
    for value in values {
        // Writing to a text does not fail.
        let _ = writeln!(out, "{what}: {} ({})", value.id, opens(value));
    }
}

fn opens(value: &Value) -> &str {
    value.unreadable.as_deref().unwrap_or("it can be opened")
}

fn table(values: &[Value]) -> String {
    let mut rows = vec![["ID", "SEALED BY", "CAN IT BE OPENED"].map(str::to_owned)];
    rows.extend(values.iter().map(|value| {
        let opens = value.unreadable.as_deref().unwrap_or("yes");
        [value.id.clone(), value.sealed_by.clone(), opens.to_owned()]
    }));
    aligned(&rows)
}

fn backups(done: &Done) -> String {
    let mut rows = vec![["BACKUP", "NOTED", "REVISION", "NEEDS"].map(str::to_owned)];
    for backup in done.backups.iter().flatten() {
        let keys: Vec<String> = backup.keys.iter().map(ToString::to_string).collect();
        rows.push([
            backup.name.clone(),
            backup.recorded.clone(),
            backup.revision.to_string(),
            keys.join(", "),
        ]);
    }
    aligned(&rows)
}
