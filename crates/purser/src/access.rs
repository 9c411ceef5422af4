//! Who is let in: the authorities of clients, the denial list, and who else tells whose a token is. What files say of
//! it changes while the server runs.

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use purser_authn::{Authenticator, ClientTrust, DenialList, Denials, JwtIssuers, TokenWebhook};
use purser_outbound::{Options, Webhook};
use purser_server::Tls;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use time::OffsetDateTime;

use crate::error::Error;
use crate::identity::Identity;
use crate::private;
use crate::reload::{self, Followed};
use crate::serve_options::ServeOptions;
use crate::sign_in::SignIn;

/// What decides who is let in.
pub(crate) struct Access {
    /// Whose client certificates hold.
    pub(crate) clients: Arc<ClientTrust>,
    denied: Arc<DenialList>,
    client_cas: Option<Content>,
    denials: Option<Content>,
    sign_in: Option<SignIn>,
    webhook: Option<TokenWebhook>,
}

/// What a file said at the start.
struct Content(std::path::PathBuf, zeroize::Zeroizing<Vec<u8>>);

impl Access {
    /// Reads the files that the flags name; `own` is this server's authority, PEM, `audiences` are its audiences. To be
    /// called where tasks can be begun.
    ///
    /// # Errors
    /// When one cannot be read or used.
    pub(crate) fn open(options: &ServeOptions, own: &str, audiences: &[String]) -> Result<Self, Error> {
        let own = CertificateDer::from_pem_slice(own.as_bytes());
        let own = own.map_err(|error| Error::Server(format!("our own authority cannot be used: {error}")))?;
        let client_cas = content(options.client_ca_file.as_deref())?;
        let others = match &client_cas {
            Some(Content(path, text)) => authorities(text).map_err(|reason| wrong(path, reason))?,
            None => Vec::new(),
        };
        let clients = match ClientTrust::new(own, &others) {
            Ok(clients) => clients,
            Err(error) => {
                let path = options
                    .client_ca_file
                    .as_deref()
                    .unwrap_or(Path::new("pki/ca.crt"));
                return Err(wrong(path, error.to_string()));
            }
        };
        let denials = content(options.denial_file.as_deref())?;
        let denied = match &denials {
            Some(Content(path, text)) => {
                Denials::parse(text).map_err(|error| wrong(path, error.to_string()))?
            }
            None => Denials::default(),
        };
        Ok(Self {
            clients: Arc::new(clients),
            denied: Arc::new(DenialList::new(denied)),
            client_cas,
            denials,
            sign_in: SignIn::open(options, audiences)?,
            webhook: webhook(options, audiences)?,
        })
    }

    /// `authenticator` with all of this.
    pub(crate) fn applied(&self, authenticator: Authenticator) -> Authenticator {
        let authenticator = authenticator
            .with_clients(Arc::clone(&self.clients))
            .with_denials(Arc::clone(&self.denied));
        let authenticator = match &self.sign_in {
            Some(sign_in) => sign_in.applied(authenticator),
            None => authenticator,
        };
        // Last, for it costs a call.
        match &self.webhook {
            Some(webhook) => authenticator.with_source(Arc::new(webhook.clone())),
            None => authenticator,
        }
    }

    /// The webhook that tells whose a token is, if there is one.
    pub(crate) fn webhook(&self) -> Option<&TokenWebhook> {
        self.webhook.as_ref()
    }

    /// Whose tokens are taken besides this server's own; `None`: nobody's.
    pub(crate) fn issuers(&self) -> Option<&Arc<JwtIssuers>> {
        self.sign_in.as_ref().map(SignIn::issuers)
    }

    /// The files, to be followed while the server runs; new connections are told of new authorities in `tls`.
    pub(crate) fn follow(self, identity: &Arc<Identity>, tls: &Arc<ArcSwap<Tls>>) -> Vec<Followed> {
        let mut followed = Vec::new();
        if let Some(Content(path, text)) = self.client_cas {
            let (clients, identity, tls) = (self.clients, Arc::clone(identity), Arc::clone(tls));
            let apply = move |text: &[u8]| {
                let others = authorities(text)?;
                clients
                    .replace_others(&others)
                    .map_err(|error| error.to_string())?;
                match identity.tls_now(OffsetDateTime::now_utc()) {
                    Ok(now) => tls.store(Arc::new(now)),
                    // They hold all the same; who chooses a certificate by the names that TLS tells may find none.
                    Err(error) => tracing::error!(%error, "clients cannot be told of their authorities"),
                }
                Ok(())
            };
            followed.push(Followed::new("the client authorities", path, text, apply));
        }
        if let Some(Content(path, text)) = self.denials {
            let denied = self.denied;
            let apply = move |text: &[u8]| {
                denied.replace(Denials::parse(text).map_err(|error| error.to_string())?);
                Ok(())
            };
            followed.push(Followed::new("the denial list", path, text, apply));
        }
        followed.extend(self.sign_in.map(SignIn::follow));
        followed
    }
}

fn webhook(options: &ServeOptions, audiences: &[String]) -> Result<Option<TokenWebhook>, Error> {
    let Some(path) = &options.authentication_token_webhook_config_file else {
        return Ok(None);
    };
    let webhook = Webhook::from_kubeconfig(path, &Options::new(private::read_present));
    let webhook = webhook.map_err(|error| {
        Error::Server(format!(
            "{error}; or leave out --authentication-token-webhook-config-file"
        ))
    })?;
    Ok(Some(TokenWebhook::new(
        webhook,
        options.authentication_token_webhook_version.into(),
        audiences.to_vec(),
        options.authentication_token_webhook_cache_ttl,
    )))
}

fn content(path: Option<&Path>) -> Result<Option<Content>, Error> {
    let read = |path: &Path| Ok(Content(path.to_owned(), reload::read(path)?));
    path.map(read).transpose()
}

/// The certificates in PEM, at least one.
fn authorities(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err("it holds no certificate in PEM".to_owned()),
        Err(error) => Err(format!("it is not PEM: {error}")),
    }
}

fn wrong(path: &Path, reason: String) -> Error {
    Error::Certificate {
        path: path.to_owned(),
        reason,
    }
}
