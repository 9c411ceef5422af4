//! Tokens of ServiceAccounts that Secrets keep and that do not end: what the index knows of them. Never a token: a
//! digest, which tells nothing of what is signed, and by which a token is known again without opening the Secret.
//!
//! Source: `pkg/serviceaccount/legacy.go`.

use aws_lc_rs::digest::{SHA256, digest};
use purser_types::resource::SECRETS;
use purser_types::{Object, Plaintext, Value};

use crate::validate::secret::{SERVICE_ACCOUNT_NAME, SERVICE_ACCOUNT_TOKEN, kind_of};

/// The annotation with the uid of the account.
pub(crate) const ACCOUNT_UID: &str = "kubernetes.io/service-account.uid";
/// The key of the token in its Secret.
pub(crate) const TOKEN: &str = "token";
/// The label with the day on which the token was last used.
pub(crate) const LAST_USED: &str = "kubernetes.io/legacy-token-last-used";
/// The label of a token that is not to be taken any more; its value is the day since when.
pub(crate) const INVALID_SINCE: &str = "kubernetes.io/legacy-token-invalid-since";

/// SHA-256 of a token.
pub type Digest = [u8; 32];

/// What the index knows for the sake of such tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lasting {
    /// Of a Secret of the type for tokens.
    Kept {
        /// The ServiceAccount that it names.
        account: Box<str>,
        /// The uid that it says the account has; empty: it does not say.
        uid: Box<str>,
        /// The digest of its token; `None`: it has none.
        digest: Option<Digest>,
    },
    /// Of a ServiceAccount: the Secrets that it names.
    Named(Box<[Box<str>]>),
}

impl Lasting {
    /// Of a Secret; `None` when it is of another type.
    pub(crate) fn of_secret(secret: &Object) -> Option<Box<Self>> {
        let account = account_of(secret)?;
        let data = secret.get("data").and_then(Value::as_map);
        let token = data.and_then(|data| data.get(TOKEN)).and_then(Value::as_bytes);
        let token = token.map(Plaintext::expose).filter(|token| !token.is_empty());
        Some(Box::new(Self::Kept {
            account: account.into(),
            uid: annotation(secret, ACCOUNT_UID).into(),
            digest: token.and_then(digest_of),
        }))
    }

    /// Of a ServiceAccount; `None` when it names no Secrets.
    pub(crate) fn of_account(account: &Object) -> Option<Box<Self>> {
        let secrets = account.get("secrets").and_then(Value::as_list)?;
        let names = secrets
            .iter()
            .filter_map(|secret| secret.as_map()?.get("name")?.as_str());
        let names: Box<[Box<str>]> = names.map(Box::from).collect();
        (!names.is_empty()).then(|| Box::new(Self::Named(names)))
    }

    /// Whether it is of a ServiceAccount that names this Secret.
    pub(crate) fn names(&self, secret: &str) -> bool {
        matches!(self, Self::Named(names) if names.iter().any(|name| **name == *secret))
    }
}

/// The ServiceAccount of which a Secret keeps a token, or is to; `None`: it is for something else.
pub(crate) fn account_of(secret: &Object) -> Option<&str> {
    let is_kept = kind_of(secret) == SERVICE_ACCOUNT_TOKEN;
    is_kept.then(|| annotation(secret, SERVICE_ACCOUNT_NAME))
}

/// What is said to who makes a Secret for a token: it does not end, and there are better ones. Upstream says nothing.
pub(crate) fn warning(object: &Object) -> Option<String> {
    let lasts = object.resource == &SECRETS && account_of(object).is_some();
    lasts.then(|| {
        "the token that this Secret is for never expires: use one that does, from the subresource token of the \
         ServiceAccount (kubectl create token)"
            .to_owned()
    })
}

/// The value of an annotation; empty when there is none.
fn annotation<'o>(object: &'o Object, key: &str) -> &'o str {
    let mut annotations = object.annotations();
    annotations
        .find(|(name, _)| *name == key)
        .map_or("", |(_, value)| value)
}

fn digest_of(token: &[u8]) -> Option<Digest> {
    digest(&SHA256, token).as_ref().try_into().ok()
}

#[cfg(test)]
mod tests {
    use purser_types::decode::{self, BodyFormat, FieldValidation};

    use super::*;

    fn secret(type_: &str, rest: &str) -> Object {
        let body = format!(
            r#"{{"apiVersion":"v1","kind":"Secret","metadata":{{"name":"a","annotations":
            {{"kubernetes.io/service-account.name":"bot"}}}},"type":"{type_}"{rest}}}"#
        );
        let decoded = decode::object(
            &SECRETS,
            BodyFormat::Json,
            body.as_bytes(),
            FieldValidation::Strict,
        );
        decoded.unwrap().0
    }

    #[test]
    fn the_index_holds_a_digest_and_no_token() {
        let of = |token: &str| {
            let secret = secret(
                SERVICE_ACCOUNT_TOKEN,
                &format!(r#","data":{{"token":"{token}"}}"#),
            );
            Lasting::of_secret(&secret)
        };
        let Some(Lasting::Kept { account, uid, digest }) = of("Y2FuYXJ5").as_deref().cloned() else {
            panic!("it keeps a token")
        };
        assert_eq!((&*account, &*uid), ("bot", ""));
        assert_eq!(digest, digest_of(b"canary"));
        assert_ne!(of("b3RoZXI="), of("Y2FuYXJ5"));
        assert!(matches!(
            of("").as_deref(),
            Some(Lasting::Kept { digest: None, .. })
        ));
        assert_eq!(Lasting::of_secret(&secret("Opaque", "")), None);
    }
}
