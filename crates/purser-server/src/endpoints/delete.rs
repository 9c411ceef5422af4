//! Delete, deletecollection.

use http::StatusCode;
use hyper::body::Incoming;
use purser_authz::Permit;
use purser_registry::kinds::Kind;
use purser_registry::{DeleteOptions, Deleted};
use purser_types::status::{Details, success_json};

use super::read::content_type;
use super::{Call, Reply, list, write};
use crate::answer::{Warnings, whole, wiped};
use crate::encode::finish_status;
use crate::failure::Failure;
use crate::negotiate::{Endpoint, body_format};
use crate::options;

/// DELETE of an object.
pub(super) async fn delete(
    call: &Call<'_>,
    kind: &'static Kind,
    permit: &Permit,
    body: Incoming,
    warnings: &mut Warnings,
) -> Result<Reply, Failure> {
    let (format, style) = call.style(Endpoint::Object)?;
    let options = delete_options(call, body).await?;
    match call.shared.registry.delete(permit, &options).await? {
        Deleted::Was(written) => Ok(write::answer(kind, written, format, &style, warnings)),
        Deleted::Remaining(written) => {
            let mut reply = write::answer(kind, written, format, &style, warnings);
            // As upstream, for those who ask in the old way for dependents to go along.
            if options.orphan_dependents == Some(false) {
                *reply.response.status_mut() = StatusCode::ACCEPTED;
            }
            Ok(reply)
        }
        Deleted::Gone { name, uid } => {
            let details = Details {
                uid,
                ..Details::of(kind.resource, &name)
            };
            let document = finish_status(success_json(&details), &style);
            Ok(whole(StatusCode::OK, content_type(style.encoding), wiped(document)).into())
        }
    }
}

/// DELETE of a collection.
pub(super) async fn delete_collection(
    call: &Call<'_>,
    kind: &'static Kind,
    permit: &Permit,
    body: Incoming,
    warnings: &mut Warnings,
) -> Result<Reply, Failure> {
    let (format, style) = call.style(Endpoint::Collection)?;
    let selection = options::list(call.query)?;
    let options = delete_options(call, body).await?;
    let listing = call
        .shared
        .registry
        .delete_collection(permit, &selection, &options)
        .await?;
    Ok(list::send(call, kind, listing, format, style, warnings).await)
}

async fn delete_options(call: &Call<'_>, body: Incoming) -> Result<DeleteOptions, Failure> {
    let (body, share) = call.body(body).await?;
    if body.is_empty() {
        return Ok(options::delete_from_query(call.query)?);
    }
    let format = body_format(call.headers())?;
    let decoded = share.spend(async { options::delete_from_body(body.expose(), format) });
    Ok(decoded.await?)
}
