//! What comes of asking, and what is said meanwhile.

use std::io::{self, Write as _};

use time::OffsetDateTime;
use zeroize::Zeroizing;

/// What proves who somebody is.
pub(super) struct Proof {
    /// The credential.
    pub(super) credential: Held,
    /// Its last instant, as far as it tells.
    pub(super) ends: Option<OffsetDateTime>,
}

/// A credential that was made.
pub(super) enum Held {
    /// Certificate and key, PEM.
    Certificate {
        certificate: String,
        key: Zeroizing<String>,
    },
    /// A token.
    Token(Zeroizing<String>),
}

/// Says how it goes.
pub(super) fn tell(what: &str) {
    // Nobody is left to tell when standard error is gone.
    let _ = writeln!(io::stderr(), "{what}");
}
