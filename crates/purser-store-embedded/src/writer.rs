//! The thread that writes: takes what waits, applies it one by one, makes it durable together, then answers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use purser_store::{Change, Event, Outcome, StoreError};
use redb::Database;

use crate::apply::{Applied, Tables};
use crate::command::{Command, MAX_GROUP, MAX_GROUP_BYTES, Reply};
use crate::counters::Counters;
use crate::database::{Standing, begin_durable};
use crate::error::refused;
use crate::failure::Failure;
use crate::hub::{Hub, closed};
use crate::medium::Medium;
use crate::options::Options;
use crate::snapshot::Snapshot;
use crate::sweep::{self, Bounds};

/// Changes of the history that an idle writer walks between two looks at its queue.
const IDLE_SWEEP: usize = 4_096;
/// Changes that a busy writer walks with each group, beside twice those the group made: it must catch up.
const BUSY_SWEEP: usize = 64;

/// Why puts are refused while the reserve is all that is left.
const NEARLY_FULL: &str = "the disk is nearly full: only deletions are taken";

/// The writer's state; it lives on its own thread.
pub(crate) struct Writer {
    /// The database; none while it has to be opened again.
    pub(crate) db: Option<Database>,
    pub(crate) standing: Standing,
    pub(crate) hub: Arc<Hub>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) options: Options,
    /// Before this time (milliseconds since 1970) no more history comes of age.
    pub(crate) idle_until: u64,
    /// Why nothing is written: the disk failed, and what it holds is known only after opening it again.
    pub(crate) failed: Option<Failure>,
    /// Whether only deletions are taken.
    pub(crate) full: bool,
    /// Released last, and with it the lock of a directory: fields are dropped in order.
    pub(crate) medium: Box<dyn Medium>,
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
        self.recover();
        if let Some(failure) = &self.failed {
            return commands
                .into_iter()
                .for_each(|command| refuse(command, &failure.error));
        }
        let commands = self.turn_away(commands);
        if commands.is_empty() && !self.history_is_due() {
            return;
        }
        let mut group = Group::default();
        let written = catch_unwind(AssertUnwindSafe(|| self.write(commands, &mut group)));
        let panicked = "what is in the file makes no sense: restore it from a backup";
        match written.unwrap_or_else(|_| Err(StoreError::Damaged(panicked.to_owned()))) {
            Ok(()) => self.answer(group),
            Err(error) => {
                group
                    .outcomes
                    .into_iter()
                    .for_each(|(reply, _)| drop(reply.send(Err(again(&error)))));
                group
                    .compactions
                    .into_iter()
                    .for_each(|(reply, _)| drop(reply.send(Err(again(&error)))));
                self.fail(error);
                self.recover();
            }
        }
    }

    /// Refuses all but deletions while the disk is nearly full; answers what is left to do.
    fn turn_away(&mut self, commands: Vec<Command>) -> Vec<Command> {
        let full = self.medium.nearly_full(&self.options);
        if full != self.full {
            self.full = full;
            self.hub.trouble(full.then(|| NEARLY_FULL.to_owned()));
            match full {
                true => tracing::error!("{NEARLY_FULL}"),
                false => tracing::info!("there is room on the disk again: everything is taken"),
            }
        }
        if !full {
            return commands;
        }
        let error = StoreError::Unavailable(NEARLY_FULL.to_owned());
        let (refused, taken) = commands.into_iter().partition(puts);
        let refused: Vec<Command> = refused;
        refused.into_iter().for_each(|command| refuse(command, &error));
        taken
    }

    /// Applies the commands and makes them durable. After an error all of them are or none, and only the disk knows.
    fn write(&mut self, commands: Vec<Command>, group: &mut Group) -> Result<(), StoreError> {
        let db = self.db.as_ref().ok_or_else(closed)?;
        let transaction = begin_durable(db)?;
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
        self.idle_until = self.sweep(&mut tables, &mut standing, now, group)?;
        if standing == self.standing {
            drop(tables);
            return transaction.abort().map_err(refused);
        }
        standing.write(&self.standing, &mut tables)?;
        drop(tables);
        transaction.commit().map_err(refused)?;
        let snapshot = Snapshot::take(db, standing.revision, standing.compacted)?;
        let (shown, revisions) = (self.standing.revision, std::mem::take(&mut group.revisions));
        self.hub.publish(snapshot, shown, revisions);
        // INVARIANT: `standing` is what has been shown, so that recovery shows what a failure kept from being shown.
        self.standing = standing;
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
            || (aged > self.standing.swept && !self.all_is_young(milliseconds(self.options.clock.now())))
    }

    /// Whether what there is of history will come of age later only. An end of the wait that no clock which goes
    /// right could have set was set while the clock was ahead.
    fn all_is_young(&self, now: u64) -> bool {
        let wait = self.idle_until.saturating_sub(now);
        (1..=self.age().saturating_mul(2)).contains(&wait)
    }

    /// How long history is kept, in milliseconds.
    fn age(&self) -> u64 {
        u64::try_from(self.options.history_age.as_millis()).unwrap_or(u64::MAX)
    }

    /// Forgets a step of the history; answers before which time there is no more to forget.
    fn sweep(
        &self,
        tables: &mut Tables<'_>,
        standing: &mut Standing,
        now: u64,
        group: &mut Group,
    ) -> Result<u64, StoreError> {
        let age = self.age();
        let bounds = Bounds {
            asked: standing.compacted,
            aged: standing.revision.saturating_sub(self.options.history_revisions),
            made_by: now.saturating_sub(age),
            made_at_most: now.saturating_add(age),
        };
        let nothing_aged = bounds.aged <= standing.swept || self.all_is_young(now);
        if bounds.asked <= standing.swept && nothing_aged {
            return Ok(self.idle_until);
        }
        let budget = if group.changes == 0 {
            IDLE_SWEEP
        } else {
            2 * group.changes + BUSY_SWEEP
        };
        let step = sweep::step(tables, standing.swept, bounds, budget)?;
        standing.swept = step.swept;
        standing.compacted = standing.compacted.max(step.swept);
        standing.live_bytes = standing.live_bytes.saturating_sub(step.freed);
        group.forgotten = step.removed;
        let stopped_at = step.stopped_at;
        Ok(stopped_at.map_or(self.idle_until, |made| made.saturating_add(age)))
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

/// Whether it is a transaction that does more than delete.
fn puts(command: &Command) -> bool {
    let Command::Commit { transaction, .. } = command else {
        return false;
    };
    let changes = &transaction.changes;
    changes.iter().any(|change| matches!(change, Change::Put { .. }))
}

fn refuse(command: Command, error: &StoreError) {
    match command {
        Command::Commit { reply, .. } => drop(reply.send(Err(again(error)))),
        Command::Compact { reply, .. } => drop(reply.send(Err(again(error)))),
        Command::Close => {}
    }
}

/// The same refusal for another caller.
fn again(error: &StoreError) -> StoreError {
    match error {
        StoreError::Damaged(what) => StoreError::Damaged(what.clone()),
        StoreError::Unavailable(what) => StoreError::Unavailable(what.clone()),
        other => StoreError::Unavailable(other.to_string()),
    }
}

fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
