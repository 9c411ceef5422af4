//! One call: sent, and its answer read within bounds.

use std::error::Error as _;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use purser_types::Plaintext;
use reqwest::{ClientBuilder, RequestBuilder, Response, Url};

use crate::error::CallError;

/// What we say we are.
const USER_AGENT: &str = concat!("purser/", env!("CARGO_PKG_VERSION"));

/// What all clients have in common: no proxy of the surroundings, no `Referer`.
pub(crate) fn builder() -> ClientBuilder {
    reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .no_proxy()
        .referer(false)
}

/// Whether what is sent there stays on this machine.
pub(crate) fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address: Option<IpAddr> = bare.parse().ok();
    address.map_or(host == "localhost", |address| address.is_loopback())
}

/// The place below `base`; each part of it is one segment of the path, whatever is in it.
///
/// # Errors
/// When there is nothing below such a URL.
pub(crate) fn below(base: &Url, place: &[&str]) -> Result<Url, CallError> {
    let mut url = base.clone();
    url.path_segments_mut()
        .map_err(|()| CallError::Url("nothing can be below it".to_owned()))?
        .pop_if_empty()
        .extend(place);
    Ok(url)
}

/// Sends `request` with `body` once; status and body of the answer, whatever the status, of at most `most` bytes and
/// within `longest`.
///
/// # Errors
/// [`CallError`], but [`CallError::Status`].
pub(crate) async fn once(
    request: RequestBuilder,
    body: Option<Plaintext>,
    longest: Duration,
    most: usize,
) -> Result<(u16, Plaintext), CallError> {
    let request = match body {
        Some(body) => request.body(Bytes::from_owner(body.into_zeroizing())),
        None => request,
    };
    let asked = async {
        let response = request.send().await.map_err(|error| Failed::of(&error))?;
        let status = response.status().as_u16();
        Ok((status, self::body(response, most).await?))
    };
    match tokio::time::timeout(longest, asked).await {
        Err(_) => Err(CallError::Timeout(longest)),
        Ok(answer) => answer.map_err(|(Failed::Final(error) | Failed::Passing(error, _))| error),
    }
}

/// The body of `response`, of at most `most` bytes.
///
/// # Errors
/// When it is larger or breaks off.
pub(crate) async fn body(mut response: Response, most: usize) -> Result<Plaintext, Failed> {
    let told = response.content_length().unwrap_or_default();
    if usize::try_from(told).is_ok_and(|told| told > most) {
        return Err(Failed::Final(CallError::TooLarge(most)));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| Failed::of(&error))? {
        if bytes.len() + chunk.len() > most {
            // What was read so far is wiped.
            drop(Plaintext::new(bytes));
            return Err(Failed::Final(CallError::TooLarge(most)));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Plaintext::new(bytes))
}

/// How one try failed.
#[derive(Debug)]
pub(crate) enum Failed {
    /// Another try will not do better.
    Final(CallError),
    /// Another may, as the connection broke or the server asks for it, after so many seconds if it says so.
    Passing(CallError, Option<u64>),
}

impl Failed {
    /// Of what the client says.
    pub(crate) fn of(error: &reqwest::Error) -> Self {
        let told = CallError::Connection(sentence(error));
        match broke(error) {
            true => Self::Passing(told, None),
            false => Self::Final(told),
        }
    }
}

/// What went wrong, without the URL.
fn sentence(error: &reqwest::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = error.to_string();
        if parts.last() != Some(&part) {
            parts.push(part);
        }
        cause = error.source();
    }
    match parts.is_empty() {
        true if error.is_redirect() => "it leads elsewhere".to_owned(),
        true => "the request cannot be sent".to_owned(),
        false => parts.join(": "),
    }
}

/// How a connection that is gone shows.
const BROKEN: [io::ErrorKind; 3] = [
    io::ErrorKind::ConnectionReset,
    io::ErrorKind::BrokenPipe,
    io::ErrorKind::UnexpectedEof,
];

/// Whether a connection that was there broke: it was reset, or closed before the answer was whole, as happens to one
/// that was kept open from an earlier call.
fn broke(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        let reset = error
            .downcast_ref::<io::Error>()
            .is_some_and(|error| BROKEN.contains(&error.kind()));
        let cut = error
            .downcast_ref::<hyper::Error>()
            .is_some_and(hyper::Error::is_incomplete_message);
        if reset || cut {
            return true;
        }
        cause = error.source();
    }
    false
}
