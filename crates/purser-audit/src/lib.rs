//! Audit events (`audit.k8s.io/v1`) and where they go.
//!
//! Every request has a [`Trail`]: it says `RequestReceived`, then for a watch `ResponseStarted`, and at the end
//! `ResponseComplete` or `Panic`. Events are of level Metadata: who asked for what, when, from where, and what came
//! of it. No part of an object enters one, and no sentence that may quote one.
//!
//! Nothing is dropped in silence: a sink that cannot take an event in time refuses it, and the server refuses in turn
//! to disclose what could not be put on record.

mod bounds;
mod event;
mod log_sink;
mod queue;
mod trail;
mod writer;

pub use event::{ObjectReference, Stage};
pub use log_sink::{LogSink, OpenSinkError, Refused, SinkOptions};
pub use trail::{Answer, Audit, Clock, Request, Trail};
pub use writer::SinkCounters;
