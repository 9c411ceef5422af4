//! `purser serve`: puts the parts together, runs them, and takes them apart in order.

use std::io::{self, IsTerminal as _};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use purser_audit::{Audit, LogSink, SinkOptions};
use purser_authn::Authenticator;
use purser_authn::token::ServiceAccounts;
use purser_encryption::SealedStore;
use purser_registry::{Options as RegistryOptions, Registry, ServiceRanges, SystemClock};
use purser_server::{Config, Limits, Server, Tls, Version};
use purser_store::Store;
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::access::Access;
use crate::aside::aside;
use crate::at_rest::{self, AtRest, Configured};
use crate::authorization::Authorization;
use crate::banner::Banner;
use crate::custody::{AtRestPages, ChorePages, Custody};
use crate::error::Error;
use crate::health::{EncryptionWorks, StoreWrites};
use crate::identity::Identity;
use crate::initialised::Marks;
use crate::layout::{Layout, Surroundings};
use crate::pki::{Issuing, Name, Pki};
use crate::serve_options::ServeOptions;
use crate::signals::Signals;
use crate::store::Opened;
use crate::{advertise, hardening, kubeconfig, measured, notify, private, reload, renewal, token_keys};

/// How long the audit log may take to write what it holds when the server stops.
const AUDIT_FLUSH: Duration = Duration::from_secs(5);

/// Serves until it is asked to stop.
///
/// # Errors
/// When it cannot start, or the store fails when it is closed.
pub(crate) fn serve(options: &ServeOptions, began: Instant) -> Result<(), Error> {
    hardening::apply()?;
    seed_randomness();
    let around = Surroundings::of_process()?;
    let layout = Layout::new(options.data_dir.as_deref(), options.key_dir.as_deref(), &around)?;
    private::directory(&layout.data).map_err(|error| match error {
        Error::File {
            action: "make",
            path,
            source,
        } => Error::DataDirectory { path, source },
        error => error,
    })?;
    let layout = options.etcd.locate(layout);
    if !options.etcd.are_given() {
        private::check(&layout.store())?;
    }
    private::check(&layout.kubeconfig())?;
    // INVARIANT: the store's lock is taken before anything is made, so that two first starts do not mix.
    let marks = Marks::new(&layout);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let store = Opened::of(&options.etcd, &layout, &marks).await?;
        run(options, &layout, &marks, &store, began).await
    })
}

/// The cryptographic library's first random bytes take it some 50 ms (it times the processor's jitter): that can go on
/// while the store is opened. Whoever needs some meanwhile waits for it.
fn seed_randomness() {
    let seed = || {
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        // What fails here fails again, and is told, where randomness is used.
        let _ = provider.secure_random.fill(&mut [0; 1]);
    };
    // Without a thread to spare it just takes longer.
    let _ = std::thread::Builder::new().name("seed".to_owned()).spawn(seed);
}

/// What lies below the server, in the order in which it was made.
struct Ground {
    store: Arc<dyn Store>,
    sealed: SealedStore,
    at_rest: AtRest,
    pki: Arc<Pki>,
    audit: Audit,
    registry: Arc<Registry>,
    tokens: Arc<ServiceAccounts>,
    /// Where others are told to reach the server; `None`: nowhere.
    advertised: Option<IpAddr>,
}

async fn run(
    options: &ServeOptions,
    layout: &Layout,
    marks: &Marks,
    store: &Opened,
    began: Instant,
) -> Result<(), Error> {
    // First, for what is made next names the port.
    let listener = listen(SocketAddr::new(options.bind_address, options.secure_port)).await?;
    let address = listener.local_addr()?;
    let ground = Ground::lay(options, layout, marks, store.store(), address).await?;
    let access = Access::open(options, ground.pki.ca(), ground.tokens.audiences())?;
    let authorization = Authorization::open(options, ground.registry.authorizer())?;
    let identity = Arc::new(Identity::new(
        Arc::clone(&ground.pki),
        address,
        layout.kubeconfig(),
        Arc::clone(&access.clients),
    ));
    let tls = Arc::new(ArcSwap::from_pointee(
        identity.establish(OffsetDateTime::now_utc())?,
    ));
    let server = ground.server(options, layout, address, Arc::clone(&tls), &access);
    if let Some(webhook) = access.webhook() {
        measured::tell_token_webhook(&server, webhook);
    }
    if let Some(issuers) = access.issuers() {
        measured::tell_issuers(&server, issuers);
    }
    let reloads = Arc::<reload::Counters>::default();
    measured::tell_reloads(&server, &reloads);
    measured::tell(&server, store, &ground.registry, &ground.at_rest);
    let signals = Signals::catch()?;
    let mut who_and_what = access.follow(&identity, &tls);
    who_and_what.extend(authorization.follow());
    let mut reloading = JoinSet::new();
    // Apart: who is to be denied is not kept waiting by plugins that are waited for.
    for followed in [who_and_what, Vec::from_iter(ground.at_rest.follow(layout))] {
        reloading.spawn(reload::keep(followed, Arc::clone(&reloads)));
    }
    reloading.spawn(ground.at_rest.clone().keep_noting(ground.sealed.clone()));
    let renewing = tokio::spawn(renewal::keep(identity, tls));
    announce(layout, &ground.at_rest, address, began)?;
    server
        .serve(listener, stop_asked(signals), options.shutdown_grace)
        .await;
    renewing.abort();
    reloading.abort_all();
    ground.leave(layout).await?;
    tracing::info!("stopped");
    Ok(())
}

impl Ground {
    async fn lay(
        options: &ServeOptions,
        layout: &Layout,
        marks: &Marks,
        store: Arc<dyn Store>,
        address: SocketAddr,
    ) -> Result<Self, Error> {
        // What waits for the disk waits at the same time.
        let (directory, initialised, now) = (layout.pki(), marks.any(), OffsetDateTime::now_utc());
        let opening = aside(move || Pki::open(&directory, initialised, now));
        let file = options.encryption_provider_config.clone();
        let reloads = options.encryption_provider_config_automatic_reload;
        let configured = file.map(|file| Configured::new(file, reloads));
        let at_rest = at_rest::open(layout, marks, &store, configured, &options.holders).await?;
        if at_rest.new {
            let directory = layout.keys.display();
            tracing::info!(key = at_rest.key_id, %directory, "made an at-rest key: back it up");
        }
        let pki = Arc::new(opening.await?);
        let token_settings = token_keys::settings(options, layout)?;
        if let Some(end) = pki.ends_soon(now) {
            tracing::warn!(%end, "the authority ends: without pki/ a start makes a new one, and every client needs the new admin.kubeconfig");
        }
        let preparing = aside({
            let (pki, bind) = (Arc::clone(&pki), options.bind_address);
            move || pki.prepare(bind, now)
        });
        let audit = open_audit(options)?;
        let advertised = advertise::address(options.advertise_address, address.ip());
        let settings = registry_options(options, &pki, address.port(), advertised);
        let sealed = SealedStore::new(Arc::clone(&store), Arc::clone(&at_rest.transformer))
            .within(layout.keyspace.clone());
        let registry = start_registry(sealed.clone(), settings).await?;
        let tokens = token_keys::service_accounts(token_settings, &registry);
        preparing.await?;
        marks.set()?;
        Ok(Self {
            store,
            sealed,
            at_rest,
            pki,
            audit,
            registry,
            tokens,
            advertised,
        })
    }

    fn server(
        &self,
        options: &ServeOptions,
        layout: &Layout,
        address: SocketAddr,
        tls: Arc<ArcSwap<Tls>>,
        access: &Access,
    ) -> Server {
        let custody = Custody::new(
            self.sealed.clone(),
            self.at_rest.clone(),
            layout,
            Some(Arc::clone(&self.registry)),
        );
        let custody = Arc::new(custody.shared(options.etcd.is_shared()));
        Server::new(Config {
            registry: Arc::clone(&self.registry),
            authenticator: Arc::new(
                access.applied(
                    Authenticator::new()
                        .with_tokens(Arc::clone(&self.tokens))
                        .with_anonymous(options.anonymous_health),
                ),
            ),
            audit: self.audit.clone(),
            tls,
            clock: Arc::new(SystemClock),
            random: purser_server::random(),
            limits: limits(options),
            version: Version::new(
                env!("CARGO_PKG_VERSION"),
                option_env!("PURSER_COMMIT").unwrap_or_default(),
            ),
            advertised: SocketAddr::new(self.advertised.unwrap_or(address.ip()), address.port()).to_string(),
            checks: vec![
                Box::new(StoreWrites(Arc::clone(&self.store))),
                Box::new(EncryptionWorks(self.sealed.clone())),
                Box::new(self.at_rest.plugins()),
            ],
            pages: vec![
                Box::new(AtRestPages::new(Arc::clone(&custody))),
                Box::new(ChorePages::new(custody)),
            ],
        })
    }

    /// Takes everything apart, the last first.
    async fn leave(self, layout: &Layout) -> Result<(), Error> {
        self.registry.stop().await;
        let closed = self.store.close().await;
        if let Some(sink) = self.audit.sink()
            && sink.flush(AUDIT_FLUSH).await.is_err()
        {
            tracing::warn!("the audit log did not take all events");
        }
        closed.map_err(|error| Error::Store {
            path: layout.store(),
            reason: error.to_string(),
        })
    }
}

async fn stop_asked(signals: Signals) {
    signals.asked_to_stop().await;
    notify::stopping();
}

fn open_audit(options: &ServeOptions) -> Result<Audit, Error> {
    let Some(path) = &options.audit_log_path else {
        return Ok(Audit::new(None));
    };
    let sink = LogSink::open(path, SinkOptions::default());
    let sink =
        sink.map_err(|error| Error::Server(format!("{error}; choose another file with --audit-log-path")))?;
    Ok(Audit::new(Some(Arc::new(sink))))
}

fn registry_options(
    options: &ServeOptions,
    pki: &Arc<Pki>,
    port: u16,
    advertised: Option<IpAddr>,
) -> RegistryOptions {
    RegistryOptions {
        ca_bundle_pem: pki.ca().to_owned(),
        signer: Some(Arc::new(Issuing::new(
            Arc::clone(pki),
            options.cluster_signing_duration,
            Name::of_machine(options.bind_address),
        ))),
        deny_credentials_in_configmaps: options.deny_credentials_in_configmaps,
        services: ServiceRanges {
            ports: options.service_node_port_range,
            ..options.service_cluster_ip_range.clone()
        },
        port,
        advertised,
        candidate: options.etcd.is_shared().then(machine),
        ..RegistryOptions::default()
    }
}

/// What this machine is called, for people who look who does the duties.
fn machine() -> String {
    gethostname::gethostname().to_string_lossy().into_owned()
}

async fn start_registry(sealed: SealedStore, settings: RegistryOptions) -> Result<Arc<Registry>, Error> {
    let started = Registry::start(sealed, settings).await;
    started.map_err(|error| Error::Server(format!("cannot load what is stored: {error}")))
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    if !address.ip().is_loopback() {
        tracing::info!(%address, "listening for other machines too");
    }
    TcpListener::bind(address)
        .await
        .map_err(|source| Error::Listen { address, source })
}

fn limits(options: &ServeOptions) -> Limits {
    Limits {
        connections: hardening::connections(Limits::default().connections),
        request: options.request_timeout,
        reads_in_flight: options.max_requests_inflight,
        writes_in_flight: options.max_mutating_requests_inflight,
        watch_at_least: Duration::from_secs(options.min_request_timeout),
        ..Limits::default()
    }
}

/// Says that it is ready: to the service manager, to the log, and to a person.
fn announce(layout: &Layout, at_rest: &AtRest, address: SocketAddr, began: Instant) -> Result<(), Error> {
    let (url, took) = (kubeconfig::url(address), began.elapsed());
    let (store, kubeconfig) = (layout.store(), layout.kubeconfig());
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        store = %store.display(),
        encryption = at_rest.key_id,
        address = url,
        kubeconfig = %kubeconfig.display(),
        milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        "ready"
    );
    if banner_wanted() {
        let banner = Banner {
            store: &store,
            place: &at_rest.place,
            key_id: &at_rest.key_id,
            url: &url,
            took,
            kubeconfig: &kubeconfig,
        };
        banner.write(&mut io::stdout().lock())?;
    }
    notify::ready();
    Ok(())
}

/// Whether somebody is there to read it.
pub(crate) fn banner_wanted() -> bool {
    io::stdout().is_terminal()
}
