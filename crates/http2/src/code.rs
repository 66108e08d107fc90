//! Error codes (RFC 9113 section 7).

use std::fmt;

/// Why a stream or a connection was ended, as HTTP/2 says it on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ErrorCode(u32);

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal,)*) => {
        impl ErrorCode {
            $($(#[$doc])* pub const $name: Self = Self($number);)*

            /// Its name, where RFC 9113 has given it one.
            pub fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$name => Some(stringify!($name)),)*
                    _ => None,
                }
            }
        }
    };
}

codes! {
    /// Nothing is wrong.
    NO_ERROR = 0x0,
    /// The peer broke the protocol, in a way that no other code tells.
    PROTOCOL_ERROR = 0x1,
    /// Whoever says so has a problem of its own.
    INTERNAL_ERROR = 0x2,
    /// More came than the windows allowed, or a window grew beyond all bounds.
    FLOW_CONTROL_ERROR = 0x3,
    /// Settings were not acknowledged in time.
    SETTINGS_TIMEOUT = 0x4,
    /// A frame came for a stream that had ended.
    STREAM_CLOSED = 0x5,
    /// A frame has a size that it must not have.
    FRAME_SIZE_ERROR = 0x6,
    /// The request was not looked at.
    REFUSED_STREAM = 0x7,
    /// Nobody waits for the rest.
    CANCEL = 0x8,
    /// Header compression cannot go on.
    COMPRESSION_ERROR = 0x9,
    /// The other end of a CONNECT is gone.
    CONNECT_ERROR = 0xa,
    /// The peer costs too much.
    ENHANCE_YOUR_CALM = 0xb,
    /// What TLS offers is not enough.
    INADEQUATE_SECURITY = 0xc,
    /// The request is to be made in HTTP/1.1.
    HTTP_1_1_REQUIRED = 0xd,
}

impl ErrorCode {
    /// The code of this number; every number is one, known or not.
    pub const fn from_number(number: u32) -> Self {
        Self(number)
    }

    /// The number on the wire.
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Debug for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{:#x}", self.0),
        }
    }
}
