//! Reading the server name out of a ClientHello.

/// The server name in a ClientHello (RFC 8446 section 4.1.2, RFC 6066 section 3). `None`: these bytes are no whole
/// ClientHello. `Some(None)`: it has no server name.
pub fn client_hello_name(record: &[u8]) -> Option<Option<String>> {
    let mut hello = Cursor(record.strip_prefix(&[22])?);
    hello.skip(2 + 2)?; // the record's version and length
    hello.skip(1 + 3)?; // the message's kind and length
    hello.skip(2 + 32)?; // the client's version and random
    hello.vector(1)?; // session id
    hello.vector(2)?; // cipher suites
    hello.vector(1)?; // compression methods
    let mut extensions = Cursor(hello.vector(2)?);
    while !extensions.0.is_empty() {
        let kind = extensions.number(2)?;
        let mut body = Cursor(extensions.vector(2)?);
        if kind == 0 {
            let mut names = Cursor(body.vector(2)?);
            names.skip(1)?; // the kind of name: host
            return Some(Some(String::from_utf8_lossy(names.vector(2)?).into_owned()));
        }
    }
    Some(None)
}

struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.take(count).map(|_| ())
    }

    fn number(&mut self, bytes: usize) -> Option<usize> {
        Some(self.take(bytes)?.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }

    /// A run of bytes behind its length.
    fn vector(&mut self, length_bytes: usize) -> Option<&'a [u8]> {
        let length = self.number(length_bytes)?;
        self.take(length)
    }
}
