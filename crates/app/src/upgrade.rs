//! `bellwether upgrade`: tells a running server to hand over to the program as it is on the disk now, and tells how that
//! went.

use crate::{
    FAILED,
    args::UpgradeArgs,
    serve::{DONE, OUTCOME, in_charge},
};
use anyhow::{Context, bail};
use rustix::process::{Signal, kill_process};
use std::{fs, io, process::ExitCode, time::Duration};
use tokio::time::{Instant, sleep};

/// How often is looked whether it is done.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Asks for an upgrade, and waits for its outcome.
pub async fn command(args: UpgradeArgs) -> anyhow::Result<ExitCode> {
    let server = in_charge(&args.data_dir)?;
    let outcome = args.data_dir.join(OUTCOME);
    match fs::remove_file(&outcome) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot remove {}", outcome.display()));
        }
        _ => {}
    }
    kill_process(server, Signal::USR2).context("the server cannot be told")?;
    let deadline = Instant::now() + args.wait;
    while Instant::now() < deadline {
        sleep(LOOK_EVERY).await;
        let Ok(line) = fs::read_to_string(&outcome) else { continue };
        return Ok(match line.strip_prefix(DONE) {
            Some(done) => {
                print!("{done}");
                ExitCode::SUCCESS
            }
            None => {
                eprint!("{line}");
                ExitCode::from(FAILED)
            }
        });
    }
    bail!("the server has not said how the upgrade went; its log may")
}
