//! Reaching an endpoint: its name, its address, its port, its TLS; and when that fails, saying exactly how.
//!
//! A [`Dialer`] turns a [`DialPlan`] into an open [`Stream`], or into a [`DialError`] that holds one
//! [`Reason`](verdict::Reason), the evidence for it and the time that each phase took. Probes and proxied requests
//! both come through here, so that the two can never name the same trouble differently.
//!
//! What holds:
//! - every way a dial can end has a reason of its own, and what was observed (errno, alert, certificate, first bytes,
//!   the timer that ran out) stays beside it;
//! - no wait is unbounded: each phase has a limit from the plan or the settings, and the plan's deadline covers all;
//! - an address that policy forbids is never contacted, whether it came from DNS or was written literally.
//!
//! This room must never know what is sent over the stream, whether a probe or a visitor asked for it, or what becomes
//! of an endpoint that cannot be reached.
//!
//! A `Dialer` may be cloned and used from any number of runtimes, `current_thread` ones included: names are looked up
//! on one thread of its own, and a stream belongs to the runtime that dialed it.

mod classify;
mod dialed;
mod dialer;
mod dns;
mod plan;
mod screen;
mod settings;
mod stream;
mod tcp;
mod tls;

pub use classify::{classify_io, witness};
pub use dialed::{DialError, Dialed, TlsFacts};
pub use dialer::Dialer;
pub use plan::{DialPlan, KeepAlive, TlsPlan};
pub use settings::DialerSettings;
pub use stream::Stream;
pub use tls::{BadTrustAnchor, Socket, Trust, TrustAnchors};
