//! How large and how deep an expression may be, so that a stranger's condition costs no more than it should.

/// Bytes of a condition.
pub const LENGTH: usize = 4_096;
/// How deep parentheses, `not` and functions may be nested.
pub const DEPTH: usize = 32;
/// How many `matches` an expression may hold.
pub const PATTERNS: usize = 16;
/// Bytes that the compiled form of one `matches` may take up, and again the memory that it works with.
pub const PATTERN_BYTES: usize = 256 * 1024;
/// How many parts the stars of one wildcard may separate.
pub const WILDCARD_PARTS: usize = 16;
/// How many complaints are collected about one condition.
pub const COMPLAINTS: usize = 20;
/// Bytes of a value that are folded to lower case without asking for memory.
pub const FOLDED: usize = 256;
