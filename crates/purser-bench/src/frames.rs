//! As much of HTTP/2 as many endless answers on one connection take, so that reading them costs the driver little:
//! no task and no wake-up for each answer, and no copy of what is read.
//!
//! Source: RFC 9113 (frames) and RFC 7541 (heads).

/// Bytes of a frame's head.
const HEAD: usize = 9;
/// The longest frame that a peer sends who was not told otherwise.
const LONGEST_FRAME: usize = 16_384;
/// The widest flow-control window there is, and the one that a connection begins with.
const WIDEST: u32 = (1 << 31) - 1;
const FIRST_WINDOW: u32 = 65_535;
/// After how many bytes a window is opened again: it never shuts, and that costs next to nothing.
const OPEN_AGAIN: u32 = 1 << 20;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;

const END_STREAM: u8 = 0x1;
const ACK: u8 = 0x1;
const END_HEADERS: u8 = 0x4;
const PADDED: u8 = 0x8;
/// `:status: 200` in the static table.
const STATUS_OK: u8 = 0x88;

/// What comes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// The head of an answer; whether it is a 200.
    Head(u32, bool),
    /// Bytes of an answer: a frame, or a part of one.
    Data(u32, &'a [u8]),
    /// An answer is over.
    End(u32),
    /// The peer wants this answered.
    Reply(Vec<u8>),
    /// The connection is over, or not understood.
    Gone,
}

/// Takes what one connection brings apart.
#[derive(Default)]
pub(crate) struct Frames {
    /// The head of the frame, as far as it has come.
    head: Vec<u8>,
    /// The payload of a frame that is not data, as far as it has come.
    payload: Vec<u8>,
    /// How much of the frame's payload is still to come.
    left: usize,
}

impl Frames {
    /// Calls `found` with what is in `bytes`.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], mut found: impl FnMut(Piece<'_>)) {
        while !bytes.is_empty() {
            if self.head.len() < HEAD {
                bytes = move_to(&mut self.head, HEAD, bytes);
                let Some((length, ..)) = self.current() else {
                    return;
                };
                self.left = length;
                if length > LONGEST_FRAME {
                    found(Piece::Gone);
                }
            } else {
                let (now, rest) = bytes.split_at(self.left.min(bytes.len()));
                self.left -= now.len();
                bytes = rest;
                match self.current() {
                    Some((_, DATA, _, stream)) => found(Piece::Data(stream, now)),
                    _ => self.payload.extend_from_slice(now),
                }
            }
            if self.left == 0 {
                self.complete(&mut found);
            }
        }
    }

    /// Length, kind, flags and stream of the frame.
    fn current(&self) -> Option<(usize, u8, u8, u32)> {
        let head: [u8; HEAD] = self.head.as_slice().try_into().ok()?;
        let [a, b, c, kind, flags, w, x, y, z] = head;
        let length = usize::try_from(u32::from_be_bytes([0, a, b, c])).ok()?;
        Some((length, kind, flags, u32::from_be_bytes([w & 0x7f, x, y, z])))
    }

    fn complete(&mut self, found: &mut impl FnMut(Piece<'_>)) {
        let Some((_, kind, flags, stream)) = self.current() else {
            return;
        };
        match kind {
            DATA | HEADERS if flags & PADDED != 0 => found(Piece::Gone),
            HEADERS => found(Piece::Head(stream, is_ok(&self.payload))),
            RST_STREAM => found(Piece::End(stream)),
            SETTINGS if flags & ACK == 0 => found(Piece::Reply(frame(SETTINGS, ACK, 0, &[]))),
            PING if flags & ACK == 0 => found(Piece::Reply(frame(PING, ACK, 0, &self.payload))),
            GOAWAY => found(Piece::Gone),
            _ => {}
        }
        if matches!(kind, DATA | HEADERS) && flags & END_STREAM != 0 {
            found(Piece::End(stream));
        }
        self.head.clear();
        self.payload.clear();
    }
}

/// Moves bytes to `to` until it has `length`; answers the others.
fn move_to<'a>(to: &mut Vec<u8>, length: usize, bytes: &'a [u8]) -> &'a [u8] {
    let (now, rest) = bytes.split_at(length.saturating_sub(to.len()).min(bytes.len()));
    to.extend_from_slice(now);
    rest
}

/// Whether a head is that of a 200. The status is the first field; a change of the table's size may precede it.
fn is_ok(block: &[u8]) -> bool {
    let mut fields = block.iter().skip_while(|&&byte| byte & 0xe0 == 0x20);
    fields.next() == Some(&STATUS_OK)
}

/// How much of a flow-control window has been used.
#[derive(Default)]
pub(crate) struct Used(u32);

impl Used {
    /// Counts bytes of data; answers what to send when the window of `stream` (0: the connection) is to be opened again.
    pub(crate) fn add(&mut self, stream: u32, bytes: usize) -> Option<Vec<u8>> {
        self.0 += u32::try_from(bytes).unwrap_or(OPEN_AGAIN);
        (self.0 >= OPEN_AGAIN).then(|| {
            let used = std::mem::take(&mut self.0);
            frame(WINDOW_UPDATE, 0, stream, &used.to_be_bytes())
        })
    }
}

/// What a client says first: windows as wide as can be, and no pushes.
pub(crate) fn preface() -> Vec<u8> {
    const ENABLE_PUSH: u16 = 2;
    const INITIAL_WINDOW_SIZE: u16 = 4;
    let mut settings = Vec::new();
    for (name, value) in [(ENABLE_PUSH, 0), (INITIAL_WINDOW_SIZE, WIDEST)] {
        settings.extend(name.to_be_bytes());
        settings.extend(u32::to_be_bytes(value));
    }
    let mut out = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    out.extend(frame(SETTINGS, 0, 0, &settings));
    let more = WIDEST - FIRST_WINDOW;
    out.extend(frame(WINDOW_UPDATE, 0, 0, &more.to_be_bytes()));
    out
}

/// A GET on `stream`.
pub(crate) fn get(stream: u32, authority: &str, path: &str, headers: &[(&str, &[u8])]) -> Vec<u8> {
    const METHOD_GET: u8 = 0x82;
    const SCHEME_HTTPS: u8 = 0x87;
    // Literals that enter no table.
    const NAMED_AUTHORITY: u8 = 1;
    const NAMED_PATH: u8 = 4;
    const NEW_NAME: u8 = 0;
    let mut block = vec![METHOD_GET, SCHEME_HTTPS, NAMED_AUTHORITY];
    string(authority.as_bytes(), &mut block);
    block.push(NAMED_PATH);
    string(path.as_bytes(), &mut block);
    for (name, value) in headers {
        block.push(NEW_NAME);
        string(name.as_bytes(), &mut block);
        string(value, &mut block);
    }
    frame(HEADERS, END_STREAM | END_HEADERS, stream, &block)
}

/// A string as it is: its length in seven bits or more, then its bytes.
fn string(bytes: &[u8], out: &mut Vec<u8>) {
    const PREFIX: usize = 0x7f;
    let low = |number: usize| u8::try_from(number & PREFIX).unwrap_or_default();
    if bytes.len() < PREFIX {
        out.push(low(bytes.len()));
    } else {
        out.push(low(PREFIX));
        let mut rest = bytes.len() - PREFIX;
        while rest > PREFIX {
            out.push(low(rest) | 0x80);
            rest >>= 7;
        }
        out.push(low(rest));
    }
    out.extend_from_slice(bytes);
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    let mut out = Vec::with_capacity(HEAD + payload.len());
    out.extend(length.iter().skip(1));
    out.extend([kind, flags]);
    out.extend(stream.to_be_bytes());
    out.extend_from_slice(payload);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(chunks: &[&[u8]]) -> Vec<String> {
        let mut frames = Frames::default();
        let mut all = Vec::new();
        let mut data = Vec::new();
        for chunk in chunks {
            frames.feed(chunk, |piece| match piece {
                Piece::Data(_, bytes) => data.extend_from_slice(bytes),
                piece => all.push(format!("{piece:?}")),
            });
        }
        all.push(String::from_utf8(data).unwrap());
        all
    }

    #[test]
    fn frames_are_the_same_wherever_they_are_cut() {
        let mut all = frame(SETTINGS, 0, 0, &[0; 6]);
        all.extend(frame(HEADERS, END_HEADERS, 3, &[0x20, STATUS_OK, 0x5f]));
        all.extend(frame(DATA, 0, 3, b"one "));
        all.extend(frame(DATA, 0, 3, b""));
        all.extend(frame(PING, 0, 0, b"12345678"));
        all.extend(frame(DATA, END_STREAM, 3, b"two"));
        all.extend(frame(HEADERS, END_HEADERS | END_STREAM, 5, &[0x8d]));
        let whole = pieces(&[&all]);
        assert_eq!(
            [&whole[1], &whole[3], &whole[4], &whole[5]],
            ["Head(3, true)", "End(3)", "Head(5, false)", "End(5)"]
        );
        assert_eq!(whole.last().unwrap(), "one two");
        for cut in 0..all.len() {
            let (left, right) = all.split_at(cut);
            assert_eq!(pieces(&[left, right]), whole, "cut at {cut}");
        }
        assert_eq!(pieces(&all.chunks(1).collect::<Vec<_>>()), whole);
    }

    #[test]
    fn what_is_no_http_2_ends_the_connection() {
        let mut frames = Frames::default();
        let mut gone = false;
        frames.feed(b"HTTP/1.1 400 Bad Request\r\n", |piece| {
            gone |= piece == Piece::Gone;
        });
        assert!(gone);
    }

    #[test]
    fn a_window_is_opened_again_by_what_was_used() {
        let mut used = Used::default();
        assert!(used.add(1, 1000).is_none());
        let update = used.add(1, OPEN_AGAIN as usize).unwrap();
        assert_eq!(
            update,
            frame(WINDOW_UPDATE, 0, 1, &(OPEN_AGAIN + 1000).to_be_bytes())
        );
        assert!(used.add(1, 1000).is_none());
    }

    #[test]
    fn long_strings_have_their_length_in_several_bytes() {
        let mut out = Vec::new();
        string(&[b'x'; 1337 + 127 - 31], &mut out);
        // RFC 7541, C.1.2 has 1337 with a prefix of 5 bits: the rest is the same.
        assert_eq!(out[..3], [0x7f, 0x9a, 0x0a]);
    }
}
