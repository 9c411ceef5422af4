//! HTTP: the way of a request from the connection to the registry and back.
//!
//! The module `path` reads as the list of steps; everything else is one step or what a step needs.

mod accounts;
mod answer;
mod body;
mod closing;
mod credential;
mod crowd;
mod decoding;
mod discovery;
mod encode;
mod endpoints;
mod failure;
mod fair;
mod gate;
mod health;
mod impersonation;
mod limits;
mod metrics;
mod negotiate;
mod openapi;
mod options;
mod pages;
mod path;
mod peer;
mod query;
mod request_info;
mod serve;
mod server;
mod shared;
mod target;
mod unreadable;
mod version;

pub use accounts::{LastingTokens, StoredAccounts};
pub use answer::{Body, BodyError};
pub use health::Check;
pub use limits::Limits;
pub use metrics::{MetricFamily, MetricKind, Observation, Sample, SampleValue};
pub use pages::{Page, PageRefusal};
pub use serve::Tls;
pub use server::{Config, Server, random};
pub use shared::Random;
pub use version::Version;
