//! The operator's log on standard error.

use anyhow::Context;
use std::{fs::File, io::IsTerminal, path::Path, sync::Mutex};
use tracing_subscriber::{EnvFilter, Registry, fmt, layer::SubscriberExt, reload, util::SubscriberInitExt};

/// The hand on the operator's log, to change what it holds.
pub struct Logging {
    filter: reload::Handle<EnvFilter, Registry>,
}

impl Logging {
    /// Starts the log. Colour only when a person watches.
    ///
    /// # Errors
    /// When the filter cannot be read, or there is a log already.
    pub fn start(filter: &str) -> anyhow::Result<Logging> {
        let (filter, handle) = reload::Layer::new(parse(filter)?);
        let lines =
            fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal()).with_target(false);
        tracing_subscriber::registry().with(filter).with(lines).try_init().context("the log is started already")?;
        Ok(Logging { filter: handle })
    }

    /// Starts the log in a file, for a command that needs the terminal for itself.
    ///
    /// # Errors
    /// When the file cannot be made, the filter cannot be read, or there is a log already.
    pub fn start_in_file(filter: &str, path: &Path) -> anyhow::Result<()> {
        let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
        let lines = fmt::layer().with_writer(Mutex::new(file)).with_ansi(false).with_target(false);
        tracing_subscriber::registry().with(parse(filter)?).with(lines).try_init().context("the log is started already")
    }

    /// Changes what the log holds from now on.
    ///
    /// # Errors
    /// When the filter cannot be read.
    pub fn set(&self, filter: &str) -> anyhow::Result<()> {
        self.filter.reload(parse(filter)?).context("the log has ended")
    }
}

fn parse(filter: &str) -> anyhow::Result<EnvFilter> {
    filter.parse().with_context(|| format!("`{filter}` is not a log filter"))
}
