//! An etcd in which a cluster of kube-apiservers has its values, which may run meanwhile.
//!
//! Nothing of Purser's own is written there, no history is forgotten, and no key is made or destroyed: they are the
//! configuration's. A value is written only where it is still the one that was read, and goes when it was to go.

use std::collections::BTreeMap;
use std::sync::Arc;

use purser_encryption::rotation::{Pace, SealedBy, Survey, history, rewrite, survey};
use purser_encryption::{SealedStore, Transformer};
use purser_store::{Keyspace, Store};

use super::bar::{bar, watched};
use super::options::{AtRestCommand, Target};
use super::report::{Rotated, Told};
use super::rotation::Stage;
use super::unread;
use crate::at_rest::{Cluster, Kept};
use crate::error::Error;
use crate::store;

/// What is told of a kind besides its directory when nobody knows what seals it.
const UNKNOWN: &str = " (not known)";

/// When history is gone.
const FORGOTTEN: &str = "It is forgotten when the cluster compacts it (kube-apiserver does every 5 minutes), and gone from \
                         a member's file with `etcdctl defrag`";

/// Runs a command on a cluster's etcd.
pub(super) fn run(command: &AtRestCommand, target: &Target) -> Result<Told, Error> {
    let rotates = match command {
        AtRestCommand::Status(_) | AtRestCommand::Verify(_) => false,
        AtRestCommand::Rotate { .. } => true,
        _ => {
            let why = "with --etcd-servers there are `status`, `verify` and `rotate`: the rest would write what only Purser \
                       knows";
            return Err(Error::Usage(why.to_owned()));
        }
    };
    let file = target
        .encryption_provider_config
        .as_deref()
        .unwrap_or("".as_ref());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let keyspace = target.etcd.keyspace().clone();
        let cluster: Arc<dyn Transformer> = Arc::new(Cluster::open(file, keyspace.clone()).await?);
        let store: Arc<dyn Store> = Arc::new(store::open_members(&target.etcd).await?);
        let sealed = SealedStore::new(Arc::clone(&store), cluster).within(keyspace);
        let (stage, bar) = (Stage::default(), bar());
        let look = || {
            let (name, done, total) = stage.read();
            (name, (done, total))
        };
        let told = watched(work(&sealed, rotates, &stage), look, &bar).await;
        bar.finish_and_clear();
        store.close().await.map_err(unread)?;
        told
    })
}

async fn work(sealed: &SealedStore, rotates: bool, stage: &Stage) -> Result<Told, Error> {
    let rotated = match rotates {
        true => {
            let report = rewrite(sealed, Pace::Beside, &stage.begin("sealing anew")).await;
            Some(report.map_err(|error| Error::Server(format!("cannot seal anew: {error}")))?)
        }
        false => None,
    };
    let tree = |key: &str| kind_of(sealed.keyspace(), key);
    let found = survey(sealed, tree, Pace::Beside, &stage.begin("opening every value")).await;
    let found = found.map_err(unread)?;
    if found.total().values == 0 {
        let prefix = sealed.keyspace();
        return Err(Error::Usage(format!(
            "there is nothing below {prefix}: see --etcd-prefix"
        )));
    }
    let remembered = history(sealed).await.map_err(unread)?;
    let mut told = Told::new(&found, &remembered, Ok(Vec::new())).of_cluster(notes(&found, &remembered));
    told.rotation = rotated.map(|report| Rotated::of_cluster(&report));
    Ok(told)
}

/// What there is to know besides: which keys only history needs, and what was not judged.
fn notes(found: &Survey, history: &BTreeMap<SealedBy, u64>) -> Vec<String> {
    let total = found.total();
    let unknown = found.trees.iter().filter(|(tree, _)| tree.ends_with(UNKNOWN));
    let mut notes: Vec<String> = unknown
        .map(|(tree, tally)| {
            format!(
                "{tree}: {} values are of a kind of which it is not known what seals it: they are left as they are",
                tally.values
            )
        })
        .collect();
    let former: Vec<_> = history
        .iter()
        .filter(|(by, _)| !total.by.contains_key(by))
        .collect();
    notes.extend(former.iter().map(|(by, count)| match by.is_clear() {
        true => format!("{count} values in history are in the clear, and no value of now: {FORGOTTEN}"),
        false => format!("{count} values in history need {by}, and no value of now: keep it. {FORGOTTEN}"),
    }));
    if former.is_empty() && total.stale == 0 && total.unopened == 0 {
        notes.push(
            "no value and nothing in history needs another key than those named above; free pages of the members' files, \
             until they are defragmented, and snapshots may"
                .to_owned(),
        );
    }
    notes
}

fn kind_of(keyspace: &Keyspace, key: &str) -> String {
    match Kept::at(keyspace, key) {
        Kept::Kind { group: "", resource } => resource.to_owned(),
        Kept::Kind { group, resource } => format!("{resource}.{group}"),
        Kept::Clear(directory) => format!("({directory})"),
        Kept::Unknown(directory) => format!("{directory}{UNKNOWN}"),
        Kept::Own => "(server)".to_owned(),
    }
}
