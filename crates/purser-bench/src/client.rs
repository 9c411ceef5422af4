//! One HTTP/2 connection, as cheap as it gets, so that the driver is not what is measured.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::BufReader;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::error::Error;
use crate::target::Target;

/// Flow-control windows: large enough that a list of some MB never waits for the driver.
const STREAM_WINDOW: u32 = 4 << 20;
const CONNECTION_WINDOW: u32 = 32 << 20;
/// A read of at least as much goes to the system directly.
const NO_READ_AHEAD: usize = 1;
/// Names who is impersonated.
const IMPERSONATE_USER: HeaderName = HeaderName::from_static("impersonate-user");
/// How much of a refusal is kept for the report.
const LONGEST_MESSAGE: usize = 2048;

/// What is asked of the server.
pub(crate) struct Call {
    /// The method.
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) path: String,
    /// The body; empty for reads.
    pub(crate) body: Bytes,
}

impl Call {
    /// A read.
    pub(crate) fn get(path: String) -> Self {
        Self {
            method: Method::GET,
            path,
            body: Bytes::new(),
        }
    }
}

/// What came back, to its last byte.
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: StatusCode,
    /// Bytes of the body.
    pub(crate) bytes: u64,
    /// The start of the body of a refusal; empty for a success.
    pub(crate) message: String,
}

/// A socket with TLS on it.
pub(crate) type Connection = TlsStream<BufReader<TcpStream>>;

/// Connects, with TLS, to a server that speaks HTTP/2; up to `read_ahead` bytes are taken from the system at once.
///
/// # Errors
/// When the server cannot be reached, is not the one expected, or does not speak HTTP/2.
pub(crate) async fn dial(target: &Target, read_ahead: usize) -> Result<Connection, Error> {
    let refused = |error: std::io::Error| cannot_connect(target, error.to_string());
    let tcp = TcpStream::connect((target.host.as_str(), target.port))
        .await
        .map_err(refused)?;
    tcp.set_nodelay(true)?;
    let tcp = BufReader::with_capacity(read_ahead, tcp);
    let tls = TlsConnector::from(Arc::clone(&target.tls))
        .connect(target.server_name.clone(), tcp)
        .await
        .map_err(refused)?;
    if tls.get_ref().1.alpn_protocol() == Some(b"h2") {
        Ok(tls)
    } else {
        Err(cannot_connect(target, "it does not speak HTTP/2".to_owned()))
    }
}

fn cannot_connect(target: &Target, reason: String) -> Error {
    Error::Connect {
        address: target.authority(),
        reason,
    }
}

/// A connection; clones share it.
#[derive(Clone)]
pub(crate) struct Client {
    sender: SendRequest<Full<Bytes>>,
    shared: Arc<Shared>,
}

struct Shared {
    base: String,
    authorization: Option<HeaderValue>,
    accept: HeaderValue,
    /// Whom to impersonate.
    acting_as: Option<HeaderValue>,
}

impl Client {
    /// Connects, with TLS and HTTP/2.
    ///
    /// # Errors
    /// When the server cannot be reached, is not the one expected, or does not speak HTTP/2.
    pub(crate) async fn connect(target: &Target, accept: &HeaderValue) -> Result<Self, Error> {
        let refused = |error: hyper::Error| cannot_connect(target, error.to_string());
        let tls = dial(target, NO_READ_AHEAD).await?;
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .handshake(TokioIo::new(tls))
            .await
            .map_err(refused)?;
        // Its end shows in the requests that fail.
        tokio::spawn(async move { drop(connection.await) });
        let shared = Shared {
            base: format!("https://{}{}", target.authority(), target.prefix),
            authorization: target.authorization.clone(),
            accept: accept.clone(),
            acting_as: None,
        };
        Ok(Self {
            sender,
            shared: Arc::new(shared),
        })
    }

    /// The same connection, as this user, whom its own may impersonate.
    pub(crate) fn acting_as(self, user: HeaderValue) -> Self {
        let shared = Shared {
            base: self.shared.base.clone(),
            authorization: self.shared.authorization.clone(),
            accept: self.shared.accept.clone(),
            acting_as: Some(user),
        };
        Self {
            sender: self.sender,
            shared: Arc::new(shared),
        }
    }

    /// Sends, and reads the answer to its end.
    ///
    /// # Errors
    /// When the connection or the stream breaks.
    pub(crate) async fn call(&mut self, call: Call) -> Result<Answer, hyper::Error> {
        let response = self.sender.send_request(self.request(call)).await?;
        let status = response.status();
        let mut body = response.into_body();
        let mut bytes = 0_u64;
        let mut message = Vec::new();
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame?.into_data() {
                bytes = bytes.saturating_add(u64::try_from(data.len()).unwrap_or(u64::MAX));
                if !status.is_success() && message.len() < LONGEST_MESSAGE {
                    message.extend(data.iter().take(LONGEST_MESSAGE - message.len()));
                }
            }
        }
        Ok(Answer {
            status,
            bytes,
            message: String::from_utf8_lossy(&message).into_owned(),
        })
    }

    /// Sends, and keeps the answer's body.
    ///
    /// # Errors
    /// When the connection or the stream breaks.
    pub(crate) async fn read(&mut self, call: Call) -> Result<(StatusCode, Bytes), hyper::Error> {
        let response = self.sender.send_request(self.request(call)).await?;
        let status = response.status();
        Ok((status, response.into_body().collect().await?.to_bytes()))
    }

    /// Whether nothing can be sent any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    fn request(&self, call: Call) -> Request<Full<Bytes>> {
        let media_type = media_type(&call);
        let mut request = Request::new(Full::new(call.body));
        // INVARIANT: paths are made of names and numbers by this program, so that the address always parses; one
        // that did not would be asked as `/` and counted as an error.
        *request.uri_mut() = format!("{}{}", self.shared.base, call.path)
            .parse()
            .unwrap_or_default();
        let headers = request.headers_mut();
        headers.insert(ACCEPT, self.shared.accept.clone());
        if let Some(authorization) = &self.shared.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        if let Some(user) = &self.shared.acting_as {
            headers.insert(IMPERSONATE_USER, user.clone());
        }
        if let Some(media_type) = media_type {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        }
        *request.method_mut() = call.method;
        request
    }
}

/// Of the body: a patch that is a list is a list of operations.
fn media_type(call: &Call) -> Option<&'static str> {
    match call.method {
        Method::POST | Method::PUT => Some("application/json"),
        Method::PATCH if call.body.starts_with(b"[") => Some("application/json-patch+json"),
        Method::PATCH => Some("application/merge-patch+json"),
        _ => None,
    }
}
