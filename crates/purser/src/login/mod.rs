//! `purser kubeconfig create`: makes a login for somebody, as an administrator.
//!
//! A user gets a certificate: the key is made here, the server sees a request for it alone. A ServiceAccount gets a
//! token. Either is asked for through the Kubernetes API, of Purser or of a cluster.

mod account;
mod administrator;
mod options;
mod proof;
mod user;

use std::io::{self, Write as _};
use std::path::Path;

use purser_outbound::Trusted;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

use self::administrator::Administrator;
pub(crate) use self::options::{CREATE_EXAMPLES, CreateOptions};
use self::proof::{Held, Proof, tell};
use crate::error::Error;
use crate::kubeconfig::{self, Credential, Login};
use crate::private;

/// Makes a kubeconfig.
///
/// # Errors
/// When it may not be made, or its file cannot be written.
pub(crate) fn create(options: &CreateOptions) -> Result<(), Error> {
    options.check()?;
    let file = options.file();
    if let Some(file) = &file {
        check_free(file, options.force)?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let text = runtime.block_on(login(options))?;
    match &file {
        None => io::stdout().write_all(text.as_bytes())?,
        Some(file) => {
            check_free(file, options.force)?;
            private::write(file, &text)?;
            tell(&format!("kubectl --kubeconfig {} auth whoami", file.display()));
        }
    }
    Ok(())
}

async fn login(options: &CreateOptions) -> Result<Zeroizing<String>, Error> {
    let administrator = Administrator::find(options)?;
    let ca = match administrator.cluster.trusted() {
        Trusted::Authorities(pem) => Some(String::from_utf8_lossy(pem).into_owned()),
        Trusted::System => None,
        Trusted::Anybody => {
            let why = "it trusts every server (insecure-skip-tls-verify), and a login made with it would as well: put \
                       the server's authority there";
            return Err(administrator.unusable(why));
        }
    };
    let (name, namespace, proof) = match (&options.user, &options.service_account) {
        (Some(user), _) => {
            tell(&format!(
                "asking {} for a certificate",
                administrator.cluster.server()
            ));
            (
                user.clone(),
                None,
                user::certificate(&administrator, user, options).await?,
            )
        }
        (None, Some(account)) => {
            tell(&format!("asking {} for a token", administrator.cluster.server()));
            let proof = account::token(&administrator, account, options).await?;
            (account.name.clone(), Some(account.namespace.as_str()), proof)
        }
        (None, None) => {
            return Err(Error::Usage(
                "say for whom: --user or --service-account".to_owned(),
            ));
        }
    };
    tell_end(&proof, options);
    let credential = match &proof.credential {
        Held::Certificate { certificate, key } => Credential::Certificate { certificate, key },
        Held::Token(token) => Credential::Token(token),
    };
    let server = options
        .server
        .as_deref()
        .unwrap_or(administrator.cluster.server());
    Ok(kubeconfig::text(&Login {
        server,
        // Under another URL it is another name.
        server_name: administrator
            .cluster
            .server_name()
            .filter(|_| options.server.is_none()),
        ca: ca.as_deref(),
        context: &options.context,
        user: &name,
        namespace: options.namespace.as_deref().or(namespace),
        credential,
    }))
}

/// Says when it ends, and that it does so sooner than was asked.
fn tell_end(proof: &Proof, options: &CreateOptions) {
    let Some(ends) = proof.ends else {
        return;
    };
    let asked = OffsetDateTime::now_utc() + options.ttl;
    // Signers count from some minutes ago.
    let sooner = ends < asked - std::time::Duration::from_secs(10 * 60);
    let note = if sooner {
        ", sooner than asked: the server allows no more"
    } else {
        ""
    };
    tell(&format!(
        "good until {}{note}",
        ends.format(&Rfc3339).unwrap_or_default()
    ));
}

/// A login of somebody else is not written over.
fn check_free(file: &Path, force: bool) -> Result<(), Error> {
    match std::fs::symlink_metadata(file) {
        Ok(_) if !force => Err(Error::Usage(format!(
            "{} is there already: name another file with --output, or say --force",
            file.display()
        ))),
        _ => Ok(()),
    }
}
