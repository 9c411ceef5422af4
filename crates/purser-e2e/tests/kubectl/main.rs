//! kubectl, unmodified, against the binary: each command that the API is for, in every output format it has.

mod access;
mod apply;
mod certificates;
mod change;
mod create;
mod delete;
mod get;
mod look;
mod pod_template;
mod protobuf;
mod run;
mod server_side;
mod service;
