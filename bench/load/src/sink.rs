//! The receiving end of a log that is sent over TCP: everything goes to the end of a file.

use clap::Args;
use std::{
    fs::OpenOptions,
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    path::PathBuf,
};

#[derive(Args)]
pub struct Options {
    listen: SocketAddr,
    file: PathBuf,
}

/// Serves one sender after the other, for ever.
pub fn run(options: &Options) -> anyhow::Result<serde_json::Value> {
    let listener = TcpListener::bind(options.listen)?;
    let mut file = OpenOptions::new().create(true).append(true).open(&options.file)?;
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let (mut stream, _) = listener.accept()?;
        loop {
            let count = stream.read(&mut buffer)?;
            if count == 0 {
                break;
            }
            file.write_all(&buffer[..count])?;
        }
    }
}
