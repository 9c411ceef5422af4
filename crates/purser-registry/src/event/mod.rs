//! What happens to objects, and how one encoding of it serves many watches.

mod slot;

pub use slot::{EventSlot, FRAME_KEPT};

/// What happened to an object, from the point of view of one watch and its selectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// It appeared.
    Added,
    /// It changed.
    Modified,
    /// It vanished; the object is its last state, at the revision of the vanishing.
    Deleted,
}

impl EventKind {
    /// The word of the frame.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "ADDED",
            Self::Modified => "MODIFIED",
            Self::Deleted => "DELETED",
        }
    }
}
