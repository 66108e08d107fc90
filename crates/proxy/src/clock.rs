//! The time of day, read once per request and written out once per second.

use jiff::Timestamp;
use std::{
    cell::{Cell, RefCell},
    time::SystemTime,
};

/// A worker's clock: the wall time, and the `Date` line of the current second.
pub(crate) struct Clock {
    second: Cell<u64>,
    date: RefCell<[u8; DATE_LINE]>,
}

/// `Date: Sun, 06 Nov 1994 08:49:37 GMT` and the end of the line.
const DATE_LINE: usize = 37;

impl Clock {
    /// A clock.
    pub(crate) fn new() -> Self {
        Self { second: Cell::new(u64::MAX), date: RefCell::new([b' '; DATE_LINE]) }
    }

    /// Appends the `Date` field of this time (RFC 9110 section 6.6.1).
    pub(crate) fn write_date(&self, now: SystemTime, out: &mut Vec<u8>) {
        let seconds = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        if self.second.replace(seconds) != seconds {
            *self.date.borrow_mut() = date_line(seconds);
        }
        out.extend_from_slice(&*self.date.borrow());
    }
}

fn date_line(seconds: u64) -> [u8; DATE_LINE] {
    let at = Timestamp::from_second(seconds.min(i64::MAX as u64) as i64).unwrap_or_default();
    let text = at.strftime("Date: %a, %d %b %Y %H:%M:%S GMT\r\n").to_string();
    let mut line = [b' '; DATE_LINE];
    for (to, from) in line.iter_mut().zip(text.bytes()) {
        *to = from;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_date_is_written_as_http_wants_it() {
        let clock = Clock::new();
        let mut out = Vec::new();
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        clock.write_date(at, &mut out);
        clock.write_date(at + Duration::from_secs(1), &mut out);
        let expected = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nDate: Sun, 06 Nov 1994 08:49:38 GMT\r\n";
        assert_eq!(String::from_utf8_lossy(&out), expected);
    }
}
