//! `aws-kms:REGION/KEY`: a key of AWS KMS.
//!
//! The key id is the key's ARN. AWS changes what is behind it when it rotates a key by itself, and tells nobody: values
//! need not be sealed anew for that. An alias that leads to another key makes another key id.
//!
//! Source: "AWS Key Management Service API Reference": `DescribeKey`, `Encrypt`, `Decrypt`,
//! `ScheduleKeyDeletion`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use parking_lot::Mutex;
use purser_encryption::{KeyHolder, OpenError, SealError, Wrapped};
use purser_outbound::Api;
use purser_types::Plaintext;
use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::aws_signature::{Credentials, Signed, authorization, stamp};
use super::destroy::{Destroy, Destruction};
use super::error::HolderError;
use super::private::PrivateFiles;
use super::remote::{DOMAIN, LONGEST, MOST_BYTES, Refusal, TRUSTED, said, time_of, told, wiped};

const SERVICE: &str = "kms";
const JSON: &str = "application/x-amz-json-1.1";
const DATE: &str = "x-amz-date";
const SESSION: &str = "x-amz-security-token";
const TARGET: &str = "x-amz-target";
/// How long AWS keeps a key that is to be deleted, so that it can be had back: its shortest time, of 7 to 30 days.
const PENDING_DAYS: u8 = 7;
/// The encryption context of what is wrapped: part of what is authenticated, and of AWS' audit log.
const CONTEXT: &str = "purser";

/// Where the key is, and who asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsSettings {
    /// The region, as `eu-central-1`.
    pub region: String,
    /// An ARN, an id, or `alias/name`.
    pub key: String,
    /// Another place than the region's; `http` on this machine only.
    pub endpoint: Option<String>,
    /// A private file as `~/.aws/credentials`, whose profile `default` is used; `None`: the environment's credentials.
    pub credentials_file: Option<PathBuf>,
}

/// A key of AWS KMS.
pub(super) struct AwsKms {
    settings: AwsSettings,
    files: PrivateFiles,
    api: Api,
    /// The key's ARN, when it was last asked.
    arn: Mutex<Option<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    key_metadata: Metadata,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    arn: String,
    enabled: bool,
    key_state: String,
    /// Seconds since 1970; only while it is to be deleted.
    #[serde(default)]
    deletion_date: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Scheduled {
    deletion_date: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Encrypted {
    ciphertext_blob: String,
    key_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Decrypted {
    #[serde(deserialize_with = "wiped")]
    plaintext: Zeroizing<String>,
    key_id: String,
}

#[derive(Deserialize)]
struct Failure {
    #[serde(rename = "__type", default)]
    kind: String,
    #[serde(alias = "Message", default)]
    message: String,
}

impl AwsKms {
    /// A holder that asks AWS when it is needed.
    pub(super) fn open(settings: AwsSettings, files: PrivateFiles) -> Result<Self, HolderError> {
        let here = format!("https://kms.{}.amazonaws.com", settings.region);
        let endpoint = settings.endpoint.as_deref().unwrap_or(&here);
        let api = Api::new(endpoint, None, LONGEST, MOST_BYTES)
            .map_err(|error| HolderError::Holder(error.to_string()))?;
        let holder = Self {
            settings,
            files,
            api,
            arn: Mutex::default(),
        };
        // Credentials that are not there are told of at once.
        holder.credentials().map_err(HolderError::Holder)?;
        Ok(holder)
    }

    /// Read anew each time: those that last for a while only are replaced.
    fn credentials(&self) -> Result<Credentials, String> {
        match &self.settings.credentials_file {
            Some(path) => {
                let wrong = |why: String| format!("{}: {why}", path.display());
                let text = (self.files.read)(path).map_err(wrong)?;
                let text = text.ok_or_else(|| wrong("it is not there".to_owned()))?;
                profile(&text).ok_or_else(|| {
                    wrong("its profile default has no aws_access_key_id and aws_secret_access_key".to_owned())
                })
            }
            None => {
                let variable = |name| {
                    std::env::var(name)
                        .ok()
                        .filter(|value: &String| !value.is_empty())
                };
                let both = variable("AWS_ACCESS_KEY_ID").zip(variable("AWS_SECRET_ACCESS_KEY"));
                let (access_key, secret_key) = both.ok_or(
                    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a file: ?credentials-file=FILE",
                )?;
                Ok(Credentials {
                    access_key,
                    secret_key: Zeroizing::new(secret_key),
                    session_token: variable("AWS_SESSION_TOKEN").map(Zeroizing::new),
                })
            }
        }
    }

    async fn ask<A: for<'de> Deserialize<'de>>(&self, action: &str, question: &Value) -> Result<A, Refusal> {
        let body = Plaintext::new(question.to_string().into_bytes());
        let headers = self
            .headers(action, body.expose())
            .map_err(|why| Refusal::Unavailable(format!("AWS KMS: {why}")))?;
        let answered = self.api.ask(Method::POST, &[], headers, Some(body)).await;
        let (status, answer) = answered.map_err(|error| Refusal::Unavailable(format!("AWS KMS: {error}")))?;
        if status != 200 {
            return Err(refusal(status, answer.expose(), question));
        }
        // What the parser says could repeat some of it.
        serde_json::from_slice(answer.expose())
            .map_err(|_| Refusal::Unavailable("AWS KMS: its answer is not what its API promises".to_owned()))
    }

    fn headers(&self, action: &str, body: &[u8]) -> Result<HeaderMap, String> {
        let credentials = self.credentials()?;
        let (host, target, stamp) = (
            self.api.host(),
            format!("TrentService.{action}"),
            stamp(OffsetDateTime::now_utc()),
        );
        let session = credentials.session_token.as_ref().map(|token| token.as_str());
        let mut signed = vec![
            ("content-type", JSON),
            ("host", host.as_str()),
            (DATE, stamp.as_str()),
        ];
        signed.extend(session.map(|token| (SESSION, token)));
        signed.push((TARGET, target.as_str()));
        let signature = authorization(
            &credentials,
            &Signed {
                region: &self.settings.region,
                service: SERVICE,
                headers: &signed,
                body,
            },
            &stamp,
        );
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
        let others = [
            (DATE, Some(stamp.as_str())),
            (SESSION, session),
            (TARGET, Some(target.as_str())),
            (AUTHORIZATION.as_str(), Some(signature.as_str())),
        ];
        for (name, value) in others {
            let Some(value) = value else { continue };
            let value = HeaderValue::from_str(value);
            let mut value = value.map_err(|_| "the credentials hold what no header can".to_owned())?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_static(name), value);
        }
        Ok(headers)
    }

    async fn metadata(&self, key: &str) -> Result<Metadata, Refusal> {
        let key: Described = self.ask("DescribeKey", &json!({ "KeyId": key })).await?;
        Ok(key.key_metadata)
    }

    async fn describe(&self) -> Result<String, Refusal> {
        let Metadata {
            arn,
            enabled,
            key_state,
            ..
        } = self.metadata(&self.settings.key).await?;
        if !enabled {
            let why = format!("AWS KMS: the key {arn} is {}: enable it", said(&key_state));
            return Err(Refusal::Unavailable(why));
        }
        *self.arn.lock() = Some(arn.clone());
        Ok(arn)
    }

    async fn known(&self) -> Result<String, Refusal> {
        let known = self.arn.lock().clone();
        match known {
            Some(arn) => Ok(arn),
            None => self.describe().await,
        }
    }

    async fn wrap_now(&self, secret: &[u8]) -> Result<Wrapped, Refusal> {
        let arn = self.known().await?;
        let secret = Zeroizing::new(STANDARD.encode(secret));
        let question =
            json!({ "KeyId": arn, "Plaintext": *secret, "EncryptionContext": { CONTEXT: DOMAIN } });
        let answer: Encrypted = self.ask("Encrypt", &question).await?;
        let ciphertext = STANDARD.decode(&answer.ciphertext_blob);
        match ciphertext {
            Ok(ciphertext) if answer.key_id == arn => Ok(Wrapped {
                ciphertext,
                key_id: arn,
                annotations: BTreeMap::new(),
            }),
            _ => Err(Refusal::Unavailable(
                "AWS KMS: it wrapped with another key than it was asked to".to_owned(),
            )),
        }
    }

    /// A key of another account would let its owner choose what is unwrapped.
    fn check_account(key_id: &str, ours: &str) -> Result<(), Refusal> {
        match account(key_id) {
            Some(account_of_key) if Some(account_of_key) == account(ours) => Ok(()),
            _ => Err(Refusal::NoKey(said(key_id))),
        }
    }

    /// Has a key deleted as soon as AWS does that; when.
    async fn schedule_deletion(&self, key_id: &str) -> Result<SystemTime, Refusal> {
        let ours = self.describe().await?;
        Self::check_account(key_id, &ours)?;
        if key_id == ours {
            return Err(Refusal::InUse(ours));
        }
        let date = match self.metadata(key_id).await?.deletion_date {
            Some(date) => date,
            None => {
                // The id within the account and the region, which are ours.
                let id = key_id.rsplit_once('/').map(|(_, id)| id);
                let question = json!({ "KeyId": id, "PendingWindowInDays": PENDING_DAYS });
                let scheduled: Scheduled = self.ask("ScheduleKeyDeletion", &question).await?;
                scheduled.deletion_date
            }
        };
        let since = Duration::try_from_secs_f64(date).ok();
        let at = since.and_then(|since| time_of(since.as_secs()));
        at.ok_or_else(|| Refusal::Unavailable("AWS KMS: it tells no time of the deletion".to_owned()))
    }

    async fn unwrap_now(&self, wrapped: &Wrapped) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        let ours = self.known().await?;
        Self::check_account(&wrapped.key_id, &ours)?;
        let blob = STANDARD.encode(&wrapped.ciphertext);
        let question = json!({
            "KeyId": wrapped.key_id, "CiphertextBlob": blob, "EncryptionContext": { CONTEXT: DOMAIN },
        });
        let answer: Decrypted = self.ask("Decrypt", &question).await?;
        if answer.key_id != wrapped.key_id {
            return Err(Refusal::Damaged);
        }
        let secret = STANDARD.decode(answer.plaintext.as_bytes());
        Ok(Zeroizing::new(secret.map_err(|_| Refusal::Damaged)?))
    }
}

/// `arn:aws:kms:REGION:ACCOUNT`, of the ARN of a key.
fn account(arn: &str) -> Option<&str> {
    let (account, key) = arn.rsplit_once(':')?;
    (arn.starts_with("arn:") && key.starts_with("key/")).then_some(account)
}

/// The profile `default` of a file of credentials.
fn profile(text: &str) -> Option<Credentials> {
    let mut inside = false;
    let mut found: BTreeMap<&str, &str> = BTreeMap::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line == "[default]";
        } else if inside && let Some((name, value)) = line.split_once('=') {
            found.insert(name.trim(), value.trim());
        }
    }
    let secret = |name| found.get(name).map(|value| Zeroizing::new((*value).to_owned()));
    Some(Credentials {
        access_key: (*found.get("aws_access_key_id")?).to_owned(),
        secret_key: secret("aws_secret_access_key")?,
        session_token: secret("aws_session_token"),
    })
}

/// What a status other than success means.
fn refusal(status: u16, body: &[u8], question: &Value) -> Refusal {
    let failure = serde_json::from_slice::<Failure>(body);
    let (kind, why) = failure.map_or_else(
        |_| (String::new(), String::new()),
        |failure| (failure.kind, failure.message),
    );
    let kind = kind.rsplit('#').next().unwrap_or_default();
    match kind {
        "InvalidCiphertextException" | "IncorrectKeyException" => Refusal::Damaged,
        "NotFoundException" => {
            let key = question.get("KeyId").and_then(Value::as_str);
            Refusal::NoKey(said(key.unwrap_or_default()))
        }
        _ => Refusal::Unavailable(format!("AWS KMS: {status} {}: {}", said(kind), said(&why))),
    }
}

impl KeyHolder for AwsKms {
    fn key_id(&self) -> BoxFuture<'_, Result<String, SealError>> {
        async { Ok(self.describe().await?) }.boxed()
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

impl Destroy for AwsKms {
    fn destroy<'a>(&'a self, key_id: &'a str) -> BoxFuture<'a, Result<Destruction, HolderError>> {
        async {
            let at = self.schedule_deletion(key_id).await.map_err(told)?;
            Ok(Destruction::Scheduled { at })
        }
        .boxed()
    }
}

/// Any bytes as each answer of AWS, and as a file of credentials.
#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn any_answer(bytes: &[u8]) {
    let _ =
        serde_json::from_slice::<Described>(bytes).map(|key| account(&key.key_metadata.arn).map(str::len));
    let _ = serde_json::from_slice::<Encrypted>(bytes).map(|answer| STANDARD.decode(answer.ciphertext_blob));
    let _ =
        serde_json::from_slice::<Decrypted>(bytes).map(|answer| STANDARD.decode(answer.plaintext.as_bytes()));
    super::remote::bounded(&refusal(400, bytes, &json!({ "KeyId": "a" })));
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = profile(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_keys_of_the_same_account_are_asked_for() {
        let key = "arn:aws:kms:eu-central-1:123:key/a";
        assert_eq!(account(key), Some("arn:aws:kms:eu-central-1:123"));
        assert_ne!(account(key), account("arn:aws:kms:eu-central-1:456:key/a"));
        for wrong in ["", "a", "arn:aws:kms:eu-central-1:123:alias/a", "key/a"] {
            assert_eq!(account(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_default_profile_is_read() {
        let text =
            "[other]\naws_access_key_id = x\n[default]\naws_access_key_id=AK\naws_secret_access_key = s=\n";
        let found = profile(text).unwrap();
        assert_eq!(
            (found.access_key.as_str(), found.secret_key.as_str()),
            ("AK", "s=")
        );
        assert!(found.session_token.is_none() && profile("[other]\n").is_none());
    }
}
