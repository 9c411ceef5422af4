//! Who is not let in, and for what: every wrong token and every wrong certificate is a 401 with the same words, and only
//! the log tells the reason. The binary, over the wire, at the level that it logs at by default.
//!
//! Tokens of other issuers have a table of their own, in `sign_in`.

mod certificates;
mod keys;
mod tokens;
mod world;
