//! Three servers on three members of etcd with TLS on every side, made by `purser etcd init`: what they answer while
//! members fail is what one server would have answered, and watches tell of it once and in order.
//!
//! `PURSER_ETCD` names the etcd; without it, the one on PATH is taken; without that, these are skipped.

mod etcd;
mod faults;
mod linear;
mod load;
mod watched;
mod watching;
