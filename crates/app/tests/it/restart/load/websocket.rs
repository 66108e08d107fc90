//! A visitor that talks over a WebSocket. Whoever carries it does not look inside, so the edge can only end it like a
//! cut: when, is judged from its lifetime.

use super::{Lifetime, PAUSE, State, Visits, within};
use crate::restart::HOST;
use std::{io, sync::atomic::Ordering::SeqCst, time::Instant};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// A final text frame (RFC 6455 section 5.2).
const TEXT: u8 = 0x81;
const MASKED: u8 = 0x80;
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// Talks over one connection after the other.
pub async fn visit(visits: Visits) {
    while let Some(stream) = visits.next().await {
        visits.note(converse(&visits.state, stream).await);
    }
}

/// Says one thing after the other until the tunnel ends or the load is over.
async fn converse(state: &State, mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    let began = Instant::now();
    within(open(&mut stream)).await?;
    for number in 0u32.. {
        if state.is_over() {
            break;
        }
        if !within(echo(&mut stream, &format!("word {number}"))).await? {
            state.cuts.lock().expect("cuts").push(Lifetime { began, ended: Instant::now() });
            break;
        }
        state.websocket.answers.fetch_add(1, SeqCst);
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

async fn open(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> io::Result<()> {
    let request = format!(
        "GET /echo HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: \
         13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    stream.flush().await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    match head.starts_with(b"HTTP/1.1 101 ") {
        true => Ok(()),
        false => Err(io::Error::other(String::from_utf8_lossy(&head).into_owned())),
    }
}

/// Says something and hears it again. False when the tunnel ended.
async fn echo(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), word: &str) -> io::Result<bool> {
    let mut frame = vec![TEXT, MASKED | word.len() as u8];
    frame.extend(MASK);
    frame.extend(word.bytes().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    let mut heard = vec![0; 2 + word.len()];
    let said = async {
        stream.write_all(&frame).await?;
        stream.flush().await?;
        stream.read_exact(&mut heard).await
    };
    match said.await {
        Ok(_) if heard[0] == TEXT && &heard[2..] == word.as_bytes() => Ok(true),
        Ok(_) => Err(io::Error::other(format!("said {word:?}, heard {heard:?}"))),
        Err(error) if error.kind() == io::ErrorKind::TimedOut => Err(error),
        Err(_) => Ok(false),
    }
}
