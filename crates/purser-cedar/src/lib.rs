//! Cedar policies as one of those who decide what an identity may do.

mod bounds;
mod check;
mod decider;
mod engine;
mod error;
pub mod examples;
mod facts;
mod guard;
mod load;
mod model;
mod place;
mod rules;

pub use bounds::{MAX_BYTES, MAX_FILES, MAX_NESTING, MAX_OPERATORS, MAX_POLICIES, MAX_POLICY_BYTES};
pub use decider::CedarDecider;
pub use engine::{Engine, Objects, Opinion, Said};
pub use error::Error;
pub use load::{Loaded, from_texts, load, texts};
pub use model::{SCHEMA, What};
pub use place::{Place, Problem};
