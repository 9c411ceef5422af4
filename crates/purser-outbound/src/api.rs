//! A service with an API over HTTPS, asked with headers and a body of the caller's.

use std::time::Duration;

use http::{HeaderMap, Method};
use purser_types::Plaintext;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};

use crate::call;
use crate::error::{CallError, Error};
use crate::tls::{self, Trust};

/// A service at one URL. No redirect is followed: what is sent is for that service alone.
pub struct Api {
    client: Client,
    base: Url,
    longest: Duration,
    most_bytes: usize,
}

impl Api {
    /// The service at `base`, with a certificate of an authority in `ca`, PEM; `None`: of one that the system trusts.
    /// Only a service on this machine may be without TLS. A call takes at most `longest`, an answer has at most
    /// `most_bytes`.
    ///
    /// # Errors
    /// When it is no such URL, or there is no authority.
    pub fn new(base: &str, ca: Option<&str>, longest: Duration, most_bytes: usize) -> Result<Self, Error> {
        let wrong = |why: &str| Error::Tls(format!("{base}: {why}"));
        let base = Url::parse(base).map_err(|_| wrong("it is not a URL"))?;
        let builder = call::builder().redirect(Policy::none());
        let builder = match base.scheme() {
            "https" => {
                let trust = ca.map_or(Trust::System, |pem| Trust::Authorities(pem.as_bytes().to_vec()));
                let tls = tls::client(trust, None, tls::BOTH).map_err(Error::Tls)?;
                builder.tls_backend_preconfigured(tls).https_only(true)
            }
            "http" if call::is_this_machine(&base) => {
                // The client wants roots even so.
                let tls = tls::client(Trust::Anybody, None, tls::FIRST).map_err(Error::Tls)?;
                builder.tls_backend_preconfigured(tls)
            }
            _ => return Err(wrong("it does not begin with https:")),
        };
        let client = builder.build().map_err(|_| wrong("no client can be made"))?;
        Ok(Self {
            client,
            base,
            longest,
            most_bytes,
        })
    }

    /// The name and port of the service, as the header `Host` has them.
    #[must_use]
    pub fn host(&self) -> String {
        let host = self.base.host_str().unwrap_or_default();
        self.base
            .port()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Asks once; answers status and body. Each part of `place` is one segment of the path below the service's.
    ///
    /// # Errors
    /// [`CallError`] when no answer comes; a refusal is an answer.
    pub async fn ask(
        &self,
        method: Method,
        place: &[&str],
        headers: HeaderMap,
        body: Option<Plaintext>,
    ) -> Result<(u16, Plaintext), CallError> {
        let request = self.client.request(method, call::below(&self.base, place)?);
        call::once(request.headers(headers), body, self.longest, self.most_bytes).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_service_on_this_machine_may_be_without_tls() {
        let key = rcgen::KeyPair::generate().unwrap();
        let ca = rcgen::CertificateParams::default()
            .self_signed(&key)
            .unwrap()
            .pem();
        let made = |base| Api::new(base, Some(&ca), Duration::from_secs(1), 1).map(|api| api.host());
        assert_eq!(made("https://vault.example:8200").unwrap(), "vault.example:8200");
        assert_eq!(made("http://127.0.0.1:8200/").unwrap(), "127.0.0.1:8200");
        for wrong in ["http://vault.example", "ftp://127.0.0.1", "vault", ""] {
            assert!(made(wrong).is_err(), "{wrong}");
        }
    }
}
