//! The numbered codes that a visitor or an API user is shown: 4xx, 5xx, 52x, 1xxx and 10xxx.

use std::fmt;

/// A numbered code of the catalogue. What a visitor reads as "Error 522" or "Error 1016".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(u16);

impl Code {
    /// A code by its number. Whether the catalogue has an entry for it is asked with `Code::entry`.
    pub const fn new(number: u16) -> Code {
        Code(number)
    }

    /// The number itself, 400..=10999.
    pub const fn number(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
