//! Taking a query apart into arguments.

/// Names and values of the arguments in a query, as they came: nothing is decoded. An argument without `=` has an empty
/// value; empty ones, as between `&&`, are left out.
pub fn arguments(query: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let parts = query.split(|byte| *byte == b'&').filter(|part| !part.is_empty());
    parts.map(|part| match memchr::memchr(b'=', part) {
        Some(at) => (part.get(..at).unwrap_or_default(), part.get(at + 1..).unwrap_or_default()),
        None => (part, &[][..]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_come_as_they_are() {
        let read: Vec<_> = arguments(b"a=1&b&&c=x=y&=z&%61=+").collect();
        let expected: [(&[u8], &[u8]); 5] = [(b"a", b"1"), (b"b", b""), (b"c", b"x=y"), (b"", b"z"), (b"%61", b"+")];
        assert_eq!(read, expected);
        assert_eq!(arguments(b"").count(), 0);
    }
}
