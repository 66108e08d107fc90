//! TLS for tests: authorities, certificates that are wrong in one way, and servers that show them.

mod hello;
mod identity;
mod server;

pub use hello::client_hello_name;
pub use identity::{Authority, Identity, Validity};
pub use server::ServerTls;
