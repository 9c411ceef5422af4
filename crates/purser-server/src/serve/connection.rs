//! One connection: handshake, then requests until one side has enough.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use purser_authn::{Certificate, Presented};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::activity::Activity;
use super::executor::AtOnce;
use super::frames::SecondHeads;
use super::head::{FirstHeads, HeadGuard};
use super::tls::Tls;
use super::wire::{Gathered, Sending, Wire};
use crate::answer::Body;
use crate::crowd::Guest;
use crate::fair::Flow;
use crate::limits::Limits;
use crate::path;
use crate::peer::Peer;
use crate::shared::Shared;

/// Most resets of streams a peer may cause that are not yet dealt with (HTTP/2 rapid reset, CVE-2023-44487).
const PENDING_RESETS: usize = 20;
/// How much of a body a client may send ahead on one stream, bytes; kube-apiserver's.
const STREAM_WINDOW: u32 = 256 * 1024;
/// How much it may send ahead on all streams together, bytes.
const CONNECTION_WINDOW: u32 = 4 * 1024 * 1024;
/// Both for a peer that has shown no certificate that holds, bytes: what HTTP/2 begins with. That stays so when a token
/// comes, for the library cannot change them later.
const STRANGER_WINDOW: u32 = 64 * 1024 - 1;
/// How much of an answer waits in a stream for a slow reader, bytes.
const SEND_BUFFER: usize = 128 * 1024;
/// How long a connection that was told to end may take to do so when it has no requests.
const GOODBYE: Duration = Duration::from_secs(5);

/// Serves `stream` until it ends, or until `draining` turns true and the requests under way are answered. The peer is a
/// `guest` who may be dismissed, until it shows a certificate or a token that holds.
pub(super) async fn serve(
    shared: Arc<Shared>,
    tls: Arc<Tls>,
    stream: TcpStream,
    address: SocketAddr,
    mut guest: Guest,
    mut draining: watch::Receiver<bool>,
) {
    let acceptor = TlsAcceptor::from(Arc::clone(&tls.config));
    let wire = Wire::new(stream, shared.limits.stalled_reader);
    let sending = wire.sending();
    let handshake = tokio::time::timeout(shared.limits.handshake, acceptor.accept(wire));
    let handshake = tokio::select! {
        handshake = handshake => handshake,
        () = guest.dismissed() => return,
        // Who has asked for nothing is not waited for.
        _ = draining.wait_for(|draining| *draining) => return,
    };
    let stream = match handshake {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return tracing::debug!(%address, %error, "TLS handshake failed"),
        Err(_) => return tracing::debug!(%address, "TLS handshake timed out"),
    };
    let session = stream.get_ref().1;
    let chain = session.peer_certificates().unwrap_or_default();
    let chain = chain.iter().map(|one| one.clone().into_owned()).collect();
    let certificate = Certificate::new(chain).map(Arc::new);
    let second = session.alpn_protocol() == Some(b"h2");
    drop(tls);
    let user = user(&shared, certificate.as_ref()).await;
    let known = user.is_some();
    let peer = Arc::new(Peer::new(address, certificate, known));
    if user.is_some_and(|user| !guest.introduce(user)) {
        return tracing::debug!(%address, "too many connections of one user");
    }
    let served = Arc::clone(&peer);
    let serving = async {
        if second {
            serve_second(shared, served, stream, sending, draining).await;
        } else {
            serve_first(shared, served, stream, sending, draining).await;
        }
    };
    if known {
        return serving.await;
    }
    let mut serving = pin!(serving);
    tokio::select! {
        () = &mut serving => return,
        () = guest.dismissed() => return,
        // Who has too many connections already stays one who may have to go.
        user = peer.introduced() => if guest.introduce(Flow(user)) {
            return serving.await;
        },
    }
    tokio::select! {
        () = serving => {}
        () = guest.dismissed() => {}
    }
}

/// Whose connection it is, when the peer has shown a certificate that holds.
async fn user(shared: &Shared, certificate: Option<&Arc<Certificate>>) -> Option<Flow> {
    let presented = Presented {
        certificate: Some(certificate?),
        authorization: None,
        path: "",
    };
    shared
        .authenticator
        .authenticate(&presented)
        .await
        .ok()
        .map(|identity| Flow(identity.user))
}

/// How long a connection with `peer` may be without a request.
fn idle(limits: &Limits, peer: &Peer) -> Duration {
    match peer.is_known() {
        true => limits.idle,
        false => limits.idle.min(limits.stranger_idle),
    }
}

type Stream = TlsStream<Wire>;

async fn serve_first(
    shared: Arc<Shared>,
    peer: Arc<Peer>,
    stream: Stream,
    sending: Sending,
    draining: watch::Receiver<bool>,
) {
    let (limits, activity) = (shared.limits.clone(), Activity::new());
    let stream = HeadGuard::new(stream, limits.header_read, FirstHeads::new(Arc::clone(&activity)));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_read.max(limits.idle))
        .max_buf_size(limits.head_bytes)
        .max_headers(limits.headers)
        .half_close(false)
        .serve_connection(
            TokioIo::new(stream),
            service(shared, Arc::clone(&peer), Arc::clone(&activity)),
        );
    drive(
        Gathered::new(connection, sending),
        http1::Connection::graceful_shutdown,
        &activity,
        || idle(&limits, &peer),
        draining,
    )
    .await;
}

async fn serve_second(
    shared: Arc<Shared>,
    peer: Arc<Peer>,
    stream: Stream,
    sending: Sending,
    draining: watch::Receiver<bool>,
) {
    let (limits, activity) = (shared.limits.clone(), Activity::new());
    let (stream_window, connection_window) = if peer.trusted {
        (STREAM_WINDOW, CONNECTION_WINDOW)
    } else {
        (STRANGER_WINDOW, STRANGER_WINDOW)
    };
    let head_bytes = u32::try_from(limits.head_bytes).unwrap_or(u32::MAX);
    let stream = HeadGuard::new(stream, limits.header_read, SecondHeads::new());
    let connection = http2::Builder::new(AtOnce)
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .initial_stream_window_size(stream_window)
        .initial_connection_window_size(connection_window)
        .max_send_buf_size(SEND_BUFFER)
        .max_header_list_size(head_bytes)
        .max_pending_accept_reset_streams(PENDING_RESETS)
        .keep_alive_interval(limits.ping_every)
        .keep_alive_timeout(limits.ping_timeout)
        .serve_connection(
            TokioIo::new(stream),
            service(shared, Arc::clone(&peer), Arc::clone(&activity)),
        );
    drive(
        Gathered::new(connection, sending),
        http2::Connection::graceful_shutdown,
        &activity,
        || idle(&limits, &peer),
        draining,
    )
    .await;
}

fn service(
    shared: Arc<Shared>,
    peer: Arc<Peer>,
    activity: Arc<Activity>,
) -> impl hyper::service::HttpService<Incoming, ResBody = Body, Error = Infallible, Future: Send + 'static> {
    service_fn(move |request: Request<Incoming>| {
        let (shared, peer, active) = (Arc::clone(&shared), Arc::clone(&peer), activity.begin());
        async move {
            let mut response: Response<Body> = path::answer(shared, peer, request).await?;
            if response.body().is_streamed() {
                response.body_mut().also_on_finish(Box::new(move || drop(active)));
            }
            Ok::<_, Infallible>(response)
        }
    })
}

/// Runs a connection to its end; tells it to end when it has been idle too long or the server stops.
async fn drive<C>(
    mut connection: Gathered<C>,
    end: fn(Pin<&mut C>),
    activity: &Activity,
    limit: impl Fn() -> Duration,
    mut draining: watch::Receiver<bool>,
) where
    C: Future<Output = Result<(), hyper::Error>>,
{
    let idle = tokio::select! {
        () = &mut connection => return,
        () = activity.idle(&limit) => true,
        _ = draining.wait_for(|draining| *draining) => false,
    };
    end(connection.connection());
    if idle {
        // Nothing is under way: a peer that does not say goodbye is not waited for.
        let _ = tokio::time::timeout(GOODBYE.min(limit()), connection).await;
    } else {
        connection.await;
    }
}
