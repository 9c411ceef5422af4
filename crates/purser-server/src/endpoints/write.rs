//! Create, update, patch.

use http::StatusCode;
use hyper::body::Incoming;
use purser_authz::Permit;
use purser_registry::kinds::Kind;
use purser_registry::patch::PatchKind;
use purser_registry::{Apply, Patch, WriteOptions, Written};
use purser_types::decode::{self, BodyFormat};
use purser_types::{Object, Plaintext};

use super::read::content_type;
use super::{Call, Notes, Reply};
use crate::answer::{Warnings, whole, wiped};
use crate::encode::{Document, Seen, Style, finish};
use crate::failure::Failure;
use crate::negotiate::{Endpoint, Format, PatchType, body_format, patch_type};
use crate::options::{self, WriteVerb};

/// POST to a collection.
pub(super) async fn create(
    call: &Call<'_>,
    kind: &'static Kind,
    permit: &Permit,
    body: Incoming,
    notes: &mut Notes,
) -> Result<Reply, Failure> {
    let work = async |object: Object, options: WriteOptions, notes: &mut Notes| {
        object.name().clone_into(&mut notes.name);
        Ok(call.shared.registry.create(permit, object, &options).await?)
    };
    whole_object(call, kind, WriteVerb::Create, body, notes, work).await
}

/// PUT of an object.
pub(super) async fn update(
    call: &Call<'_>,
    kind: &'static Kind,
    permit: &Permit,
    body: Incoming,
    notes: &mut Notes,
) -> Result<Reply, Failure> {
    let work = async |object: Object, options: WriteOptions, _: &mut Notes| {
        Ok(call.shared.registry.update(permit, object, &options).await?)
    };
    whole_object(call, kind, WriteVerb::Update, body, notes, work).await
}

/// PATCH of an object.
pub(super) async fn patch(
    call: &Call<'_>,
    kind: &'static Kind,
    permit: &Permit,
    body: Incoming,
    warnings: &mut Warnings,
) -> Result<Reply, Failure> {
    let patch_kind = match patch_type(call.headers())? {
        PatchType::Json => PatchKind::Json,
        PatchType::Merge => PatchKind::Merge,
        PatchType::Strategic => PatchKind::Strategic,
        PatchType::Apply => return apply(call, kind, permit, body, warnings).await,
    };
    let (format, style) = call.style(Endpoint::Object)?;
    let (body, share) = call.body(body).await?;
    let options = options::write(WriteVerb::Patch, call.query, call.user_agent())?;
    let patch = Patch {
        kind: patch_kind,
        body,
    };
    let work = call.shared.registry.patch(permit, patch, &options);
    let written = share.spend(work).await?;
    Ok(answer(kind, written, format, &style, warnings))
}

/// PATCH of an object with a configuration to apply; it is created when it is not there, by who may.
async fn apply(
    call: &Call<'_>,
    kind: &'static Kind,
    permit: &Permit,
    body: Incoming,
    warnings: &mut Warnings,
) -> Result<Reply, Failure> {
    let (format, style) = call.style(Endpoint::Object)?;
    let (body, share) = call.body(body).await?;
    let options = options::write(WriteVerb::Apply, call.query, call.user_agent())?;
    let apply = Apply {
        body,
        force: call.query.flag("force").unwrap_or_default(),
    };
    let work = call.shared.registry.apply(permit, apply, &options);
    let written = share.spend(work).await?;
    Ok(answer(kind, written, format, &style, warnings))
}

/// Reads an object that is sent whole, and answers what `work` makes of it.
pub(super) async fn whole_object(
    call: &Call<'_>,
    kind: &'static Kind,
    verb: WriteVerb,
    body: Incoming,
    notes: &mut Notes,
    work: impl AsyncFnOnce(Object, WriteOptions, &mut Notes) -> Result<Written, Failure>,
) -> Result<Reply, Failure> {
    let (format, style) = call.style(Endpoint::Object)?;
    let sent = body_format(call.headers())?;
    let (body, share) = call.body(body).await?;
    let spending = async {
        let (object, options) = decoded(call, kind, verb, sent, body, &mut notes.warnings)?;
        work(object, options, notes).await
    };
    let written = share.spend(spending).await?;
    Ok(answer(kind, written, format, &style, &mut notes.warnings))
}

/// The object and options of what is sent whole.
fn decoded(
    call: &Call<'_>,
    kind: &'static Kind,
    verb: WriteVerb,
    format: BodyFormat,
    body: Plaintext,
    warnings: &mut Warnings,
) -> Result<(Object, WriteOptions), Failure> {
    let options = options::write(verb, call.query, call.user_agent())?;
    let (object, complaints) =
        decode::object(kind.resource, format, body.expose(), options.field_validation)?;
    drop(body);
    warnings.extend(complaints);
    Ok((object, options))
}

/// The object as it was written. The registry has taken out what the caller may not see.
pub(super) fn answer(
    kind: &'static Kind,
    mut written: Written,
    format: Format,
    style: &Style,
    warnings: &mut Warnings,
) -> Reply {
    warnings.extend(std::mem::take(&mut written.warnings));
    let document = Document {
        kind,
        shape: format.shape,
        seen: Seen::Values,
        columns: true,
    };
    let mut out = Vec::new();
    document.object(&mut written.object, style, &mut out);
    let code = if written.created {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    whole(code, content_type(style.encoding), wiped(finish(out, style))).into()
}
