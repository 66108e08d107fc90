//! An HTTP/1.1 origin that answers as a test says.

mod answer;
mod origin;
mod request;

pub use answer::{Act, Answer};
pub use origin::Origin;
pub use request::Request;
