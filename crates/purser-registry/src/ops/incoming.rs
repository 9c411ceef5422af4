//! What a write brings for an object that may be there.

use purser_types::Object;

use crate::apply::Config;
use crate::options::Patch;

/// What is to become of an object.
pub(crate) enum Incoming {
    /// This.
    Whole(Object),
    /// What this makes of it.
    Patch(Patch),
    /// What a manager applies; it is created when it is not there.
    Apply(Applying),
}

impl Incoming {
    /// Whether the client names the revision it changes, and so wants no second try. (A patch may name one too; it
    /// is then refused at the second.)
    pub(super) fn insists(&self) -> bool {
        match self {
            Self::Whole(object) => !matches!(object.meta_str("resourceVersion"), "" | "0"),
            Self::Patch(_) | Self::Apply(_) => false,
        }
    }
}

/// A configuration that has been read.
pub(crate) struct Applying {
    /// What is to be.
    pub(super) config: Config,
    /// Whether it takes over what others own.
    pub(super) force: bool,
}
