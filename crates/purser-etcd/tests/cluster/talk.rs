//! A client of one member: a new connection for each call, with what the files hold then.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use purser_etcd::{ADMINISTRATOR, Layout, Member};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::transport::{Channel, Uri};
use tonic_prost::ProstCodec;
use tower::service_fn;

/// How long a call may take.
const WITHIN: Duration = Duration::from_secs(5);

/// Whom it believes, and who it is.
pub(crate) struct Files {
    pub(crate) authority: PathBuf,
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl Files {
    /// The administrator's.
    pub(crate) fn administrator(layout: &Layout) -> Self {
        Self {
            authority: layout.server_authority(ADMINISTRATOR),
            certificate: layout.client_certificate(ADMINISTRATOR),
            key: layout.client_key(ADMINISTRATOR),
        }
    }

    /// A member's, to its peers.
    pub(crate) fn peer(layout: &Layout, member: &Member) -> Self {
        let tls = layout.member(&member.name).join("tls");
        Self {
            authority: tls.join("peer-ca.crt"),
            certificate: tls.join("peer.crt"),
            key: tls.join("peer.key"),
        }
    }

    fn config(&self) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        for authority in certificates(&self.authority) {
            roots.add(authority).unwrap();
        }
        let key = PrivateKeyDer::from_pem_file(&self.key).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_client_auth_cert(certificates(&self.certificate), key)
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        config
    }

    /// A connection to `HOST:PORT`.
    pub(crate) async fn connect(&self, place: &str) -> std::io::Result<TlsStream<TcpStream>> {
        let (host, _) = place.rsplit_once(':').unwrap();
        let name = ServerName::try_from(host.to_owned()).unwrap();
        let stream = TcpStream::connect(place).await?;
        TlsConnector::from(Arc::new(self.config()))
            .connect(name, stream)
            .await
    }

    /// What a server shows.
    pub(crate) async fn shown(&self, url: &str) -> CertificateDer<'static> {
        let stream = self.connect(url.strip_prefix("https://").unwrap()).await.unwrap();
        stream.get_ref().1.peer_certificates().unwrap()[0]
            .clone()
            .into_owned()
    }
}

fn certificates(path: &Path) -> Vec<CertificateDer<'static>> {
    let chain = CertificateDer::pem_file_iter(path).unwrap();
    chain.map(Result::unwrap).collect()
}

#[derive(Clone, PartialEq, prost::Message)]
struct Put {
    #[prost(bytes = "vec", tag = "1")]
    key: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// Two names: a user and its password, or a user and a role.
#[derive(Clone, PartialEq, prost::Message)]
struct Two {
    #[prost(string, tag = "1")]
    first: String,
    #[prost(string, tag = "2")]
    second: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Nothing {}

/// Keeps a value.
pub(crate) async fn put(url: &str, files: &Files, key: &str, value: &[u8]) -> Result<(), String> {
    let question = Put {
        key: key.into(),
        value: value.to_vec(),
    };
    call(url, Some(files), "/etcdserverpb.KV/Put", question).await
}

/// As [`put`], in the clear.
pub(crate) async fn put_plain(url: &str, key: &str, value: &[u8]) -> Result<(), String> {
    let question = Put {
        key: key.into(),
        value: value.to_vec(),
    };
    call(url, None, "/etcdserverpb.KV/Put", question).await
}

/// Makes users who may do everything, and has rights checked from then on.
pub(crate) async fn enable_auth(url: &str, files: &Files, roots: &[&str]) {
    for user in roots {
        let two = |first: &str, second: &str| Two {
            first: first.to_owned(),
            second: second.to_owned(),
        };
        call(url, Some(files), "/etcdserverpb.Auth/UserAdd", two(user, "x"))
            .await
            .unwrap();
        let granted = call(
            url,
            Some(files),
            "/etcdserverpb.Auth/UserGrantRole",
            two(user, "root"),
        )
        .await;
        granted.unwrap();
    }
    call(url, Some(files), "/etcdserverpb.Auth/AuthEnable", Nothing {})
        .await
        .unwrap();
}

async fn call<Q>(url: &str, files: Option<&Files>, method: &'static str, question: Q) -> Result<(), String>
where
    Q: prost::Message + Send + 'static,
{
    let (_, place) = url.split_once("://").unwrap();
    let place = place.to_owned();
    let uri: Uri = format!("http://{place}").parse().unwrap();
    let config = files.map(|files| TlsConnector::from(Arc::new(files.config())));
    let connect = service_fn(move |_: Uri| {
        let (place, config) = (place.clone(), config.clone());
        async move {
            let stream = TcpStream::connect(&place).await?;
            let name = ServerName::try_from(place.rsplit_once(':').unwrap().0.to_owned()).unwrap();
            std::io::Result::Ok(match config {
                Some(tls) => TokioIo::new(Box::new(tls.connect(name, stream).await?) as Box<dyn Stream>),
                None => TokioIo::new(Box::new(stream) as Box<dyn Stream>),
            })
        }
    });
    let asked = async {
        let channel = Channel::builder(uri)
            .connect_with_connector(connect)
            .await
            .map_err(|error| format!("{error:?}"))?;
        let mut grpc = tonic::client::Grpc::new(channel);
        grpc.ready().await.map_err(|error| format!("{error:?}"))?;
        let codec: ProstCodec<Q, Nothing> = ProstCodec::default();
        let path = http::uri::PathAndQuery::from_static(method);
        let answer = grpc.unary(tonic::Request::new(question), path, codec).await;
        answer.map(|_| ()).map_err(|status| format!("{status:?}"))
    };
    tokio::time::timeout(WITHIN, asked)
        .await
        .unwrap_or_else(|_| Err("too late".to_owned()))
}

trait Stream: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin {}
impl<T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin> Stream for T {}
