//! `Content-Encoding: gzip` of large answers.
//!
//! Answers with the values of Secrets are never compressed, unlike upstream's: whoever can have something of his own
//! stand beside a secret, and see how long the encrypted answer is, would read the secret letter by letter (CRIME,
//! BREACH). Little is lost: values are mostly random, and what base64 adds to them is a third.
//!
//! What the compressor remembers of an answer is in memory that the process's allocator wipes when it is freed.
//!
//! Source: `k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/writers.go`.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, VARY};
use http::{HeaderMap, HeaderValue, Response};

use super::{Body, wiped};

/// Answers of more bytes than these are compressed.
pub(crate) const THRESHOLD_BYTES: usize = 128 * 1024;

/// Upstream's level: the least work.
const LEVEL: u32 = 1;

/// Whether the client takes gzip: it names it, without a quality, as upstream reads it.
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    headers
        .get(ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.split(',').any(|token| token.trim() == "gzip"))
}

/// Compresses what comes in pieces.
pub(crate) struct Gzip(GzEncoder<Vec<u8>>);

impl Gzip {
    /// A compressor that has seen nothing.
    pub(crate) fn new() -> Self {
        Self(GzEncoder::new(Vec::new(), Compression::new(LEVEL)))
    }

    /// Takes the next piece; gives what is compressed by now, which may be nothing.
    pub(crate) fn write(&mut self, piece: &[u8]) -> Vec<u8> {
        // Writing to memory does not fail.
        let _ = self.0.write_all(piece);
        std::mem::take(self.0.get_mut())
    }

    /// Gives the rest.
    pub(crate) fn end(self) -> Vec<u8> {
        // As above.
        self.0.finish().unwrap_or_default()
    }
}

/// Says that an answer is compressed.
pub(crate) fn mark_gzip(response: &mut Response<Body>) {
    let headers = response.headers_mut();
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.append(VARY, HeaderValue::from_static("Accept-Encoding"));
}

/// Compresses an answer that is all there, when it is large and the client takes it so. Only for answers without
/// the values of Secrets.
pub(crate) fn compress(response: Response<Body>, request: &HeaderMap) -> Response<Body> {
    compress_over(THRESHOLD_BYTES, response, request)
}

/// The same for answers of more than `threshold` bytes.
pub(crate) fn compress_over(
    threshold: usize,
    response: Response<Body>,
    request: &HeaderMap,
) -> Response<Body> {
    let large = response
        .body()
        .bytes()
        .filter(|bytes| bytes.len() > threshold && !response.headers().contains_key(CONTENT_ENCODING));
    let Some(bytes) = large.filter(|_| accepts_gzip(request)) else {
        return response;
    };
    let mut gzip = Gzip::new();
    let mut out = gzip.write(bytes);
    out.append(&mut gzip.end());
    let (head, _) = response.into_parts();
    let mut response = Response::from_parts(head, Body::whole(wiped(out)));
    mark_gzip(&mut response);
    response
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use bytes::Bytes;

    use super::*;

    fn request(value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(value));
        headers
    }

    fn answer(length: usize) -> Response<Body> {
        Response::new(Body::whole(Bytes::from(vec![b'x'; length])))
    }

    #[test]
    fn large_answers_are_compressed_for_those_who_ask() {
        let compressed = compress(answer(THRESHOLD_BYTES + 1), &request("deflate, gzip"));
        assert_eq!(compressed.headers()[CONTENT_ENCODING], "gzip");
        assert_eq!(compressed.headers()[VARY], "Accept-Encoding");
        let bytes = compressed.body().bytes().unwrap().clone();
        assert!(bytes.len() < THRESHOLD_BYTES / 10);
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(&bytes[..])
            .read_to_end(&mut plain)
            .unwrap();
        assert_eq!(plain.len(), THRESHOLD_BYTES + 1);
        for (length, accept) in [
            (THRESHOLD_BYTES, "gzip"),
            (THRESHOLD_BYTES + 1, "identity"),
            (THRESHOLD_BYTES + 1, "gzip;q=0"),
        ] {
            let plain = compress(answer(length), &request(accept));
            assert!(plain.headers().is_empty());
            assert_eq!(plain.body().bytes().unwrap().len(), length);
        }
    }

    #[test]
    fn pieces_make_one_stream() {
        let mut gzip = Gzip::new();
        let mut out = Vec::new();
        for piece in 0..1000 {
            out.extend(gzip.write(format!("{piece} ").repeat(20).as_bytes()));
        }
        out.extend(gzip.end());
        let mut plain = String::new();
        flate2::read::GzDecoder::new(&out[..])
            .read_to_string(&mut plain)
            .unwrap();
        assert!(plain.starts_with("0 0 ") && plain.ends_with("999 999 "));
    }
}
