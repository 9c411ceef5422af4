//! One connection of the bare server.

use std::convert::Infallible;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

/// Requests in flight on one connection, as the Kubernetes API server allows.
const MOST_STREAMS: u32 = 250;

/// Answers everything with `body`, until the client goes.
pub(crate) async fn answer(acceptor: TlsAcceptor, stream: TcpStream, body: Bytes) {
    // A peer that breaks off shows in the driver's own figures.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let Ok(tls) = acceptor.accept(stream).await else {
        return;
    };
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http2().max_concurrent_streams(MOST_STREAMS);
    let service = service_fn(move |request| constant(request, body.clone()));
    drop(builder.serve_connection(TokioIo::new(tls), service).await);
}

async fn constant(mut request: Request<Incoming>, body: Bytes) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.method() != Method::GET {
        while let Some(Ok(_)) = request.body_mut().frame().await {}
    }
    let mut response = Response::new(Full::new(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    Ok(response)
}
