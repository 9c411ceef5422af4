//! Connections to a member.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Uri};
use tower::service_fn;

use crate::address::Address;
use crate::error::OpenError;
use crate::options::{Options, TlsFiles};
use crate::tls;

/// How long a connection on which something is waited for may be silent before the other side is asked whether it is
/// there; etcd takes more than one such question in 5 seconds for an attack (`--grpc-keepalive-min-time`).
const ASK_AFTER: Duration = Duration::from_secs(10);
/// How long it may take to say so.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// How much of a stream may be on its way: a page, or a few large events.
const WINDOW: u32 = 4 << 20;

/// There is no connection, so that nothing was sent on it.
#[derive(Debug, thiserror::Error)]
#[error("{authority}: {why}")]
pub(crate) struct NotConnected {
    authority: String,
    why: String,
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// What a connection needs.
struct Way {
    address: Address,
    files: TlsFiles,
    timeout: Duration,
}

/// A channel that connects when it is first used, and again when the member has been away.
///
/// # Errors
/// [`OpenError::Endpoint`].
pub(crate) fn channel(address: &Address, options: &Options) -> Result<Channel, OpenError> {
    let authority = address.authority();
    let way = Arc::new(Way {
        address: address.clone(),
        files: options.tls.clone(),
        timeout: options.connect_timeout,
    });
    // The scheme is that of the channel's inside: whether it goes through TLS is the connector's matter.
    let uri = Uri::builder()
        .scheme("http")
        .authority(authority.as_str())
        .path_and_query("/")
        .build()
        .map_err(|_| OpenError::Endpoint { endpoint: authority })?;
    let channel = Channel::builder(uri)
        .http2_keep_alive_interval(ASK_AFTER)
        .keep_alive_timeout(ANSWER_WITHIN)
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW);
    Ok(channel.connect_with_connector_lazy(service_fn(move |_: Uri| connect(Arc::clone(&way)))))
}

async fn connect(way: Arc<Way>) -> Result<TokioIo<Box<dyn Stream>>, NotConnected> {
    let failed = |why: String| NotConnected {
        authority: way.address.authority(),
        why,
    };
    match tokio::time::timeout(way.timeout, way.open()).await {
        Ok(Ok(stream)) => Ok(TokioIo::new(stream)),
        Ok(Err(why)) => Err(failed(why)),
        Err(_) => Err(failed(format!("no connection within {:?}", way.timeout))),
    }
}

impl Way {
    async fn open(&self) -> Result<Box<dyn Stream>, String> {
        let told = |error: io::Error| error.to_string();
        let address = (self.address.host.as_str(), self.address.port);
        let stream = TcpStream::connect(address).await.map_err(told)?;
        stream.set_nodelay(true).map_err(told)?;
        if !self.address.tls {
            return Ok(Box::new(stream));
        }
        // Read for each connection: certificates are renewed while this runs.
        let config = tls::client(&self.files).map_err(|error| error.to_string())?;
        let name = ServerName::try_from(self.address.host.clone()).map_err(|error| error.to_string())?;
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
        Ok(Box::new(stream.map_err(told)?))
    }
}
