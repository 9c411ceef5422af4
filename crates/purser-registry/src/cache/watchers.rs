//! Who is to be told of an event, found without asking everybody.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::event::CacheEvent;

/// How many events wait for one watch before it has to fetch them from the ring itself.
pub(crate) const WATCH_QUEUE: usize = 256;

/// What a watch covers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    /// The whole resource.
    All,
    /// One namespace.
    Namespace(Box<str>),
    /// One object, by namespace (empty when cluster-scoped) and name.
    Object(Box<str>, Box<str>),
}

impl Scope {
    /// Whether an event concerns it.
    pub(crate) fn covers(&self, event: &CacheEvent) -> bool {
        let Some(subject) = event.subject() else {
            return false;
        };
        match self {
            Self::All => true,
            Self::Namespace(namespace) => subject.index.namespace == *namespace,
            Self::Object(namespace, name) => {
                subject.index.namespace == *namespace && subject.index.name == *name
            }
        }
    }
}

/// A watch: its number, and where its events go.
type Registered = (u64, mpsc::Sender<Arc<CacheEvent>>);

/// The watches that are up to date, by scope.
#[derive(Debug, Default)]
pub(crate) struct Watchers {
    by_scope: HashMap<Scope, Vec<Registered>>,
    last_id: u64,
}

impl Watchers {
    /// Registers a watch for everything after now.
    pub(crate) fn add(&mut self, scope: Scope) -> (u64, mpsc::Receiver<Arc<CacheEvent>>) {
        let (sender, receiver) = mpsc::channel(WATCH_QUEUE);
        self.last_id += 1;
        self.by_scope
            .entry(scope)
            .or_default()
            .push((self.last_id, sender));
        (self.last_id, receiver)
    }

    /// Forgets a watch.
    pub(crate) fn remove(&mut self, scope: &Scope, id: u64) {
        if let Some(senders) = self.by_scope.get_mut(scope) {
            senders.retain(|(known, _)| *known != id);
            if senders.is_empty() {
                self.by_scope.remove(scope);
            }
        }
    }

    /// Forgets everybody: their queues end.
    pub(crate) fn clear(&mut self) {
        self.by_scope.clear();
    }

    /// Hands an event to every watch it concerns. A watch whose queue is full is forgotten: its queue ends, and it
    /// comes back for the rest.
    pub(crate) fn tell(&mut self, event: &Arc<CacheEvent>) {
        let Some(subject) = event.subject() else { return };
        let namespace = subject.index.namespace.clone();
        let object = Scope::Object(namespace.clone(), subject.index.name.clone());
        for scope in [Scope::All, Scope::Namespace(namespace), object] {
            if let Some(senders) = self.by_scope.get_mut(&scope) {
                senders.retain(|(_, sender)| match sender.try_send(Arc::clone(event)) {
                    Ok(()) => true,
                    Err(TrySendError::Full(_) | TrySendError::Closed(_)) => false,
                });
            }
        }
    }

    /// How many watches are registered.
    pub(crate) fn len(&self) -> usize {
        self.by_scope.values().map(Vec::len).sum()
    }
}
