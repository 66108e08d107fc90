//! Running the binary to its end.

use std::{
    path::Path,
    process::{Command, Output},
};

/// What a run left behind.
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Where the binary under test is.
pub const BINARY: &str = env!("CARGO_BIN_EXE_bellwether");

/// The binary with arguments, in an environment without settings of ours.
pub fn bellwether(args: &[&str]) -> Command {
    program(Path::new(BINARY), args)
}

/// A copy of the binary with arguments, in an environment without settings of ours.
pub fn program(binary: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(binary);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("BELLWETHER_")) {
        command.env_remove(name);
    }
    command.args(args);
    command
}

/// Runs the binary to its end.
pub fn run(args: &[&str]) -> Ran {
    let Output { status, stdout, stderr } = bellwether(args).output().expect("the binary runs");
    let text = |bytes| String::from_utf8(bytes).expect("the output is UTF-8");
    Ran { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
}
