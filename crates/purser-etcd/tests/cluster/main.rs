//! A cluster of real etcd processes from what `init` makes.
//!
//! `PURSER_ETCD` names the etcd; without it, the one on PATH is taken.

mod member;
mod whole;
