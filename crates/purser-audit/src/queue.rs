//! Lines on their way to the writer: one text that many append to and one takes whole.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use tokio::sync::{Notify, oneshot};

/// How long the writer lets lines gather after it has written: under load it wakes a few hundred times a second,
/// however many lines there are, and nobody who appends a line has to wake it.
const GATHER: Duration = Duration::from_millis(2);
/// The largest room for text that is kept when all is written, bytes.
const KEPT: usize = 256 * 1024;

/// The queue.
pub(crate) struct Queue {
    state: Mutex<State>,
    filled: Condvar,
    emptied: Notify,
    /// Most lines that wait.
    bound: usize,
}

#[derive(Default)]
struct State {
    batch: Batch,
    /// Whether the writer sleeps until the first line.
    writer_idle: bool,
    /// Whether nobody appends any more.
    closed: bool,
}

/// What the writer takes at once.
#[derive(Default)]
pub(crate) struct Batch {
    /// Whole lines, each ends in a line feed.
    pub(crate) text: Vec<u8>,
    /// How many.
    pub(crate) lines: usize,
    /// To be told once the lines are on disk.
    pub(crate) flushes: Vec<oneshot::Sender<()>>,
}

impl Batch {
    /// Makes it empty, with the room it has.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        if self.text.capacity() > KEPT {
            self.text = Vec::new();
        }
        self.lines = 0;
        self.flushes.clear();
    }
}

impl Queue {
    /// For `bound` lines.
    pub(crate) fn new(bound: usize) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::default(),
            filled: Condvar::new(),
            emptied: Notify::new(),
            bound: bound.max(1),
        })
    }

    /// Lines that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.state.lock().batch.lines
    }

    /// Appends a line; `false`: there is no room.
    pub(crate) fn push(&self, line: &[u8]) -> bool {
        let mut state = self.state.lock();
        if state.batch.lines >= self.bound {
            return false;
        }
        state.batch.text.extend_from_slice(line);
        state.batch.lines += 1;
        let full = state.batch.lines == self.bound;
        self.wake(state, full);
        true
    }

    /// Appends a line as soon as there is room.
    pub(crate) async fn push_in_turn(&self, line: &[u8]) {
        loop {
            // Asked for before the look, so that no emptying is missed.
            let emptied = self.emptied.notified();
            if self.push(line) {
                return;
            }
            emptied.await;
        }
    }

    /// Asks to be told when everything appended so far is on disk.
    pub(crate) fn flush(&self) -> oneshot::Receiver<()> {
        let (done, wait) = oneshot::channel();
        let mut state = self.state.lock();
        state.batch.flushes.push(done);
        self.wake(state, true);
        wait
    }

    /// Lets the writer end once it has written all.
    pub(crate) fn close(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        self.wake(state, true);
    }

    fn wake(&self, mut state: parking_lot::MutexGuard<'_, State>, urgent: bool) {
        let wake = std::mem::take(&mut state.writer_idle) || urgent;
        drop(state);
        if wake {
            self.filled.notify_one();
        }
    }

    /// Exchanges `empty` for what waits, once something does; `false`: nothing will any more.
    pub(crate) fn take(&self, empty: &mut Batch) -> bool {
        let mut state = self.state.lock();
        while state.batch.lines == 0 && state.batch.flushes.is_empty() {
            if state.closed {
                return false;
            }
            state.writer_idle = true;
            self.filled.wait(&mut state);
        }
        state.writer_idle = false;
        std::mem::swap(&mut state.batch, empty);
        drop(state);
        self.emptied.notify_waiters();
        true
    }

    /// Waits a moment for more lines, unless somebody waits for what is there.
    pub(crate) fn gather(&self) {
        let mut state = self.state.lock();
        let urgent = state.closed || !state.batch.flushes.is_empty() || state.batch.lines >= self.bound;
        if !urgent {
            self.filled.wait_for(&mut state, GATHER);
        }
    }
}
