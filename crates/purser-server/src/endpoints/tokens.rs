//! Tokens of ServiceAccounts, and whose a token is. No answer of these is compressed: it holds a credential.
//!
//! Source: `pkg/registry/core/serviceaccount/storage/token.go` and `pkg/registry/authentication/tokenreview/storage.go`.

use hyper::body::Incoming;
use purser_authn::token::{Bound, Grant, credential_id};
use purser_authz::Permit;
use purser_registry::kinds::{Kind, TOKEN_REQUEST, user_info};
use purser_registry::{Named, TokenOrder, WriteOptions, Written, managed, manager};
use purser_types::object::set;
use purser_types::time::Timestamp;
use purser_types::{Map, Object, Status, Text, Value};

use super::write::whole_object;
use super::{Call, Notes, Reply, bug};
use crate::failure::Failure;
use crate::options::WriteVerb;

/// POST to the subresource `token` of a ServiceAccount.
pub(super) async fn issue(
    call: &Call<'_>,
    permit: &Permit,
    body: Incoming,
    notes: &mut Notes,
) -> Result<Reply, Failure> {
    let work = async |request: Object, options: WriteOptions, notes: &mut Notes| {
        let registry = &call.shared.registry;
        let order = registry.order_token(permit, request, &options).await?;
        issued(call, order, notes).map(made)
    };
    whole_object(call, &TOKEN_REQUEST, WriteVerb::Create, body, notes, work).await
}

/// Issues what is ordered, and writes it into the request.
fn issued(call: &Call<'_>, order: TokenOrder, notes: &mut Notes) -> Result<Object, Failure> {
    let tokens = call.shared.authenticator.tokens();
    let tokens = tokens.ok_or_else(|| bug("no tokens are issued here"))?;
    let TokenOrder {
        mut request,
        account,
        secret,
        mut lasts,
        id,
        now,
        dry_run,
    } = order;
    if let Some(longest) = tokens.longest().filter(|longest| lasts > *longest) {
        notes.warnings.extend([format!(
            "requested expiration of {lasts} seconds shortened to {longest} seconds"
        )]);
        lasts = longest;
    }
    let namespace = request.namespace().to_owned();
    let spec = part(&mut request, "spec")?;
    let mut audiences = texts(spec.get("audiences"));
    if audiences.is_empty() {
        audiences = tokens.audiences().to_vec();
    }
    set(spec, "audiences", Some(list(&audiences)));
    set(spec, "expirationSeconds", Some(Value::Int(lasts)));
    let ends = Timestamp::from_seconds(now.seconds().saturating_add(lasts));
    let ends = ends.ok_or_else(|| bug("the token ends after all time"))?;
    let text = match dry_run {
        true => Text::from(""),
        false => {
            notes.issued = credential_id(&id);
            let token = tokens.issue(Grant {
                namespace,
                account: bound(account),
                secret: secret.map(bound),
                audiences,
                lasts,
                now: now.seconds(),
                id,
            });
            token.map_err(|error| bug(&error.to_string()))?.text
        }
    };
    let mut status = Map::new();
    set(&mut status, "token", Some(Value::String(text)));
    set(
        &mut status,
        "expirationTimestamp",
        Some(Value::string(ends.to_string())),
    );
    request.set("status", Some(Value::Map(status)));
    Ok(request)
}

/// POST of a TokenReview.
pub(super) async fn review(
    call: &Call<'_>,
    kind: &'static Kind,
    body: Incoming,
    notes: &mut Notes,
) -> Result<Reply, Failure> {
    let work = async |mut review: Object, options: WriteOptions, _: &mut Notes| {
        managed::record_update(&mut review, None, &manager(&options), call.shared.now());
        reviewed(call, review).await.map(made)
    };
    whole_object(call, kind, WriteVerb::Create, body, notes, work).await
}

async fn reviewed(call: &Call<'_>, mut review: Object) -> Result<Object, Failure> {
    let spec = part(&mut review, "spec")?;
    let token = spec.get("token").and_then(Value::as_str).unwrap_or_default();
    if token.is_empty() {
        return Err(Status::bad_request("token is required for TokenReview in authentication").into());
    }
    let wanted = texts(spec.get("audiences"));
    let mut status = Map::new();
    match call.shared.authenticator.review(token.as_bytes(), &wanted).await {
        Ok(recognized) => {
            let user = user_info(&recognized.identity.user);
            set(&mut status, "authenticated", Some(Value::Bool(true)));
            set(&mut status, "user", Some(Value::Map(user)));
            set(&mut status, "audiences", Some(list(&recognized.audiences)));
        }
        Err(refusals) => set(&mut status, "error", Some(Value::string(refusals.to_string()))),
    }
    review.set("status", Some(Value::Map(status)));
    Ok(review)
}

fn made(object: Object) -> Written {
    Written {
        object,
        revision: 0,
        created: true,
        warnings: Vec::new(),
    }
}

/// A message of the object that is always there.
fn part<'o>(object: &'o mut Object, field: &str) -> Result<&'o mut Map, Failure> {
    let part = object.body.get_mut(field).and_then(Value::as_map_mut);
    part.ok_or_else(|| bug("a message that is always there is not"))
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let list = value.and_then(Value::as_list).unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn list(texts: &[String]) -> Value {
    Value::List(texts.iter().map(Value::string).collect())
}

fn bound(named: Named) -> Bound {
    Bound {
        name: named.name,
        uid: named.uid,
    }
}
