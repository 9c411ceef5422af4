//! What is done for a request that may be made: decode, registry, encode.

mod delete;
mod documents;
mod events;
mod list;
mod pieces;
mod read;
mod tokens;
mod watch;
mod write;

pub(crate) use documents::document;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::request::Parts;
use http::{HeaderMap, Response};
use hyper::body::Incoming;
use purser_authn::Identity;
use purser_authz::{Permit, Verb};
use purser_registry::kinds::Kind;
use purser_types::resource::{SECRETS, TOKEN_REVIEWS};
use purser_types::{Plaintext, Status};

use crate::answer::{Body, Warnings, compress, wants_pretty};
use crate::decoding::Share;
use crate::encode::{IncludeObject, Style};
use crate::failure::Failure;
use crate::metrics::RequestLabels;
use crate::negotiate::{Endpoint, Format, Shape, miscounted, negotiate};
use crate::options;
use crate::query::Query;
use crate::request_info::RequestInfo;
use crate::shared::Shared;

/// A request with all that has been read of it.
pub(crate) struct Call<'c> {
    /// The server.
    pub(crate) shared: &'c Arc<Shared>,
    /// The head.
    pub(crate) head: &'c Parts,
    /// The query.
    pub(crate) query: &'c Query<'c>,
    /// What is asked.
    pub(crate) info: &'c RequestInfo<'c>,
    /// What it is counted under.
    pub(crate) labels: RequestLabels,
}

/// What is learned on the way that the answer's head and the record need, also when the request fails.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// Sentences for `Warning` headers.
    pub(crate) warnings: Warnings,
    /// The name of an object that is to be made, from its body.
    pub(crate) name: String,
    /// The id of the credential that was issued; empty: none was.
    pub(crate) issued: String,
}

/// An answer, and what goes on making it after its head is sent.
pub(crate) struct Reply {
    /// The head, with the body or where it will come from.
    pub(crate) response: Response<Body>,
    /// Makes the rest of a streamed body.
    pub(crate) producer: Option<BoxFuture<'static, ()>>,
}

impl Reply {
    /// The same, broken off when it is not made within `time`; whoever reads slowly does not sit for ever.
    pub(crate) fn within(self, time: Duration) -> Self {
        let bounded = |producer| -> BoxFuture<'static, ()> {
            Box::pin(async move {
                // A body that is dropped before its end breaks off.
                let _ = tokio::time::timeout(time, producer).await;
            })
        };
        Self {
            producer: self.producer.map(bounded),
            ..self
        }
    }
}

impl From<Response<Body>> for Reply {
    fn from(response: Response<Body>) -> Self {
        Self {
            response,
            producer: None,
        }
    }
}

impl Call<'_> {
    /// The headers.
    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// Whether JSON is to be indented.
    pub(crate) fn pretty(&self) -> bool {
        wants_pretty(self.query, self.headers())
    }

    fn user_agent(&self) -> &str {
        self.headers()
            .get(http::header::USER_AGENT)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The form of the answer.
    fn style(&self, endpoint: Endpoint) -> Result<(Format, Style), Failure> {
        let format = negotiate(self.headers(), endpoint)?;
        if format.miscounts {
            return Err(miscounted(self.info.group, self.info.resource, endpoint).into());
        }
        let include = match format.shape {
            Shape::Table(_) => IncludeObject::read(self.query)?,
            Shape::Object | Shape::Metadata(_) => IncludeObject::default(),
        };
        let pretty = format.pretty || (!endpoint.is_watch() && self.pretty());
        Ok((
            format,
            Style {
                encoding: format.encoding,
                pretty,
                include,
                now: self.shared.now(),
            },
        ))
    }

    /// Whether a request with this verb is answered with metadata alone, for which a right to metadata is enough.
    pub(crate) fn shows_metadata_alone(&self, verb: Verb) -> bool {
        let endpoint = match verb {
            Verb::Get => Endpoint::Object,
            Verb::List => Endpoint::Collection,
            Verb::Watch => match options::list(self.query) {
                Ok(options) => watch::endpoint(&options),
                Err(_) => Endpoint::Watch,
            },
            _ => return false,
        };
        // What cannot be negotiated is refused later, with its own sentence.
        self.style(endpoint)
            .is_ok_and(|(format, style)| match format.shape {
                Shape::Object => false,
                Shape::Metadata(_) => true,
                Shape::Table(_) => style.include != IncludeObject::Object,
            })
    }

    /// The whole body, and its share of what may be decoded.
    async fn body(&self, body: Incoming) -> Result<(Plaintext, Share<'_>), Failure> {
        let limits = &self.shared.limits;
        let body = crate::body::read(body, self.headers(), limits.body_bytes, limits.body_read).await?;
        // Whoever sends slowly holds up nobody: the share is taken once all is there.
        let share = self.shared.decoding.share(body.len()).await;
        Ok((body, share))
    }
}

/// Does what `permit` allows, to whoever has proved to be `identity`.
pub(crate) async fn objects(
    call: &Call<'_>,
    kind: &'static Kind,
    (permit, identity): (&Permit, &Identity),
    body: Incoming,
    notes: &mut Notes,
) -> Result<Reply, Failure> {
    notes.warnings.extend(kind.deprecated.map(str::to_owned));
    let rest: BoxFuture<'_, Result<Reply, Failure>> = match permit.request().verb {
        // The one that has to be fast is not boxed; the others are, so that its future stays small.
        Verb::Get => return read::get(call, kind, permit).await,
        Verb::List => Box::pin(async {
            tokio::task::yield_now().await;
            list::list(call, kind, permit, &mut notes.warnings).await
        }),
        Verb::Watch => Box::pin(watch::watch(call, kind, permit, identity)),
        Verb::Create if permit.request().subresource == "token" => {
            return Box::pin(tokens::issue(call, permit, body, notes)).await;
        }
        Verb::Create if kind.resource == &TOKEN_REVIEWS => {
            return Box::pin(tokens::review(call, kind, body, notes)).await;
        }
        Verb::Create => Box::pin(write::create(call, kind, permit, body, notes)),
        Verb::Update => Box::pin(write::update(call, kind, permit, body, notes)),
        Verb::Patch => Box::pin(write::patch(call, kind, permit, body, &mut notes.warnings)),
        Verb::Delete => Box::pin(delete::delete(call, kind, permit, body, &mut notes.warnings)),
        Verb::DeleteCollection => Box::pin(delete::delete_collection(
            call,
            kind,
            permit,
            body,
            &mut notes.warnings,
        )),
    };
    let reply = rest.await?;
    if kind.resource == &SECRETS {
        // `answer::compress` says why; lists have made their choice before.
        return Ok(reply);
    }
    Ok(Reply {
        response: compress(reply.response, call.headers()),
        producer: reply.producer,
    })
}

/// 500 about what cannot happen unless the server is wrong.
fn bug(why: &str) -> Failure {
    Status::internal(why).into()
}
