//! How large a list of fields may be, as HTTP/2 counts it, for a head that HTTP/1.1 would still look at.

use wire::HeadLimits;

/// What every field counts beside its name and value (RFC 9113 section 6.5.2).
const FIELD: usize = 32;
/// The parts of a first line, which are fields here.
const FIRST_LINE: usize = 4 << 10;

/// A list of this size holds every head within `limits`. What is longer is one that HTTP/1.1 would refuse as too large,
/// and is refused as that.
pub(super) fn list_size(limits: &HeadLimits) -> usize {
    limits.head_bytes.saturating_add(FIELD * limits.header_count).saturating_add(FIRST_LINE)
}
