//! A collection, sent while it is written.

use std::sync::Arc;

use http::{Response, StatusCode};
use purser_authz::Permit;
use purser_registry::kinds::Kind;
use purser_registry::{Found, Listing};
use purser_types::Plaintext;

use super::read::content_type;
use super::{Call, Reply};
use crate::answer::{FrameSender, Warnings, frames, respond, whole, wiped};
use crate::encode::{ListHead, ListWriter, Seen, Style};
use crate::failure::Failure;
use crate::negotiate::{Endpoint, Format};
use crate::options;
use crate::shared::Shared;

/// How much of a list is written before it is sent.
const FRAME_BYTES: usize = 64 * 1024;
/// Room for the item that passes [`FRAME_BYTES`].
const FRAME_ROOM: usize = 8 * 1024;

/// GET of a collection.
pub(super) async fn list(
    call: &Call<'_>,
    kind: &'static Kind,
    permit: &Permit,
    warnings: &mut Warnings,
) -> Result<Reply, Failure> {
    let (format, style) = call.style(Endpoint::Collection)?;
    let listing = call
        .shared
        .registry
        .list(permit, &options::list(call.query)?)
        .await?;
    Ok(send(call, kind, listing, format, style, warnings).await)
}

/// Sends a listing: at once when it is small, else in pieces.
pub(super) async fn send(
    call: &Call<'_>,
    kind: &'static Kind,
    listing: Listing,
    format: Format,
    style: Style,
    warnings: &mut Warnings,
) -> Reply {
    warn_of_unreadable(kind, &listing, warnings);
    let head = ListHead::from(&listing);
    let seen = if listing.sees_values {
        Seen::Values
    } else {
        Seen::Names
    };
    let writer = ListWriter::new(kind, format.shape, seen, style);
    let mut pieces = Pieces {
        shared: Arc::clone(call.shared),
        items: listing.items.into_iter(),
        head,
        writer,
        begun: false,
    };
    let content_type = content_type(style.encoding);
    match pieces.next().await {
        Piece::Last(bytes) => whole(StatusCode::OK, content_type, wiped(bytes)).into(),
        Piece::More(bytes) => {
            let (sender, body) = frames(call.shared.limits.stalled_reader);
            let response: Response<_> = respond(StatusCode::OK, content_type, body);
            Reply {
                response,
                producer: Some(Box::pin(produce(pieces, bytes, sender))),
            }
        }
    }
}

async fn produce(mut pieces: Pieces, first: Vec<u8>, sender: FrameSender) {
    let mut piece = Piece::More(first);
    loop {
        match piece {
            Piece::More(bytes) => {
                if sender.send(wiped(bytes)).await.is_err() {
                    return;
                }
            }
            Piece::Last(bytes) => {
                if sender.send(wiped(bytes)).await.is_ok() {
                    sender.end().await;
                }
                return;
            }
        }
        // Long lists take turns with other requests.
        tokio::task::yield_now().await;
        piece = pieces.next().await;
    }
}

/// A list cut into frames.
struct Pieces {
    shared: Arc<Shared>,
    items: std::vec::IntoIter<Arc<Found>>,
    head: ListHead,
    writer: ListWriter,
    begun: bool,
}

enum Piece {
    More(Vec<u8>),
    Last(Vec<u8>),
}

impl Pieces {
    async fn next(&mut self) -> Piece {
        let mut out = Plaintext::new(Vec::with_capacity(self.room())).into_zeroizing();
        if !std::mem::replace(&mut self.begun, true) {
            self.writer.open(&self.head, &mut out);
        }
        while out.len() < FRAME_BYTES {
            let Some(found) = self.items.next() else {
                self.writer.close(&self.head, &mut out);
                return Piece::Last(std::mem::take(&mut *out));
            };
            self.item(&found, &mut out).await;
        }
        Piece::More(std::mem::take(&mut *out))
    }

    /// Writes an item. One that cannot be read is left out: it never breaks a list.
    async fn item(&mut self, found: &Found, out: &mut Vec<u8>) {
        let Ok(stored) = self.shared.registry.open(found).await else {
            return;
        };
        if let Err(error) = self.writer.item(stored.expose(), found.revision, out) {
            tracing::warn!(key = %found.key, %error, "a stored object cannot be decoded and is left out of a list");
        }
    }

    /// What the next frame may need: all of a small list, or a frame.
    fn room(&self) -> usize {
        let sealed: usize = self
            .items
            .as_slice()
            .iter()
            .take(FRAME_BYTES / 512)
            .map(|found| found.sealed.len())
            .sum();
        (sealed * 3 / 2 + 1024).min(FRAME_BYTES + FRAME_ROOM)
    }
}

/// Tells the client what is not in the list because it cannot be read.
fn warn_of_unreadable(kind: &Kind, listing: &Listing, warnings: &mut Warnings) {
    let mut unreadable = listing
        .items
        .iter()
        .filter(|found| found.index.unreadable.is_some());
    let Some(first) = unreadable.next() else { return };
    let count = 1 + unreadable.count();
    let (namespace, name) = (&first.index.namespace, &first.index.name);
    let place = if namespace.is_empty() {
        String::new()
    } else {
        format!(" in namespace {namespace:?}")
    };
    warnings.add(format!(
        "{count} of the {} cannot be read and are left out, the first is {name:?}{place}",
        kind.resource.plural
    ));
}
