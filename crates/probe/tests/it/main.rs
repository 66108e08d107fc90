//! Checking real servers that misbehave, and what is reported of them.

mod body;
mod dns;
mod failures;
mod http;
mod offline;
mod redirects;
mod retries;
mod running;
mod support;
mod tcp;
mod tls;
