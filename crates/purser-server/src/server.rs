//! The server as the binary sees it.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use futures_util::future::BoxFuture;
use purser_audit::{Audit, LogSink};
use purser_authn::Authenticator;
use purser_authz::Authorizer;
use purser_registry::kinds::KINDS;
use purser_registry::{Clock, Registry};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::crowd::Crowd;
use crate::decoding::Decoding;
use crate::discovery::{Discovery, Document, group_versions};
use crate::fair::Fairness;
use crate::health::{Check, Ping, Probe};
use crate::limits::Limits;
use crate::metrics::{MetricFamily, Metrics, Observation};
use crate::openapi::OpenApi;
use crate::pages::Page;
use crate::serve::{self, Tls};
use crate::shared::{Random, Shared};
use crate::version::Version;

/// What a server is made of.
pub struct Config {
    /// The objects.
    pub registry: Arc<Registry>,
    /// Who is asking.
    pub authenticator: Arc<Authenticator>,
    /// What is put on record.
    pub audit: Audit,
    /// The certificate and the authorities named to clients; swap it to renew.
    pub tls: Arc<ArcSwap<Tls>>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Spreads the ends of watches; see [`random`].
    pub random: Random,
    /// The bounds.
    pub limits: Limits,
    /// What `/version` tells.
    pub version: Version,
    /// Host and port at which clients reach the server, as discovery tells them.
    pub advertised: String,
    /// Checks of `/readyz` and `/livez` besides the server's own (the store, the encryption).
    pub checks: Vec<Box<dyn Check>>,
    /// Pages for administrators.
    pub pages: Vec<Box<dyn Page>>,
}

/// An HTTPS server of the Kubernetes API.
pub struct Server {
    shared: Arc<Shared>,
    tls: Arc<ArcSwap<Tls>>,
}

impl Server {
    /// Puts the parts together; nothing is listened to yet.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let Config {
            registry,
            authenticator,
            audit,
            tls,
            clock,
            random,
            limits,
            version,
            advertised,
            checks,
            pages,
        } = config;
        let (draining, _) = watch::channel(false);
        let mut all: Vec<Box<dyn Check>> = vec![Box::new(Ping)];
        all.extend(checks);
        if let Some(sink) = audit.sink() {
            all.push(Box::new(AuditLog(Arc::clone(sink))));
        }
        all.push(Box::new(WatchCache(Arc::clone(&registry))));
        all.push(Box::new(Stopping(draining.subscribe())));
        let keys_uri = format!("https://{advertised}/openid/v1/jwks");
        let tokens = authenticator.tokens();
        let token_metadata = tokens.and_then(|tokens| tokens.metadata(&keys_uri));
        let shared = Shared {
            connections: Crowd::new(limits.connections),
            fairness: Fairness::new(&limits),
            decoding: Decoding::new(),
            limits,
            draining,
            metrics: Metrics::new(registry.authorizer()),
            authorizer: Arc::clone(registry.authorizer()),
            strangers: Arc::new(Authorizer::new()),
            registry,
            authenticator,
            audit,
            random,
            discovery: Discovery::new(KINDS, &advertised),
            openapi: OpenApi::new(KINDS, &version.git_version, clock.now()),
            clock,
            version: Document::of(&version.json()),
            index: Document::of(&index(&all, &pages, token_metadata.is_some())),
            checks: all,
            pages,
            token_metadata,
        };
        observe_audit(&shared);
        observe_stored(&shared);
        Self {
            shared: Arc::new(shared),
            tls,
        }
    }

    /// Tells one more number on `/metrics`.
    pub fn observe(&self, observation: Observation) {
        self.shared.metrics.observe(observation);
    }

    /// Tells more metrics on `/metrics`, with labels; `tell` is called whenever they are asked for.
    pub fn observe_families(&self, tell: impl Fn() -> Vec<MetricFamily> + Send + Sync + 'static) {
        self.shared.metrics.observe_families(Box::new(tell));
    }

    /// Serves `listener` until `shutdown` is done. Then `/readyz` fails, no connection is taken, watches end
    /// cleanly, and requests under way have `grace` to be answered. May be called for several listeners.
    pub async fn serve(&self, listener: TcpListener, shutdown: impl Future<Output = ()>, grace: Duration) {
        serve::serve(
            Arc::clone(&self.shared),
            Arc::clone(&self.tls),
            listener,
            shutdown,
            grace,
        )
        .await;
    }
}

/// What the audit log did, under kube-apiserver's names where there is one.
fn observe_audit(shared: &Shared) {
    let Some(sink) = shared.audit.sink() else { return };
    let tell = |name, help, read: fn(&LogSink) -> &AtomicU64| {
        let sink = Arc::clone(sink);
        let read = Box::new(move || read(&sink).load(Ordering::Relaxed));
        shared.metrics.observe(Observation {
            name,
            help,
            counter: true,
            read,
        });
    };
    tell("apiserver_audit_event", "Audit events written", |sink| {
        &sink.counters().written
    });
    tell(
        "apiserver_audit_error",
        "Failed attempts to write audit events",
        |sink| &sink.counters().write_errors,
    );
    tell(
        "purser_audit_refused",
        "Requests refused because they could not be put on record",
        |sink| &sink.counters().refused,
    );
    tell("purser_audit_lost", "Audit events lost", |sink| {
        &sink.counters().lost
    });
}

/// What is stored and cannot be read, how often somebody met it, and the Secrets that are as good as a login for ever.
fn observe_stored(shared: &Shared) {
    let tell = |name, help, counter, read: fn(&Registry) -> u64| {
        let registry = Arc::clone(&shared.registry);
        let read = Box::new(move || read(&registry));
        shared.metrics.observe(Observation {
            name,
            help,
            counter,
            read,
        });
    };
    tell(
        "purser_unreadable_objects",
        "Stored objects that cannot be read",
        false,
        Registry::unreadable_objects,
    );
    tell(
        "purser_unreadable_reads",
        "Times that a read met an object that cannot be read",
        true,
        Registry::unreadable_total,
    );
    tell(
        "purser_long_lived_token_secrets",
        "Secrets that keep a token of a service account that never expires",
        false,
        Registry::lasting_tokens,
    );
}

/// The system's randomness, for [`Config::random`].
#[must_use]
pub fn random() -> Random {
    Arc::new(|| {
        let (high, _) = uuid::Uuid::new_v4().as_u64_pair();
        // The upper 32 bits of a version 4 UUID are random.
        u32::try_from(high >> 32).map_or(0.0, f64::from) / (f64::from(u32::MAX) + 1.0)
    })
}

/// Fails while the caches do not follow the store.
struct WatchCache(Arc<Registry>);

impl Check for WatchCache {
    fn name(&self) -> &'static str {
        "watch-cache"
    }

    fn check(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async { self.0.readiness().map_err(|why| why.to_string()) })
    }
}

/// Fails while the audit log cannot be written: then nothing is answered but probes and metrics.
struct AuditLog(Arc<LogSink>);

impl Check for AuditLog {
    fn name(&self) -> &'static str {
        "audit"
    }

    fn check(&self) -> BoxFuture<'_, Result<(), String>> {
        let failing = self.0.is_failing();
        Box::pin(async move {
            if failing {
                Err("the audit log cannot be written".to_owned())
            } else {
                Ok(())
            }
        })
    }
}

/// Fails once the server is stopping.
struct Stopping(watch::Receiver<bool>);

impl Check for Stopping {
    fn name(&self) -> &'static str {
        "shutdown"
    }

    fn check(&self) -> BoxFuture<'_, Result<(), String>> {
        let stopping = *self.0.borrow();
        Box::pin(async move {
            if stopping {
                Err("the server is stopping".to_owned())
            } else {
                Ok(())
            }
        })
    }
}

/// The list of paths at `/`.
fn index(checks: &[Box<dyn Check>], pages: &[Box<dyn Page>], tells_token_keys: bool) -> String {
    let mut paths: Vec<String> = [
        "/api",
        "/apis",
        "/metrics",
        "/openapi/v2",
        "/openapi/v3",
        "/version",
    ]
    .map(str::to_owned)
    .into();
    for (group, version) in group_versions(KINDS) {
        if group.is_empty() {
            paths.push(format!("/api/{version}"));
        } else {
            paths.extend([format!("/apis/{group}"), format!("/apis/{group}/{version}")]);
        }
    }
    if tells_token_keys {
        paths.extend(["/.well-known/openid-configuration", "/openid/v1/jwks"].map(str::to_owned));
    }
    paths.extend(
        pages
            .iter()
            .flat_map(|page| page.paths())
            .filter(|path| !path.ends_with('*'))
            .map(|path| (*path).to_owned()),
    );
    for probe in [Probe::Live, Probe::Ready, Probe::Health] {
        paths.push(format!("/{}", probe.name()));
        let own = checks.iter().filter(|check| probe.includes(check.as_ref()));
        paths.extend(own.map(|check| format!("/{}/{}", probe.name(), check.name())));
    }
    paths.sort();
    serde_json::json!({ "paths": paths }).to_string()
}
