//! A list cut into pieces: what a client reads slowly is not held in the clear.

use std::collections::VecDeque;
use std::sync::Arc;

use purser_registry::Found;
use purser_types::Plaintext;

use crate::encode::{ListHead, ListWriter, ProtobufList};
use crate::shared::Shared;

/// How much of a list is written before it is sent.
const PIECE_BYTES: usize = 64 * 1024;
/// Room for the item that passes [`PIECE_BYTES`].
const PIECE_ROOM: usize = 8 * 1024;
/// So many items and more are taken to fill a piece.
const MANY: usize = 64;
/// How many bytes of a protobuf list are kept from measuring it to sending it; the rest is opened a second time.
const KEPT_BYTES: usize = 256 * 1024;

/// A list in the making.
pub(super) struct Pieces {
    shared: Arc<Shared>,
    items: std::vec::IntoIter<Arc<Found>>,
    form: Form,
    begun: bool,
}

/// How the list is written.
pub(super) enum Form {
    /// As text: an item that cannot be read is left out when its turn comes.
    Text(ListHead, ListWriter),
    /// As protobuf: its length stands before it, so all items are measured first.
    Protobuf(Measured),
}

/// A protobuf list whose items are measured.
pub(super) struct Measured {
    list: ProtobufList,
    /// The length of each item to come; `None` when it cannot be read and is left out.
    lengths: VecDeque<Option<usize>>,
    /// The first of them.
    kept: VecDeque<Plaintext>,
}

impl From<ProtobufList> for Measured {
    fn from(list: ProtobufList) -> Self {
        Self {
            list,
            lengths: VecDeque::new(),
            kept: VecDeque::new(),
        }
    }
}

/// A part of a list.
pub(super) enum Piece {
    /// Others follow.
    More(Vec<u8>),
    /// The last.
    Last(Vec<u8>),
}

impl Pieces {
    /// A list of `items`, of which nothing is written.
    pub(super) fn new(shared: &Arc<Shared>, items: Vec<Arc<Found>>, form: Form) -> Self {
        Self {
            shared: Arc::clone(shared),
            items: items.into_iter(),
            form,
            begun: false,
        }
    }

    /// The next piece.
    pub(super) async fn next(&mut self) -> Piece {
        let mut out = Plaintext::new(Vec::with_capacity(self.room())).into_zeroizing();
        if !std::mem::replace(&mut self.begun, true) {
            self.open(&mut out).await;
        }
        while out.len() < PIECE_BYTES {
            let Some(found) = self.items.next() else {
                match &mut self.form {
                    Form::Text(head, writer) => writer.close(head, &mut out),
                    Form::Protobuf(measured) => measured.list.close(&mut out),
                }
                return Piece::Last(std::mem::take(&mut *out));
            };
            match &mut self.form {
                Form::Text(_, writer) => text_item(&self.shared, writer, &found, &mut out).await,
                Form::Protobuf(measured) => measured.item(&self.shared, &found, &mut out).await,
            }
        }
        Piece::More(std::mem::take(&mut *out))
    }

    /// At least `bytes` of the list in one piece, when it has so many.
    pub(super) async fn gather(&mut self, bytes: usize) -> Piece {
        let mut all = Plaintext::default().into_zeroizing();
        loop {
            let (piece, last) = match self.next().await {
                Piece::More(piece) => (piece, false),
                Piece::Last(piece) => (piece, true),
            };
            if all.is_empty() {
                all = Plaintext::new(piece).into_zeroizing();
            } else {
                let piece = Plaintext::new(piece);
                // What grows is copied into fresh memory and wiped.
                let mut larger = Vec::with_capacity(all.len() + piece.len());
                larger.extend_from_slice(&all);
                larger.extend_from_slice(piece.expose());
                all = Plaintext::new(larger).into_zeroizing();
            }
            if last {
                return Piece::Last(std::mem::take(&mut *all));
            }
            if all.len() >= bytes {
                return Piece::More(std::mem::take(&mut *all));
            }
        }
    }

    async fn open(&mut self, out: &mut Vec<u8>) {
        match &mut self.form {
            Form::Text(head, writer) => writer.open(head, out),
            Form::Protobuf(measured) => {
                measured.measure(&self.shared, self.items.as_slice()).await;
                measured.list.open(out);
            }
        }
    }

    /// What the next piece may need: all of a small list, or a piece.
    fn room(&self) -> usize {
        let whole = PIECE_BYTES + PIECE_ROOM;
        if self.items.len() > MANY {
            return whole;
        }
        let sealed: usize = self.items.as_slice().iter().map(|found| found.sealed.len()).sum();
        (sealed * 3 / 2 + 1024).min(whole)
    }
}

/// Writes an item. One that cannot be read is left out: it never breaks a list.
async fn text_item(shared: &Shared, writer: &mut ListWriter, found: &Found, out: &mut Vec<u8>) {
    let Ok(stored) = shared.registry.open(found).await else {
        return;
    };
    if let Err(error) = writer.item(stored.expose(), found.revision, out) {
        tracing::warn!(key = %found.key, %error, "a stored object cannot be decoded and is left out of a list");
    }
}

impl Measured {
    async fn measure(&mut self, shared: &Shared, items: &[Arc<Found>]) {
        let (mut total, mut since) = (0, 0);
        for found in items {
            let Some(item) = self.encode(shared, found).await else {
                self.lengths.push_back(None);
                continue;
            };
            let length = item.len();
            self.list.announce(length);
            self.lengths.push_back(Some(length));
            total += length;
            if total <= KEPT_BYTES {
                self.kept.push_back(item);
            }
            since += length;
            if since > PIECE_BYTES {
                since = 0;
                // Long lists take turns with other requests.
                tokio::task::yield_now().await;
            }
        }
    }

    /// Writes an item as it was measured. Should it have become unreadable since, filler takes its place.
    async fn item(&mut self, shared: &Shared, found: &Found, out: &mut Vec<u8>) {
        let Some(length) = self.lengths.pop_front().flatten() else {
            return;
        };
        let item = match self.kept.pop_front() {
            Some(item) => Some(item),
            None => self.encode(shared, found).await,
        };
        self.list.item(item.as_ref(), length, out);
    }

    async fn encode(&self, shared: &Shared, found: &Found) -> Option<Plaintext> {
        let stored = shared.registry.open(found).await.ok()?;
        match self.list.encode(stored.expose(), found.revision) {
            Ok(item) => Some(item),
            Err(error) => {
                tracing::warn!(key = %found.key, %error, "a stored object cannot be decoded and is left out of a list");
                None
            }
        }
    }
}
