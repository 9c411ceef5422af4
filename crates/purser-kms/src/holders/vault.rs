//! `vault:https://HOST/[MOUNT/]KEY`: a key of the Transit engine of HashiCorp Vault or OpenBao.
//!
//! A key id is `vault-<key>-v<version>-<when the version was made, seconds since 1970>`: a key that was removed and
//! made again counts its versions anew, and its ids are others even so.
//!
//! Source: Vault's pages "Transit secrets engine (API)" and "Token auth method (API)"; OpenBao kept both.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use parking_lot::Mutex;
use purser_encryption::{KeyHolder, OpenError, SealError, Wrapped};
use purser_outbound::Api;
use purser_types::Plaintext;
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::destroy::{Destroy, Destruction};
use super::error::HolderError;
use super::private::PrivateFiles;
use super::remote::{DOMAIN, LONGEST, MOST_BYTES, Refusal, TRUSTED, said, time_of, told, wiped};
use super::rotate::Rotate;

const TOKEN: HeaderName = HeaderName::from_static("x-vault-token");
const NAMESPACE: HeaderName = HeaderName::from_static("x-vault-namespace");
/// Vault refuses requests without it when it is told to.
const REQUEST: HeaderName = HeaderName::from_static("x-vault-request");
/// How soon a renewal that failed is tried again, and the shortest time between two.
const RENEW_AGAIN: Duration = Duration::from_secs(60);
/// When a token that does not say how long it lasts is asked to be renewed again.
const RENEW_LATER: Duration = Duration::from_secs(60 * 60);

/// Where the key is, and how it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultSettings {
    /// `https://host:port`; `http` on this machine only.
    pub server: String,
    /// Where the engine is mounted: `transit` unless said.
    pub mount: String,
    /// The key's name.
    pub key: String,
    /// The private file of the token, read anew each time: agents replace it.
    pub token_file: PathBuf,
    /// The authorities that the server's certificate may be of, PEM; `None`: the system's.
    pub ca_file: Option<PathBuf>,
    /// The namespace, where there are some.
    pub namespace: Option<String>,
}

/// A key of a Transit engine.
pub(super) struct Vault {
    settings: VaultSettings,
    files: PrivateFiles,
    api: Api,
    /// As it was last read.
    key: Mutex<Option<Arc<Key>>>,
    renew_at: Mutex<Instant>,
}

/// What the engine tells of a key.
#[derive(Deserialize)]
struct Key {
    latest_version: u64,
    #[serde(default)]
    min_available_version: u64,
    #[serde(default)]
    min_decryption_version: u64,
    #[serde(default)]
    min_encryption_version: u64,
    /// Versions, and when they were made.
    keys: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
struct Data<T> {
    data: T,
}

#[derive(Deserialize)]
struct Ciphertext {
    ciphertext: String,
}

#[derive(Deserialize)]
struct Unwrapped {
    #[serde(deserialize_with = "wiped")]
    plaintext: Zeroizing<String>,
}

#[derive(Deserialize)]
struct Renewed {
    auth: Lease,
}

#[derive(Deserialize)]
struct Lease {
    lease_duration: u64,
    renewable: bool,
}

#[derive(Deserialize)]
struct Errors {
    errors: Vec<String>,
}

impl Vault {
    /// A holder that asks the engine when it is needed.
    pub(super) fn open(settings: VaultSettings, files: PrivateFiles) -> Result<Self, HolderError> {
        let ca = match &settings.ca_file {
            None => None,
            Some(path) => {
                let text = std::fs::read_to_string(path);
                Some(text.map_err(|error| HolderError::File {
                    path: path.clone(),
                    reason: error.to_string(),
                })?)
            }
        };
        let api = Api::new(&settings.server, ca.as_deref(), LONGEST, MOST_BYTES)
            .map_err(|error| HolderError::Holder(error.to_string()))?;
        let holder = Self {
            settings,
            files,
            api,
            key: Mutex::default(),
            renew_at: Mutex::new(Instant::now()),
        };
        // A token that cannot be read is told of at once.
        holder.token().map_err(|reason| HolderError::File {
            path: holder.settings.token_file.clone(),
            reason,
        })?;
        Ok(holder)
    }

    fn token(&self) -> Result<HeaderValue, String> {
        let text = (self.files.read)(&self.settings.token_file)?;
        let text = text.ok_or_else(|| "it is not there: write a token into it".to_owned())?;
        let mut value =
            HeaderValue::from_str(text.trim()).map_err(|_| "it does not hold a token".to_owned())?;
        value.set_sensitive(true);
        Ok(value)
    }

    async fn ask(
        &self,
        method: Method,
        place: &[&str],
        body: Option<Plaintext>,
    ) -> Result<Plaintext, Refusal> {
        let mut headers = HeaderMap::new();
        let token = self.token();
        let token = token
            .map_err(|why| Refusal::Unavailable(format!("{}: {why}", self.settings.token_file.display())))?;
        headers.insert(TOKEN, token);
        headers.insert(REQUEST, HeaderValue::from_static("true"));
        if let Some(namespace) = &self.settings.namespace
            && let Ok(namespace) = HeaderValue::from_str(namespace)
        {
            headers.insert(NAMESPACE, namespace);
        }
        let answered = self.api.ask(method, place, headers, body).await;
        let (status, body) = answered.map_err(|error| Refusal::Unavailable(format!("Vault: {error}")))?;
        match status {
            200..=299 => Ok(body),
            _ => Err(refusal(status, body.expose(), place)),
        }
    }

    /// Asks the engine about the key.
    async fn transit(
        &self,
        method: Method,
        what: &[&str],
        body: Option<Plaintext>,
    ) -> Result<Plaintext, Refusal> {
        let mut place = vec!["v1"];
        place.extend(self.settings.mount.split('/'));
        place.extend(what);
        self.ask(method, &place, body).await
    }

    async fn read(&self) -> Result<Arc<Key>, Refusal> {
        let place = ["keys", self.settings.key.as_str()];
        let body = self.transit(Method::GET, &place, None).await?;
        let key: Data<Key> = parsed(&body)?;
        let key = Arc::new(key.data);
        *self.key.lock() = Some(Arc::clone(&key));
        Ok(key)
    }

    /// The key as it was last read.
    async fn known(&self) -> Result<Arc<Key>, Refusal> {
        let known = self.key.lock().clone();
        match known {
            Some(key) => Ok(key),
            None => self.read().await,
        }
    }

    fn id(&self, key: &Key, version: u64) -> Result<String, Refusal> {
        let made = key.keys.get(&version.to_string());
        let made = made.ok_or_else(|| Refusal::NoKey(format!("{} v{version}", self.settings.key)))?;
        Ok(format!("vault-{}-v{version}-{made}", self.settings.key))
    }

    /// The version that an id names, if the key has it.
    async fn version(&self, id: &str) -> Result<u64, Refusal> {
        let unknown = || Refusal::NoKey(said(id));
        let version = number(id).ok_or_else(unknown)?;
        let fits = |key: &Key| self.id(key, version).is_ok_and(|known| known == id);
        // What is not known may have been made since.
        if fits(&*self.known().await?) || fits(&*self.read().await?) {
            return Ok(version);
        }
        Err(unknown())
    }

    async fn wrap_now(&self, secret: &[u8]) -> Result<Wrapped, Refusal> {
        let key = self.known().await?;
        let version = key.latest_version;
        let key_id = self.id(&key, version)?;
        let body = Zeroizing::new(STANDARD.encode(secret));
        let body = json!({ "plaintext": *body, "key_version": version, "associated_data": bound(&key_id) });
        let place = ["encrypt", self.settings.key.as_str()];
        let answer = self.transit(Method::POST, &place, Some(text(&body))).await?;
        let answer: Data<Ciphertext> = parsed(&answer)?;
        let ciphertext = answer.data.ciphertext;
        if !ciphertext.starts_with(&format!("vault:v{version}:")) {
            let why = "Vault: it wrapped with another version than it was asked to".to_owned();
            return Err(Refusal::Unavailable(why));
        }
        Ok(Wrapped {
            ciphertext: ciphertext.into_bytes(),
            key_id,
            annotations: BTreeMap::new(),
        })
    }

    async fn unwrap_now(&self, wrapped: &Wrapped) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        let version = self.version(&wrapped.key_id).await?;
        let ciphertext = std::str::from_utf8(&wrapped.ciphertext).map_err(|_| Refusal::Damaged)?;
        let sealed = ciphertext.strip_prefix(&format!("vault:v{version}:"));
        // Vault refuses what is no base64 as it refuses any wrong question.
        if sealed.is_none_or(|sealed| STANDARD.decode(sealed).is_err()) {
            return Err(Refusal::Damaged);
        }
        let body = json!({ "ciphertext": ciphertext, "associated_data": bound(&wrapped.key_id) });
        let place = ["decrypt", self.settings.key.as_str()];
        let answer = self.transit(Method::POST, &place, Some(text(&body))).await?;
        let answer: Data<Unwrapped> = parsed(&answer)?;
        let secret = STANDARD.decode(answer.data.plaintext.as_bytes());
        Ok(Zeroizing::new(secret.map_err(|_| Refusal::Damaged)?))
    }

    /// Destroys a version and every earlier one, as Transit only can: what is below the least version that may be used is
    /// trimmed.
    async fn trim(&self, id: &str) -> Result<(), Refusal> {
        let unknown = || Refusal::NoKey(said(id));
        let ours = id.starts_with(&format!("vault-{}-v", self.settings.key));
        let version = number(id).filter(|_| ours).ok_or_else(unknown)?;
        let key = self.read().await?;
        // One below what may be used is not told any more, and is there until it is trimmed: it was begun on.
        let begun = (key.min_available_version..key.min_decryption_version).contains(&version);
        if !begun && self.id(&key, version).ok().as_deref() != Some(id) {
            return Err(unknown());
        }
        let least = version.saturating_add(1);
        if least > key.latest_version {
            return Err(Refusal::InUse(id.to_owned()));
        }
        let name = self.settings.key.as_str();
        let bounds = json!({
            "min_decryption_version": least.max(key.min_decryption_version),
            "min_encryption_version": least.max(key.min_encryption_version),
        });
        self.transit(Method::POST, &["keys", name, "config"], Some(text(&bounds)))
            .await?;
        let trim = json!({ "min_available_version": least });
        self.transit(Method::POST, &["keys", name, "trim"], Some(text(&trim)))
            .await?;
        match self.read().await?.min_available_version >= least {
            true => Ok(()),
            false => Err(Refusal::Unavailable("Vault: it still has the version".to_owned())),
        }
    }

    /// Has the token last longer, when half of its time is over. That it cannot be is no reason not to use it.
    async fn renew(&self) {
        let now = Instant::now();
        if *self.renew_at.lock() > now {
            return;
        }
        let place = ["v1", "auth", "token", "renew-self"];
        let renewed = self.ask(Method::POST, &place, Some(text(&json!({})))).await;
        let renewed = renewed.and_then(|body| parsed::<Renewed>(&body));
        let again = match renewed {
            Ok(Renewed { auth }) if auth.renewable && auth.lease_duration > 0 => {
                RENEW_AGAIN.max(Duration::from_secs(auth.lease_duration / 2))
            }
            Ok(_) => RENEW_LATER,
            Err(refusal) => {
                tracing::info!(?refusal, "the token of Vault was not renewed");
                RENEW_AGAIN
            }
        };
        *self.renew_at.lock() = now + again.min(RENEW_LATER);
    }
}

/// The version that an id names, whether there is one or not.
fn number(id: &str) -> Option<u64> {
    let (_, numbers) = id.strip_prefix("vault-")?.rsplit_once("-v")?;
    numbers.split('-').next()?.parse().ok()
}

/// What is wrapped is bound to.
fn bound(key_id: &str) -> String {
    STANDARD.encode([DOMAIN.as_bytes(), b"\0", key_id.as_bytes()].concat())
}

fn text(body: &serde_json::Value) -> Plaintext {
    Plaintext::new(body.to_string().into_bytes())
}

fn parsed<T: for<'de> Deserialize<'de>>(body: &Plaintext) -> Result<T, Refusal> {
    // What the parser says could repeat some of it.
    serde_json::from_slice(body.expose())
        .map_err(|_| Refusal::Unavailable("Vault: its answer is not what its API promises".to_owned()))
}

/// What a status other than success means.
fn refusal(status: u16, body: &[u8], place: &[&str]) -> Refusal {
    let errors = serde_json::from_slice::<Errors>(body).map(|said| said.errors);
    let why = said(&errors.unwrap_or_default().join(", "));
    let deciphering = place.contains(&"decrypt");
    match status {
        // The version is one that the key has: what does not open is not what it wrapped.
        400 if deciphering && why.contains("authentication failed") => Refusal::Damaged,
        403 => Refusal::Unavailable(format!(
            "Vault: 403: {why}: the token's policy has to allow /{}",
            place.join("/")
        )),
        404 => Refusal::Unavailable(format!("Vault: 404: there is no /{}", place.join("/"))),
        503 => Refusal::Unavailable(format!("Vault: 503: it is sealed or stands by: {why}")),
        _ => Refusal::Unavailable(format!("Vault: {status}: {why}")),
    }
}

impl KeyHolder for Vault {
    fn key_id(&self) -> BoxFuture<'_, Result<String, SealError>> {
        async {
            let (key, ()) = join(self.read(), self.renew()).await;
            let key = key?;
            Ok(self.id(&key, key.latest_version)?)
        }
        .boxed()
    }

    fn wrap<'a>(&'a self, secret: &'a [u8]) -> BoxFuture<'a, Result<Wrapped, SealError>> {
        async { Ok(self.wrap_now(secret).await?) }.boxed()
    }

    fn unwrap<'a>(&'a self, wrapped: &'a Wrapped) -> BoxFuture<'a, Result<Zeroizing<Vec<u8>>, OpenError>> {
        async { Ok(self.unwrap_now(wrapped).await?) }.boxed()
    }

    fn trusted_for(&self) -> Option<Duration> {
        Some(TRUSTED)
    }
}

impl Rotate for Vault {
    fn rotate(&self) -> BoxFuture<'_, Result<String, HolderError>> {
        async {
            let place = ["keys", self.settings.key.as_str(), "rotate"];
            let rotated = self.transit(Method::POST, &place, Some(text(&json!({})))).await;
            rotated.map_err(told)?;
            let key = self.read().await.map_err(told)?;
            self.id(&key, key.latest_version).map_err(told)
        }
        .boxed()
    }

    fn made(&self) -> BoxFuture<'_, Result<SystemTime, HolderError>> {
        async {
            let key = self.read().await.map_err(told)?;
            let made = key.keys.get(&key.latest_version.to_string());
            let made = made.and_then(|made| time_of(*made));
            made.ok_or_else(|| HolderError::Holder("Vault tells no age of the key".to_owned()))
        }
        .boxed()
    }
}

impl Destroy for Vault {
    fn destroy<'a>(&'a self, key_id: &'a str) -> BoxFuture<'a, Result<Destruction, HolderError>> {
        async {
            self.trim(key_id).await.map_err(told)?;
            Ok(Destruction::ByHolder)
        }
        .boxed()
    }
}

/// Any bytes as each answer of Vault.
#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn any_answer(bytes: &[u8]) {
    let body = Plaintext::new(bytes.to_vec());
    if let Ok(key) = parsed::<Data<Key>>(&body) {
        assert!(
            key.data.keys.len() <= bytes.len(),
            "an answer grew out of nothing"
        );
    }
    let _ = parsed::<Data<Ciphertext>>(&body);
    let _ = parsed::<Data<Unwrapped>>(&body).map(|answer| STANDARD.decode(answer.data.plaintext.as_bytes()));
    let _ = parsed::<Renewed>(&body);
    super::remote::bounded(&refusal(400, bytes, &["v1", "transit", "decrypt"]));
    super::remote::bounded(&refusal(503, bytes, &["v1"]));
}
