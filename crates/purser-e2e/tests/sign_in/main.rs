//! Signing in with an identity provider, from the token to the Secret: the binary with `--authentication-config`, and an
//! issuer of the test's own with its own keys over TLS.

mod attacks;
mod documented;
mod issuer;
mod reload;
mod round_trip;
mod world;
