//! What was deleted is made unreadable for ever: cryptographic erasure, as NIST SP 800-88 has it.

use std::io::{self, Write as _};
use std::path::Path;

use purser_types::proto;
use purser_types::resource::NAMESPACES;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::certificate::{Certificate, Checked, FORM, Signed, Store, can_sign, read};
use super::report::Told;
use super::rotation::{Purpose, Stage};
use super::{Custody, unread};
use crate::aside::aside;
use crate::error::Error;

/// The namespace whose uid tells clusters apart.
const IDENTITY: &str = "/registry/namespaces/kube-system";
const METHOD: &str = "cryptographic erasure (NIST SP 800-88): what is there was sealed anew with a new key, history was \
                      forgotten, and the files of the earlier keys were overwritten and removed";
const DOES_NOT_COVER: &str = "copies of the destroyed keys that were made elsewhere; values that were stored in the clear, or \
                              sealed with other keys than the destroyed ones";

impl Custody {
    /// Takes another key, for this purpose.
    ///
    /// # Errors
    /// As [`Custody::rotate`]; and when nothing is shown to be erased, so that nothing is certified.
    pub(super) async fn work(&self, purpose: Purpose, stage: &Stage) -> Result<Told, Error> {
        if purpose == Purpose::Erase && self.keys.is_none() {
            let why = "the keys are those of an EncryptionConfiguration, which Purser does not change: put a new key first \
                       in the file, run `purser at-rest rotate`, then destroy the old one where it is kept";
            return Err(Error::Usage(why.to_owned()));
        }
        if purpose == Purpose::Erase {
            // Before anything is destroyed that could not be certified then.
            let key = self.erasure_key.clone();
            aside(move || can_sign(&key)).await?;
        }
        let began = now();
        let mut told = self.rotate(purpose, stage).await?;
        if purpose == Purpose::Erase {
            told.erasure = Some(self.certify(began, &told).await?);
        }
        Ok(told)
    }

    /// Certifies what a rotation did, if it is an erasure.
    async fn certify(&self, began: String, told: &Told) -> Result<Signed, Error> {
        let findings = told.findings();
        let destroyed = match &told.rotation {
            Some(rotated) if rotated.kept_keys.is_empty() => rotated.destroyed_keys.clone(),
            _ => Vec::new(),
        };
        let keys = told.keys();
        let needed = destroyed.iter().any(|key| keys.contains(key));
        if !findings.is_empty() || destroyed.is_empty() || needed {
            let why = match findings.is_empty() {
                true => "old keys are still needed: run it again".to_owned(),
                false => findings.join("; "),
            };
            return Err(Error::Findings(format!("nothing is certified: {why}")));
        }
        let (values, history) = told.counts();
        let certificate = Certificate {
            began,
            checked: Checked {
                history,
                keys: keys.into_iter().collect(),
                needing_destroyed_keys: 0,
                revision: told.revision,
                unreadable: 0,
                values,
            },
            erased: format!(
                "everything that was sealed with the destroyed keys and deleted or overwritten before revision {}: in free \
                 pages of the store's file, in snapshots, and in backups of the data",
                told.revision
            ),
            destroyed_keys: destroyed,
            does_not_cover: DOES_NOT_COVER.to_owned(),
            ended: now(),
            form: FORM.to_owned(),
            method: METHOD.to_owned(),
            store: Store {
                uid: self.identity().await?,
            },
            tool: concat!("purser ", env!("CARGO_PKG_VERSION")).to_owned(),
        };
        let key = self.erasure_key.clone();
        let signed = aside(move || certificate.sign(&key)).await?;
        tracing::info!(
            keys = signed.certificate.destroyed_keys.join(", "),
            revision = told.revision,
            "erased what was deleted"
        );
        Ok(signed)
    }

    /// The uid by which this store is told from others; empty: it has none.
    async fn identity(&self) -> Result<String, Error> {
        let Some(record) = self.store.sealed().get(IDENTITY).await.map_err(unread)? else {
            return Ok(String::new());
        };
        let Ok(opened) = self.store.open(IDENTITY, &record.value).await else {
            return Ok(String::new());
        };
        let namespace = proto::decode(&NAMESPACES, opened.plaintext.expose());
        Ok(namespace
            .map(|namespace| namespace.uid().to_owned())
            .unwrap_or_default())
    }
}

/// `purser at-rest erase verify-certificate`.
///
/// # Errors
/// When a file cannot be read; [`Error::Findings`] when the certificate does not hold.
pub(super) fn verify(file: &Path, key: &Path) -> Result<(), Error> {
    let (text, public) = (read(file)?, read(key)?);
    let holds = Signed::read(&text).and_then(|signed| signed.verify(&public).map(|()| signed));
    let signed = holds.map_err(|why| Error::Findings(format!("{}: {why}", file.display())))?;
    let certificate = &signed.certificate;
    writeln!(
        io::stdout(),
        "it holds: store {}, {}, keys destroyed: {}",
        certificate.store.uid,
        certificate.ended,
        certificate.destroyed_keys.join(", ")
    )?;
    Ok(())
}

/// In whole seconds.
fn now() -> String {
    let now = OffsetDateTime::now_utc();
    let now = now.replace_nanosecond(0).unwrap_or(now);
    now.format(&Rfc3339).unwrap_or_default()
}
