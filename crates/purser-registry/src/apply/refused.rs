//! Why a configuration is not applied.

use purser_types::Status;

use super::conflict::{self, Conflict};

/// Why a configuration is not applied.
pub(super) enum Refused {
    /// Fields are somebody else's.
    Conflicts(Vec<Conflict>),
    /// It cannot be worked out.
    Failed(String),
}

impl Refused {
    /// What the client reads.
    pub(super) fn status(self) -> Status {
        match self {
            Self::Conflicts(conflicts) => conflict::refused(&conflicts),
            Self::Failed(why) => failed(why),
        }
    }
}

/// 500 without a reason, as upstream answers what it does not expect.
pub(super) fn failed(why: String) -> Status {
    Status::new(500, "", why, None)
}
