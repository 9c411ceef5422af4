//! What was deleted is made unreadable for ever: cryptographic erasure, as NIST SP 800-88 has it.

use std::io::{self, Write as _};
use std::path::Path;

use purser_types::proto;
use purser_types::resource::NAMESPACES;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::certificate::{Certificate, Checked, FORM, Signed, Store, can_sign, read};
use super::destroying::{Destroyed, How};
use super::report::Told;
use super::rotation::{Purpose, Stage};
use super::{Custody, unread};
use crate::aside::aside;
use crate::error::Error;
use crate::private;

/// The namespace whose uid tells clusters apart.
const IDENTITY: &str = "kube-system";
/// How many keys broken-off erasures may leave; far below what a key directory holds.
const MOST_LEFT: usize = 8;
/// What the file of the latest certificate ends in, beside the key that signed it.
const KEPT: &str = "json";
const SHARED: &str = "no key was made: the data is in etcd, and another server on it would not have the new key, and would go \
                      on sealing with the old one. Stop all others, start this one with --etcd-sole-server, and give the \
                      others its keys before they start again; or keep the keys of all of them with an \
                      EncryptionConfiguration";
const METHOD: &str = "cryptographic erasure (NIST SP 800-88): what is there was sealed anew with a new key, history was \
                      forgotten, and the earlier keys were destroyed, each as it says";
const SCHEDULED: &str = "; of the keys whose destruction is scheduled, from the time on that they say: until then who may \
                         do so in the KMS can have them back";
const DOES_NOT_COVER: &str = "copies of the destroyed keys that were made elsewhere; values that were stored in the clear, or \
                              sealed with other keys than the destroyed ones";

impl Custody {
    /// Takes another key, for this purpose.
    ///
    /// # Errors
    /// As [`Custody::rotate`]; and when nothing is shown to be erased, so that nothing is certified.
    pub(super) async fn work(&self, purpose: Purpose, stage: &Stage) -> Result<Told, Error> {
        self.check_sole()?;
        if purpose == Purpose::Erase && self.keys.is_none() {
            let why = "the keys are those of an EncryptionConfiguration, which Purser does not change: put a new key first \
                       in the file, run `purser at-rest rotate`, then destroy the old one where it is kept";
            return Err(Error::Usage(why.to_owned()));
        }
        if let (Purpose::Erase, Some(keys)) = (purpose, &self.keys) {
            keys.check_destroyable()?;
            self.check_backups().await?;
            // Before anything is destroyed that could not be certified then.
            let key = self.erasure_key.clone();
            aside(move || can_sign(&key)).await?;
            self.clear_the_way(stage).await?;
        }
        let began = now();
        let mut told = self.rotate(purpose, stage).await?;
        if purpose == Purpose::Erase {
            told.erasure = Some(self.certify(began, &told).await?);
        }
        Ok(told)
    }

    /// Sees that no other server may seal with a key that would go, or not have the one that would be made.
    fn check_sole(&self) -> Result<(), Error> {
        match self.is_shared && self.keys.is_some() {
            true => Err(Error::Usage(SHARED.to_owned())),
            false => Ok(()),
        }
    }

    /// Sees that nothing keeps old keys from being destroyed, before another is made: an erasure that gets no further
    /// leaves one more. When several have, what they left is seen to first. None of theirs is taken for the new key: what
    /// was deleted since may be sealed with it.
    async fn clear_the_way(&self, stage: &Stage) -> Result<(), Error> {
        let found = self
            .survey(&stage.begin("looking for what needs old keys"))
            .await?;
        let obstacles = self.tell(&found).await?.obstacles();
        if !obstacles.is_empty() {
            let why = obstacles.join("; ");
            return Err(Error::Findings(format!("nothing was erased: {why}")));
        }
        if self.old_files().len() < MOST_LEFT {
            return Ok(());
        }
        let why = self.finish(stage).await?;
        let left = self.old_files().len();
        match left < MOST_LEFT {
            true => Ok(()),
            false => Err(Error::Findings(format!(
                "nothing was erased: no key is made while {left} old ones are left: {}",
                why.join("; ")
            ))),
        }
    }

    /// Sees that no backup is kept that needs a key of now or of before: none of these is left by an erasure.
    async fn check_backups(&self) -> Result<(), Error> {
        let now = self.at_rest.transformer.info().key_id;
        let held = self.old_held().await?;
        let doomed: Vec<String> = self.old_files().into_iter().chain(held).chain([now]).collect();
        let backups = self.manifests().await?;
        let needing = backups
            .iter()
            .filter(|backup| doomed.iter().any(|id| backup.needs(id)));
        let needing: Vec<&str> = needing.map(|backup| backup.name.as_str()).collect();
        if needing.is_empty() {
            return Ok(());
        }
        let names = needing.join(" ");
        Err(Error::Findings(format!(
            "nothing was erased: the keys that would be destroyed are needed by backups ({names}): destroy those, and let \
             them go with `purser at-rest backups release {names}`"
        )))
    }

    /// Certifies what a rotation did, if it is an erasure.
    async fn certify(&self, began: String, told: &Told) -> Result<Signed, Error> {
        let findings = told.findings();
        let before = self.uncertified().await?;
        let destroyed = match &told.rotation {
            Some(rotated) if rotated.kept_keys.is_empty() && rotated.kept_for.is_empty() => {
                before.with(&rotated.destroyed)
            }
            _ => Vec::new(),
        };
        let keys = told.keys();
        let needed = destroyed.iter().any(|key| keys.contains(&key.id));
        if !findings.is_empty() || destroyed.is_empty() || needed {
            let why = match findings.is_empty() {
                true => match told.rotation.as_ref().map(|rotated| rotated.kept_for.join("; ")) {
                    Some(why) if !why.is_empty() => why,
                    _ => "old keys are still needed: run it again".to_owned(),
                },
                false => findings.join("; "),
            };
            return Err(Error::Findings(format!("nothing is certified: {why}")));
        }
        let (values, history) = told.counts();
        let certificate = Certificate {
            began: before.since(began),
            checked: Checked {
                history,
                keys: keys.into_iter().collect(),
                needing_destroyed_keys: 0,
                quarantined: told.aside(),
                revision: told.revision,
                unreadable: 0,
                values,
            },
            erased: erased(told.revision, &destroyed),
            destroyed_keys: destroyed,
            does_not_cover: does_not_cover(told),
            ended: now(),
            form: FORM.to_owned(),
            method: METHOD.to_owned(),
            store: Store {
                uid: self.identity().await?,
            },
            tool: concat!("purser ", env!("CARGO_PKG_VERSION")).to_owned(),
        };
        let key = self.erasure_key.clone();
        let signed = aside(move || {
            let signed = certificate.sign(&key)?;
            // Whoever asked for it may not be there any more.
            private::write(&key.with_extension(KEPT), &signed.text()?)?;
            Ok(signed)
        });
        let signed = signed.await?;
        self.certified().await?;
        tracing::info!(
            keys = signed.certificate.keys(),
            revision = told.revision,
            "erased what was deleted"
        );
        Ok(signed)
    }

    /// The uid by which this store is told from others; empty: it has none.
    pub(super) async fn identity(&self) -> Result<String, Error> {
        let key = format!(
            "{}{}/{IDENTITY}",
            self.store.keyspace().objects(),
            NAMESPACES.directory
        );
        let Some(record) = self.store.sealed().get(&key).await.map_err(unread)? else {
            return Ok(String::new());
        };
        let Ok(opened) = self.store.open(&key, &record.value).await else {
            return Ok(String::new());
        };
        let namespace = proto::decode(&NAMESPACES, opened.plaintext.expose());
        Ok(namespace
            .map(|namespace| namespace.uid().to_owned())
            .unwrap_or_default())
    }
}

/// What cannot be read any more, and from when on.
fn erased(revision: u64, destroyed: &[Destroyed]) -> String {
    let erased = format!(
        "everything that was sealed with the destroyed keys and deleted or overwritten before revision {revision}: in free \
         pages of the store's file, in snapshots, and in backups of the data"
    );
    match destroyed.iter().any(|key| key.how == How::Scheduled) {
        true => erased + SCHEDULED,
        false => erased,
    }
}

fn does_not_cover(told: &Told) -> String {
    let held = told.rotation.as_ref().map(|rotated| rotated.held_keys.join(", "));
    match held.unwrap_or_default().as_str() {
        "" => DOES_NOT_COVER.to_owned(),
        held => format!("{DOES_NOT_COVER}, as these of key holders that were not named: {held}"),
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
        certificate.keys()
    )?;
    Ok(())
}

/// In whole seconds.
pub(super) fn now() -> String {
    let now = OffsetDateTime::now_utc();
    let now = now.replace_nanosecond(0).unwrap_or(now);
    now.format(&Rfc3339).unwrap_or_default()
}
