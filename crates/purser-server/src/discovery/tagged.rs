//! Documents that clients keep, and ask for again with their tag or their age.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{CACHE_CONTROL, ETAG, EXPIRES, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use sha2::{Digest, Sha512};

use crate::answer::{Body, respond, whole};

/// How long a document under the name of its hash is kept: a year.
const KEPT: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// A document with its tag.
#[derive(Debug, Clone)]
pub(crate) struct Tagged {
    body: Bytes,
    etag: HeaderValue,
    made: Option<SystemTime>,
}

impl Tagged {
    /// Tags `body` with its hash.
    pub(crate) fn of(body: impl Into<Bytes>) -> Self {
        let body = body.into();
        let hash = hex(&Sha512::digest(&body));
        let etag = HeaderValue::from_str(&format!("\"{hash}\"")).unwrap_or(HeaderValue::from_static("\"\""));
        Self {
            body,
            etag,
            made: None,
        }
    }

    /// The same, which also tells when it was made.
    pub(crate) fn made(self, at: SystemTime) -> Self {
        Self {
            made: Some(at),
            ..self
        }
    }

    /// The same document in another form, `body`, with the same tag, as upstream's have.
    pub(crate) fn written_as(&self, body: impl Into<Bytes>) -> Self {
        Self {
            body: body.into(),
            ..self.clone()
        }
    }

    /// The hash, without quotes.
    pub(crate) fn hash(&self) -> &str {
        self.etag.to_str().unwrap_or_default().trim_matches('"')
    }

    /// The document as it is.
    pub(crate) fn bytes(&self) -> &Bytes {
        &self.body
    }

    /// The document, or 304 when the client has it.
    pub(crate) fn answer(&self, headers: &HeaderMap, content_type: &'static str) -> Response<Body> {
        let mut response = if self.is_known(headers) {
            let mut response = respond(StatusCode::NOT_MODIFIED, content_type, Body::empty());
            response.headers_mut().remove(http::header::CONTENT_TYPE);
            response
        } else {
            whole(StatusCode::OK, content_type, self.body.clone())
        };
        let headers = response.headers_mut();
        headers.insert(ETAG, self.etag.clone());
        headers.insert(VARY, HeaderValue::from_static("Accept"));
        if let Some(made) = self.made {
            put_date(headers, LAST_MODIFIED, made);
        }
        response
    }

    /// As Go's `http.ServeContent` finds out: the tag counts, and only without one the age.
    fn is_known(&self, headers: &HeaderMap) -> bool {
        let mut tags = headers.get_all(IF_NONE_MATCH).iter().peekable();
        if tags.peek().is_some() {
            return tags
                .filter_map(|value| value.to_str().ok())
                .flat_map(|value| value.split(','))
                .map(|tag| tag.trim().trim_start_matches("W/"))
                .any(|tag| tag == "*" || tag.as_bytes() == self.etag.as_bytes());
        }
        let since = headers
            .get(IF_MODIFIED_SINCE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| httpdate::parse_http_date(value).ok());
        // Dates on the wire have no fractions of seconds.
        match (self.made, since) {
            (Some(made), Some(since)) => seconds(made) <= seconds(since),
            _ => false,
        }
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// Lets an answer be kept by anybody, as long as its tag is the same.
pub(crate) fn make_public(response: &mut Response<Body>) {
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("public"));
}

/// Lets an answer that was asked for by its hash be kept for ever.
pub(crate) fn make_immutable(response: &mut Response<Body>, now: SystemTime) {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, immutable"));
    put_date(headers, EXPIRES, now + KEPT);
}

fn put_date(headers: &mut HeaderMap, name: HeaderName, time: SystemTime) {
    if let Ok(value) = HeaderValue::from_str(&httpdate::fmt_http_date(time)) {
        headers.insert(name, value);
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
            // Writing to a string does not fail.
            let _ = write!(out, "{byte:02X}");
            out
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(name: HeaderName, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_str(value).unwrap());
        headers
    }

    #[test]
    fn a_document_is_sent_once() {
        let made = SystemTime::UNIX_EPOCH + Duration::from_millis(1_600_000_000_500);
        let tagged = Tagged::of("{}").made(made);
        let hash = tagged.hash().to_owned();
        let status = |headers: &HeaderMap| tagged.answer(headers, "application/json").status();
        assert_eq!(status(&HeaderMap::new()), 200);
        assert_eq!(
            status(&asked(IF_NONE_MATCH, &format!("W/\"x\", \"{hash}\""))),
            304
        );
        assert_eq!(status(&asked(IF_NONE_MATCH, "\"x\"")), 200);
        let first = tagged.answer(&HeaderMap::new(), "application/json");
        let date = first.headers()[LAST_MODIFIED].to_str().unwrap();
        assert_eq!(date, "Sun, 13 Sep 2020 12:26:40 GMT");
        assert_eq!(status(&asked(IF_MODIFIED_SINCE, date)), 304);
        assert_eq!(
            status(&asked(IF_MODIFIED_SINCE, "Sun, 13 Sep 2020 12:26:39 GMT")),
            200
        );
        let mut both = asked(IF_MODIFIED_SINCE, date);
        both.insert(IF_NONE_MATCH, HeaderValue::from_static("\"x\""));
        assert_eq!(status(&both), 200, "the tag counts");
    }
}
