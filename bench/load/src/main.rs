//! The load that `bench/run.py` puts on proxies where wrk and h2load cannot: constant rates, handshakes, idle crowds.
//!
//! Every command prepares its connections, prints `ready`, waits for a line on standard input so that whoever measures
//! can read the clocks in between, runs, and prints one JSON object.

mod answer;
mod handshakes;
mod idle;
mod requests;
mod sink;
mod start;
mod target;
mod tls;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Load for the benchmarks of Bellwether")]
enum Command {
    /// Requests over kept connections: at a constant rate, or each after the answer to the one before.
    Requests(requests::Options),
    /// One TLS handshake and one request per connection.
    Handshakes(handshakes::Options),
    /// Connections that did one request and then stay.
    Idle(idle::Options),
    #[command(flatten)]
    Beside(Beside),
}

/// What is not load.
#[derive(Subcommand)]
enum Beside {
    /// Takes a log over TCP and appends it to a file: the receiving end of HAProxy's ring buffer.
    Sink(sink::Options),
}

fn main() -> anyhow::Result<()> {
    let report = match Command::parse() {
        Command::Requests(options) => requests::run(&options)?,
        Command::Handshakes(options) => handshakes::run(&options)?,
        Command::Idle(options) => idle::run(&options)?,
        Command::Beside(Beside::Sink(options)) => sink::run(&options)?,
    };
    println!("{report}");
    Ok(())
}
