//! The body of a request: bounded in size and time, wiped after use.

use std::time::Duration;

use http::HeaderMap;
use http::header::{CONTENT_LENGTH, EXPECT};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use purser_types::{Plaintext, Status};

use crate::failure::Failure;

/// How much more than the bound is read and thrown away, so that the client gets to read why it is refused.
const DRAINED_BYTES: usize = 16 * 1024 * 1024;

/// The largest body of a refused request that is read and thrown away.
const SMALL_BYTES: usize = 256 * 1024;
/// How long it may take to come.
const SMALL_PATIENCE: Duration = Duration::from_secs(1);

/// The body of a request that may be refused before anybody reads it. On HTTP/2 a body that is dropped unread resets its
/// stream, and a connection with many of those is closed, with every watch on it.
#[derive(Debug)]
pub(crate) struct Unread(Option<Incoming>);

impl Unread {
    /// Nobody has read it.
    pub(crate) fn new(body: Incoming) -> Self {
        Self(Some(body))
    }

    /// The body itself, to be read.
    pub(crate) fn take(&mut self) -> Option<Incoming> {
        self.0.take()
    }

    /// How long it says it is.
    pub(crate) fn announced(&self) -> Option<u64> {
        self.0.as_ref().and_then(|body| body.size_hint().exact())
    }

    /// Reads what nobody has read, when it is small and comes soon. Who asks before sending is not told to send.
    pub(crate) async fn pass_over(self, headers: &HeaderMap) {
        let Some(mut body) = self.0.filter(|body| !body.is_end_stream()) else {
            return;
        };
        let small = body.size_hint().lower() <= SMALL_BYTES as u64;
        if small && !headers.contains_key(EXPECT) {
            // What comes late or is longer resets its stream.
            let _ = tokio::time::timeout(SMALL_PATIENCE, drain(&mut body, SMALL_BYTES)).await;
        }
    }
}

/// Reads `body` whole.
///
/// # Errors
/// 413 beyond `limit` bytes, 408 when it does not come within `patience`, 400 when it breaks off.
pub(crate) async fn read(
    mut body: Incoming,
    headers: &HeaderMap,
    limit: usize,
    patience: Duration,
) -> Result<Plaintext, Failure> {
    if body.is_end_stream() {
        return Ok(Plaintext::default());
    }
    let announced: Option<usize> = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse().ok());
    let reading = async {
        if announced.is_some_and(|length| length > limit) {
            // Whoever asks first is answered before he sends: the first read would tell him to.
            if !headers.contains_key(EXPECT) {
                drain(&mut body, DRAINED_BYTES).await;
            }
            return Err(Failure::too_large(limit));
        }
        collect(&mut body, announced.unwrap_or(0), limit).await
    };
    tokio::time::timeout(patience, reading)
        .await
        .unwrap_or_else(|_| Err(too_slow()))
}

async fn collect(body: &mut Incoming, announced: usize, limit: usize) -> Result<Plaintext, Failure> {
    // What grows is copied into fresh memory and wiped, never left to the allocator.
    let mut bytes = Plaintext::new(Vec::with_capacity(announced)).into_zeroizing();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Failure::from(Status::bad_request("unexpected EOF")))?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > limit {
            drop(bytes);
            drain(body, DRAINED_BYTES).await;
            return Err(Failure::too_large(limit));
        }
        if bytes.capacity() < bytes.len() + data.len() {
            let mut larger = Vec::with_capacity((bytes.len() + data.len()).max(bytes.capacity() * 2));
            larger.extend_from_slice(&bytes);
            bytes = Plaintext::new(larger).into_zeroizing();
        }
        bytes.extend_from_slice(&data);
    }
    Ok(Plaintext::new(std::mem::take(&mut *bytes)))
}

/// Throws at most `most` bytes away.
async fn drain(body: &mut Incoming, most: usize) {
    let mut left = most;
    while let Some(Ok(frame)) = body.frame().await {
        let length = frame.data_ref().map_or(0, |data| data.len());
        let Some(rest) = left.checked_sub(length) else {
            return;
        };
        left = rest;
    }
}

fn too_slow() -> Failure {
    Status::new(
        408,
        "Timeout",
        "Timeout: the body of the request did not come in time",
        None,
    )
    .into()
}
