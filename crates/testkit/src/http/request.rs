//! A request as an origin received it, byte for byte.

use tokio::io::{AsyncRead, AsyncReadExt};

/// A request as it came in. Nothing is normalised: what the bytes said is what a test sees.
#[derive(Clone, Debug)]
pub struct Request {
    /// Which connection of the origin it came on, counted from 0.
    pub connection: usize,
    /// The head with its blank line.
    pub head: Vec<u8>,
    /// The body as it was on the wire, chunk framing included. Empty in a script that answers early.
    pub raw_body: Vec<u8>,
    /// The body without chunk framing.
    pub body: Vec<u8>,
}

impl Request {
    /// The method, such as `GET`.
    pub fn method(&self) -> &str {
        self.request_line().next().unwrap_or_default()
    }

    /// The target, such as `/a?b=c`.
    pub fn target(&self) -> &str {
        self.request_line().nth(1).unwrap_or_default()
    }

    /// The first value of a header, trimmed; the name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Every value of a header, in order.
    pub fn header_values(&self, name: &str) -> Vec<&str> {
        self.headers().filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
    }

    /// Every header, in order, names in the spelling they came in.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.text()
            .split("\r\n")
            .skip(1)
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name, value.trim()))
    }

    /// The head as text; empty when it is not UTF-8.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.head).unwrap_or_default()
    }

    fn request_line(&self) -> impl Iterator<Item = &str> {
        self.text().split("\r\n").next().unwrap_or_default().split(' ')
    }

    fn length(&self) -> usize {
        self.header("content-length").and_then(|value| value.parse().ok()).unwrap_or(0)
    }

    fn is_chunked(&self) -> bool {
        self.header("transfer-encoding").is_some_and(|value| value.to_ascii_lowercase().contains("chunked"))
    }

    /// Whether the peer waits for `100 Continue` before it sends the body.
    pub(super) fn expects_continue(&self) -> bool {
        self.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue"))
    }

    /// Whether the peer wants the connection closed after the answer.
    pub(super) fn wants_close(&self) -> bool {
        self.header("connection").is_some_and(|value| value.to_ascii_lowercase().contains("close"))
    }
}

/// Bytes of a connection that were read and not yet used.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    bytes: Vec<u8>,
}

impl Inbox {
    /// Reads one head; `None` when the connection ended before one was complete.
    pub(super) async fn head(&mut self, stream: &mut (impl AsyncRead + Unpin), connection: usize) -> Option<Request> {
        let end = self.find(stream, b"\r\n\r\n", 0).await?;
        let head = self.bytes.drain(..end).collect();
        Some(Request { connection, head, raw_body: Vec::new(), body: Vec::new() })
    }

    /// Reads the body that the head announces; `None` when the connection ended before it was complete.
    pub(super) async fn body(&mut self, stream: &mut (impl AsyncRead + Unpin), request: &mut Request) -> Option<()> {
        if !request.is_chunked() {
            let length = request.length();
            self.fill(stream, length).await?;
            request.raw_body = self.bytes.drain(..length).collect();
            request.body = request.raw_body.clone();
            return Some(());
        }
        loop {
            let line_end = self.find(stream, b"\r\n", 0).await?;
            let line = std::str::from_utf8(&self.bytes[..line_end]).ok()?;
            let size = usize::from_str_radix(line.split(';').next()?.trim(), 16).ok()?;
            let end = match size {
                // The last chunk ends with the blank line after its trailers.
                0 => self.find(stream, b"\r\n\r\n", line_end - 2).await?,
                _ => line_end + size + 2,
            };
            self.fill(stream, end).await?;
            if size > 0 {
                request.body.extend(&self.bytes[line_end..line_end + size]);
            }
            request.raw_body.extend(self.bytes.drain(..end));
            if size == 0 {
                return Some(());
            }
        }
    }

    async fn find(&mut self, stream: &mut (impl AsyncRead + Unpin), needle: &[u8], from: usize) -> Option<usize> {
        loop {
            let found = self.bytes.get(from..)?.windows(needle.len()).position(|window| window == needle);
            if let Some(at) = found {
                return Some(from + at + needle.len());
            }
            self.read(stream).await?;
        }
    }

    async fn fill(&mut self, stream: &mut (impl AsyncRead + Unpin), count: usize) -> Option<()> {
        while self.bytes.len() < count {
            self.read(stream).await?;
        }
        Some(())
    }

    async fn read(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> Option<()> {
        match stream.read_buf(&mut self.bytes).await {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(()),
        }
    }
}
