//! Reading answers: only what tells where one ends, and whether it is a good one.

use anyhow::{Context, ensure};

const HEAD_END: &[u8] = b"\r\n\r\n";

/// The answer that a connection waits for.
#[derive(Default)]
pub struct Answer {
    head: Vec<u8>,
    /// Bytes of the body that are still to come, once the head is complete.
    missing: Option<usize>,
}

impl Answer {
    /// Takes in what was read. True when the answer is complete, after which this value waits for the next one.
    ///
    /// # Errors
    /// When the answer is not a 2xx with a `Content-Length`, or more came than belongs to it.
    pub fn take(&mut self, bytes: &[u8]) -> anyhow::Result<bool> {
        let missing = match self.missing {
            Some(missing) => missing.checked_sub(bytes.len()),
            None => {
                self.head.extend_from_slice(bytes);
                let Some(end) = self.head.windows(4).position(|part| part == HEAD_END) else { return Ok(false) };
                let length = body_length(&self.head[..end])?;
                (end + HEAD_END.len() + length).checked_sub(self.head.len())
            }
        };
        let missing = missing.context("more bytes than the answer has")?;
        self.missing = Some(missing);
        if missing == 0 {
            self.head.clear();
            self.missing = None;
        }
        Ok(missing == 0)
    }
}

fn body_length(head: &[u8]) -> anyhow::Result<usize> {
    let text = std::str::from_utf8(head)?;
    let mut lines = text.split("\r\n");
    let status = lines.next().unwrap_or_default();
    ensure!(status.split(' ').nth(1).is_some_and(|code| code.starts_with('2')), "answered {status:?}");
    let length =
        lines.filter_map(|line| line.split_once(':')).find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    Ok(length.context("no Content-Length")?.1.trim().parse()?)
}
