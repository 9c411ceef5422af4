//! What is no object: discovery, OpenAPI, health, metrics.

use std::sync::Arc;

use bytes::Bytes;
use http::header::CACHE_CONTROL;
use http::{HeaderValue, Response, StatusCode};
use purser_authz::Authorizer;
use purser_types::User;

use super::{Call, Reply, bug};
use crate::answer::{Body, JSON, compress, whole};
use crate::failure::Failure;
use crate::health::{self, Probe};
use crate::metrics::Format;
use crate::negotiate::json_route;
use crate::pages;
use crate::target::Target;
use crate::unreadable;

/// Answers what is no object.
pub(crate) async fn document(
    call: &Call<'_>,
    target: &Target<'_>,
    (authorizer, user): (&Arc<Authorizer>, &Arc<User>),
) -> Result<Reply, Failure> {
    let (shared, headers, pretty) = (call.shared, call.headers(), call.pretty());
    let response: Response<Body> = match *target {
        Target::Probe(probe, None) => {
            let asked = probe == Probe::Ready && call.query.get("verbose").is_some();
            let remark = match asked {
                true => unreadable::remark(&shared.registry, authorizer, user).await,
                false => None,
            };
            health::answer(probe, &shared.checks, call.query, &remark.unwrap_or_default()).await
        }
        Target::Probe(probe, Some(check)) => health::answer_one(probe, &shared.checks, check)
            .await
            .ok_or(Failure::NOTHING_HERE)?,
        Target::Version => {
            json_route(headers)?;
            shared.version.indented()
        }
        // Nothing is negotiated here upstream.
        Target::Index => shared.index.indented(),
        Target::Api => shared.discovery.api(headers, pretty)?,
        Target::Apis => shared.discovery.apis(headers, pretty)?,
        Target::Group(group) => shared
            .discovery
            .group(group)
            .ok_or(Failure::NOTHING_HERE)?
            .answer(headers, pretty)?,
        Target::Resources(group, version) => match shared.discovery.resources(group, version) {
            Some(document) => document.answer(headers, pretty)?,
            // `/api` and known groups are mounted and answer for what is below them.
            None if group.is_empty() || shared.discovery.group(group).is_some() => {
                return Err(Failure::no_resource());
            }
            None => return Err(Failure::NOTHING_HERE),
        },
        Target::OpenApiV2 => shared.openapi.v2(headers),
        Target::OpenApiV3 => shared.openapi.index(headers),
        Target::OpenApiGroup(key) => shared
            .openapi
            .group(key, call.query, headers, shared.clock.now())
            .ok_or(Failure::NOTHING_HERE)?,
        Target::OpenIdConfiguration => {
            let metadata = shared.token_metadata.as_ref().ok_or(Failure::NOTHING_HERE)?;
            public(JSON, &metadata.configuration)
        }
        Target::TokenKeys => {
            let metadata = shared.token_metadata.as_ref().ok_or(Failure::NOTHING_HERE)?;
            public("application/jwk-set+json", &metadata.keys)
        }
        Target::Metrics => {
            let format = Format::asked(headers);
            let text = format.write(shared.metrics.text(&shared.snapshot()));
            whole(StatusCode::OK, format.media_type(), Bytes::from(text))
        }
        Target::Page => pages::answer(&shared.pages, &call.head.method, call.info.path).await?,
        Target::NoResource => return Err(Failure::no_resource()),
        Target::NoMethod(_) => return Err(Failure::no_method()),
        Target::Nothing => return Err(Failure::NOTHING_HERE),
        Target::Objects(..) => return Err(bug("objects are served elsewhere")),
    };
    Ok(compress(response, headers).into())
}

/// What verifies tokens is no secret, and may be kept for an hour.
///
/// Source: `pkg/routes/openidmetadata.go`.
fn public(media_type: &'static str, text: &str) -> Response<Body> {
    let mut response = whole(
        StatusCode::OK,
        media_type,
        Bytes::copy_from_slice(text.as_bytes()),
    );
    let kept = HeaderValue::from_static("public, max-age=3600");
    response.headers_mut().insert(CACHE_CONTROL, kept);
    response
}
