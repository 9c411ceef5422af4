//! A disk in memory that loses power.

use std::io::{Error, Result};
use std::sync::{Arc, Mutex};

use redb::StorageBackend;

/// What a real disk writes whole or not at all.
const SECTOR_BYTES: usize = 512;

#[derive(Debug, Clone)]
enum Operation {
    Write(usize, Vec<u8>),
    SetLength(usize),
}

#[derive(Debug, Default)]
struct State {
    /// What survives for certain.
    durable: Vec<u8>,
    /// What a reader sees.
    visible: Vec<u8>,
    /// What was done since the last sync, in order.
    pending: Vec<Operation>,
    operations: usize,
    syncs: usize,
    fails_at: Option<usize>,
    /// One read fails once there were so many syncs.
    read_fails_at: Option<usize>,
    failed: bool,
}

/// Which writes after the last sync had reached the medium when the power went.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Survives {
    /// None of them.
    Nothing,
    /// All of them, the failing one included.
    Everything,
    /// Some of them, some of their sectors, as the seed says.
    Some(u64),
}

/// A handle on the disk; clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Disk(Arc<Mutex<State>>);

impl Disk {
    /// A disk with this content, whose `fails_at`-th write, resize or sync fails, and everything after it.
    pub(crate) fn new(content: Vec<u8>, fails_at: Option<usize>) -> Self {
        let state = State {
            visible: content.clone(),
            durable: content,
            fails_at,
            ..State::default()
        };
        Self(Arc::new(Mutex::new(state)))
    }

    /// The disk works again, with all that was written to it: it was full, and is not any more.
    pub(crate) fn mend(&self) {
        let mut state = self.0.lock().unwrap();
        state.failed = false;
        state.fails_at = None;
    }

    /// The first read after `syncs` more syncs fails, and nothing else.
    pub(crate) fn fail_a_read_after(&self, syncs: usize) {
        let mut state = self.0.lock().unwrap();
        state.read_fails_at = Some(state.syncs + syncs);
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.0.lock().unwrap().failed
    }

    /// How many writes, resizes and syncs there were.
    pub(crate) fn operations(&self) -> usize {
        self.0.lock().unwrap().operations
    }

    /// What is on the medium when the power comes back.
    pub(crate) fn content(&self, survives: Survives) -> Vec<u8> {
        let state = self.0.lock().unwrap();
        let mut content = state.durable.clone();
        let mut random = match survives {
            Survives::Some(seed) => seed,
            _ => 0,
        };
        for operation in &state.pending {
            match survives {
                Survives::Nothing => {}
                Survives::Everything => apply(&mut content, operation),
                Survives::Some(_) => apply_some(&mut content, operation, &mut random),
            }
        }
        content
    }

    fn act(&self, operation: Option<Operation>) -> Result<()> {
        let mut state = self.0.lock().unwrap();
        state.operations += 1;
        let fails = state.failed || state.fails_at == Some(state.operations);
        if fails && state.failed {
            return Err(Error::other("no power"));
        }
        state.failed = fails;
        match operation {
            Some(operation) => {
                apply(&mut state.visible, &operation);
                state.pending.push(operation);
            }
            None if !fails => {
                state.syncs += 1;
                state.durable = state.visible.clone();
                state.pending.clear();
            }
            None => {}
        }
        if fails {
            Err(Error::other("the power went"))
        } else {
            Ok(())
        }
    }
}

fn apply(content: &mut Vec<u8>, operation: &Operation) {
    match operation {
        Operation::Write(offset, data) => {
            let end = offset + data.len();
            if content.len() < end {
                content.resize(end, 0);
            }
            content[*offset..end].copy_from_slice(data);
        }
        Operation::SetLength(length) => content.resize(*length, 0),
    }
}

fn apply_some(content: &mut Vec<u8>, operation: &Operation, random: &mut u64) {
    match operation {
        Operation::SetLength(_) => {
            if coin(random) {
                apply(content, operation);
            }
        }
        Operation::Write(offset, data) => {
            if coin(random) {
                return;
            }
            let whole = coin(random);
            for (number, sector) in data.chunks(SECTOR_BYTES).enumerate() {
                if whole || coin(random) {
                    let at = offset + number * SECTOR_BYTES;
                    apply(content, &Operation::Write(at, sector.to_vec()));
                }
            }
        }
    }
}

/// A step of splitmix64.
fn coin(state: &mut u64) -> bool {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (mixed ^ (mixed >> 27)) & (1 << 20) == 0
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64> {
        Ok(self.0.lock().unwrap().visible.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        let mut state = self.0.lock().unwrap();
        if state.read_fails_at.is_some_and(|syncs| state.syncs >= syncs) {
            state.read_fails_at = None;
            return Err(Error::other("a sector cannot be read"));
        }
        let start = usize::try_from(offset).unwrap();
        let bytes = state
            .visible
            .get(start..start + out.len())
            .ok_or_else(|| Error::other("past the end"))?;
        out.copy_from_slice(bytes);
        Ok(())
    }

    fn set_len(&self, length: u64) -> Result<()> {
        self.act(Some(Operation::SetLength(usize::try_from(length).unwrap())))
    }

    fn sync_data(&self) -> Result<()> {
        self.act(None)
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<()> {
        self.act(Some(Operation::Write(
            usize::try_from(offset).unwrap(),
            data.to_vec(),
        )))
    }
}
