//! How large a list of fields may be, as HTTP/2 counts it, for a head that HTTP/1.1 would still look at.

use wire::HeadLimits;

/// What every field counts beside its name and value (RFC 9113 section 6.5.2).
const FIELD: usize = 32;
/// The parts of a first line, which are fields here.
const FIRST_LINE: usize = 4 << 10;

/// A list of this size holds every head within `limits`, and those up to twice as long: what is too large shall be
/// refused by whoever refuses it in HTTP/1.1, with a reason, a page and a record. Beyond it the library refuses by
/// itself.
pub(super) fn list_size(limits: &HeadLimits) -> u32 {
    let allowed = limits.head_bytes + FIELD * limits.header_count + FIRST_LINE;
    u32::try_from(allowed.saturating_mul(2)).unwrap_or(u32::MAX)
}
