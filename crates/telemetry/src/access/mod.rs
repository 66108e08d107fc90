//! The access log: one JSON line per request, also for malformed, refused and aborted ones.
//!
//! A worker writes the line into its own buffer; one thread for the whole process collects the buffers and writes them
//! out. A slow or full disk costs lines, which are counted and announced, and never a request its time.

mod file;
mod json;
mod log;
mod record;
mod writer;

pub use log::{AccessLog, AccessLogSettings, AccessTarget, AccessWriter};
pub use record::AccessRecord;
