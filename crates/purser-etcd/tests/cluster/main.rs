//! Clusters of real etcd processes, made by `init`, renewed and checked.
//!
//! `PURSER_ETCD` names the etcd; without it, the one on PATH is taken; without that, these are skipped.

// `cfg(test)` on each module: what is allowed in tests is then allowed in their helpers.

#[cfg(test)]
mod checked;
#[cfg(test)]
mod etcd;
#[cfg(test)]
mod planted;
#[cfg(test)]
mod renewed;
#[cfg(test)]
mod rolled;
#[cfg(test)]
mod talk;
