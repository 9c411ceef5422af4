//! What a token says.

use purser_types::user::SERVICE_ACCOUNT_PREFIX;
use purser_types::{Key, Map, Value};

/// An object, as a token names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// Its name.
    pub name: String,
    /// Its uid: an object that was made anew under the same name is another.
    pub uid: String,
}

/// What is known besides of a token that a Secret keeps and that does not end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lasting {
    /// The token's SHA-256: it holds as long as the Secret keeps this one.
    pub digest: [u8; 32],
    /// Whether the Secret was made together with the account.
    pub generated: bool,
}

/// The claim under which Kubernetes has its own.
const OWN: &str = "kubernetes.io";

/// The claims of a ServiceAccount's token. Times are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// Who issued it.
    pub issuer: String,
    /// For whom it is.
    pub audiences: Vec<String>,
    /// When it ends.
    pub ends: i64,
    /// From when it may be used.
    pub begins: i64,
    /// When it was issued.
    pub issued: i64,
    /// Its own id.
    pub id: String,
    /// The namespace of the account.
    pub namespace: String,
    /// The account.
    pub account: Bound,
    /// The Secret without which it does not hold.
    pub secret: Option<Bound>,
    /// Of a token that the Secret keeps.
    pub lasting: Option<Lasting>,
}

impl Claims {
    /// The name of the user.
    #[must_use]
    pub fn user_name(&self) -> String {
        format!("{SERVICE_ACCOUNT_PREFIX}{}:{}", self.namespace, self.account.name)
    }

    /// The claims as they are signed.
    pub(super) fn write(&self) -> Value {
        let mut own = Map::new();
        put(&mut own, "namespace", Value::string(self.namespace.clone()));
        if let Some(secret) = &self.secret {
            put(&mut own, "secret", reference(secret));
        }
        put(&mut own, "serviceaccount", reference(&self.account));
        let audiences = self.audiences.iter().cloned().map(Value::string).collect();
        let mut claims = Map::new();
        put(&mut claims, "aud", Value::List(audiences));
        put(&mut claims, "exp", Value::Int(self.ends));
        put(&mut claims, "iat", Value::Int(self.issued));
        put(&mut claims, "iss", Value::string(self.issuer.clone()));
        put(&mut claims, "jti", Value::string(self.id.clone()));
        put(&mut claims, OWN, Value::Map(own));
        put(&mut claims, "nbf", Value::Int(self.begins));
        put(&mut claims, "sub", Value::string(self.user_name()));
        Value::Map(claims)
    }

    /// Reads claims whose signature holds; `None` when they are not those of a ServiceAccount's token, or speak of an
    /// object that is not looked up here.
    pub(super) fn read(claims: &Map) -> Option<Self> {
        let own = claims.get(OWN)?.as_map()?;
        if own.contains_key("pod") || own.contains_key("node") {
            return None;
        }
        let secret = match own.get("secret") {
            Some(secret) => Some(bound(secret)?),
            None => None,
        };
        let whole = Self {
            issuer: text(claims, "iss")?,
            audiences: audiences(claims.get("aud")?)?,
            ends: claims.get("exp")?.as_int()?,
            begins: optional(claims, "nbf")?,
            issued: optional(claims, "iat")?,
            id: match claims.get("jti") {
                Some(id) => id.as_str()?.to_owned(),
                None => String::new(),
            },
            namespace: text(own, "namespace")?,
            account: bound(own.get("serviceaccount")?)?,
            secret,
            lasting: None,
        };
        (text(claims, "sub")? == whole.user_name()).then_some(whole)
    }
}

fn put(map: &mut Map, name: &'static str, value: Value) {
    map.insert(Key::Borrowed(name), value);
}

fn reference(bound: &Bound) -> Value {
    let mut map = Map::new();
    put(&mut map, "name", Value::string(bound.name.clone()));
    put(&mut map, "uid", Value::string(bound.uid.clone()));
    Value::Map(map)
}

/// A text that is there and not empty.
fn text(map: &Map, name: &str) -> Option<String> {
    let text = map.get(name)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

/// A time; 0 when there is none.
fn optional(claims: &Map, name: &str) -> Option<i64> {
    claims.get(name).map_or(Some(0), Value::as_int)
}

fn bound(value: &Value) -> Option<Bound> {
    let map = value.as_map()?;
    Some(Bound {
        name: text(map, "name")?,
        uid: text(map, "uid")?,
    })
}

/// One audience, or several (RFC 7519, 4.1.3).
fn audiences(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(one) => Some(vec![one.expose().to_owned()]),
        Value::List(several) => several
            .iter()
            .map(|one| one.as_str().map(str::to_owned))
            .collect(),
        _ => None,
    }
}
