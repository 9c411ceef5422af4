//! Clusters of real etcd processes, made by `init`, renewed and checked.
//!
//! `PURSER_ETCD` names the etcd; without it, the one on PATH is taken; without that, these are skipped.

mod checked;
mod etcd;
mod planted;
mod renewed;
mod rolled;
mod talk;
