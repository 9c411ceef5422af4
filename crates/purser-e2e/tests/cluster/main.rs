//! Three servers on three members of etcd with TLS on every side, made by `purser etcd init`: what they answer while
//! members fail is what one server would have answered, and watches tell of it once and in order.

mod etcd;
mod faults;
mod linear;
mod load;
#[path = "../../../purser-store-etcd/tests/etcd/cluster/program.rs"]
mod program;
mod watched;
mod watching;
