//! The heads of requests among the frames of HTTP/2.
//!
//! Source: RFC 9113, sections 3.4, 4.1, 4.3, 6.2 and 6.10: a head is a HEADERS frame and the CONTINUATION frames up to the
//! one that says it is the last, with nothing in between.

use super::head::Heads;

/// The bytes of the preface that a client sends first.
const PREFACE: usize = 24;
/// The bytes before the payload of a frame.
const FRAME_HEAD: usize = 9;
/// The types of the frames that heads are made of.
const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
/// The flag of the last of them.
const END_HEADERS: u8 = 4;

/// Follows the frames that a client sends.
pub(super) struct SecondHeads {
    /// How much of what comes is no head of a frame.
    payload: usize,
    /// What has come of the head of a frame.
    frame: [u8; FRAME_HEAD],
    filled: usize,
    /// Whether a request's head has begun, and whether it is finished with this frame.
    begun: bool,
    ends: bool,
    number: u64,
}

impl SecondHeads {
    /// Of a connection of which nothing has been read.
    pub(super) fn new() -> Self {
        Self {
            payload: PREFACE,
            frame: [0; FRAME_HEAD],
            filled: 0,
            begun: false,
            ends: false,
            number: 0,
        }
    }

    /// The head of a frame is complete.
    fn read_frame_head(&mut self) {
        let [high, middle, low, kind, flags, ..] = self.frame;
        self.payload = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
        self.filled = 0;
        if kind == HEADERS {
            self.number += 1;
        }
        if kind == HEADERS || kind == CONTINUATION {
            self.begun = true;
            self.ends = flags & END_HEADERS != 0;
        }
    }
}

impl Heads for SecondHeads {
    fn came(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.payload == 0 {
                let (now, rest) = bytes.split_at(bytes.len().min(FRAME_HEAD - self.filled));
                let room = self.frame.iter_mut().skip(self.filled);
                room.zip(now).for_each(|(to, from)| *to = *from);
                self.filled += now.len();
                bytes = rest;
                if self.filled == FRAME_HEAD {
                    self.read_frame_head();
                }
            } else {
                let (now, rest) = bytes.split_at(bytes.len().min(self.payload));
                self.payload -= now.len();
                bytes = rest;
            }
            if self.payload == 0 && self.filled == 0 && self.ends {
                (self.begun, self.ends) = (false, false);
            }
        }
    }

    fn unfinished(&mut self) -> Option<u64> {
        self.begun.then_some(self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let length = u8::try_from(payload.len()).unwrap();
        let mut frame = vec![0, 0, length, kind, flags, 0, 0, 0, 1];
        frame.extend_from_slice(payload);
        frame
    }

    /// What is unfinished after each of `pieces`.
    fn unfinished(pieces: &[&[u8]]) -> Vec<Option<u64>> {
        let mut heads = SecondHeads::new();
        heads.came(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        let after = |piece: &&[u8]| {
            heads.came(piece);
            heads.unfinished()
        };
        pieces.iter().map(after).collect()
    }

    #[test]
    fn a_head_lasts_from_its_first_frame_to_the_end_of_its_last() {
        let settings = frame(4, 0, b"");
        let begin = frame(HEADERS, 0, b"abc");
        let more = frame(CONTINUATION, 0, b"");
        let end = frame(CONTINUATION, END_HEADERS, b"de");
        let data = frame(0, END_HEADERS, &[HEADERS; 200]);
        let pieces: [&[u8]; 6] = [&settings, &begin, &more, &end[..10], &end[10..], &data];
        assert_eq!(unfinished(&pieces), [None, Some(1), Some(1), Some(1), None, None]);
    }

    #[test]
    fn heads_are_told_apart_however_the_frames_are_cut() {
        let whole = [
            frame(HEADERS, END_HEADERS, b"abc"),
            frame(HEADERS, END_HEADERS, b""),
            frame(HEADERS, 0, b"d"),
        ]
        .concat();
        assert_eq!(unfinished(&[&whole]), [Some(3)]);
        let bytes: Vec<&[u8]> = whole.chunks(1).collect();
        let after = unfinished(&bytes);
        assert_eq!(after[8..12], [Some(1), Some(1), Some(1), None]);
        assert_eq!(after[20..30], [[None; 9].as_slice(), &[Some(3)]].concat());
        assert_eq!(after.last(), Some(&Some(3)));
    }
}
