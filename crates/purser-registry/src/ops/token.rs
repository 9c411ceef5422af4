//! What a token of a ServiceAccount is issued for.
//!
//! Source: `pkg/registry/core/serviceaccount/storage/token.go` and `ValidateTokenRequest` in
//! `pkg/apis/authentication/validation`.

use purser_authz::{Permit, Verb};
use purser_types::resource::{SECRETS, SERVICE_ACCOUNTS, TOKEN_REQUESTS};
use purser_types::status::{Cause, Details};
use purser_types::time::Timestamp;
use purser_types::{Map, Object, Resource, Status, Value};

use super::manager::manager;
use super::target::Target;
use crate::admitted::{absent, admits, missing};
use crate::error::Error;
use crate::managed;
use crate::options::WriteOptions;
use crate::registry::Registry;
use crate::validate::causes::{invalid, invalid_as};
use crate::validate::read::{message, text};

/// The subresource that issues tokens.
const TOKEN: &str = "token";
/// How long a token lasts when nothing is asked, in seconds. Source: `SetDefaults_TokenRequestSpec`.
const DEFAULT_SECONDS: i64 = 60 * 60;
/// The shortest time that may be asked for, in seconds.
const LEAST_SECONDS: i64 = 10 * 60;
/// The longest time that may be asked for, in seconds.
const MOST_SECONDS: i64 = 1 << 32;

/// An object that a token names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
}

/// What a token is to be issued for.
#[derive(Debug)]
pub struct TokenOrder {
    /// The request as it is answered, still without token and audiences where none were named.
    pub request: Object,
    /// The account.
    pub account: Named,
    /// The Secret with which the token ends.
    pub secret: Option<Named>,
    /// How long it is to last, in seconds.
    pub lasts: i64,
    /// A fresh id for it.
    pub id: String,
    /// When it is issued.
    pub now: Timestamp,
    /// Whether all is done but to issue it. Stricter than upstream, which issues one all the same.
    pub dry_run: bool,
}

impl Registry {
    /// Judges a TokenRequest and looks up what it names.
    ///
    /// # Errors
    /// 400, 404, 409, 422.
    pub async fn order_token(
        &self,
        permit: &Permit,
        mut request: Object,
        options: &WriteOptions,
    ) -> Result<TokenOrder, Error> {
        let target = self.target(permit, &[Verb::Create])?;
        if target.kind.resource != &SERVICE_ACCOUNTS || target.subresource != TOKEN {
            return Err(Error::WrongPermit);
        }
        if request.resource != &TOKEN_REQUESTS {
            return Err(Error::WrongPermit);
        }
        let now = self.timestamp();
        let lasts = asked_seconds(&mut request);
        managed::record_update_through(&mut request, None, TOKEN, &manager(options), now);
        fits_path(&target, &request)?;
        let key = target.key(self)?;
        let found = target.cache.get(&key).filter(|found| !found.index.deleting);
        let found = found.ok_or_else(|| missing(permit))?;
        if !admits(&self.store, permit, &found).await {
            return Err(absent(permit));
        }
        let account = Named {
            name: target.name.to_owned(),
            uid: found.index.uid.to_string(),
        };
        if !request.uid().is_empty() && request.uid() != account.uid {
            return Err(other_account(&request, &account).into());
        }
        request.set_meta_str("name", target.name);
        request.set_meta_str("namespace", target.namespace);
        request.set_meta_str("uid", &account.uid);
        request.set_meta_str("creationTimestamp", &now.to_string());
        if let Some(cause) = wrong_seconds(lasts) {
            return Err(Status::invalid(TOKEN_REQUESTS.group, TOKEN_REQUESTS.kind, "", vec![cause]).into());
        }
        let secret = match message(&request.body, "spec").get("boundObjectRef") {
            Some(Value::Map(reference)) => Some(self.bound(&target, reference)?),
            _ => None,
        };
        Ok(TokenOrder {
            request,
            account,
            secret,
            lasts,
            id: self.options.ids.uuid(),
            now,
            dry_run: options.dry_run,
        })
    }

    /// The uid of an object, unless it is gone or going: nothing more is told of it, so that no permit is needed.
    #[must_use]
    pub fn uid_of(&self, resource: &'static Resource, namespace: &str, name: &str) -> Option<String> {
        self.standing(resource, namespace, name).map(|named| named.uid)
    }

    fn standing(&self, resource: &'static Resource, namespace: &str, name: &str) -> Option<Named> {
        let key = self.caches.keys.object(resource, namespace, name).ok()?;
        let found = self.caches.of(resource)?.get(&key)?;
        (!found.index.deleting).then(|| Named {
            name: name.to_owned(),
            uid: found.index.uid.to_string(),
        })
    }

    /// The Secret that a request names: nothing else can be bound to here.
    fn bound(&self, target: &Target<'_>, reference: &Map) -> Result<Named, Error> {
        let (kind, name, uid) = (
            text(reference, "kind"),
            text(reference, "name"),
            text(reference, "uid"),
        );
        let (group, version) = match text(reference, "apiVersion").split_once('/') {
            Some((group, version)) => (group, version),
            None => ("", text(reference, "apiVersion")),
        };
        if (group, kind) != ("", SECRETS.kind) {
            let why = format!("cannot bind token to object of type {group}/{version}, Kind={kind}");
            return Err(Status::bad_request(why).into());
        }
        let found = self
            .standing(&SECRETS, target.namespace, name)
            .ok_or_else(|| Status::not_found(&SECRETS, name))?;
        if uid.is_empty() || uid == found.uid {
            return Ok(found);
        }
        Err(other_uid(name, uid).into())
    }
}

/// How long the token is asked to last; the default is put into the request, as upstream does before it records who
/// has set which field.
fn asked_seconds(request: &mut Object) -> i64 {
    let spec = request.body.get_mut("spec").and_then(Value::as_map_mut);
    let Some(spec) = spec else {
        return DEFAULT_SECONDS;
    };
    if let Some(asked) = spec.get("expirationSeconds").and_then(Value::as_int) {
        return asked;
    }
    purser_types::object::set(spec, "expirationSeconds", Some(Value::Int(DEFAULT_SECONDS)));
    DEFAULT_SECONDS
}

/// What the body says of name and namespace has to be what the path says.
fn fits_path(target: &Target<'_>, request: &Object) -> Result<(), Status> {
    let checks = [
        ("name", request.name(), target.name),
        ("namespace", request.namespace(), target.namespace),
    ];
    for (field, said, wanted) in checks {
        if !said.is_empty() && said != wanted {
            let why = format!("must match the service account {field} if specified");
            let cause = invalid(format!("metadata.{field}"), said, &why);
            let (group, kind) = (TOKEN_REQUESTS.group, TOKEN_REQUESTS.kind);
            return Err(Status::invalid(group, kind, target.name, vec![cause]));
        }
    }
    Ok(())
}

fn wrong_seconds(asked: i64) -> Option<Cause> {
    let why = match asked {
        ..LEAST_SECONDS => "may not specify a duration less than 10 minutes",
        LEAST_SECONDS..=MOST_SECONDS => return None,
        _ => "may not specify a duration larger than 2^32 seconds",
    };
    Some(invalid_as("spec.expirationSeconds", &asked.to_string(), why))
}

/// The request is for an account that was here before. Source: `TokenRequestServiceAccountUIDValidation` of upstream.
fn other_account(request: &Object, account: &Named) -> Status {
    let (group, kind) = (TOKEN_REQUESTS.group, TOKEN_REQUESTS.kind);
    let details = Details {
        name: account.name.clone(),
        group: group.to_owned(),
        kind: kind.to_owned(),
        ..Details::default()
    };
    let message = format!(
        "Operation cannot be fulfilled on {kind}.{group} {}: the UID in the token request ({}) does not match the UID \
         of the service account ({})",
        purser_types::quote::quote(&account.name),
        request.uid(),
        account.uid
    );
    Status::new(409, "Conflict", message, Some(details))
}

/// Upstream names the kind where other conflicts name the resource.
fn other_uid(name: &str, uid: &str) -> Status {
    let kind = SECRETS.kind;
    let details = Details {
        name: name.to_owned(),
        kind: kind.to_owned(),
        ..Details::default()
    };
    let message = format!(
        "Operation cannot be fulfilled on {kind} {}: the UID in the bound object reference ({uid}) does not match the \
         UID in record. The object might have been deleted and then recreated",
        purser_types::quote::quote(name)
    );
    Status::new(409, "Conflict", message, Some(details))
}
