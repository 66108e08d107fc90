//! Checks below HTTP: a TCP connection that opens, and an SMTP server that answers `HELO` with 250 and `QUIT` with 221.

use crate::{
    attempt::{Attempt, Limit, Seen},
    question,
    settings::ProberSettings,
};
use dial::{DialPlan, Stream, classify_io, witness};
use model::ProbeTarget;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout_at,
};
use verdict::{Phase, Reason};

/// How long one reply may be: far more than RFC 5321 section 4.5.3.1.5 allows for a line.
const REPLY_BYTES: usize = 8 * 1024;

/// Connects, and for SMTP talks; a TCP check is over once it is connected (LB-65).
pub(crate) async fn attempt(settings: &ProberSettings, target: &ProbeTarget, talks: bool) -> Attempt {
    let limit = Limit::starting_now(target.monitor.timeout());
    let mut seen = Seen::default();
    let result = run(settings, target, limit, talks, &mut seen).await;
    seen.end(limit, result)
}

async fn run(
    settings: &ProberSettings,
    target: &ProbeTarget,
    limit: Limit,
    talks: bool,
    seen: &mut Seen,
) -> Result<(), Reason> {
    let plan = DialPlan {
        fresh: true,
        connect_timeout: limit.timeout,
        deadline: Some(limit.deadline()),
        ..DialPlan::new(&target.endpoint.address, question::port(target, 0)?)
    };
    match settings.dialer.dial(&plan).await {
        Ok(dialed) => {
            seen.dialed(&dialed, None);
            if !talks {
                return Ok(());
            }
            let mut conversation = Conversation { stream: dialed.stream, limit, seen };
            conversation.expect(220).await?;
            conversation.say(&format!("HELO {}", settings.helo_name)).await?;
            conversation.expect(250).await?;
            conversation.say("QUIT").await?;
            conversation.expect(221).await
        }
        Err(error) => Err(seen.dial_failed(error.failure, error.timings)),
    }
}

struct Conversation<'a> {
    stream: Stream,
    limit: Limit,
    seen: &'a mut Seen,
}

impl Conversation<'_> {
    async fn say(&mut self, line: &str) -> Result<(), Reason> {
        let line = format!("{line}\r\n");
        match timeout_at(self.limit.deadline(), self.stream.write_all(line.as_bytes())).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.broken(&error, Phase::Send)),
            Err(_) => Err(Reason::WriteTimeout),
        }
    }

    async fn expect(&mut self, wanted: u16) -> Result<(), Reason> {
        let code = self.reply().await?;
        self.seen.evidence.status = Some(code);
        if code == wanted { Ok(()) } else { Err(Reason::StatusMismatch) }
    }

    /// Reads a reply, which may have several lines, and gives its code.
    async fn reply(&mut self) -> Result<u16, Reason> {
        let mut reply = Vec::new();
        loop {
            if let Some(code) = read_reply(&reply)? {
                return Ok(code);
            }
            let before = reply.len();
            match timeout_at(self.limit.deadline(), self.stream.read_buf(&mut reply)).await {
                Ok(Ok(0)) if reply.is_empty() => return Err(Reason::EmptyReply),
                Ok(Ok(0)) => return Err(Reason::ClosedInsideHead),
                Ok(Ok(_)) => self.seen.heard(&reply[before..]),
                Ok(Err(error)) => return Err(self.broken(&error, Phase::Wait)),
                Err(_) => return Err(Reason::ReadTimeout),
            }
        }
    }

    fn broken(&mut self, error: &std::io::Error, phase: Phase) -> Reason {
        witness(error, &mut self.seen.evidence);
        classify_io(error, phase)
    }
}

/// The code of a reply; `None` while its last line is not complete.
fn read_reply(bytes: &[u8]) -> Result<Option<u16>, Reason> {
    if bytes.len() > REPLY_BYTES {
        return Err(Reason::ResponseHeadTooLarge);
    }
    let complete = bytes.iter().rposition(|byte| *byte == b'\n').map_or(&[][..], |end| &bytes[..end]);
    for line in complete.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let [a @ b'2'..=b'5', b @ b'0'..=b'9', c @ b'0'..=b'9', rest @ ..] = line else {
            return Err(Reason::BadStatusLine);
        };
        if rest.first() != Some(&b'-') {
            return Ok(Some([a, b, c].iter().fold(0, |code, digit| code * 10 + u16::from(**digit - b'0'))));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn replies_of_one_and_of_several_lines() {
        assert_eq!(read_reply(b"250 hello\r\n"), Ok(Some(250)));
        assert_eq!(read_reply(b"250-hello\r\n250-more\r\n"), Ok(None));
        assert_eq!(read_reply(b"250-hello\r\n250 done\r\n"), Ok(Some(250)));
        assert_eq!(read_reply(b"220"), Ok(None));
        assert_eq!(read_reply(b"HTTP/1.1 400 Bad Request\r\n"), Err(Reason::BadStatusLine));
    }

    proptest! {
        #[test]
        fn a_strangers_reply_is_a_code_or_a_reason(bytes in "[2-5]?[0-9]{0,3}[- ]?[a-z\\r\\n]{0,20}[0-9 \\r\\n-]{0,9}") {
            if let Ok(Some(code)) = read_reply(bytes.as_bytes()) {
                prop_assert!((200..600).contains(&code));
            }
        }
    }
}
