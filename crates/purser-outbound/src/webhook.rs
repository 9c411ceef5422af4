//! A webhook: a server that is asked, with JSON, and answers.
//!
//! Source: `k8s.io/apiserver/pkg/util/webhook/webhook.go`. Differences, all stricter: no redirect is followed, the
//! bound on time holds for all tries of a call together, and the answer is bounded.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method};
use purser_types::Plaintext;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::call::{self, Failed};
use crate::error::{CallError, Error};
use crate::kubeconfig::{self, Described, PrivateReader, Token};
use crate::retry;
use crate::tls::{self, Trust};

/// The bounds on a webhook.
#[derive(Debug, Clone)]
pub struct Options {
    /// Longest call, all its tries and the waits between them included.
    pub call: Duration,
    /// Most bytes of an answer.
    pub answer_bytes: usize,
    /// The wait before the second try; each further wait is half as long again.
    pub first_wait: Duration,
    /// Most calls at once; others wait, within [`Self::call`].
    pub at_once: usize,
    /// Reads the files that hold credentials.
    pub private: PrivateReader,
}

impl Options {
    /// Upstream's bounds where it has them.
    #[must_use]
    pub fn new(private: PrivateReader) -> Self {
        Self {
            call: Duration::from_secs(30),
            answer_bytes: 3 << 20,
            first_wait: Duration::from_millis(500),
            at_once: 64,
            private,
        }
    }
}

/// A webhook as a kubeconfig file describes it.
pub struct Webhook {
    client: Client,
    url: Url,
    headers: HeaderMap,
    token: Token,
    seats: Semaphore,
    options: Options,
}

impl Webhook {
    /// Reads the file; the server is not called yet.
    ///
    /// # Errors
    /// [`Error`].
    pub fn from_kubeconfig(path: &Path, options: &Options) -> Result<Self, Error> {
        Self::described(path, kubeconfig::read(path, options.private)?, options)
    }

    /// As the file at `path` was read.
    pub(crate) fn described(path: &Path, described: Described, options: &Options) -> Result<Self, Error> {
        let Described {
            server,
            server_name,
            trust,
            credential,
            token,
        } = described;
        if matches!(trust, Trust::Anybody) {
            tracing::warn!(
                kubeconfig = %path.display(),
                "insecure-skip-tls-verify: anybody between here and this server can read and change what is said"
            );
        }
        let wrong = |reason: String| Error::content(path, reason);
        let protocols = if server_name.is_some() {
            tls::FIRST
        } else {
            tls::BOTH
        };
        let tls = tls::client(trust, credential, protocols).map_err(wrong)?;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json, */*"));
        let mut builder = call::builder()
            .tls_backend_preconfigured(tls)
            .redirect(Policy::none());
        let url = match server_name {
            None => server,
            Some(name) => {
                let (url, host) =
                    renamed(&server, &name).ok_or_else(|| wrong("server has no host".to_owned()))?;
                headers.insert(HOST, host);
                let there = server.host_str().unwrap_or_default();
                builder = builder.dns_resolver(Elsewhere(Arc::from(there))).http1_only();
                url
            }
        };
        Ok(Self {
            client: builder
                .build()
                .map_err(|_| wrong("no client can be made for it".to_owned()))?,
            url,
            headers,
            token,
            seats: Semaphore::new(options.at_once),
            options: options.clone(),
        })
    }

    /// Sends `body`, JSON, and answers what comes back with a status of success. Tried again as upstream does.
    ///
    /// # Errors
    /// [`CallError`], of the last try.
    pub async fn post(&self, body: Plaintext) -> Result<Plaintext, CallError> {
        let body = Bytes::from_owner(body.into_zeroizing());
        let longest = self.options.call;
        let ends = Instant::now() + longest;
        let Ok(Ok(_seat)) = tokio::time::timeout_at(ends, self.seats.acquire()).await else {
            return Err(CallError::Timeout(longest));
        };
        let mut number = 0;
        loop {
            let tried = tokio::time::timeout_at(ends, self.attempt(body.clone())).await;
            let (error, asked) = match tried {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(Failed::Final(error))) => return Err(error),
                Ok(Err(Failed::Passing(error, asked))) => (error, asked),
                Err(_) => return Err(CallError::Timeout(longest)),
            };
            let wait = retry::wait(self.options.first_wait, number, retry::random());
            let wait = wait.max(Duration::from_secs(asked.unwrap_or_default()));
            number += 1;
            if number >= retry::TRIES || wait >= ends.saturating_duration_since(Instant::now()) {
                return Err(error);
            }
            tokio::time::sleep(wait).await;
        }
    }

    async fn attempt(&self, body: Bytes) -> Result<Plaintext, Failed> {
        let headers = self.headers().map_err(Failed::Final)?;
        let request = self.client.post(self.url.clone()).headers(headers).body(body);
        let response = request.send().await.map_err(|error| Failed::of(&error))?;
        let status = response.status();
        if status.is_success() {
            return call::body(response, self.options.answer_bytes).await;
        }
        let asked = response.headers().get(RETRY_AFTER);
        let asked: Option<u64> = asked.and_then(|after| after.to_str().ok()?.trim().parse().ok());
        let error = CallError::Status(status.as_u16());
        match retry::is_retried(status.as_u16(), asked.is_some_and(|seconds| seconds > 0)) {
            true => Err(Failed::Passing(error, asked)),
            false => Err(Failed::Final(error)),
        }
    }

    /// One request to a place below the server, answered whatever its status. It is not tried again.
    ///
    /// # Errors
    /// [`CallError`], but [`CallError::Status`].
    pub(crate) async fn ask(
        &self,
        method: Method,
        place: &[&str],
        body: Option<Plaintext>,
    ) -> Result<(u16, Plaintext), CallError> {
        let request = self.client.request(method, call::below(&self.url, place)?);
        let request = request.headers(self.headers()?);
        call::once(request, body, self.options.call, self.options.answer_bytes).await
    }

    /// What is said besides the body.
    fn headers(&self) -> Result<HeaderMap, CallError> {
        let mut headers = self.headers.clone();
        if let Some(bearer) = self.bearer()? {
            headers.insert(AUTHORIZATION, bearer);
        }
        Ok(headers)
    }

    /// The header of the token. A file is read anew each time, as it is replaced before what it holds ends.
    fn bearer(&self) -> Result<Option<HeaderValue>, CallError> {
        let header = |token: &str| {
            let text = Zeroizing::new(format!("Bearer {}", token.trim()));
            let mut header = HeaderValue::from_str(&text).map_err(|_| CallError::TokenFile)?;
            header.set_sensitive(true);
            Ok(Some(header))
        };
        match &self.token {
            Token::None => Ok(None),
            Token::Given(token) => header(token.expose()),
            Token::File(path) => header(&(self.options.private)(path).map_err(|_| CallError::TokenFile)?),
        }
    }
}

/// `server` under another name, and the header `Host` with the name it has.
fn renamed(server: &Url, name: &str) -> Option<(Url, HeaderValue)> {
    let host = server.host_str()?;
    let host = match server.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    let mut url = server.clone();
    url.set_host(Some(name)).ok()?;
    Some((url, HeaderValue::from_str(&host).ok()?))
}

/// Finds every name where this one is: the name in a certificate is not always one that can be found
/// (`tls-server-name`).
struct Elsewhere(Arc<str>);

impl Resolve for Elsewhere {
    fn resolve(&self, _: Name) -> Resolving {
        let host = Arc::clone(&self.0);
        Box::pin(async move {
            let bare = host.trim_start_matches('[').trim_end_matches(']');
            let found: Vec<SocketAddr> = tokio::net::lookup_host((bare, 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
