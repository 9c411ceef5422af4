//! Reads: one key, and ranges in pages that fit an answer.

use purser_store::{Page, Range, Record, Revision};

use crate::assembly::record;
use crate::client::{Client, Effect};
use crate::fault::Fault;
use crate::wire::{KeyValue, RANGE, RangeRequest, RangeResponse};

/// Records of the first page of a range, when nothing is known of their size.
const FIRST_PAGE: usize = 500;
/// Records of a page at most.
const LARGEST_PAGE: usize = 10_000;
/// The bytes of values that a page is to have.
const PAGE_BYTES: usize = 8 << 20;

/// The record of `key` as of `revision`, 0 for now.
///
/// # Errors
/// The client's.
pub(crate) async fn get(client: &Client, key: &str, revision: i64) -> Result<Option<Record>, Fault> {
    let question = RangeRequest {
        key: key.as_bytes().to_vec(),
        revision,
        ..RangeRequest::default()
    };
    let answer: RangeResponse = client.ask(RANGE, question, Effect::Reads).await?;
    Ok(answer.kvs.into_iter().next().and_then(record))
}

/// Reads pages until the range, or its limit, is at its end; all of them at the revision of the first.
///
/// # Errors
/// The client's.
pub(crate) async fn range(client: &Client, range: &Range) -> Result<Page, Fault> {
    let mut pages = Pages::new(range, range.revision);
    let mut page = Page {
        records: Vec::new(),
        total: 0,
        revision: 0,
    };
    let mut first = true;
    loop {
        let left = match range.limit {
            0 => usize::MAX,
            limit => limit.saturating_sub(page.records.len()),
        };
        let piece = pages.next(client, left).await?;
        if first {
            first = false;
            page.total = piece.total;
            page.revision = range.revision.unwrap_or(piece.told);
            pages.revision = Some(page.revision);
        }
        page.total = page.total.saturating_sub(piece.left_out);
        page.records.extend(piece.records);
        let full = range.limit > 0 && page.records.len() >= range.limit;
        if full || pages.finished {
            return Ok(page);
        }
    }
}

/// The first records of a range, now, one page of them at most.
///
/// # Errors
/// The client's.
pub(crate) async fn scan(client: &Client, range: &Range) -> Result<Vec<Record>, Fault> {
    let mut pages = Pages::new(range, None);
    loop {
        // None only when there are none: a page may be of keys that are no text.
        let piece = pages.next(client, range.limit).await?;
        if !piece.records.is_empty() || pages.finished {
            return Ok(piece.records);
        }
    }
}

/// Where reading a range is.
struct Pages {
    start: Vec<u8>,
    end: Vec<u8>,
    revision: Option<Revision>,
    /// Records of the next page.
    size: usize,
    finished: bool,
}

/// One page.
struct Piece {
    records: Vec<Record>,
    /// Keys from its start to the end of the range.
    total: usize,
    /// Those in it that are no text.
    left_out: usize,
    /// The current revision.
    told: Revision,
}

impl Pages {
    fn new(range: &Range, revision: Option<Revision>) -> Self {
        // To etcd an empty key is none, and an empty end is no range.
        let start = if range.start.is_empty() {
            "\0"
        } else {
            &range.start
        };
        Self {
            start: start.as_bytes().to_vec(),
            end: range.end.as_bytes().to_vec(),
            revision,
            size: FIRST_PAGE,
            finished: false,
        }
    }

    async fn next(&mut self, client: &Client, left: usize) -> Result<Piece, Fault> {
        loop {
            let size = self.size.min(left).max(1);
            match client.ask(RANGE, self.question(size), Effect::Reads).await {
                Err(Fault::AnswerTooLarge) if size > 1 => self.size = (size / 8).max(1),
                Err(fault) => return Err(fault),
                Ok(answer) => return self.take(client, answer),
            }
        }
    }

    /// Even where nothing can be found it is asked: the revision is to be judged.
    fn question(&self, size: usize) -> RangeRequest {
        let (mut key, mut range_end) = (self.start.clone(), self.end.clone());
        if key >= range_end {
            // From a key to itself is nothing; but an end of one zero byte would be no end at all.
            key.push(0);
            range_end.clone_from(&key);
        }
        RangeRequest {
            key,
            range_end,
            limit: i64::try_from(size).unwrap_or(i64::MAX),
            revision: self
                .revision
                .map_or(0, |asked| i64::try_from(asked).unwrap_or(i64::MAX)),
            ..RangeRequest::default()
        }
    }

    fn take(&mut self, client: &Client, answer: RangeResponse) -> Result<Piece, Fault> {
        let told = client.learn(answer.header.as_ref())?;
        let total = usize::try_from(answer.count).unwrap_or(usize::MAX);
        let found = answer.kvs.len();
        self.finished = found >= total || found == 0;
        if let Some(last) = answer.kvs.last() {
            self.start.clone_from(&last.key);
            self.start.push(0);
        }
        let bytes: usize = answer.kvs.iter().map(size_of).sum();
        let mean = bytes.checked_div(found).unwrap_or(0).max(1);
        self.size = (PAGE_BYTES / mean).clamp(1, LARGEST_PAGE);
        let records: Vec<Record> = answer.kvs.into_iter().filter_map(record).collect();
        Ok(Piece {
            left_out: found.saturating_sub(records.len()),
            records,
            total,
            told,
        })
    }
}

fn size_of(kv: &KeyValue) -> usize {
    kv.key.len() + kv.value.len()
}
