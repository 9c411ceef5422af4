//! `/metrics`, `/livez` and `/readyz` over plain HTTP.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::listen::UNACCEPTED;
use crate::plugin::Plugin;

/// Most connections: whoever scrapes has one.
const CONNECTIONS: usize = 16;
/// Longest connection: a scrape takes much less.
const LONGEST: Duration = Duration::from_secs(30);
/// How long a client may take to say what it wants.
const HEADERS: Duration = Duration::from_secs(5);
/// What `/metrics` is written in.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Serves them until it is dropped.
pub async fn serve_pages(plugin: Arc<Plugin>, listener: TcpListener) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let place = Arc::clone(&room).acquire_owned().await;
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(UNACCEPTED).await;
            continue;
        };
        let plugin = Arc::clone(&plugin);
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&plugin), request));
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADERS)
                .serve_connection(TokioIo::new(stream), service);
            let _ = tokio::time::timeout(LONGEST, connection).await;
            drop(place);
        });
    }
}

async fn answer(
    plugin: Arc<Plugin>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (status, kind, text) = match (request.method(), request.uri().path()) {
        (&Method::GET, "/metrics") => match plugin.metrics().text() {
            Ok(text) => (StatusCode::OK, OPEN_METRICS, text),
            Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "text/plain", String::new()),
        },
        (&Method::GET, "/livez") => (StatusCode::OK, "text/plain", "ok".to_owned()),
        (&Method::GET, "/readyz") => match plugin.status().await {
            said if said.healthz == "ok" => (StatusCode::OK, "text/plain", said.healthz),
            said => (StatusCode::SERVICE_UNAVAILABLE, "text/plain", said.healthz),
        },
        _ => {
            let said = "there is /metrics, /livez and /readyz\n".to_owned();
            (StatusCode::NOT_FOUND, "text/plain", said)
        }
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok(response)
}
