//! ServiceAccount tokens: JSON Web Tokens (RFC 7519) in the compact form of RFC 7515, signed with ES256 or RS256.
//!
//! Claims, header and what is checked are upstream's (`pkg/serviceaccount/jwt.go` and `claims.go`), with these
//! differences, all stricter: a token without end is refused unless a Secret keeps it, a token whose header names a key
//! is held to that key alone, `sub` has to say what the claims of Kubernetes say, and no claim may appear twice.

mod claims;
mod compact;
mod key;
mod lasting;
mod metadata;
mod service_accounts;

pub(crate) use compact::Compact;

pub use claims::{Bound, Claims, Lasting};
pub use key::{KeyError, SigningKey, VerifyingKey};
pub use lasting::{Digest, Kept, Named};
pub use metadata::Metadata;
pub use service_accounts::{
    Accounts, Grant, Refused, Reviewed, ServiceAccounts, Settings, Token, credential_id,
};
