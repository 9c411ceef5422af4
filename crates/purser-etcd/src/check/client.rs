//! A client of one member, for a few questions that change nothing.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::uri::PathAndQuery;
use hyper_util::rt::TokioIo;
use prost::Message;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tonic::client::Grpc;
use tonic::transport::{Channel, Uri};
use tonic::{Code, Request};
use tonic_prost::ProstCodec;
use tower::service_fn;

use super::target::Target;
use crate::error::Error;

/// The most bytes of an answer: one large value, or ten thousand keys.
const MAX_ANSWER: usize = 16 << 20;
/// The most characters of a server's sentence that are repeated.
const MAX_SENTENCE: usize = 200;

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Who calls, and whom it believes.
#[derive(Debug, Clone)]
pub(super) struct Credentials {
    /// The authorities of servers; `None`: servers with TLS are not asked.
    pub(super) authorities: Option<RootCertStore>,
    /// What is shown to servers.
    pub(super) identity: Option<Arc<CertifiedKey>>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: Code,
    pub(super) sentence: String,
}

/// A client.
#[derive(Debug, Clone)]
pub(super) struct Client {
    channel: Channel,
    timeout: Duration,
}

impl Client {
    /// A client of the member at this port.
    ///
    /// # Errors
    /// When its server cannot be verified with what was given.
    pub(super) fn new(target: &Target, credentials: &Credentials, timeout: Duration) -> Result<Self, Error> {
        let tls = match target.tls {
            true => Some(TlsConnector::from(Arc::new(config(credentials)?))),
            false => None,
        };
        let uri = Uri::builder()
            .scheme("http")
            .authority(target.authority())
            .path_and_query("/")
            .build()
            .map_err(|error| Error::Asked(error.to_string()))?;
        let target = target.clone();
        let connect = service_fn(move |_: Uri| open(target.clone(), tls.clone(), timeout));
        Ok(Self {
            channel: Channel::builder(uri).connect_with_connector_lazy(connect),
            timeout,
        })
    }

    /// Asks.
    pub(super) async fn ask<Q, A>(&self, method: &'static str, question: Q) -> Result<A, Refusal>
    where
        Q: Message + Send + 'static,
        A: Message + Default + Send + 'static,
    {
        let asked = async {
            let mut grpc = Grpc::new(self.channel.clone()).max_decoding_message_size(MAX_ANSWER);
            grpc.ready().await.map_err(|error| Refusal {
                code: Code::Unavailable,
                sentence: chain(&error),
            })?;
            let codec: ProstCodec<Q, A> = ProstCodec::default();
            let path = PathAndQuery::from_static(method);
            match grpc.unary(Request::new(question), path, codec).await {
                Ok(answer) => Ok(answer.into_inner()),
                Err(status) => Err(Refusal {
                    code: status.code(),
                    sentence: chain(&status),
                }),
            }
        };
        let late = || Refusal {
            code: Code::DeadlineExceeded,
            sentence: format!("no answer within {:?}", self.timeout),
        };
        tokio::time::timeout(self.timeout, asked)
            .await
            .unwrap_or_else(|_| Err(late()))
    }
}

async fn open(
    target: Target,
    tls: Option<TlsConnector>,
    timeout: Duration,
) -> io::Result<TokioIo<Box<dyn Stream>>> {
    let stream = target.connect(timeout).await?;
    let stream: Box<dyn Stream> = match tls {
        None => Box::new(stream),
        Some(tls) => {
            let name = target.server_name().map_err(io::Error::other)?;
            Box::new(tls.connect(name, stream).await?)
        }
    };
    Ok(TokioIo::new(stream))
}

fn config(credentials: &Credentials) -> Result<ClientConfig, Error> {
    let Some(authorities) = &credentials.authorities else {
        return Err(Error::Asked(
            "there is nothing to verify the server with: give its authority with --cacert".to_owned(),
        ));
    };
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(authorities.clone());
    let mut config = match &credentials.identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(Arc::clone(identity))))
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

/// An error with its causes, which say what it does not; cut.
fn chain(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        said = format!("{said}: {next}");
        cause = next.source();
    }
    said.chars().take(MAX_SENTENCE).collect()
}
