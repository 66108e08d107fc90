//! A second opinion on header blocks: reads RFC 7541 without a dynamic table, which the visitor here never allows, and
//! of the Huffman code the printable characters alone, since an answer of the edge holds no others.

/// The names and values of a block.
pub fn decode(mut block: &[u8]) -> Result<Vec<(String, String)>, String> {
    let mut fields = Vec::new();
    while let Some(first) = block.first().copied() {
        match first {
            0x80.. => {
                let (name, value) = known(integer(&mut block, 7)?)?;
                fields.push((name.to_owned(), value.to_owned()));
            }
            0x40.. => fields.push(literal(&mut block, 6)?),
            // The size of the table, which is none.
            0x20.. => drop(integer(&mut block, 5)?),
            _ => fields.push(literal(&mut block, 4)?),
        }
    }
    Ok(fields)
}

fn literal(block: &mut &[u8], bits: u32) -> Result<(String, String), String> {
    let name = match integer(block, bits)? {
        0 => text(block)?,
        index => known(index)?.0.to_owned(),
    };
    Ok((name, text(block)?))
}

fn byte(block: &mut &[u8]) -> Result<u8, String> {
    let (first, rest) = block.split_first().ok_or("a block ends too early")?;
    *block = rest;
    Ok(*first)
}

/// RFC 7541 section 5.1.
fn integer(block: &mut &[u8], bits: u32) -> Result<usize, String> {
    let most = (1 << bits) - 1;
    let mut value = usize::from(byte(block)?) & most;
    if value < most {
        return Ok(value);
    }
    for shift in (0..28).step_by(7) {
        let next = byte(block)?;
        value += usize::from(next & 127) << shift;
        if next < 128 {
            return Ok(value);
        }
    }
    Err("an integer without an end".into())
}

/// RFC 7541 section 5.2.
fn text(block: &mut &[u8]) -> Result<String, String> {
    let is_coded = block.first().is_some_and(|first| *first >= 128);
    let length = integer(block, 7)?;
    let (bytes, rest) = block.split_at_checked(length).ok_or("a text ends too early")?;
    *block = rest;
    if is_coded { huffman(bytes) } else { Ok(String::from_utf8_lossy(bytes).into_owned()) }
}

/// Lengths of codes, the first code of that length that is taken from here, and what stands for it and its successors
/// (RFC 7541 appendix B).
const CODES: [(u32, u32, &str); 11] = [
    (5, 0x0, "012aceiost"),
    (6, 0x14, " %-./3456789=A_bdfghlmnpru"),
    (7, 0x5c, ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz"),
    (8, 0xf8, "&*,;XZ"),
    (10, 0x3f8, "!\"()?"),
    (11, 0x7fa, "'+|"),
    (12, 0xffa, "#>"),
    (13, 0x1ff9, "$@[]~"),
    (14, 0x3ffc, "^}"),
    (15, 0x7ffc, "<`{"),
    (19, 0x7fff0, "\\"),
];

fn huffman(bytes: &[u8]) -> Result<String, String> {
    let mut text = String::new();
    let (mut code, mut length) = (0_u32, 0_u32);
    for bit in bytes.iter().flat_map(|byte| (0..8).rev().map(move |at| u32::from(byte >> at & 1))) {
        (code, length) = (code << 1 | bit, length + 1);
        let known = CODES.iter().find(|(bits, ..)| *bits == length);
        let found = known.and_then(|(_, first, chars)| chars.chars().nth(code.checked_sub(*first)? as usize));
        if let Some(char) = found {
            text.push(char);
            (code, length) = (0, 0);
        }
    }
    let is_padding = length < 8 && code == (1 << length) - 1;
    if is_padding { Ok(text) } else { Err(format!("a code that is none, behind {text:?}")) }
}

/// RFC 7541 appendix A.
fn known(index: usize) -> Result<(&'static str, &'static str), String> {
    let entry = index.checked_sub(1).and_then(|at| STATIC_TABLE.get(at)).ok_or(format!("no entry {index}"))?;
    Ok(entry.split_once('=').unwrap_or((entry, "")))
}

const STATIC_TABLE: [&str; 61] = [
    ":authority",
    ":method=GET",
    ":method=POST",
    ":path=/",
    ":path=/index.html",
    ":scheme=http",
    ":scheme=https",
    ":status=200",
    ":status=204",
    ":status=206",
    ":status=304",
    ":status=400",
    ":status=404",
    ":status=500",
    "accept-charset",
    "accept-encoding=gzip, deflate",
    "accept-language",
    "accept-ranges",
    "accept",
    "access-control-allow-origin",
    "age",
    "allow",
    "authorization",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-location",
    "content-range",
    "content-type",
    "cookie",
    "date",
    "etag",
    "expect",
    "expires",
    "from",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "last-modified",
    "link",
    "location",
    "max-forwards",
    "proxy-authenticate",
    "proxy-authorization",
    "range",
    "referer",
    "refresh",
    "retry-after",
    "server",
    "set-cookie",
    "strict-transport-security",
    "transfer-encoding",
    "user-agent",
    "vary",
    "via",
    "www-authenticate",
];
