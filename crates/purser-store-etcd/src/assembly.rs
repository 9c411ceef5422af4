//! Whole revisions, put together from what a watch says.
//!
//! An answer may be cut between the events of one revision, and the pieces may come again after a connection was lost.

use std::sync::Arc;

use bytes::Bytes;
use purser_store::{Event, Record, Revision};

use crate::wire::{self, EventType, KeyValue};

/// The most bytes of values that the events of one revision hold: a transaction's, and what was there before.
const MAX_REVISION_BYTES: usize = 256 << 20;

/// The events of one revision; none when they are of keys that are no text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Whole {
    pub(crate) revision: Revision,
    pub(crate) events: Arc<[Event]>,
}

/// Why revisions cannot be put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Broken {
    /// What was there before an event is forgotten: history goes on after this revision only.
    Forgotten,
    /// It is not what etcd says.
    Nonsense(&'static str),
}

/// What is being put together.
#[derive(Debug)]
pub(crate) struct Assembly {
    /// Everything up to here has been handed out.
    reached: Revision,
    /// The revision whose events are being collected; as `reached` when there is none.
    revision: Revision,
    events: Vec<Event>,
    bytes: usize,
}

impl Assembly {
    /// Leaves out everything up to `after`.
    pub(crate) fn starting_after(after: Revision) -> Self {
        Self {
            reached: after,
            revision: after,
            events: Vec::new(),
            bytes: 0,
        }
    }

    /// Takes the events of one answer, and hands out the revisions that are whole now. `cut`: more of the answer follows.
    ///
    /// # Errors
    /// [`Broken`]; nothing can be put together after that.
    pub(crate) fn take(&mut self, events: Vec<wire::Event>, cut: bool) -> Result<Vec<Whole>, Broken> {
        let mut whole = Vec::new();
        for event in events {
            let revision = event.kv.as_ref().and_then(|kv| number(kv.mod_revision));
            let revision = revision.ok_or(Broken::Nonsense("an event without a revision"))?;
            if revision <= self.reached {
                continue;
            }
            if revision < self.revision {
                return Err(Broken::Nonsense("events out of order"));
            }
            if revision > self.revision {
                whole.extend(self.close());
                self.revision = revision;
            }
            if let Some(event) = read(event)? {
                self.bytes += size(&event);
                self.events.push(event);
            }
            if self.bytes > MAX_REVISION_BYTES {
                return Err(Broken::Nonsense("more in one revision than a transaction holds"));
            }
        }
        if !cut {
            whole.extend(self.close());
        }
        Ok(whole)
    }

    fn close(&mut self) -> Option<Whole> {
        if self.revision == self.reached {
            return None;
        }
        self.reached = self.revision;
        self.bytes = 0;
        Some(Whole {
            revision: self.revision,
            events: std::mem::take(&mut self.events).into(),
        })
    }
}

/// An event; `None` when its key is no text, as no key is that a caller can ask for.
fn read(event: wire::Event) -> Result<Option<Event>, Broken> {
    let Some(kv) = event.kv else {
        return Err(Broken::Nonsense("an event without a key"));
    };
    let Some(revision) = number(kv.mod_revision) else {
        return Err(Broken::Nonsense("an event without a revision"));
    };
    if std::str::from_utf8(&kv.key).is_err() {
        return Ok(None);
    }
    let previous = event.prev_kv.and_then(record);
    if event.kind == EventType::Delete as i32 {
        let before = previous.ok_or(Broken::Forgotten)?;
        let record = Record {
            mod_revision: revision,
            ..before.clone()
        };
        return Ok(Some(Event {
            record,
            previous: Some(before),
            deleted: true,
        }));
    }
    let created = kv.create_revision == kv.mod_revision;
    if !created && previous.is_none() {
        return Err(Broken::Forgotten);
    }
    Ok(record(kv).map(|record| Event {
        record,
        previous: previous.filter(|_| !created),
        deleted: false,
    }))
}

/// A record; `None` when its key is no text or a revision is negative.
pub(crate) fn record(kv: KeyValue) -> Option<Record> {
    Some(Record {
        key: Arc::from(String::from_utf8(kv.key).ok()?),
        value: Bytes::from(kv.value),
        create_revision: number(kv.create_revision)?,
        mod_revision: number(kv.mod_revision)?,
    })
}

fn number(revision: i64) -> Option<Revision> {
    Revision::try_from(revision).ok()
}

fn size(event: &Event) -> usize {
    event.record.value.len() + event.previous.as_ref().map_or(0, |before| before.value.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(key: &str, create: i64, revision: i64) -> wire::Event {
        let kv = |revision| KeyValue {
            key: key.as_bytes().to_vec(),
            create_revision: create,
            mod_revision: revision,
            version: 1,
            value: b"v".to_vec(),
        };
        wire::Event {
            kind: EventType::Put as i32,
            kv: Some(kv(revision)),
            prev_kv: (create != revision).then(|| kv(create)),
        }
    }

    fn revisions(whole: &[Whole]) -> Vec<(Revision, usize)> {
        whole
            .iter()
            .map(|whole| (whole.revision, whole.events.len()))
            .collect()
    }

    #[test]
    fn pieces_of_an_answer_become_whole_revisions() {
        let mut assembly = Assembly::starting_after(4);
        let first = assembly
            .take(
                vec![put("/a", 4, 4), put("/a", 5, 5), put("/b", 6, 6), put("/c", 6, 6)],
                true,
            )
            .unwrap();
        assert_eq!(revisions(&first), [(5, 1)], "4 is known, 6 may go on");
        let second = assembly.take(vec![put("/d", 6, 6)], false).unwrap();
        assert_eq!(revisions(&second), [(6, 3)]);
    }

    #[test]
    fn what_comes_again_is_left_out_and_what_goes_back_is_refused() {
        let mut assembly = Assembly::starting_after(1);
        assembly
            .take(vec![put("/a", 2, 2), put("/a", 2, 3)], false)
            .unwrap();
        assert_eq!(assembly.take(vec![put("/a", 2, 3)], false), Ok(Vec::new()));
        let back = assembly.take(vec![put("/a", 6, 6), put("/a", 5, 5)], false);
        assert!(matches!(back, Err(Broken::Nonsense(_))));
    }

    #[test]
    fn an_event_whose_past_is_forgotten_is_told() {
        let mut event = put("/a", 2, 3);
        event.prev_kv = None;
        assert_eq!(
            Assembly::starting_after(1).take(vec![event], false),
            Err(Broken::Forgotten)
        );
    }

    #[test]
    fn keys_that_are_no_text_count_as_revisions_only() {
        let mut event = put("/a", 2, 2);
        event.kv.as_mut().unwrap().key = vec![0xff];
        let whole = Assembly::starting_after(1).take(vec![event], false).unwrap();
        assert_eq!(revisions(&whole), [(2, 0)]);
    }
}
