//! A request's way through the audit log.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::SystemTime;

use aws_lc_rs::rand;
use purser_types::{Status, User};

use crate::bounds::{MAX_SOURCE_IPS, MAX_TEXT, MAX_USER_AGENT, bounded, last, name};
use crate::event::{
    About, Annotations, Event, Impersonated, ObjectReference, ResponseStatus, Stage, UserInfo,
};
use crate::log_sink::{LogSink, Refused};

/// Longest audit id that a client may choose, bytes, as upstream's.
const MAX_AUDIT_ID: usize = 64;
/// Room for the rest: a user, and the events' own words.
const ROOM: usize = 512;
const DECISION: &str = "authorization.k8s.io/decision";
const REASON: &str = "authorization.k8s.io/reason";

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// Opens a [`Trail`] for every request.
#[derive(Clone)]
pub struct Audit {
    sink: Option<Arc<LogSink>>,
    now: Clock,
}

/// What is known of a request when its trail begins.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request<'a> {
    /// The header `Audit-ID`, with which a proxy may choose the id.
    pub audit_id: Option<&'a [u8]>,
    /// Path and query.
    pub uri: &'a str,
    /// The verb of the API (`list`), or for other paths the HTTP method in lower case.
    pub verb: &'a str,
    /// Who asks; `None`: turned away before it was known.
    pub user: Option<&'a User>,
    /// Where from: what proxies say, and last the peer's own address, which alone can be trusted.
    pub source_ips: &'a [IpAddr],
    /// The header `User-Agent`.
    pub user_agent: &'a [u8],
    /// What about; `None`: no object.
    pub object: Option<&'a ObjectReference>,
}

/// How a request was answered.
#[derive(Debug, Clone, Copy)]
pub enum Answer<'a> {
    /// With anything that is not a failure's `Status`: its HTTP code.
    Code(u16),
    /// With a failure.
    Failure(&'a Status),
}

impl From<Answer<'_>> for ResponseStatus {
    fn from(answer: Answer<'_>) -> Self {
        match answer {
            Answer::Code(code) => Self::code(code),
            Answer::Failure(status) => Self::failure(status),
        }
    }
}

impl Audit {
    /// Writes to `sink`; `None`: audit is off, and trails only make ids.
    #[must_use]
    pub fn new(sink: Option<Arc<LogSink>>) -> Self {
        Self::with_clock(sink, Arc::new(SystemTime::now))
    }

    /// Goes by another clock.
    #[must_use]
    pub fn with_clock(sink: Option<Arc<LogSink>>, now: Clock) -> Self {
        Self { sink, now }
    }

    /// Where events go.
    #[must_use]
    pub fn sink(&self) -> Option<&Arc<LogSink>> {
        self.sink.as_ref()
    }

    /// Begins a trail. Nothing is written before [`Trail::received`].
    #[must_use]
    pub fn open(&self, request: &Request<'_>) -> Trail {
        let kept = self.sink.as_ref().map(|sink| Kept {
            sink: Arc::clone(sink),
            about: about(request),
            impersonated: Vec::new(),
            object: request.object.map(ObjectReference::bounded),
            status: None,
            annotations: Annotations::default(),
            line: Vec::new(),
        });
        Trail {
            id: audit_id(request.audit_id),
            now: Arc::clone(&self.now),
            received: (self.now)(),
            kept,
        }
    }
}

/// One request's events. When it is dropped without having been completed (the client went away, the handler
/// panicked), the last event is written all the same.
pub struct Trail {
    id: String,
    now: Clock,
    received: SystemTime,
    /// `None`: audit is off, or the last event was written.
    kept: Option<Kept>,
}

struct Kept {
    sink: Arc<LogSink>,
    /// See [`About`].
    about: Vec<u8>,
    /// See [`Impersonated`]; empty: nobody was.
    impersonated: Vec<u8>,
    object: Option<ObjectReference>,
    status: Option<ResponseStatus>,
    annotations: Annotations,
    /// The event being written.
    line: Vec<u8>,
}

impl Trail {
    /// The id that ties the events together, for the answer's header `Audit-Id`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Writes `RequestReceived`.
    ///
    /// # Errors
    /// [`Refused`] when the sink could not take it in time: what would disclose a value must be refused then.
    pub async fn received(&mut self) -> Result<(), Refused> {
        match &mut self.kept {
            Some(kept) => {
                kept.write(&self.id, Stage::RequestReceived, self.received, self.received);
                kept.sink.send(&kept.line).await
            }
            None => Ok(()),
        }
    }

    /// Notes as whom the request goes on; `constraint` is the verb that allowed it, when it was a constrained one.
    pub fn impersonated(&mut self, user: &User, constraint: &str) {
        if let Some(kept) = &mut self.kept {
            kept.impersonated.clear();
            let user = UserInfo::of(user);
            Impersonated { user, constraint }.write(&mut kept.impersonated);
        }
    }

    /// Notes what authorization said.
    pub fn authorized(&mut self, allowed: bool, reason: &str) {
        if let Some(kept) = &mut self.kept {
            let decision = if allowed { "allow" } else { "forbid" };
            kept.annotations.insert(DECISION, Cow::Borrowed(decision));
        }
        self.annotate(REASON, reason);
    }

    /// Notes a fact under a key of the form `domain/name`. Never anything out of an object.
    pub fn annotate(&mut self, key: &'static str, value: &str) {
        if let Some(kept) = &mut self.kept {
            kept.annotations.insert(key, Cow::Owned(value.to_owned()));
        }
    }

    /// [`Trail::carried`] for the name alone.
    pub fn named(&mut self, name: &str) {
        if name.is_empty() {
            return;
        }
        self.carried(&ObjectReference {
            name: name.to_owned(),
            ..ObjectReference::default()
        });
    }

    /// Notes what the request's body says of the object and the path does not: its name, uid and resource version.
    pub fn carried(&mut self, body: &ObjectReference) {
        let Some(object) = self.kept.as_mut().and_then(|kept| kept.object.as_mut()) else {
            return;
        };
        let blanks = [
            (&mut object.namespace, &body.namespace),
            (&mut object.name, &body.name),
            (&mut object.uid, &body.uid),
            (&mut object.resource_version, &body.resource_version),
        ];
        for (blank, value) in blanks.into_iter().filter(|(blank, _)| blank.is_empty()) {
            *blank = name(value);
        }
    }

    /// Writes `ResponseStarted`, for a watch whose head goes out, and for a request that was turned away with 401.
    ///
    /// # Errors
    /// As [`Trail::received`].
    pub async fn started(&mut self, answer: Answer<'_>) -> Result<(), Refused> {
        let now = (self.now)();
        let Some(kept) = &mut self.kept else { return Ok(()) };
        kept.status = Some(answer.into());
        kept.write(&self.id, Stage::ResponseStarted, self.received, now);
        kept.sink.send(&kept.line).await
    }

    /// Writes `ResponseStarted` for a request that was turned away before its user was known, and ends the trail:
    /// upstream's only event of such a request.
    ///
    /// # Errors
    /// As [`Trail::received`].
    pub async fn turned_away(mut self, answer: Answer<'_>) -> Result<(), Refused> {
        let result = self.started(answer).await;
        self.kept = None;
        result
    }

    /// Writes `ResponseComplete` and ends the trail.
    ///
    /// # Errors
    /// As [`Trail::received`].
    pub async fn complete(mut self, answer: Answer<'_>) -> Result<(), Refused> {
        let now = (self.now)();
        // Taken only once it is written: when this future is dropped while it waits, `drop` writes it.
        let result = match &mut self.kept {
            Some(kept) => {
                kept.status = Some(answer.into());
                kept.write(&self.id, Stage::ResponseComplete, self.received, now);
                kept.sink.send(&kept.line).await
            }
            None => Ok(()),
        };
        self.kept = None;
        result
    }
}

impl Drop for Trail {
    fn drop(&mut self) {
        let Some(mut kept) = self.kept.take() else { return };
        let now = (self.now)();
        let stage = if std::thread::panicking() {
            kept.status = Some(ResponseStatus::failure(&Status::internal(
                "the request's handler panicked",
            )));
            Stage::Panic
        } else {
            Stage::ResponseComplete
        };
        kept.write(&self.id, stage, self.received, now);
        kept.sink.send_now(&kept.line);
    }
}

impl Kept {
    /// Writes an event to `line`.
    fn write(&mut self, id: &str, stage: Stage, received: SystemTime, now: SystemTime) {
        self.line.clear();
        self.line.reserve(self.about.len() + ROOM);
        Event {
            audit_id: id,
            stage,
            about: &self.about,
            impersonated: &self.impersonated,
            object_ref: self.object.as_ref(),
            response_status: self.status.as_ref(),
            received,
            now,
            annotations: &self.annotations,
        }
        .write(&mut self.line);
    }
}

/// A version 4 UUID. The randomness is the library's own generator, which asks the system now and then only.
fn fresh_id() -> String {
    let mut random = [0; 16];
    let id = match rand::fill(&mut random) {
        Ok(()) => uuid::Builder::from_random_bytes(random).into_uuid(),
        Err(_) => uuid::Uuid::new_v4(),
    };
    id.to_string()
}

/// What all events of the request say.
fn about(request: &Request<'_>) -> Vec<u8> {
    let uri = bounded(request.uri.as_bytes(), MAX_TEXT);
    let user_agent = bounded(request.user_agent, MAX_USER_AGENT);
    let mut out = Vec::with_capacity(uri.len() + user_agent.len() + ROOM);
    About {
        uri: &uri,
        verb: &name(request.verb),
        user: request.user.map(UserInfo::of).unwrap_or_default(),
        source_ips: last(request.source_ips, MAX_SOURCE_IPS),
        user_agent: &user_agent,
    }
    .write(&mut out);
    out
}

fn audit_id(asked: Option<&[u8]>) -> String {
    let allowed =
        |id: &&[u8]| !id.is_empty() && id.len() <= MAX_AUDIT_ID && id.iter().all(u8::is_ascii_graphic);
    match asked.filter(allowed) {
        Some(id) => String::from_utf8_lossy(id).into_owned(),
        None => fresh_id(),
    }
}
