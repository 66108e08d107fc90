//! What an origin does once it has a request.

use std::time::Duration;

/// One thing that an origin does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Does nothing for a while.
    Pause(Duration),
    /// Sends these bytes one by one, with a pause before each.
    Trickle(Vec<u8>, Duration),
    /// Closes the connection in good order.
    Close,
    /// Resets the connection (RST).
    Reset,
    /// Keeps the connection and never says anything again.
    Hang,
}

/// An answer: the acts, one after the other. After the last one the connection is kept for the next request, unless
/// an act ended it or the request asked for `Connection: close`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub acts: Vec<Act>,
}

impl Answer {
    /// `200 OK` with a body.
    pub fn ok(body: impl AsRef<[u8]>) -> Self {
        Self::status(200, body)
    }

    /// Any status with a body and its `Content-Length`.
    pub fn status(status: u16, body: impl AsRef<[u8]>) -> Self {
        Self::with_headers(status, &[], body)
    }

    /// Any status with extra headers, a body and its `Content-Length`.
    pub fn with_headers(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let mut bytes = head(status, headers);
        bytes.extend(format!("Content-Length: {}\r\n\r\n", body.len()).bytes());
        Self::raw(bytes).and(body)
    }

    /// Any status with headers and nothing else: no length, no body. For answers to HEAD, for 204 and 304.
    pub fn bare(status: u16, headers: &[(&str, &str)]) -> Self {
        let mut bytes = head(status, headers);
        bytes.extend(b"\r\n");
        Self::raw(bytes)
    }

    /// A redirect to `location`.
    pub fn redirect(status: u16, location: &str) -> Self {
        Self::with_headers(status, &[("Location", location)], "")
    }

    /// `200 OK`, chunked, with one chunk per piece.
    pub fn chunked(pieces: &[&str]) -> Self {
        let mut bytes = head(200, &[("Transfer-Encoding", "chunked")]);
        bytes.extend(b"\r\n");
        for piece in pieces {
            bytes.extend(format!("{:x}\r\n{piece}\r\n", piece.len()).bytes());
        }
        bytes.extend(b"0\r\n\r\n");
        Self::raw(bytes)
    }

    /// Exactly these bytes.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { acts: vec![Act::Send(bytes.into())] }
    }

    /// An interim answer (100, 102, 103) before whatever follows.
    pub fn interim(status: u16, headers: &[(&str, &str)]) -> Self {
        Self::bare(status, headers)
    }

    /// Nothing at all, for ever.
    pub fn silence() -> Self {
        Self::default().then(Act::Hang)
    }

    /// Sends these bytes next, in the same write as what came before when that was bytes too.
    pub fn and(mut self, bytes: impl AsRef<[u8]>) -> Self {
        match self.acts.last_mut() {
            Some(Act::Send(before)) => before.extend(bytes.as_ref()),
            _ => self.acts.push(Act::Send(bytes.as_ref().to_vec())),
        }
        self
    }

    /// Does this next.
    pub fn then(mut self, act: Act) -> Self {
        self.acts.push(act);
        self
    }

    /// Waits next.
    pub fn pause(self, pause: Duration) -> Self {
        self.then(Act::Pause(pause))
    }

    /// Answers again next, as if to another request.
    pub fn followed_by(mut self, other: Answer) -> Self {
        self.acts.extend(other.acts);
        self
    }

    /// Closes the connection in the end.
    pub fn then_close(self) -> Self {
        self.then(Act::Close)
    }

    /// Resets the connection in the end.
    pub fn then_reset(self) -> Self {
        self.then(Act::Reset)
    }
}

fn head(status: u16, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status} {}\r\n", phrase(status));
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.into_bytes()
}

fn phrase(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        102 => "Processing",
        103 => "Early Hints",
        200 => "OK",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        304 => "Not Modified",
        404 => "Not Found",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "Whatever",
    }
}
