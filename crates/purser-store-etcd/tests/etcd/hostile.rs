//! Servers that are no etcd, or an evil one.
use std::convert::Infallible;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use purser_store_etcd::{EtcdStore, OpenError, Options};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

const SHORT: Duration = Duration::from_secs(1);

/// Opens a store on the endpoint, which must fail soon; answers why.
async fn refused(endpoint: String) -> String {
    let began = Instant::now();
    let options = Options {
        request_timeout: SHORT,
        ..Options::new(vec![endpoint])
    };
    let told = EtcdStore::open(options).await.err().unwrap();
    assert!(began.elapsed() < 5 * SHORT, "{:?}", began.elapsed());
    assert!(matches!(told, OpenError::Unreachable(_)), "{told}");
    told.to_string()
}

async fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    (listener, endpoint)
}

#[tokio::test]
async fn garbage_is_no_answer() {
    let (listener, endpoint) = listener().await;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            drop(stream.write_all(&[0x16; 4096]).await);
        }
    });
    refused(endpoint).await;
}

#[tokio::test]
async fn silence_is_no_answer() {
    let (listener, endpoint) = listener().await;
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    assert!(refused(endpoint).await.contains("no answer"));
}

/// Serves gRPC over HTTP/2 that answers everything with these bytes.
async fn answering(body: Vec<u8>) -> String {
    let (listener, endpoint) = listener().await;
    let body = Bytes::from(body);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let body = body.clone();
            let answer = service_fn(move |_: Request<Incoming>| {
                let body = body.clone();
                async move {
                    let response = Response::builder().header("content-type", "application/grpc");
                    let done = HeaderMap::from_iter([(
                        HeaderName::from_static("grpc-status"),
                        HeaderValue::from_static("0"),
                    )]);
                    let body = Full::new(body).with_trailers(async move { Some(Ok(done)) });
                    Ok::<_, Infallible>(response.body(body).unwrap())
                }
            });
            let serving = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            tokio::spawn(serving.serve_connection(TokioIo::new(stream), answer));
        }
    });
    endpoint
}

#[tokio::test]
async fn an_answer_that_says_to_be_huge_is_refused_before_it_is_read() {
    let mut body = vec![0];
    body.extend(u32::MAX.to_be_bytes());
    body.extend([0; 64]);
    let told = refused(answering(body).await).await;
    assert!(told.contains("larger"), "{told}");
}

#[tokio::test]
async fn an_answer_that_is_no_message_is_refused() {
    let mut body = vec![0];
    body.extend(4_u32.to_be_bytes());
    body.extend([0xff; 4]);
    refused(answering(body).await).await;
}

#[tokio::test]
async fn an_answer_without_a_header_is_refused() {
    let told = refused(answering(vec![0; 5]).await).await;
    assert!(told.contains("header"), "{told}");
}
