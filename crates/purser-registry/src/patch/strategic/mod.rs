//! Strategic merge patch: a merge patch that knows, from the schema, which lists are merged and by which key.
//!
//! Source: `k8s.io/apimachinery/pkg/util/strategicpatch/patch.go` at 0.36. Maps are walked in the order of their
//! keys where upstream's order is random.

mod directives;
mod elements;
mod error;
mod merge;
mod order;
mod shape;
mod words;

pub(super) use merge::merge;

#[cfg(test)]
mod tests;
