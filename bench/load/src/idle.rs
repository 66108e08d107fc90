//! Connections that have done one request each and then stay open and silent.

use crate::{
    answer::Answer,
    start,
    target::Target,
    tls::{self, Version},
};
use anyhow::ensure;
use clap::Args;
use rustls::{ClientConnection, StreamOwned, pki_types::ServerName};
use std::{
    io::{Read, Write},
    net::TcpStream,
};

#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    target: Target,
    #[arg(long, default_value_t = 1000)]
    connections: usize,
    #[arg(long)]
    tls: bool,
}

enum Kept {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

pub fn run(options: &Options) -> anyhow::Result<serde_json::Value> {
    let config = tls::config(Version::Tls13, false)?;
    let request = options.target.request(false);
    let mut kept = Vec::with_capacity(options.connections);
    for number in 0..options.connections {
        let stream = options.target.connect(number)?;
        let mut connection = if options.tls {
            let name = ServerName::try_from(options.target.host.clone())?;
            Kept::Tls(Box::new(StreamOwned::new(ClientConnection::new(config.clone(), name)?, stream)))
        } else {
            Kept::Plain(stream)
        };
        match &mut connection {
            Kept::Plain(stream) => ask(stream, &request)?,
            Kept::Tls(stream) => ask(stream, &request)?,
        }
        kept.push(connection);
    }
    start::wait()?;
    let open = kept.iter().filter(|connection| is_open(connection)).count();
    Ok(serde_json::json!({ "open": open }))
}

fn ask(stream: &mut (impl Read + Write), request: &[u8]) -> anyhow::Result<()> {
    stream.write_all(request)?;
    let (mut answer, mut buffer) = (Answer::default(), [0; 4096]);
    loop {
        let count = stream.read(&mut buffer)?;
        ensure!(count > 0, "closed before the answer was complete");
        if answer.take(&buffer[..count])? {
            return Ok(());
        }
    }
}

/// Whether the proxy still holds the connection.
fn is_open(connection: &Kept) -> bool {
    let stream = match connection {
        Kept::Plain(stream) => stream,
        Kept::Tls(stream) => &stream.sock,
    };
    let _ = stream.set_nonblocking(true);
    !matches!(stream.peek(&mut [0]), Ok(0))
}
