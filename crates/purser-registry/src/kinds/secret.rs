//! Secrets.
//!
//! Sources: `pkg/registry/core/secret/strategy.go`, `pkg/apis/core/v1/{conversion,defaults}.go`.

use futures_util::future::BoxFuture;
use purser_authz::{Permit, UnservedRequest, Verb};
use purser_types::object::part_mut;
use purser_types::quote::quote;
use purser_types::resource::{SECRETS, SERVICE_ACCOUNTS};
use purser_types::status::Cause;
use purser_types::{Object, Plaintext, Status, Value};

use super::columns::{AGE, Column, NAME, column, entries};
use super::strategy::Strategy;
use crate::lasting::{Lasting, account_of};
use crate::validate::secret::{OPAQUE, kind_of, validate, validate_update, warnings};

pub(super) const COLUMNS: &[Column] = &[
    NAME,
    column(
        "Type",
        "Used to facilitate programmatic handling of secret data. More info: \
         https://kubernetes.io/docs/concepts/configuration/secret/#secret-types",
        |object, _| Value::string(kind_of(object)),
    ),
    column(
        "Data",
        "Data contains the secret data. Each key must consist of alphanumeric characters, '-', '_' or '.'. The \
         serialized form of the secret data is a base64 encoded string, representing the arbitrary (possibly \
         non-string) data value here. Described in https://tools.ietf.org/html/rfc4648#section-4",
        |object, _| entries(object, &["data"]),
    ),
    AGE,
];

/// The subresource of ServiceAccounts that issues tokens.
const TOKEN: &str = "token";

/// `stringData` is folded into `data`, the type defaults to Opaque, each type has its rules.
pub(super) struct Secrets;

impl Strategy for Secrets {
    fn prepare_for_create(&self, object: &mut Object) {
        fold_string_data(object);
        if kind_of(object).is_empty() {
            object.set("type", Some(Value::string(OPAQUE)));
        }
    }

    fn allows<'a>(
        &'a self,
        permit: &'a Permit,
        object: &'a Object,
        old: Option<&'a Object>,
    ) -> Option<BoxFuture<'a, Result<(), Status>>> {
        let account = account_of(object)?;
        let has_it = old.and_then(account_of) == Some(account);
        (!has_it).then(|| Box::pin(may_have_token(permit, object, account)) as _)
    }

    fn validate(&self, object: &Object) -> Vec<Cause> {
        validate(object)
    }

    fn validate_update(&self, object: &Object, old: &Object) -> Vec<Cause> {
        validate_update(object, old)
    }

    fn warnings(&self, object: &Object) -> Vec<String> {
        warnings(object)
    }

    fn lasting(&self, object: &Object) -> Option<Box<Lasting>> {
        Lasting::of_secret(object)
    }

    fn own_field(&self, object: &Object, field: &str) -> Option<String> {
        (field == "type").then(|| kind_of(object).to_owned())
    }

    fn selectable_fields(&self) -> &'static [&'static str] {
        &["metadata.name", "metadata.namespace", "type"]
    }
}

/// Whether who holds the permit may have a token of the account made: one that a Secret keeps is not got with less than
/// one from the account itself. Stricter than upstream, where whoever may write and read Secrets may be any account.
async fn may_have_token(permit: &Permit, secret: &Object, account: &str) -> Result<(), Status> {
    let Some(authorizer) = permit.authorizer() else {
        return Ok(());
    };
    let asked = UnservedRequest {
        verb: Verb::Create.as_str(),
        version: SERVICE_ACCOUNTS.version,
        resource: SERVICE_ACCOUNTS.plural,
        subresource: TOKEN,
        namespace: &permit.request().namespace,
        name: account,
        ..UnservedRequest::default()
    };
    if authorizer.may(permit.user(), &asked).await {
        return Ok(());
    }
    let why = format!(
        "a Secret that is to keep a token of the ServiceAccount {} takes the right to create serviceaccounts/token of it",
        quote(account)
    );
    Err(Status::forbidden(&SECRETS, secret.name(), &why))
}

/// `stringData` is write-only and wins over `data`, key by key.
fn fold_string_data(object: &mut Object) {
    let Some(Value::Map(strings)) = object.body.remove("stringData") else {
        return;
    };
    if strings.is_empty() {
        return;
    }
    let data = part_mut(&mut object.body, "data");
    for (key, value) in strings {
        if let Value::String(text) = value {
            let bytes = Plaintext::new(text.expose().as_bytes().to_vec());
            data.insert(key, Value::Bytes(bytes));
        }
    }
}
