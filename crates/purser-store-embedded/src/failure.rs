//! Why nothing is written at the moment.

use std::time::{Duration, Instant};

use purser_store::StoreError;

/// The disk failed, and the database has been let go.
pub(crate) struct Failure {
    /// What writers are told.
    pub(crate) error: StoreError,
    /// When the database was last tried to be opened again; `None`: not yet.
    tried: Option<Instant>,
}

impl Failure {
    pub(crate) fn new(error: StoreError) -> Self {
        Self { error, tried: None }
    }

    /// Whether it is time to try again, which then counts as tried: at once first, then every `pause`.
    pub(crate) fn is_due(&mut self, pause: Duration) -> bool {
        if self.tried.is_some_and(|tried| tried.elapsed() < pause) {
            return false;
        }
        self.tried = Some(Instant::now());
        true
    }
}
