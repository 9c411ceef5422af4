//! Clusters of real etcd processes, made by `init`, renewed and checked.

// `cfg(test)` on each module: what is allowed in tests is then allowed in their helpers.

#[cfg(test)]
mod checked;
#[cfg(test)]
mod etcd;
#[cfg(test)]
mod planted;
#[cfg(test)]
#[path = "../../../purser-store-etcd/tests/etcd/cluster/program.rs"]
mod program;
#[cfg(test)]
mod renewed;
#[cfg(test)]
mod rolled;
#[cfg(test)]
mod talk;
