//! Documents of other servers, over HTTPS: what OpenID Connect providers tell of themselves, for example.

use std::time::Duration;

use http::HeaderMap;
use http::header::{ACCEPT, CACHE_CONTROL};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};

use crate::call::{self, Failed};
use crate::error::{CallError, Error};
use crate::tls::{self, Trust};

/// How many redirects are followed; as Go's `net/http` does. Each has to be https.
const MOST_REDIRECTS: usize = 10;
/// Longest time that a document may take.
const LONGEST: Duration = Duration::from_secs(10);
/// Most bytes of a document.
const MOST_BYTES: usize = 1 << 20;

/// Gets documents over HTTPS.
pub struct Documents {
    client: Client,
    longest: Duration,
    most_bytes: usize,
}

/// A document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What it says.
    pub body: Vec<u8>,
    /// How long it says it can be kept (`Cache-Control`, RFC 9111); `None`: it does not say.
    pub fresh_for: Option<Duration>,
}

impl Documents {
    /// From servers with a certificate of an authority in `ca`, PEM; `None`: of one that the system trusts.
    ///
    /// # Errors
    /// When there is no authority.
    pub fn new(ca: Option<&str>) -> Result<Self, Error> {
        Self::bounded(ca, LONGEST, MOST_BYTES)
    }

    /// As [`Self::new`], with other bounds than 10 s and 1 MiB.
    ///
    /// # Errors
    /// When there is no authority.
    pub fn bounded(ca: Option<&str>, longest: Duration, most_bytes: usize) -> Result<Self, Error> {
        let trust = ca.map_or(Trust::System, |pem| Trust::Authorities(pem.as_bytes().to_vec()));
        let tls = tls::client(trust, None, tls::BOTH).map_err(Error::Tls)?;
        let policy = Policy::custom(|attempt| {
            if attempt.url().scheme() != "https" {
                attempt.error("it leads to a place without TLS")
            } else if attempt.previous().len() > MOST_REDIRECTS {
                attempt.error("it leads from place to place without end")
            } else {
                attempt.follow()
            }
        });
        let client = call::builder()
            .tls_backend_preconfigured(tls)
            .https_only(true)
            .redirect(policy)
            .build()
            .map_err(|_| Error::Tls("no client can be made".to_owned()))?;
        Ok(Self {
            client,
            longest,
            most_bytes,
        })
    }

    /// Gets the document at `url`, which has to be https. Tried once: whoever wants it decides when again.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn get(&self, url: &str) -> Result<Document, CallError> {
        let url = Url::parse(url).map_err(|error| CallError::Url(format!("it is not a URL: {error}")))?;
        if url.scheme() != "https" {
            return Err(CallError::Url("its URL does not begin with https:".to_owned()));
        }
        let got = tokio::time::timeout(self.longest, self.attempt(url)).await;
        match got {
            Ok(Ok(document)) => Ok(document),
            Ok(Err(Failed::Final(error) | Failed::Passing(error, _))) => Err(error),
            Err(_) => Err(CallError::Timeout(self.longest)),
        }
    }

    async fn attempt(&self, url: Url) -> Result<Document, Failed> {
        let request = self.client.get(url).header(ACCEPT, "application/json, */*");
        let response = request.send().await.map_err(|error| Failed::of(&error))?;
        let status = response.status();
        if !status.is_success() {
            return Err(Failed::Final(CallError::Status(status.as_u16())));
        }
        let fresh_for = fresh_for(response.headers());
        let body = call::body(response, self.most_bytes).await?;
        Ok(Document {
            body: body.expose().to_vec(),
            fresh_for,
        })
    }
}

/// How long an answer with these headers can be kept.
fn fresh_for(headers: &HeaderMap) -> Option<Duration> {
    let mut longest = None;
    for value in headers.get_all(CACHE_CONTROL) {
        for directive in value.to_str().ok()?.split(',') {
            let directive = directive.trim().to_ascii_lowercase();
            if directive == "no-store" || directive == "no-cache" {
                return Some(Duration::ZERO);
            }
            let seconds = directive.strip_prefix("max-age=");
            let seconds = seconds.and_then(|seconds| seconds.trim_matches('"').parse().ok());
            longest = seconds.map(Duration::from_secs).or(longest);
        }
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_a_document_is_kept_is_read_from_its_headers() {
        let of = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(CACHE_CONTROL, http::HeaderValue::from_static(value));
            fresh_for(&headers).map(|fresh| fresh.as_secs())
        };
        assert_eq!(of("public, max-age=3600"), Some(3600));
        assert_eq!(of("Max-Age=60, no-store"), Some(0));
        assert_eq!(of("max-age=-1"), None);
        assert_eq!(of("public"), None);
        assert_eq!(fresh_for(&HeaderMap::new()), None);
    }

    #[tokio::test]
    async fn only_https_is_asked() {
        let key = rcgen::KeyPair::generate().unwrap();
        let ca = rcgen::CertificateParams::default()
            .self_signed(&key)
            .unwrap()
            .pem();
        let documents = Documents::new(Some(&ca)).unwrap();
        for url in ["http://127.0.0.1:1/", "file:///etc/passwd", "no url"] {
            assert!(
                matches!(documents.get(url).await, Err(CallError::Url(_))),
                "{url}"
            );
        }
        assert!(Documents::new(Some("no PEM")).is_err());
    }
}
