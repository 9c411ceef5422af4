//! `Table`: what kubectl prints.

use purser_registry::kinds::{Column, Kind};
use purser_types::{Object, Status, json};

use super::values::{Seen, drop_values};
use super::{Style, metadata, quote};
use crate::negotiate::MetaVersion;
use crate::query::Query;

/// `includeObject`: what a row carries of its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum IncludeObject {
    /// Nothing.
    None,
    /// Its metadata.
    #[default]
    Metadata,
    /// All of it.
    Object,
}

impl IncludeObject {
    /// Reads the parameter, which only matters for tables.
    ///
    /// # Errors
    /// 400 for another word. Sources: `ValidateTableOptions` in `k8s.io/apimachinery/pkg/apis/meta/v1/validation`,
    /// `optionsForTransform` in `k8s.io/apiserver/pkg/endpoints/handlers/response.go`.
    pub(crate) fn read(query: &Query<'_>) -> Result<Self, Box<Status>> {
        match query.text("includeObject") {
            "" | "Metadata" => Ok(Self::Metadata),
            "None" => Ok(Self::None),
            "Object" => Ok(Self::Object),
            other => {
                let why = format!(
                    "Unable to convert to Table as requested: includeObject: Invalid value: {}: must be 'Metadata', \
                     'Object', 'None', or empty",
                    purser_types::quote::quote(other)
                );
                Err(Box::new(Status::bad_request(why)))
            }
        }
    }
}

/// Writes everything before the rows; `meta` is the `ListMeta` object. Only the first table of a watch names its
/// columns.
pub(crate) fn open(kind: &Kind, version: MetaVersion, meta: &[u8], columns: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"kind\":\"Table\",\"apiVersion\":\"");
    out.extend_from_slice(version.api_version().as_bytes());
    out.extend_from_slice(b"\",\"metadata\":");
    out.extend_from_slice(meta);
    out.extend_from_slice(b",\"columnDefinitions\":");
    if columns {
        out.push(b'[');
        for (index, column) in kind.columns.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            write_column(column, out);
        }
        out.push(b']');
    } else {
        out.extend_from_slice(b"null");
    }
    out.extend_from_slice(b",\"rows\":[");
}

fn write_column(column: &Column, out: &mut Vec<u8>) {
    for (name, value) in [
        (&b"{\"name\":"[..], column.name),
        (b",\"type\":", column.type_),
        (b",\"format\":", column.format),
        (b",\"description\":", column.description),
    ] {
        out.extend_from_slice(name);
        quote(value, out);
    }
    out.extend_from_slice(format!(",\"priority\":{}}}", column.priority).as_bytes());
}

/// Writes the row of `object`, whose resourceVersion is set. Cells tell how many values there are, and no value.
pub(crate) fn row(
    kind: &Kind,
    object: &mut Object,
    version: MetaVersion,
    (seen, style): (Seen, &Style),
    out: &mut Vec<u8>,
) {
    let cells = kind.cells(object, style.now);
    if seen == Seen::Names {
        drop_values(object);
    }
    out.extend_from_slice(b"{\"cells\":[");
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        json::write(cell, out);
    }
    out.extend_from_slice(b"],\"object\":");
    match style.include {
        IncludeObject::None => out.extend_from_slice(b"null"),
        IncludeObject::Metadata => metadata::write(object, version, out),
        IncludeObject::Object => json::write_object(object, out),
    }
    out.push(b'}');
}
