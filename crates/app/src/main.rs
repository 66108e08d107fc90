//! The binary: arguments, configuration, wiring, signals and exit codes. Every decision worth testing lives in a room
//! of its own; what is here is which room hands what to which.
//!
//! Exit codes: 0 done, 1 failed (a probe that did not pass, an entry that is not there, a server that could not go
//! on), 2 the command or the configuration is wrong.

mod args;
mod check;
mod config;
mod demo;
mod explain;
mod local_call;
mod nearest;
mod probe_once;
mod serve;
mod upgrade;

use args::{Args, Command};
use clap::Parser;
use std::process::ExitCode;

/// Why this one: docs/decisions/0005-chosen-libraries.md.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Something was asked for that is not there, or did not go well.
const FAILED: u8 = 1;
/// The command line or the configuration cannot be used.
const UNUSABLE: u8 = 2;

fn main() -> ExitCode {
    let args = Args::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("control").build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    let done = runtime.block_on(async {
        match args.command {
            Command::Serve(args) => serve::command(args).await,
            Command::Upgrade(args) => upgrade::command(args).await,
            Command::Demo(args) => demo::command(args).await,
            Command::Check(args) => check::command(&args),
            Command::Explain(args) => explain::command(args).await,
            Command::Probe(args) => probe_once::command(args).await,
        }
    });
    done.unwrap_or_else(|error| failed(&error))
}

/// Tells the whole chain of causes in one line.
fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("bellwether: {error:#}");
    ExitCode::from(FAILED)
}
