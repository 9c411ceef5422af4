//! The registry as the server uses it, over a store in memory.

mod embedded;
mod lists;
mod namespaces;
mod support;
mod unreadable;
mod watches;
mod writes;
