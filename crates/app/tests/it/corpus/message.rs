//! A second opinion: a slow, strict reader of HTTP/1.1 messages that shares no code with the edge. What the edge sends to
//! an origin or a visitor is judged by it, byte by byte.

/// One message as it stood on the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The three parts of the first line.
    pub first: [String; 3],
    pub fields: Vec<(String, String)>,
    pub framing: Framing,
    pub body: Vec<u8>,
    /// The trailer lines, without the last line end.
    pub trailers: Vec<u8>,
}

/// How the end of a body was told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    #[default]
    None,
    Length,
    Chunked,
}

/// Which messages are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Request,
    Answer,
    AnswerToHead,
}

/// A message and how many bytes it has; `None` while it is not complete; an error names what no message may hold.
pub type Read = Result<Option<(Message, usize)>, String>;

impl Message {
    /// Every value of a field.
    pub fn values(&self, name: &str) -> Vec<&str> {
        self.fields.iter().filter(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| &value[..]).collect()
    }

    /// The status of an answer.
    pub fn status(&self) -> u16 {
        self.first[1].parse().unwrap_or_default()
    }
}

/// Reads the message at the start of `bytes`.
pub fn read(bytes: &[u8], kind: Kind) -> Read {
    let Some((head, mut at)) = read_head(bytes, kind)? else { return Ok(None) };
    let mut message = head;
    let length = only(&message, "Content-Length")?;
    let coding = only(&message, "Transfer-Encoding")?;
    match (length, coding) {
        (Some(_), Some(_)) => return Err(format!("two framings: {message:?}")),
        (Some(length), None) => {
            if length.is_empty() || !length.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(format!("a length that is no number: {length:?}"));
            }
            message.framing = Framing::Length;
            let length: usize = length.parse().map_err(|error| format!("{error}: {length}"))?;
            if !is_bodyless(&message, kind) {
                let Some(body) = bytes.get(at..at + length) else { return Ok(None) };
                message.body = body.to_vec();
                at += length;
            }
        }
        (None, Some(coding)) if coding == "chunked" => {
            message.framing = Framing::Chunked;
            if !is_bodyless(&message, kind) {
                let Some(used) = read_chunks(&bytes[at..], &mut message)? else { return Ok(None) };
                at += used;
            }
        }
        (None, Some(coding)) => return Err(format!("a coding that is not exactly `chunked`: {coding:?}")),
        (None, None) => {}
    }
    Ok(Some((message, at)))
}

fn is_bodyless(message: &Message, kind: Kind) -> bool {
    kind == Kind::AnswerToHead || (kind == Kind::Answer && matches!(message.status(), 100..200 | 204 | 304))
}

/// The value of a field that may stand at most once.
fn only(message: &Message, name: &str) -> Result<Option<String>, String> {
    match message.values(name)[..] {
        [] => Ok(None),
        [value] => Ok(Some(value.to_owned())),
        _ => Err(format!("{name} more than once: {message:?}")),
    }
}

fn read_head(bytes: &[u8], kind: Kind) -> Result<Option<(Message, usize)>, String> {
    let mut lines = Vec::new();
    let mut at = 0;
    loop {
        let Some(line) = read_line(bytes, &mut at)? else { return Ok(None) };
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let Some((first, fields)) = lines.split_first() else { return Err("an empty line first".into()) };
    let fields = fields.iter().map(|line| read_field(line)).collect::<Result<_, _>>()?;
    Ok(Some((Message { first: read_first(first, kind)?, fields, ..Message::default() }, at)))
}

fn read_first(line: &str, kind: Kind) -> Result<[String; 3], String> {
    let mut parts = line.splitn(3, ' ').map(str::to_owned);
    let [Some(one), Some(two), Some(three)] = [parts.next(), parts.next(), parts.next()] else {
        return Err(format!("not three parts: {line:?}"));
    };
    let is_good = match kind {
        Kind::Request => !one.is_empty() && !two.is_empty() && three == "HTTP/1.1",
        _ => one == "HTTP/1.1" && two.len() == 3 && two.bytes().all(|byte| byte.is_ascii_digit()),
    };
    if is_good { Ok([one, two, three]) } else { Err(format!("a bad first line: {line:?}")) }
}

fn read_field(line: &str) -> Result<(String, String), String> {
    let (name, value) = line.split_once(':').ok_or_else(|| format!("no colon: {line:?}"))?;
    let is_token = |char: char| char.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(char);
    if name.is_empty() || !name.chars().all(is_token) {
        return Err(format!("a bad name: {line:?}"));
    }
    Ok((name.to_owned(), value.trim_matches([' ', '\t']).to_owned()))
}

/// A line up to its CRLF, byte for character. No control byte but a tab may stand in it.
fn read_line(bytes: &[u8], at: &mut usize) -> Result<Option<String>, String> {
    let rest = &bytes[*at..];
    let end = rest.iter().position(|byte| byte.is_ascii_control() && *byte != b'\t');
    match end.map(|end| &rest[end..]) {
        None | Some([b'\r']) => Ok(None),
        Some([b'\r', b'\n', ..]) => {
            let length = end.unwrap_or_default();
            *at += length + 2;
            Ok(Some(rest[..length].iter().copied().map(char::from).collect()))
        }
        Some(_) => Err(format!("a stray control byte in `{}`", rest.escape_ascii())),
    }
}

/// Reads chunks and trailers into the message; gives the bytes they take.
fn read_chunks(bytes: &[u8], message: &mut Message) -> Result<Option<usize>, String> {
    let mut at = 0;
    loop {
        let Some(line) = read_line(bytes, &mut at)? else { return Ok(None) };
        if line.is_empty() || !line.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(format!("a bad chunk size: {line:?}"));
        }
        let size = usize::from_str_radix(&line, 16).map_err(|error| format!("{error}: {line}"))?;
        if size == 0 {
            break;
        }
        let Some(data) = bytes.get(at..at + size) else { return Ok(None) };
        message.body.extend_from_slice(data);
        at += size;
        match read_line(bytes, &mut at)?.as_deref() {
            None => return Ok(None),
            Some("") => {}
            Some(junk) => return Err(format!("bytes behind a chunk: {junk:?}")),
        }
    }
    let start = at;
    let mut end = at;
    loop {
        let Some(line) = read_line(bytes, &mut at)? else { return Ok(None) };
        if line.is_empty() {
            message.trailers = bytes[start..end].strip_suffix(b"\r\n").unwrap_or_default().to_vec();
            return Ok(Some(at));
        }
        read_field(&line)?;
        end = at;
    }
}
