//! A KMS plugin of both versions that does as a test says: it keeps the rules, or breaks one of them.
//!
//! What it wraps with is the key of the recorded values: `nonce(12) ‖ AES-256-GCM(00 01 … 1f)`, with the annotation
//! `alg.vectors.purser.dev`.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use parking_lot::Mutex;
use purser_encryption::kms::wire::{v1, v2};
use tokio::net::UnixListener;
use tonic::Status;
use tonic::body::Body;
use tonic::server::Grpc;
use tonic_prost::ProstCodec;
use tower::service_fn as unary;

/// What the recorded values are wrapped by.
pub(crate) const KEY_ID: &str = "vector-kek-1";
/// The annotation that the plugin gives, and wants back.
const ANNOTATION: &str = "alg.vectors.purser.dev";
const ALGORITHM: &[u8] = b"aes-256-gcm";

/// How it behaves.
#[derive(Clone)]
pub(crate) struct Manners {
    /// What `Status` and `Version` say.
    pub(crate) version: String,
    pub(crate) healthz: String,
    pub(crate) key_id: String,
    /// What `Encrypt` says it wrapped with, where that is something else.
    pub(crate) wraps_with: Option<String>,
    /// Every status tells another key.
    pub(crate) flaps: bool,
    /// What `Encrypt` answers in place of a wrapped key.
    pub(crate) ciphertext: Option<Vec<u8>>,
    pub(crate) annotations: BTreeMap<String, Vec<u8>>,
    /// What `Decrypt` answers in place of the key.
    pub(crate) plaintext: Option<Vec<u8>>,
    /// How long each answer takes.
    pub(crate) takes: Duration,
    /// Answers nothing but this.
    pub(crate) fails: Option<Status>,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            version: "v2".to_owned(),
            healthz: "ok".to_owned(),
            key_id: KEY_ID.to_owned(),
            wraps_with: None,
            flaps: false,
            ciphertext: None,
            annotations: BTreeMap::from([(ANNOTATION.to_owned(), ALGORITHM.to_vec())]),
            plaintext: None,
            takes: Duration::ZERO,
            fails: None,
        }
    }
}

/// How often it was asked.
#[derive(Default)]
pub(crate) struct Asked {
    pub(crate) status: AtomicUsize,
    pub(crate) encrypt: AtomicUsize,
    pub(crate) decrypt: AtomicUsize,
}

/// The plugin; it stops listening when its runtime ends.
#[derive(Default)]
pub(crate) struct StandIn {
    manners: Mutex<Manners>,
    pub(crate) asked: Asked,
}

impl StandIn {
    /// Listens; on the runtime that this is called in.
    pub(crate) fn listen(socket: &Path) -> Arc<Self> {
        let this = Arc::new(Self::default());
        let listener = UnixListener::bind(socket).unwrap();
        let plugin = Arc::clone(&this);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let plugin = Arc::clone(&plugin);
                tokio::spawn(async move {
                    let answer = service_fn(move |request| Arc::clone(&plugin).answer(request));
                    let served = http2::Builder::new(TokioExecutor::new())
                        .timer(TokioTimer::new())
                        .serve_connection(TokioIo::new(stream), answer);
                    let _ = served.await;
                });
            }
        });
        this
    }

    /// From now on.
    pub(crate) fn behave(&self, manners: Manners) {
        *self.manners.lock() = manners;
    }

    async fn begin(&self) -> Result<Manners, Status> {
        let manners = self.manners.lock().clone();
        tokio::time::sleep(manners.takes).await;
        match manners.fails {
            Some(status) => Err(status),
            None => Ok(manners),
        }
    }

    async fn status(&self) -> Result<v2::StatusResponse, Status> {
        let manners = self.begin().await?;
        let number = self.asked.status.fetch_add(1, Ordering::Relaxed);
        let flapped = if manners.flaps {
            format!("-{number}")
        } else {
            String::new()
        };
        Ok(v2::StatusResponse {
            version: manners.version,
            healthz: manners.healthz,
            key_id: manners.key_id + &flapped,
        })
    }

    async fn encrypt(&self, secret: &[u8]) -> Result<v2::EncryptResponse, Status> {
        let manners = self.begin().await?;
        self.asked.encrypt.fetch_add(1, Ordering::Relaxed);
        // Of the status before, when that changes each time.
        let last = self.asked.status.load(Ordering::Relaxed).saturating_sub(1);
        let flapped = if manners.flaps {
            format!("-{last}")
        } else {
            String::new()
        };
        Ok(v2::EncryptResponse {
            ciphertext: manners.ciphertext.unwrap_or_else(|| wrap(secret)),
            key_id: manners.wraps_with.unwrap_or(manners.key_id + &flapped),
            annotations: manners.annotations,
        })
    }

    async fn decrypt(&self, wrapped: &[u8]) -> Result<Vec<u8>, Status> {
        let manners = self.begin().await?;
        self.asked.decrypt.fetch_add(1, Ordering::Relaxed);
        match manners.plaintext {
            Some(instead) => Ok(instead),
            None => unwrap(wrapped).ok_or_else(|| Status::invalid_argument("it was not wrapped here")),
        }
    }

    fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> BoxFuture<'static, Result<Response<Body>, Infallible>> {
        /// One method: its question, its answer, and what is done.
        macro_rules! method {
            ($question:ty, $answer:ty, $this:ident, $asked:ident, $done:expr) => {{
                let serve = unary(move |request: tonic::Request<$question>| {
                    let $this = Arc::clone(&self);
                    async move {
                        let $asked = request.into_inner();
                        $done.map(tonic::Response::new)
                    }
                });
                let codec = ProstCodec::<$answer, $question>::default();
                Grpc::new(codec).unary(serve, request).await
            }};
        }
        async move {
            Ok(match request.uri().path() {
                v2::STATUS => method!(
                    v2::StatusRequest,
                    v2::StatusResponse,
                    this,
                    _asked,
                    this.status().await
                ),
                v2::ENCRYPT => method!(v2::EncryptRequest, v2::EncryptResponse, this, asked, {
                    this.encrypt(&asked.plaintext).await
                }),
                v2::DECRYPT => method!(v2::DecryptRequest, v2::DecryptResponse, this, asked, {
                    match asked.annotations.get(ANNOTATION) {
                        Some(algorithm) if algorithm == ALGORITHM => this.decrypt(&asked.ciphertext).await,
                        _ => Err(Status::invalid_argument("the annotation is missing")),
                    }
                    .map(|plaintext| v2::DecryptResponse { plaintext })
                }),
                v1::VERSION => method!(v1::VersionRequest, v1::VersionResponse, this, _asked, {
                    this.begin().await.map(|manners| v1::VersionResponse {
                        version: if manners.version == "v2" {
                            v1::API_VERSION.to_owned()
                        } else {
                            manners.version
                        },
                        ..v1::VersionResponse::default()
                    })
                }),
                v1::ENCRYPT => method!(v1::EncryptRequest, v1::EncryptResponse, this, asked, {
                    let wrapped = this.encrypt(&asked.plain).await;
                    wrapped.map(|wrapped| v1::EncryptResponse {
                        cipher: wrapped.ciphertext,
                    })
                }),
                v1::DECRYPT => method!(v1::DecryptRequest, v1::DecryptResponse, this, asked, {
                    this.decrypt(&asked.cipher)
                        .await
                        .map(|plain| v1::DecryptResponse { plain })
                }),
                _ => Status::unimplemented("no such method").into_http(),
            })
        }
        .boxed()
    }
}

fn key() -> LessSafeKey {
    let bytes: Vec<u8> = (0..32).collect();
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &bytes).unwrap())
}

fn wrap(secret: &[u8]) -> Vec<u8> {
    let mut nonce = [0; NONCE_LEN];
    rand::fill(&mut nonce).unwrap();
    let mut sealed = secret.to_vec();
    key()
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed)
        .unwrap();
    [&nonce[..], &sealed].concat()
}

fn unwrap(wrapped: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = wrapped.split_first_chunk::<NONCE_LEN>()?;
    let mut sealed = sealed.to_vec();
    let opened = key().open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::empty(), &mut sealed);
    opened.ok().map(|opened| opened.to_vec())
}
