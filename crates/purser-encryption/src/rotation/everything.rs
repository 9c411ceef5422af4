//! All that is stored, one after the other.

use std::vec;

use purser_store::{Range, Record, StoreError, prefix_end};

use super::Progress;
use super::pace::Gate;
use crate::sealed_store::SealedStore;

/// How many records are read from the store at once.
const PIECE: usize = 256;

/// All that is stored of the cluster, each as it is when its piece is read.
pub(super) struct Everything {
    store: SealedStore,
    gate: Gate,
    /// Where the next piece begins.
    next: String,
    /// Where the tree ends that it is in.
    end: String,
    /// What the keys of trees begin with that come after it.
    later: vec::IntoIter<String>,
    /// What is left of the piece at hand.
    piece: vec::IntoIter<Record>,
}

impl Everything {
    /// From the beginning, as `gate` lets it through; `progress` is told how much there is.
    pub(super) async fn of(store: &SealedStore, gate: Gate, progress: &Progress) -> Result<Self, StoreError> {
        let roots = store.keyspace().roots();
        let mut total = 0;
        for root in &roots {
            let first = Range {
                start: (*root).to_owned(),
                end: prefix_end(root),
                limit: 1,
                revision: None,
            };
            total += store.sealed().range(first).await?.total;
        }
        progress.of(total);
        let later: Vec<String> = roots.into_iter().map(str::to_owned).collect();
        Ok(Self {
            store: store.clone(),
            gate,
            next: String::new(),
            end: String::new(),
            later: later.into_iter(),
            piece: Vec::new().into_iter(),
        })
    }

    /// The next one.
    pub(super) async fn next(&mut self) -> Result<Option<Record>, StoreError> {
        self.gate.pass().await;
        loop {
            if let Some(record) = self.piece.next() {
                return Ok(Some(record));
            }
            if self.next >= self.end {
                let Some(root) = self.later.next() else {
                    return Ok(None);
                };
                self.end = prefix_end(&root);
                self.next = root;
            }
            let (start, end) = (self.next.clone(), self.end.clone());
            let piece = self.store.sealed().scan(start, end, PIECE).await?;
            self.next = match piece.last() {
                Some(last) => format!("{}\0", last.key),
                None => self.end.clone(),
            };
            self.piece = piece.into_iter();
        }
    }
}
