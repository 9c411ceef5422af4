//! What a webhook is sent, and what its answer says.

use std::collections::BTreeMap;
use std::sync::Arc;

use purser_types::{Key, Map, Plaintext, User, Value, json};

use super::ReviewVersion;

/// The kind that is sent and answered.
const KIND: &str = "TokenReview";
const V1: &str = "authentication.k8s.io/v1";
const V1BETA1: &str = "authentication.k8s.io/v1beta1";
/// What is wrong with an answer that is no text, or no list, where it should.
const WRONG_TYPE: &str = "a field of its answer is of the wrong type";
/// Most characters of a webhook's own sentence that are repeated.
const LONGEST_SENTENCE: usize = 1000;

/// What a webhook says of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is this user's.
    Known { user: Arc<User>, audiences: Vec<String> },
    /// It is none that the webhook knows, or not for those who ask.
    Unknown,
    /// It does not hold, for this reason.
    Refused(String),
}

impl Verdict {
    /// Whether the same is assumed for a while. As upstream, not when there is a reason: it may pass.
    pub(super) fn is_kept(&self) -> bool {
        !matches!(self, Self::Refused(_))
    }
}

/// A review of `token`.
pub(super) fn request(token: &str, wanted: &[String], version: ReviewVersion) -> Plaintext {
    let mut spec = Map::from([(Key::Borrowed("token"), Value::string(token))]);
    if !wanted.is_empty() {
        let audiences = wanted.iter().map(Value::string).collect();
        spec.insert(Key::Borrowed("audiences"), Value::List(audiences));
    }
    let version = match version {
        ReviewVersion::V1 => V1,
        ReviewVersion::V1Beta1 => V1BETA1,
    };
    let review = Value::Map(Map::from([
        (Key::Borrowed("kind"), Value::string(KIND)),
        (Key::Borrowed("apiVersion"), Value::string(version)),
        (Key::Borrowed("metadata"), Value::Map(Map::new())),
        (Key::Borrowed("spec"), Value::Map(spec)),
    ]));
    let mut text = Vec::new();
    json::write(&review, &mut text);
    Plaintext::new(text)
}

/// What the answer says. A token is for whom the webhook says, and when it does not say, for whom this server is
/// (`own`).
///
/// # Errors
/// What is wrong with the answer.
pub(super) fn verdict(
    answer: &Plaintext,
    token: &str,
    wanted: &[String],
    own: &[String],
) -> Result<Verdict, &'static str> {
    let parsed = json::parse(answer.expose()).map_err(|_| "its answer is not JSON")?;
    let review = parsed.value.as_map().ok_or("its answer is no TokenReview")?;
    let is = |field: &str, among: &[&str]| {
        let text = review.get(field).and_then(Value::as_str);
        text.is_some_and(|text| among.contains(&text))
    };
    if !is("kind", &[KIND]) || !is("apiVersion", &[V1, V1BETA1]) {
        return Err("its answer is no TokenReview of authentication.k8s.io/v1 or v1beta1");
    }
    let empty = Map::new();
    let status = part(review, "status")?.unwrap_or(&empty);
    let audiences = match texts(status.get("audiences"))? {
        told if told.is_empty() => own.to_vec(),
        told => told,
    };
    let meant: Vec<String> = wanted
        .iter()
        .filter(|wanted| audiences.contains(wanted))
        .cloned()
        .collect();
    if !wanted.is_empty() && meant.is_empty() {
        return Ok(Verdict::Unknown);
    }
    let authenticated = status.get("authenticated").and_then(Value::as_bool);
    if authenticated != Some(true) {
        return Ok(match text(status.get("error"))? {
            "" => Verdict::Unknown,
            sentence => Verdict::Refused(told(sentence, token)),
        });
    }
    let user = part(status, "user")?.ok_or("its answer names no user")?;
    Ok(Verdict::Known {
        user: Arc::new(self::user(user)?),
        audiences: meant,
    })
}

/// A part of the answer that need not be there.
fn part<'m>(of: &'m Map, field: &str) -> Result<Option<&'m Map>, &'static str> {
    match of.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Map(part)) => Ok(Some(part)),
        Some(_) => Err(WRONG_TYPE),
    }
}

fn user(user: &Map) -> Result<User, &'static str> {
    let name = text(user.get("username"))?;
    if name.is_empty() {
        return Err("its answer names no user");
    }
    let mut extra = BTreeMap::new();
    match user.get("extra") {
        None | Some(Value::Null) => {}
        Some(Value::Map(fields)) => {
            for (key, values) in fields {
                extra.insert(key.clone().into_owned(), texts(Some(values))?);
            }
        }
        Some(_) => return Err(WRONG_TYPE),
    }
    Ok(User {
        name: name.to_owned(),
        uid: text(user.get("uid"))?.to_owned(),
        groups: texts(user.get("groups"))?,
        extra,
    })
}

fn text(value: Option<&Value>) -> Result<&str, &'static str> {
    match value {
        None | Some(Value::Null) => Ok(""),
        Some(Value::String(text)) => Ok(text.expose()),
        Some(_) => Err(WRONG_TYPE),
    }
}

fn texts(value: Option<&Value>) -> Result<Vec<String>, &'static str> {
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::List(list)) => list
            .iter()
            .map(|one| text(Some(one)).map(str::to_owned))
            .collect(),
        Some(_) => Err(WRONG_TYPE),
    }
}

/// The webhook's own sentence, unless it repeats the token.
fn told(sentence: &str, token: &str) -> String {
    match sentence.contains(token) {
        true => "the token webhook refuses the token".to_owned(),
        false => sentence.chars().take(LONGEST_SENTENCE).collect(),
    }
}
