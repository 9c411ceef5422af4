//! Who belongs to whom among the cached objects, and what has to be looked at because of a change.
//!
//! INVARIANT: it is told of every change right after the cache of the object's kind, by the one pump of all caches. So
//! it knows of everything up to the revision that is applied.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::found::Found;
use crate::index::Index;
use crate::owner::{FOREGROUND, ORPHAN, Owner};

/// Dependents by owner, and the queue of what may have to go.
#[derive(Default)]
pub(crate) struct Kinship {
    state: Mutex<State>,
    woken: Notify,
}

#[derive(Default)]
struct State {
    /// By the uid of an owner, the keys of its dependents.
    dependents: HashMap<Box<str>, BTreeSet<Arc<str>>>,
    /// By uid, the keys of objects that wait for the end of their dependents.
    waiting: HashMap<Box<str>, Arc<str>>,
    /// Keys to look at, each once: not more than there are objects.
    due: VecDeque<Arc<str>>,
    queued: HashSet<Arc<str>>,
}

impl Kinship {
    /// Starts over with these objects; all that belong to others are to be looked at.
    pub(crate) fn reset<'f>(&self, objects: impl Iterator<Item = &'f Arc<Found>>) {
        let mut state = self.state.lock();
        *state = State::default();
        for found in objects {
            state.change(None, Some(found));
        }
        drop(state);
        self.woken.notify_one();
    }

    /// Takes a change in.
    pub(crate) fn changed(&self, previous: Option<&Found>, current: Option<&Found>) {
        let related = |found: Option<&Found>| found.is_some_and(|found| concerns(&found.index));
        if current.is_some() && !related(previous) && !related(current) && same(previous, current) {
            return;
        }
        let mut state = self.state.lock();
        state.change(previous, current);
        let any = !state.due.is_empty();
        drop(state);
        if any {
            self.woken.notify_one();
        }
    }

    /// The keys of what names the object of this uid as an owner.
    pub(crate) fn dependents(&self, uid: &str) -> Vec<Arc<str>> {
        let state = self.state.lock();
        let keys = state.dependents.get(uid).into_iter().flatten();
        keys.map(Arc::clone).collect()
    }

    /// Puts an object among those to be looked at.
    pub(crate) fn look_at(&self, key: &Arc<str>) {
        self.state.lock().look_at(key);
        self.woken.notify_one();
    }

    /// Puts those of `objects` that have to do with others among those to be looked at.
    pub(crate) fn look_at_related<'f>(&self, objects: impl Iterator<Item = &'f Arc<Found>>) {
        let mut state = self.state.lock();
        for found in objects.filter(|found| concerns(&found.index)) {
            state.look_at(&found.key);
        }
        drop(state);
        self.woken.notify_one();
    }

    /// What is to be looked at, at most `most`; waits until there is something.
    pub(crate) async fn next(&self, most: usize) -> Vec<Arc<str>> {
        loop {
            let woken = self.woken.notified();
            let taken = self.state.lock().take(most);
            if !taken.is_empty() {
                return taken;
            }
            woken.await;
        }
    }
}

impl State {
    fn change(&mut self, previous: Option<&Found>, current: Option<&Found>) {
        if let Some(found) = previous {
            self.forget(found);
        }
        if let Some(found) = current {
            self.learn(found);
            self.judge_new(previous, found);
        }
        if let Some(found) = previous {
            self.judge_lost(found, current);
        }
    }

    fn forget(&mut self, found: &Found) {
        for owner in &found.index.owners {
            if let Some(keys) = self.dependents.get_mut(&owner.uid) {
                keys.remove(&found.key);
                if keys.is_empty() {
                    self.dependents.remove(&owner.uid);
                }
            }
        }
        if waits(&found.index) {
            self.waiting.remove(&found.index.uid);
        }
    }

    fn learn(&mut self, found: &Found) {
        for owner in &found.index.owners {
            let keys = self.dependents.entry(owner.uid.clone()).or_default();
            keys.insert(Arc::clone(&found.key));
        }
        if waits(&found.index) {
            self.waiting
                .insert(found.index.uid.clone(), Arc::clone(&found.key));
        }
    }

    /// An object may have to go because of its owners, or because its dependents no longer hold it.
    fn judge_new(&mut self, previous: Option<&Found>, found: &Found) {
        let before = previous.map(|previous| &previous.index);
        let index = &found.index;
        let owned = !index.owners.is_empty() && before.is_none_or(|before| before.owners != index.owners);
        let new_finalizers = |before: &Arc<Index>| !before.deleting || before.finalizers != index.finalizers;
        let going = is_going(index) && before.is_none_or(new_finalizers);
        if owned || going {
            self.look_at(&found.key);
        }
        if waits(index) && before.is_none_or(|before| !waits(before)) {
            self.look_at_dependents(&index.uid);
        }
    }

    /// What depended on an object that is gone, and who waited for one that is gone or released.
    fn judge_lost(&mut self, previous: &Found, current: Option<&Found>) {
        let same = current.filter(|current| current.index.uid == previous.index.uid);
        if same.is_none() {
            self.look_at_dependents(&previous.index.uid);
        }
        let holds = |owner: &Owner| {
            let owners = same.map(|current| current.index.owners.iter());
            owners
                .into_iter()
                .flatten()
                .any(|now| now.uid == owner.uid && now.blocks)
        };
        for owner in previous.index.owners.iter().filter(|owner| !holds(owner)) {
            if let Some(key) = self.waiting.get(&owner.uid).map(Arc::clone) {
                self.look_at(&key);
            }
        }
    }

    fn look_at_dependents(&mut self, uid: &str) {
        let keys: Vec<_> = self.dependents.get(uid).into_iter().flatten().cloned().collect();
        for key in &keys {
            self.look_at(key);
        }
    }

    fn look_at(&mut self, key: &Arc<str>) {
        if self.queued.insert(Arc::clone(key)) {
            self.due.push_back(Arc::clone(key));
        }
    }

    fn take(&mut self, most: usize) -> Vec<Arc<str>> {
        let taken: Vec<_> = self.due.drain(..most.min(self.due.len())).collect();
        for key in &taken {
            self.queued.remove(key);
        }
        taken
    }
}

/// Whether an object has anything to do with others.
fn concerns(index: &Index) -> bool {
    !index.owners.is_empty() || is_going(index)
}

fn same(previous: Option<&Found>, current: Option<&Found>) -> bool {
    match (previous, current) {
        (Some(previous), Some(current)) => previous.index.uid == current.index.uid,
        _ => true,
    }
}

/// Whether it is being deleted with something left to do about its dependents.
fn is_going(index: &Index) -> bool {
    index.deleting && (index.has_finalizer(FOREGROUND) || index.has_finalizer(ORPHAN))
}

/// Whether it is being deleted and goes after its dependents.
pub(crate) fn waits(index: &Index) -> bool {
    index.deleting && index.has_finalizer(FOREGROUND)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use purser_types::resource::CONFIG_MAPS;

    use super::*;

    fn found(uid: &str, owners: &[&str], finalizers: &[&str]) -> Arc<Found> {
        let owner = |uid: &&str| Owner {
            api_version: "v1".into(),
            kind: "ConfigMap".into(),
            name: (*uid).into(),
            uid: (*uid).into(),
            blocks: true,
        };
        let index = Index {
            uid: uid.into(),
            name: uid.into(),
            owners: owners.iter().map(owner).collect(),
            finalizers: finalizers.iter().map(|name| (*name).into()).collect(),
            deleting: !finalizers.is_empty(),
            ..Index::default()
        };
        Arc::new(Found {
            resource: &CONFIG_MAPS,
            key: uid.into(),
            sealed: Bytes::new(),
            revision: 1,
            index: Arc::new(index),
        })
    }

    fn due(kinship: &Kinship) -> Vec<String> {
        let taken = kinship.state.lock().take(100);
        taken.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_loses_its_owner_is_looked_at() {
        let kinship = Kinship::default();
        let (owner, dependent) = (found("o", &[], &[]), found("d", &["o"], &[]));
        kinship.changed(None, Some(&owner));
        assert!(due(&kinship).is_empty());
        kinship.changed(None, Some(&dependent));
        assert_eq!(due(&kinship), ["d"], "its owner may be gone already");
        kinship.changed(Some(&dependent), Some(&dependent));
        assert!(due(&kinship).is_empty());
        kinship.changed(Some(&owner), None);
        assert_eq!(due(&kinship), ["d"]);
        kinship.changed(Some(&owner), Some(&found("other", &[], &[])));
        assert_eq!(due(&kinship), ["d"], "the same name is not the same object");
        kinship.changed(Some(&dependent), None);
        assert!(kinship.dependents("o").is_empty());
    }

    #[test]
    fn who_waits_for_dependents_is_looked_at_with_them_and_after_them() {
        let kinship = Kinship::default();
        let (owner, dependent) = (found("o", &[], &[]), found("d", &["o"], &[]));
        kinship.reset([&owner, &dependent].into_iter());
        assert_eq!(due(&kinship), ["d"]);
        let waiting = found("o", &[], &[FOREGROUND]);
        kinship.changed(Some(&owner), Some(&waiting));
        assert_eq!(due(&kinship), ["o", "d"]);
        kinship.changed(Some(&dependent), None);
        assert_eq!(due(&kinship), ["o"]);
        let orphaning = found("p", &[], &[ORPHAN]);
        kinship.changed(None, Some(&orphaning));
        assert_eq!(due(&kinship), ["p"]);
        kinship.changed(Some(&orphaning), Some(&orphaning));
        assert!(due(&kinship).is_empty());
        kinship.changed(Some(&orphaning), Some(&found("p", &[], &[FOREGROUND])));
        assert_eq!(due(&kinship), ["p"], "it has changed its mind");
    }

    #[test]
    fn each_is_queued_once() {
        let kinship = Kinship::default();
        let dependent = found("d", &["o"], &[]);
        kinship.look_at(&dependent.key);
        kinship.changed(None, Some(&dependent));
        assert_eq!(due(&kinship), ["d"]);
    }
}
