//! `bellwether check FILE`: every complaint about a configuration, each with its place and a way out.

use crate::{
    UNUSABLE,
    args::CheckArgs,
    config::{self, ConfigComplaint, Source},
};
use anyhow::Context;
use std::{path::Path, process::ExitCode};

/// Checks a file by the very path that `serve` takes, without the environment.
pub fn command(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let source = Source::new().with_text(&args.file.display().to_string(), &read(&args.file)?);
    match config::check(source) {
        Ok(checked) => {
            println!("{}: nothing to complain about ({} keys)", args.file.display(), checked.keys.len());
            Ok(ExitCode::SUCCESS)
        }
        Err(complaints) => Ok(complain(&complaints)),
    }
}

/// Reads a configuration file.
///
/// # Errors
/// When it cannot be read; the path is in the message.
pub fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Tells every complaint on standard error.
pub fn complain(complaints: &[ConfigComplaint]) -> ExitCode {
    for complaint in complaints {
        eprintln!("{complaint}");
    }
    let number = match complaints.len() {
        1 => "1 complaint".to_owned(),
        many => format!("{many} complaints"),
    };
    eprintln!("{number} about the configuration; nothing was started");
    ExitCode::from(UNUSABLE)
}
