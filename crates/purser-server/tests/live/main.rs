//! The server over real connections and a real store.

mod documents;
mod harness;
mod limits;
mod objects;
mod streams;
mod tls;
