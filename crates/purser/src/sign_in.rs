//! Signing in with an identity provider: `--authentication-config`.

use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use purser_authn::configuration::{AnonymousAccess, Checked, Configuration};
use purser_authn::{Authenticator, JwtIssuers};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::reload::{self, Followed};
use crate::serve_options::ServeOptions;

/// Whose tokens are taken besides this server's own, and what may be asked by who presents nothing.
pub(crate) struct SignIn {
    issuers: Arc<JwtIssuers>,
    anonymous: Arc<ArcSwap<AnonymousAccess>>,
    /// The issuers of this server's own tokens, which no other may be.
    own: Vec<String>,
    path: PathBuf,
    /// What the file said at the start.
    content: Zeroizing<Vec<u8>>,
}

impl SignIn {
    /// Reads the file that the flag names; `None`: none is named. `audiences` are those of this server. To be called
    /// where tasks can be begun.
    ///
    /// # Errors
    /// When it cannot be read or used.
    pub(crate) fn open(options: &ServeOptions, audiences: &[String]) -> Result<Option<Self>, Error> {
        let Some(path) = &options.authentication_config else {
            return Ok(None);
        };
        let sign_in = Self {
            issuers: Arc::new(JwtIssuers::new(audiences)),
            anonymous: Arc::default(),
            own: options.service_account_issuer.clone(),
            path: path.clone(),
            content: reload::read(path)?,
        };
        let applied = apply(
            &sign_in.content,
            &sign_in.own,
            &sign_in.issuers,
            &sign_in.anonymous,
        );
        applied.map_err(|reason| Error::Settings {
            path: path.clone(),
            reason,
        })?;
        Ok(Some(sign_in))
    }

    /// `authenticator` with this.
    pub(crate) fn applied(&self, authenticator: Authenticator) -> Authenticator {
        authenticator
            .with_source(Arc::clone(&self.issuers) as Arc<_>)
            .with_anonymous_access(Arc::clone(&self.anonymous))
    }

    /// The issuers, to be counted.
    pub(crate) fn issuers(&self) -> &Arc<JwtIssuers> {
        &self.issuers
    }

    /// The file, to be followed while the server runs.
    pub(crate) fn follow(self) -> Followed {
        let Self {
            issuers,
            anonymous,
            own,
            path,
            content,
        } = self;
        let change = move |content: &[u8]| apply(content, &own, &issuers, &anonymous);
        Followed::new("who may sign in", path, content, change)
    }
}

/// Puts a file into effect, all of it or nothing.
fn apply(
    content: &[u8],
    own: &[String],
    issuers: &JwtIssuers,
    anonymous: &ArcSwap<AnonymousAccess>,
) -> Result<(), String> {
    let read = Configuration::read(content).map_err(|error| error.to_string())?;
    let Checked {
        issuers: trusted,
        anonymous: access,
    } = read.check(own).map_err(|error| error.to_string())?;
    issuers.trust(trusted)?;
    anonymous.store(Arc::new(access.unwrap_or_default()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_takes_effect_as_a_whole_or_not_at_all() {
        let (issuers, anonymous) = (JwtIssuers::new(&[]), ArcSwap::default());
        let put = |content: &str| {
            apply(
                content.as_bytes(),
                &["https://us".to_owned()],
                &issuers,
                &anonymous,
            )
        };
        let head = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n";
        put(&format!("{head}anonymous:\n  enabled: false\n")).unwrap();
        assert_eq!(**anonymous.load(), AnonymousAccess::Closed);
        let wrong = format!(
            "{head}jwt:\n- issuer: {{url: https://us, audiences: [a]}}\n  claimMappings: {{username: {{claim: sub, prefix: ''}}}}\n"
        );
        let why = put(&wrong).unwrap_err();
        assert!(
            why.contains("URL must not overlap with disallowed issuers: [https://us]"),
            "{why}"
        );
        assert_eq!(**anonymous.load(), AnonymousAccess::Closed);
        put(head).unwrap();
        assert_eq!(**anonymous.load(), AnonymousAccess::Open);
    }
}
