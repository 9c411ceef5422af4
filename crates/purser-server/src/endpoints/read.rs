//! One object.

use http::StatusCode;
use purser_authz::Permit;
use purser_registry::kinds::Kind;

use super::{Call, Reply};
use crate::answer::{JSON, YAML, compress, whole, wiped};
use crate::encode::{Document, Seen, finish, shows_values};
use crate::failure::Failure;
use crate::negotiate::{Encoding, Endpoint, PROTOBUF};
use crate::options;

/// Room for what JSON adds to an object besides base64.
const ROOM: usize = 512;

/// GET of an object.
pub(super) async fn get(call: &Call<'_>, kind: &'static Kind, permit: &Permit) -> Result<Reply, Failure> {
    let (format, style) = call.style(Endpoint::Object)?;
    let registry = &call.shared.registry;
    let found = registry.get(permit, &options::get(call.query)).await?;
    let stored = registry.open(&found).await?;
    let seen = Seen::when(permit.sees_values());
    let document = Document {
        kind,
        shape: format.shape,
        seen,
        columns: true,
    };
    let mut out = Vec::with_capacity(stored.len() * 4 / 3 + ROOM);
    document.stored(stored.expose(), found.revision, &style, &mut out)?;
    drop(stored);
    let response = whole(
        StatusCode::OK,
        content_type(style.encoding),
        wiped(finish(out, &style)),
    );
    if shows_values(kind, format.shape, seen, &style) {
        return Ok(response.into());
    }
    Ok(compress(response, call.headers()).into())
}

/// The media type of an answer in `encoding`.
pub(super) fn content_type(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Json => JSON,
        Encoding::Yaml => YAML,
        Encoding::Protobuf => PROTOBUF,
    }
}
