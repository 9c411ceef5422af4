//! A token for a ServiceAccount, through a TokenRequest.

use purser_outbound::Asking;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

use super::administrator::Administrator;
use super::options::{Account, CreateOptions};
use super::proof::{Held, Proof};
use crate::error::Error;

/// Asks for a token.
///
/// # Errors
/// When the server is not reached, or refuses.
pub(super) async fn token(
    administrator: &Administrator,
    account: &Account,
    options: &CreateOptions,
) -> Result<Proof, Error> {
    let request = json!({
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {"audiences": options.audience, "expirationSeconds": options.ttl.as_secs()},
    });
    let Account { namespace, name } = account;
    let place = [
        "api",
        "v1",
        "namespaces",
        namespace,
        "serviceaccounts",
        name,
        "token",
    ];
    let what = format!("issue a token for the ServiceAccount {namespace}/{name}");
    let mut answer = administrator
        .ask(&what, Asking::Post, &place, Some(&request))
        .await?;
    let ends = answer
        .pointer("/status/expirationTimestamp")
        .and_then(Value::as_str);
    let ends = ends.and_then(|time| OffsetDateTime::parse(time, &Rfc3339).ok());
    let token = match answer.pointer_mut("/status/token").map(Value::take) {
        Some(Value::String(token)) => Zeroizing::new(token),
        _ => return Err(Error::Login("the server answers without a token".to_owned())),
    };
    Ok(Proof {
        credential: Held::Token(token),
        ends,
    })
}
