//! All that is stored, one after the other.

use std::vec;

use purser_store::{Range, Record, StoreError};

use super::Progress;
use super::pace::Gate;
use crate::sealed_store::SealedStore;

/// How many records are read from the store at once.
const PIECE: usize = 256;
/// After every key.
const END: char = char::MAX;

/// All that is stored, each as it is when its piece is read.
pub(super) struct Everything {
    store: SealedStore,
    gate: Gate,
    /// Where the next piece begins; `None`: there is none.
    next: Option<String>,
    /// What is left of the piece at hand.
    piece: vec::IntoIter<Record>,
}

impl Everything {
    /// From the beginning, as `gate` lets it through; `progress` is told how much there is.
    pub(super) async fn of(store: &SealedStore, gate: Gate, progress: &Progress) -> Result<Self, StoreError> {
        let first = Range {
            start: String::new(),
            end: END.to_string(),
            limit: 1,
            revision: None,
        };
        progress.of(store.sealed().range(first).await?.total);
        Ok(Self {
            store: store.clone(),
            gate,
            next: Some(String::new()),
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
            let Some(start) = self.next.take() else {
                return Ok(None);
            };
            let piece = self.store.sealed().scan(start, END.to_string(), PIECE).await?;
            self.next = piece.last().map(|last| format!("{}\0", last.key));
            self.piece = piece.into_iter();
        }
    }
}
