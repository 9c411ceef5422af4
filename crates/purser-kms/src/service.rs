//! The plugin over gRPC.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use purser_encryption::kms::wire::v2::{
    DECRYPT, DecryptRequest, DecryptResponse, ENCRYPT, EncryptRequest, EncryptResponse, STATUS,
    StatusRequest, StatusResponse,
};
use tokio::net::UnixStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tonic::Status;
use tonic::body::Body;
use tonic::server::Grpc;
use tonic_prost::ProstCodec;
use tower::service_fn as unary;

use crate::listen::{Listening, UNACCEPTED};
use crate::plugin::Plugin;

/// Most connections: an API server has one.
const CONNECTIONS: usize = 64;
/// Most requests of a connection at once.
const STREAMS: u32 = 1024;
/// The most bytes of a request: its parts have bounds of their own.
const MAX_REQUEST: usize = 64 * 1024;
/// How long a client may say nothing, not even that it is there.
const SILENCE: Duration = Duration::from_secs(60);

/// Serves `plugin` until `shutdown` is done; then requests under way have `grace` to be answered.
pub async fn serve(
    plugin: Arc<Plugin>,
    listening: Listening,
    shutdown: impl Future<Output = ()>,
    grace: Duration,
) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let (stopping, stopped) = tokio::sync::watch::channel(false);
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        // A place first: who comes too much waits in the system's queue.
        let place = tokio::select! {
            place = Arc::clone(&room).acquire_owned() => place,
            () = &mut shutdown => break,
        };
        let accepted = tokio::select! {
            accepted = listening.listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, _)) => {
                let (plugin, stopped) = (Arc::clone(&plugin), stopped.clone());
                connections.spawn(async move {
                    connection(plugin, stream, stopped).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(UNACCEPTED).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
    let _ = stopping.send(true);
    let all = async { while connections.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(grace, all).await;
}

async fn connection(
    plugin: Arc<Plugin>,
    stream: UnixStream,
    mut stopped: tokio::sync::watch::Receiver<bool>,
) {
    let service = service_fn(move |request: Request<Incoming>| answer(Arc::clone(&plugin), request));
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .keep_alive_interval(SILENCE)
        .keep_alive_timeout(SILENCE)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let stop = async { stopped.wait_for(|stopped| *stopped).await.is_ok() };
    let ended = tokio::select! {
        ended = &mut connection => ended,
        _ = stop => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended");
    }
}

fn answer(
    plugin: Arc<Plugin>,
    request: Request<Incoming>,
) -> BoxFuture<'static, Result<Response<Body>, Infallible>> {
    async move {
        Ok(match request.uri().path() {
            STATUS => {
                let codec = ProstCodec::<StatusResponse, StatusRequest>::default();
                let status = unary(move |_: tonic::Request<StatusRequest>| {
                    let plugin = Arc::clone(&plugin);
                    async move { Ok::<_, Status>(tonic::Response::new(plugin.status().await)) }
                });
                grpc(codec).unary(status, request).await
            }
            ENCRYPT => {
                let codec = ProstCodec::<EncryptResponse, EncryptRequest>::default();
                let encrypt = unary(move |request: tonic::Request<EncryptRequest>| {
                    let plugin = Arc::clone(&plugin);
                    async move {
                        plugin
                            .encrypt(request.into_inner())
                            .await
                            .map(tonic::Response::new)
                    }
                });
                grpc(codec).unary(encrypt, request).await
            }
            DECRYPT => {
                let codec = ProstCodec::<DecryptResponse, DecryptRequest>::default();
                let decrypt = unary(move |request: tonic::Request<DecryptRequest>| {
                    let plugin = Arc::clone(&plugin);
                    async move {
                        plugin
                            .decrypt(request.into_inner())
                            .await
                            .map(tonic::Response::new)
                    }
                });
                grpc(codec).unary(decrypt, request).await
            }
            _ => Status::unimplemented("this plugin speaks v2.KeyManagementService").into_http(),
        })
    }
    .boxed()
}

fn grpc<C: tonic::codec::Codec>(codec: C) -> Grpc<C> {
    Grpc::new(codec).max_decoding_message_size(MAX_REQUEST)
}
