//! The thread that writes: takes what waits, applies it one by one, makes it durable together, then answers.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use purser_store::{Event, Outcome, StoreError};
use redb::Database;

use crate::apply::{Applied, Tables};
use crate::command::{Command, MAX_GROUP, MAX_GROUP_BYTES, Reply};
use crate::counters::Counters;
use crate::database::{Standing, begin_durable};
use crate::directory::Directory;
use crate::error::refused;
use crate::hub::Hub;
use crate::options::Options;
use crate::snapshot::Snapshot;
use crate::sweep::{self, Bounds};

/// Changes of the history that an idle writer walks between two looks at its queue.
const IDLE_SWEEP: usize = 4_096;
/// Changes that a busy writer walks with each group, beside twice those the group made: it must catch up.
const BUSY_SWEEP: usize = 64;

/// The writer's state; it lives on its own thread.
pub(crate) struct Writer {
    pub(crate) db: Database,
    pub(crate) standing: Standing,
    pub(crate) hub: Arc<Hub>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) options: Options,
    /// Before this time (milliseconds since 1970) no more history comes of age.
    pub(crate) idle_until: u64,
    /// Why nothing is written any more: the disk failed, and what it holds is known only after opening it again.
    pub(crate) failed: Option<String>,
    /// Released last: fields are dropped in order.
    #[expect(dead_code, reason = "held for its lock")]
    pub(crate) directory: Option<Directory>,
}

/// What a group came to, before it is durable.
#[derive(Default)]
struct Group {
    outcomes: Vec<(Reply<Outcome>, Result<Outcome, StoreError>)>,
    compactions: Vec<(Reply<()>, Result<(), StoreError>)>,
    revisions: Vec<Arc<[Event]>>,
    changes: usize,
    forgotten: usize,
}

impl Writer {
    /// Works until told to close, or until nobody can tell it anything.
    pub(crate) fn run(mut self, commands: &Receiver<Command>) {
        let mut open = true;
        while open {
            let mut group = Vec::new();
            open = self.gather(commands, &mut group);
            self.commit(group);
        }
        self.hub.release();
    }

    /// Waits for a command or for the next look at the history; takes all that wait, up to the group's bounds.
    fn gather(&self, commands: &Receiver<Command>, group: &mut Vec<Command>) -> bool {
        let wait = if self.history_is_due() {
            Duration::ZERO
        } else {
            self.options.tick
        };
        let mut bytes = 0;
        let mut next = match commands.recv_timeout(wait) {
            Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
            Ok(command) => Ok(command),
        };
        loop {
            match next {
                Ok(Command::Close) | Err(TryRecvError::Disconnected) => return false,
                Err(TryRecvError::Empty) => return true,
                Ok(command) => {
                    bytes += if let Command::Commit { bytes, .. } = &command {
                        *bytes
                    } else {
                        0
                    };
                    group.push(command);
                }
            }
            if group.len() >= MAX_GROUP || bytes >= MAX_GROUP_BYTES {
                return true;
            }
            next = commands.try_recv();
        }
    }

    fn commit(&mut self, commands: Vec<Command>) {
        if self.failed.is_some() || (commands.is_empty() && !self.history_is_due()) {
            return self.refuse(commands);
        }
        let mut group = Group::default();
        match self.write(commands, &mut group) {
            Ok(()) => self.answer(group),
            Err(error) => {
                tracing::error!(%error, "the store failed and writes nothing more");
                self.failed = Some(error.to_string());
                group
                    .outcomes
                    .into_iter()
                    .for_each(|(reply, _)| drop(reply.send(Err(again(&error)))));
                group
                    .compactions
                    .into_iter()
                    .for_each(|(reply, _)| drop(reply.send(Err(again(&error)))));
            }
        }
    }

    fn refuse(&self, commands: Vec<Command>) {
        let error = StoreError::Unavailable(self.failed.clone().unwrap_or_default());
        for command in commands {
            match command {
                Command::Commit { reply, .. } => drop(reply.send(Err(again(&error)))),
                Command::Compact { reply, .. } => drop(reply.send(Err(again(&error)))),
                Command::Close => {}
            }
        }
    }

    /// Applies the commands and makes them durable. On an error nothing of them is.
    fn write(&mut self, commands: Vec<Command>, group: &mut Group) -> Result<(), StoreError> {
        let transaction = begin_durable(&self.db)?;
        let mut standing = self.standing;
        let mut tables = Tables::open(&transaction)?;
        let now = milliseconds(self.options.clock.now());
        let mut broken = None;
        for command in commands {
            let step = apply(command, &mut tables, &mut standing, now, group);
            broken = broken.or(step.err());
        }
        if let Some(error) = broken {
            return Err(error);
        }
        self.sweep(&mut tables, &mut standing, now, group)?;
        if standing == self.standing {
            drop(tables);
            return transaction.abort().map_err(refused);
        }
        standing.write(&self.standing, &mut tables)?;
        drop(tables);
        transaction.commit().map_err(refused)?;
        self.standing = standing;
        let snapshot = Snapshot::take(&self.db, standing.revision, standing.compacted)?;
        self.hub.publish(snapshot, std::mem::take(&mut group.revisions));
        self.counters
            .live_bytes
            .store(standing.live_bytes, Ordering::Relaxed);
        let commits = group
            .outcomes
            .iter()
            .filter(|(_, outcome)| matches!(outcome, Ok(Outcome::Committed(_))));
        self.counters.note_group(commits.count());
        Ok(())
    }

    fn answer(&self, group: Group) {
        Counters::add(&self.counters.changes, group.changes);
        Counters::add(&self.counters.forgotten, group.forgotten);
        group
            .outcomes
            .into_iter()
            .for_each(|(reply, outcome)| drop(reply.send(outcome)));
        group
            .compactions
            .into_iter()
            .for_each(|(reply, outcome)| drop(reply.send(outcome)));
    }

    /// Whether there may be history to forget now.
    fn history_is_due(&self) -> bool {
        if self.failed.is_some() {
            return false;
        }
        let aged = self
            .standing
            .revision
            .saturating_sub(self.options.history_revisions);
        self.standing.compacted > self.standing.swept
            || (aged > self.standing.swept && self.idle_until <= milliseconds(self.options.clock.now()))
    }

    fn sweep(
        &mut self,
        tables: &mut Tables<'_>,
        standing: &mut Standing,
        now: u64,
        group: &mut Group,
    ) -> Result<(), StoreError> {
        let age = u64::try_from(self.options.history_age.as_millis()).unwrap_or(u64::MAX);
        let bounds = Bounds {
            asked: standing.compacted,
            aged: standing.revision.saturating_sub(self.options.history_revisions),
            made_by: now.saturating_sub(age),
        };
        let nothing_aged = bounds.aged <= standing.swept || now < self.idle_until;
        if bounds.asked <= standing.swept && nothing_aged {
            return Ok(());
        }
        let budget = if group.changes == 0 {
            IDLE_SWEEP
        } else {
            2 * group.changes + BUSY_SWEEP
        };
        let step = sweep::step(tables, standing.swept, bounds, budget)?;
        self.idle_until = step
            .stopped_at
            .map_or(self.idle_until, |made| made.saturating_add(age));
        standing.swept = step.swept;
        standing.compacted = standing.compacted.max(step.swept);
        standing.live_bytes = standing.live_bytes.saturating_sub(step.freed);
        group.forgotten = step.removed;
        Ok(())
    }
}

/// Applies one command; its answer waits in `group` until the group is durable.
fn apply(
    command: Command,
    tables: &mut Tables<'_>,
    standing: &mut Standing,
    now: u64,
    group: &mut Group,
) -> Result<(), StoreError> {
    match command {
        Command::Commit {
            transaction, reply, ..
        } => {
            let revision = standing.revision + 1;
            let applied = tables.apply(&transaction, revision, now, &mut standing.live_bytes);
            let (outcome, error) = match applied {
                Ok(Applied::Failed(outcome)) => (Ok(outcome), None),
                Ok(Applied::Unchanged) => (Ok(Outcome::Committed(standing.revision)), None),
                Ok(Applied::Changed(events)) => {
                    standing.revision = revision;
                    group.changes += events.len();
                    group.revisions.push(events.into());
                    (Ok(Outcome::Committed(revision)), None)
                }
                Err(error) => (Err(again(&error)), Some(error)),
            };
            group.outcomes.push((reply, outcome));
            error.map_or(Ok(()), Err)
        }
        Command::Compact { revision, reply } => {
            let future = StoreError::Future {
                asked: revision,
                current: standing.revision,
            };
            let known = revision <= standing.revision;
            standing.compacted = if known {
                standing.compacted.max(revision)
            } else {
                standing.compacted
            };
            group
                .compactions
                .push((reply, if known { Ok(()) } else { Err(future) }));
            Ok(())
        }
        Command::Close => Ok(()),
    }
}

/// The same refusal for another caller.
fn again(error: &StoreError) -> StoreError {
    match error {
        StoreError::Damaged(what) => StoreError::Damaged(what.clone()),
        other => StoreError::Unavailable(other.to_string()),
    }
}

fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
