//! The way of a request, in order. [`walk`] is the list; each line of it is one step.

use std::borrow::Cow;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;
use purser_audit::{ObjectReference, Trail};
use purser_authn::{Identity, Presented};
use purser_authz::{Authorizer, MASTERS, NonResource, Permit, ResourceRequest, Verb};
use purser_types::duration::parse_duration;
use purser_types::{Status, User};

use crate::answer::{self, Body};
use crate::body::Unread;
use crate::closing;
use crate::credential;
use crate::endpoints::{self, Call, Notes};
use crate::failure::Failure;
use crate::fair::{Flow, Seat, width};
use crate::gate;
use crate::impersonation;
use crate::metrics::RequestLabels;
use crate::peer::Peer;
use crate::query::{Query, escapes_are_whole};
use crate::request_info::RequestInfo;
use crate::shared::Shared;
use crate::target::Target;

/// A seat may be waited for during this part of the time that a request is allotted. Source: `getRequestWaitContext`
/// (`k8s.io/apiserver/pkg/server/filters/priority-and-fairness.go`).
const WAIT_PART: u32 = 4;

/// Answers one request. A panic on the way becomes a 500; the connection and its other requests go on.
pub(crate) async fn answer(
    shared: Arc<Shared>,
    peer: Arc<Peer>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    if let Some(refusal) = gate::refusal(&request, shared.limits.head_bytes) {
        return Ok(refusal.answer(request.headers(), false));
    }
    let only_head = request.method() == Method::HEAD;
    // Boxed: a connection spawns and moves what it is given, and the walk is large.
    let walk = Box::pin(walk(&shared, &peer, request));
    let walked = AssertUnwindSafe(walk).catch_unwind().await;
    let response = walked.unwrap_or_else(|_| {
        shared.metrics.panicked();
        tracing::error!("a request's handler panicked");
        answer::failure(
            &Status::internal("the request's handler panicked"),
            &HeaderMap::new(),
            false,
        )
    });
    Ok(if only_head {
        answer::head_alone(response)
    } else {
        response
    })
}

/// The path that ARCHITECTURE.md draws: bound and time, parse, authenticate, open the audit event, impersonate, limit,
/// authorize, decode, registry, answer, close the audit event.
async fn walk(shared: &Arc<Shared>, peer: &Peer, request: Request<Incoming>) -> Response<Body> {
    let began = Instant::now();
    let (head, body) = request.into_parts();
    let mut body = Unread::new(body);
    let path = decoded_path(&head);
    let query = Query::parse(head.uri.query().unwrap_or_default());
    let info = RequestInfo::read(&head.method, &path, &query);
    let target = Target::of(&head.method, &info);
    let media_type = head
        .headers
        .get(CONTENT_TYPE)
        .map_or(&b""[..], HeaderValue::as_bytes);
    let labels = RequestLabels::of(&info, target.kind().map(|kind| kind.resource)).patching(media_type);
    let call = Call {
        shared,
        head: &head,
        query: &query,
        info: &info,
        labels,
    };

    let identity = match authenticate(shared, peer, &head.headers, &path).await {
        Ok(identity) => identity,
        Err(status) => {
            let trail = open_trail(&call, peer, &target, None);
            return Box::pin(closing::turn_away(&call, trail, &status, began)).await;
        }
    };
    let mut trail = open_trail(&call, peer, &target, Some(&identity.user));
    let mut notes = Notes::default();
    credential::presented(&identity, &mut trail, &mut notes.warnings);
    // Pinned in place: futures of this size are not to be moved about.
    let outcome = {
        let allotted = allotted(&call, &target);
        // When there is none, nothing is done.
        let time = *allotted.as_ref().unwrap_or(&Duration::ZERO);
        let work = pin!(async {
            let recorded = trail.received().await;
            if target.needs_record() {
                recorded.map_err(|refused| refused.status())?;
            }
            let authorizer = shared.decides_about(&identity);
            let acting =
                impersonation::acting(authorizer, &head.headers, &identity.user, &info, &mut trail).await?;
            let seat = limit(&acting.user, &call, &target, &body, time / WAIT_PART).await?;
            let permit = authorize(authorizer, &acting.user, &call, &target, &mut trail).await?;
            let permit = match (permit, acting.wanted) {
                (Some(permit), Some(wanted)) => {
                    Some(permit.impersonating(Arc::clone(&identity.user), wanted))
                }
                (permit, _) => permit,
            };
            let reply = match (&target, permit) {
                (Target::Objects(kind, _), Some(permit)) => {
                    let body = body
                        .take()
                        .ok_or_else(|| Status::internal("a body is read once"))?;
                    endpoints::objects(&call, kind, (&permit, &identity), body, &mut notes).await?
                }
                (target, _) => {
                    let asking = (authorizer, &acting.user);
                    Box::pin(endpoints::document(&call, target, asking)).await?
                }
            };
            let reply = match target.is_long() {
                true => reply,
                false => reply.within(time.saturating_sub(began.elapsed())),
            };
            Ok((reply, seat))
        });
        timed(allotted, work).await
    };
    body.pass_over(&head.headers).await;
    trail.named(&notes.name);
    credential::issued(&notes.issued, &mut trail);
    closing::close(&call, &target, trail, outcome, &notes.warnings, began).await
}

/// The path without percent escapes; the path as it came when they are broken, which then names nothing.
fn decoded_path(head: &Parts) -> Cow<'_, str> {
    let path = head.uri.path();
    if !path.contains('%') || !escapes_are_whole(path.as_bytes()) {
        return Cow::Borrowed(path);
    }
    percent_decode_str(path)
        .decode_utf8()
        .unwrap_or(Cow::Borrowed(path))
}

/// Who asks. A certificate that does not hold counts as a credential that does not: 401.
async fn authenticate(
    shared: &Shared,
    peer: &Peer,
    headers: &HeaderMap,
    path: &str,
) -> Result<Identity, Box<Status>> {
    let presented = Presented {
        certificate: peer.certificate.as_ref(),
        authorization: headers.get(AUTHORIZATION).map(HeaderValue::as_bytes),
        path,
    };
    match shared.authenticator.authenticate(&presented).await {
        Ok(identity) => {
            peer.heard(&identity);
            Ok(identity)
        }
        Err(error) => {
            // The client reads only that it is not known.
            tracing::info!(%error, "what a request presented does not hold");
            Err(Box::new(error.status()))
        }
    }
}

fn open_trail(call: &Call<'_>, peer: &Peer, target: &Target<'_>, user: Option<&User>) -> Trail {
    let headers = call.headers();
    let on_record = call.shared.audit.sink().is_some();
    let object = (on_record && call.info.is_resource).then(|| reference(call.info, target));
    let source_ips = if on_record {
        peer.source_ips(headers)
    } else {
        Vec::new()
    };
    let bytes = |name: &str| headers.get(name).map(HeaderValue::as_bytes);
    call.shared.audit.open(&purser_audit::Request {
        audit_id: bytes("audit-id"),
        uri: call
            .head
            .uri
            .path_and_query()
            .map_or("", http::uri::PathAndQuery::as_str),
        verb: &call.info.verb,
        user,
        source_ips: &source_ips,
        user_agent: bytes("user-agent").unwrap_or_default(),
        object: object.as_ref(),
    })
}

fn reference(info: &RequestInfo<'_>, target: &Target<'_>) -> ObjectReference {
    let cluster_scoped = target.kind().is_some_and(|kind| !kind.resource.namespaced);
    ObjectReference {
        resource: info.resource.to_owned(),
        namespace: if cluster_scoped && !info.named {
            String::new()
        } else {
            info.namespace.to_owned()
        },
        name: info.name.clone().into_owned(),
        api_group: info.group.to_owned(),
        api_version: info.version.to_owned(),
        subresource: info.subresource.to_owned(),
        ..ObjectReference::default()
    }
}

/// A seat among the requests under way, for which it may wait as long as `patience`; probes need none.
async fn limit(
    user: &Arc<User>,
    call: &Call<'_>,
    target: &Target<'_>,
    body: &Unread,
    patience: Duration,
) -> Result<Option<Seat>, Failure> {
    if matches!(target, Target::Probe(..)) {
        return Ok(None);
    }
    let fairness = &call.shared.fairness;
    let levels = if user.groups.iter().any(|group| group == MASTERS) {
        &fairness.masters
    } else {
        &fairness.others
    };
    let reads = match call.info.is_resource {
        true => matches!(call.info.verb.as_ref(), "get" | "list" | "watch"),
        false => matches!(call.head.method, Method::GET | Method::HEAD),
    };
    let level = match (target.is_long(), reads) {
        (true, _) => &levels.watches,
        (false, true) => &levels.reads,
        (false, false) => &levels.writes,
    };
    let seat = level
        .seat(Flow(Arc::clone(user)), width(call, target, body), patience)
        .await;
    seat.map(Some).map_err(|too_many| {
        call.shared.metrics.turned_away(call.labels);
        too_many.into()
    })
}

/// How many seats' work a request is.
fn width(call: &Call<'_>, target: &Target<'_>, body: &Unread) -> usize {
    let Target::Objects(kind, verb) = target else {
        return 1;
    };
    let of_objects = || {
        let limit = call.query.integer("limit").ok().flatten();
        let limit = limit.and_then(|limit| usize::try_from(limit).ok());
        let stored = call.shared.registry.count(kind.resource);
        let most = limit.filter(|limit| *limit > 0).unwrap_or(stored);
        width::of_objects(most.min(stored))
    };
    let of_body = || width::of_body(body.announced());
    match verb {
        Verb::Get | Verb::Watch => 1,
        Verb::List => of_objects(),
        Verb::DeleteCollection => of_objects().max(of_body()),
        Verb::Create | Verb::Update | Verb::Patch | Verb::Delete => of_body(),
    }
}

/// The permit for objects; for anything else only whether it may be asked.
async fn authorize(
    authorizer: &Arc<Authorizer>,
    user: &Arc<User>,
    call: &Call<'_>,
    target: &Target<'_>,
    trail: &mut Trail,
) -> Result<Option<Permit>, Failure> {
    let info = call.info;
    let decision = match target {
        Target::Objects(kind, verb) => {
            let namespace = if kind.resource.namespaced {
                info.namespace
            } else {
                ""
            };
            let request = ResourceRequest {
                verb: *verb,
                resource: kind.resource,
                subresource: info.subresource.to_owned(),
                namespace: namespace.to_owned(),
                name: info.name.clone().into_owned(),
                selectors: info.selectors.clone(),
            };
            match call.shows_metadata_alone(*verb) {
                true => authorizer.authorize_metadata(user, request).await.map(Some),
                false => authorizer.authorize(user, request).await.map(Some),
            }
        }
        _ if info.is_resource => {
            let request = info.words();
            authorizer.authorize_unserved(user, &request).await.map(|()| None)
        }
        _ => {
            let request = NonResource {
                verb: info.verb.clone().into_owned(),
                path: info.path.to_owned(),
            };
            authorizer.authorize_path(user, &request).await.map(|()| None)
        }
    };
    match decision {
        Ok(permit) => {
            trail.authorized(true, permit.as_ref().map_or("", Permit::reason));
            Ok(permit)
        }
        Err(denied) => {
            trail.authorized(false, &denied.reason);
            Err(Status::from(denied).into())
        }
    }
}

/// The time that everything but a watch may take, until it is sent, and a watch to begin; `?timeout=` may shorten it.
fn allotted(call: &Call<'_>, target: &Target<'_>) -> Result<Duration, Failure> {
    let bound = call.shared.limits.request;
    let asked = call.query.get("timeout");
    let Some(asked) = asked.filter(|text| !text.is_empty() && !target.is_long()) else {
        return Ok(bound);
    };
    match parse_duration(asked) {
        Ok(asked) if asked > Duration::ZERO => Ok(asked.min(bound)),
        Ok(_) => Ok(bound),
        Err(why) => {
            let why = format!("invalid timeout specified in the request URL - {why}");
            Err(Status::bad_request(why).into())
        }
    }
}

/// Bounds the time of `work`.
async fn timed<T>(
    allotted: Result<Duration, Failure>,
    work: Pin<&mut impl Future<Output = Result<T, Failure>>>,
) -> Result<T, Failure> {
    tokio::time::timeout(allotted?, work)
        .await
        .unwrap_or_else(|_| Err(Failure::timeout()))
}
