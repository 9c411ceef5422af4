//! Kubernetes objects, names, `Status` and codecs, and the type in which plaintext lives. No I/O.

mod base64;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod node;

pub mod configuration;
pub mod conform;
pub mod decode;
pub mod duration;
pub mod json;
pub mod names;
pub mod object;
pub mod problems;
pub mod proto;
pub mod quantity;
pub mod quote;
pub mod resource;
pub mod schema;
pub mod selector;
pub mod sensitive;
pub mod status;
pub mod time;
pub mod user;
pub mod value;
pub mod yaml;

pub use base64::Base64Error;
pub use object::Object;
pub use resource::Resource;
pub use sensitive::{Plaintext, Text};
pub use status::Status;
pub use user::User;
pub use value::{Key, Map, Value};
