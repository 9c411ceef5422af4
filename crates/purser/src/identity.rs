//! Who the server is to its clients, and its administrator to the server: made at start, renewed while it runs.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::Mutex;
use purser_authn::ClientTrust;
use purser_server::Tls;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use time::OffsetDateTime;

use crate::error::Error;
use crate::kubeconfig::{self, Credential, Login};
use crate::pki::{Name, Pair, Pki};
use crate::private;

/// The certificates in use.
pub(crate) struct Identity {
    pki: Arc<Pki>,
    address: SocketAddr,
    kubeconfig: PathBuf,
    clients: Arc<ClientTrust>,
    /// The serving certificate, PEM, that TLS was made with last.
    shown: Mutex<String>,
}

impl Identity {
    /// For a server that listens on `address`; `kubeconfig` is where the administrator's login goes, and `clients` are
    /// told whose certificates are taken.
    pub(crate) fn new(
        pki: Arc<Pki>,
        address: SocketAddr,
        kubeconfig: PathBuf,
        clients: Arc<ClientTrust>,
    ) -> Self {
        Self {
            pki,
            address,
            kubeconfig,
            clients,
            shown: Mutex::default(),
        }
    }

    /// TLS to start with; the kubeconfig is written when it does not say what it should.
    ///
    /// # Errors
    /// When a certificate cannot be read, made or written.
    pub(crate) fn establish(&self, now: OffsetDateTime) -> Result<Tls, Error> {
        self.log_in_admin(now)?;
        self.tls(&self.serving(now)?)
    }

    /// Renews the serving certificate when it is near its end or lacks a name; answers TLS when it is to be changed,
    /// also when that failed before.
    ///
    /// # Errors
    /// When the certificate cannot be read, made or written.
    pub(crate) fn renew_serving(&self, now: OffsetDateTime) -> Result<Option<Tls>, Error> {
        let serving = self.serving(now)?;
        if !serving.new && serving.certificate == *self.shown.lock() {
            return Ok(None);
        }
        self.tls(&serving).map(Some)
    }

    /// TLS as it is to be now: the authorities of clients have changed.
    ///
    /// # Errors
    /// When the certificate cannot be read, made or written.
    pub(crate) fn tls_now(&self, now: OffsetDateTime) -> Result<Tls, Error> {
        self.tls(&self.serving(now)?)
    }

    fn serving(&self, now: OffsetDateTime) -> Result<Pair, Error> {
        self.pki.serving(&Name::of_machine(self.address.ip()), now)
    }

    /// Renews the administrator's certificate when it is near its end; the kubeconfig is written when it does not say
    /// what it should.
    ///
    /// # Errors
    /// When the certificate or the kubeconfig cannot be read, made or written.
    pub(crate) fn log_in_admin(&self, now: OffsetDateTime) -> Result<(), Error> {
        let admin = self.pki.admin(now)?;
        let text = kubeconfig::text(&Login {
            server: &kubeconfig::url(self.address),
            server_name: None,
            ca: Some(self.pki.ca()),
            context: "purser",
            user: "admin",
            namespace: None,
            credential: Credential::Certificate {
                certificate: &admin.certificate,
                key: &admin.key,
            },
        });
        if private::read(&self.kubeconfig)?.is_none_or(|there| there != text) {
            private::write(&self.kubeconfig, &text)?;
        }
        Ok(())
    }

    fn tls(&self, serving: &Pair) -> Result<Tls, Error> {
        let unusable =
            |error: String| Error::Server(format!("the serving certificate cannot be used: {error}"));
        let chain = CertificateDer::from_pem_slice(serving.certificate.as_bytes());
        let chain = chain.map_err(|error| unusable(error.to_string()))?;
        let key = PrivateKeyDer::from_pem_slice(serving.key.as_bytes());
        let key = key.map_err(|error| unusable(error.to_string()))?;
        let tls = Tls::new(vec![chain], key, self.clients.verifier());
        let tls = tls.map_err(|error| unusable(error.to_string()))?;
        self.shown.lock().clone_from(&serving.certificate);
        Ok(tls)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use time::Duration;

    use super::*;

    fn now() -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap()
    }

    fn identity(top: &tempfile::TempDir, address: &str) -> Identity {
        let pki = Arc::new(Pki::open(&top.path().join("pki"), false, now()).unwrap());
        let own = CertificateDer::from_pem_slice(pki.ca().as_bytes()).unwrap();
        let clients = Arc::new(ClientTrust::new(own, &[]).unwrap());
        let kubeconfig = top.path().join("admin.kubeconfig");
        Identity::new(pki, address.parse().unwrap(), kubeconfig, clients)
    }

    fn written(top: &tempfile::TempDir) -> String {
        private::read(&top.path().join("admin.kubeconfig"))
            .unwrap()
            .unwrap()
            .as_str()
            .to_owned()
    }

    #[test]
    fn the_kubeconfig_follows_the_port_and_keeps_the_login() {
        let top = tempfile::tempdir().unwrap();
        identity(&top, "127.0.0.1:1").establish(now()).unwrap();
        let first = written(&top);
        identity(&top, "127.0.0.1:2").establish(now()).unwrap();
        assert_eq!(
            written(&top),
            first.replace("https://127.0.0.1:1", "https://127.0.0.1:2")
        );
    }

    #[test]
    fn what_nears_its_end_is_renewed_while_the_server_runs() {
        let top = tempfile::tempdir().unwrap();
        let identity = identity(&top, "127.0.0.1:1");
        identity.establish(now()).unwrap();
        let first = written(&top);
        let after = |days| now() + Duration::days(days);
        assert!(identity.renew_serving(after(30)).unwrap().is_none());
        assert!(identity.renew_serving(after(70)).unwrap().is_some());
        identity.log_in_admin(after(70)).unwrap();
        assert_eq!(written(&top), first);
        identity.log_in_admin(after(300)).unwrap();
        assert_ne!(written(&top), first, "the administrator's certificate");
    }

    #[test]
    fn a_renewed_certificate_that_could_not_be_shown_is_tried_again() {
        let top = tempfile::tempdir().unwrap();
        let identity = identity(&top, "127.0.0.1:1");
        identity.establish(now()).unwrap();
        let later = now() + Duration::days(70);
        // Made and written, and then something went wrong.
        assert!(identity.serving(later).unwrap().new);
        assert!(identity.renew_serving(later).unwrap().is_some());
        assert!(identity.renew_serving(later).unwrap().is_none());
    }

    #[test]
    fn a_kubeconfig_that_cannot_be_used_does_not_let_the_serving_certificate_run_out() {
        let top = tempfile::tempdir().unwrap();
        let identity = identity(&top, "127.0.0.1:1");
        identity.establish(now()).unwrap();
        let open = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(top.path().join("admin.kubeconfig"), open).unwrap();
        let later = now() + Duration::days(70);
        assert!(identity.log_in_admin(later).is_err());
        assert!(identity.renew_serving(later).unwrap().is_some());
    }
}
