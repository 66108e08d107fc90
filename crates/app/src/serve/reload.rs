//! Reading the configuration again: what can change does, what cannot is said, and a wrong one changes nothing.

use super::{Logging, Node};
use crate::{
    args::ServeArgs,
    config::{self, KeyReport, Reload},
};
use tracing::{error, info, warn};

/// What is needed to tell what changed.
pub struct Reloader {
    args: ServeArgs,
    keys: Vec<KeyReport>,
    logging: Logging,
}

impl Reloader {
    pub fn new(args: ServeArgs, keys: Vec<KeyReport>, logging: Logging) -> Self {
        Self { args, keys, logging }
    }

    /// Reads and checks everything again, then applies what may change, and opens the access log again.
    pub fn reload(&mut self, node: &Node) {
        let source = match self.args.source() {
            Ok(source) => source,
            Err(problem) => return error!(%problem, "the configuration stays as it was"),
        };
        let checked = match config::check(source) {
            Ok(checked) => checked,
            Err(complaints) => {
                complaints.iter().for_each(|complaint| error!(%complaint, "complaint about the configuration"));
                return error!(complaints = complaints.len(), "the configuration stays as it was");
            }
        };
        self.report(&checked.keys);
        if let Err(problem) = self.logging.set(&checked.config.log.filter) {
            error!(%problem, "the operator's log stays as it was");
        }
        node.apply(&checked.config);
        // What needs a restart is still what it was: it is told again at every reload until then.
        for (known, read) in self.keys.iter_mut().zip(checked.keys) {
            if read.reload == Reload::Applies {
                *known = read;
            }
        }
    }

    fn report(&self, read: &[KeyReport]) {
        // Keys are declared in one order, whatever was given.
        let mut changes = self.keys.iter().zip(read).filter(|(old, new)| old.value != new.value).peekable();
        if changes.peek().is_none() {
            info!("the configuration is unchanged; the access log was opened again");
        }
        for (old, new) in changes {
            let (key, from, to) = (new.path, &old.value, &new.value);
            match new.reload {
                Reload::Applies => info!(key, from, to, "changed"),
                Reload::NeedsRestart => warn!(key, from, to, "will change at the next start"),
            }
        }
    }
}
