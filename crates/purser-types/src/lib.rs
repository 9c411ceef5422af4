//! Kubernetes objects, names, `Status` and codecs, and the type in which plaintext lives. No I/O.

pub mod object;
pub mod resource;
pub mod schema;
pub mod sensitive;
pub mod status;
pub mod user;
pub mod value;

pub use object::Object;
pub use resource::Resource;
pub use sensitive::{Plaintext, Text};
pub use status::Status;
pub use user::User;
pub use value::{Key, Map, Value};
