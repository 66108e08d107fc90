//! How much of what the kernel was given the other side has not taken yet.
//!
//! A socket takes megabytes before it says that it is full, and says that it has room again only when a third of them
//! is gone. So bytes taken by the socket tell nothing about a slow reader; bytes that left the send queue do.

use std::os::fd::AsRawFd as _;
use tokio::net::TcpStream;

/// Bytes in the socket's send queue, sent or not, that the other side has not acknowledged; 0 when nobody can say.
#[expect(unsafe_code, reason = "no safe wrapper exists for this request; asked only when a visitor keeps us waiting")]
pub(crate) fn unread(tcp: &TcpStream) -> u64 {
    let mut bytes: libc::c_int = 0;
    // SAFETY: the descriptor is open for as long as `tcp` is borrowed, and TIOCOUTQ writes one int to the pointer.
    let asked = unsafe { libc::ioctl(tcp.as_raw_fd(), libc::TIOCOUTQ, &raw mut bytes) };
    if asked == 0 { u64::try_from(bytes).unwrap_or(0) } else { 0 }
}
