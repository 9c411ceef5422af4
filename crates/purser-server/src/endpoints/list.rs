//! A collection, sent while it is written.

use http::{Response, StatusCode};
use purser_authz::Permit;
use purser_registry::Listing;
use purser_registry::kinds::Kind;
use purser_types::Plaintext;

use super::pieces::{Form, Piece, Pieces};
use super::read::content_type;
use super::{Call, Reply};
use crate::answer::{
    FrameSender, Gzip, THRESHOLD_BYTES, Warnings, accepts_gzip, compress, frames, mark_gzip, respond, whole,
    wiped,
};
use crate::encode::{ListHead, ListWriter, ProtobufList, Seen, Style, shows_values};
use crate::failure::Failure;
use crate::negotiate::{Encoding, Endpoint, Format};
use crate::options;

/// How many pieces of a list are made before others have their turn, which takes a look at the sockets each time: about
/// a millisecond.
const PIECES_A_TURN: usize = 4;

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
    mut listing: Listing,
    format: Format,
    style: Style,
    warnings: &mut Warnings,
) -> Reply {
    warnings.extend(std::mem::take(&mut listing.warnings));
    let head = ListHead::from(&listing);
    let seen = Seen::when(listing.sees_values);
    let form = match style.encoding {
        Encoding::Protobuf => Form::Protobuf(ProtobufList::new(kind, format.shape, seen, &head).into()),
        Encoding::Json | Encoding::Yaml => Form::Text(head, ListWriter::new(kind, format.shape, seen, style)),
    };
    let mut pieces = Pieces::new(call.shared, listing.items, form);
    let gzip = accepts_gzip(call.headers()) && !shows_values(kind, format.shape, seen, &style);
    let first = match gzip {
        true => pieces.gather(THRESHOLD_BYTES + 1).await,
        false => pieces.next().await,
    };
    let content_type = content_type(style.encoding);
    match first {
        Piece::Last(bytes) => {
            let response = whole(StatusCode::OK, content_type, wiped(bytes));
            match gzip {
                true => compress(response, call.headers()).into(),
                false => response.into(),
            }
        }
        Piece::More(_) => {
            let (sender, body) = frames(call.shared.limits.stalled_reader);
            let mut response: Response<_> = respond(StatusCode::OK, content_type, body);
            if gzip {
                mark_gzip(&mut response);
            }
            let gzip = gzip.then(Gzip::new);
            Reply {
                response,
                producer: Some(Box::pin(produce(pieces, first, gzip, sender))),
            }
        }
    }
}

async fn produce(mut pieces: Pieces, mut piece: Piece, mut gzip: Option<Gzip>, sender: FrameSender) {
    let mut turn = 0;
    loop {
        let (bytes, last) = match piece {
            Piece::More(bytes) => (bytes, false),
            Piece::Last(bytes) => (bytes, true),
        };
        let mut frame = match &mut gzip {
            None => bytes,
            Some(gzip) => gzip.write(Plaintext::new(bytes).expose()),
        };
        if last && let Some(gzip) = gzip.take() {
            frame.append(&mut gzip.end());
        }
        if !frame.is_empty() && sender.send(wiped(frame)).await.is_err() {
            return;
        }
        if last {
            sender.end().await;
            return;
        }
        // Long lists take turns with other requests.
        turn = (turn + 1) % PIECES_A_TURN;
        if turn == 0 {
            tokio::task::yield_now().await;
        }
        piece = pieces.next().await;
    }
}
