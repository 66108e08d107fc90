//! Why a server did not hand over to a new process. In every case visitors are served on by the old one.

use crate::{Party, family::family, text};

macro_rules! upgrade_failures {
    ($($variant:ident $id:literal {
        by $party:ident,
        title $title:literal,
        message $message:literal,
        cause $cause:literal,
        remedy $remedy:literal $(,)?
    })*) => {
        family! {
            /// Why an upgrade failed.
            UpgradeFailure told by UpgradeFailureEntry (failure):
            $($variant $id => {
                party: Party::$party,
                title: $title,
                message: $message,
                cause: $cause,
                remedy: $remedy,
            })*
        }
    };
}

/// All that is fixed about a failed upgrade.
#[derive(Debug)]
pub struct UpgradeFailureEntry {
    pub failure: UpgradeFailure,
    /// Stable identifier, such as `upgrade_too_late`.
    pub id: &'static str,
    pub party: Party,
    pub title: &'static str,
    /// One line for the log and for `bellwether upgrade`, with the placeholder `<detail>`.
    pub message: &'static str,
    pub cause: &'static str,
    pub remedy: &'static str,
}

impl UpgradeFailure {
    /// The message with what is known of this case.
    ///
    /// ```
    /// use verdict::UpgradeFailure;
    /// let said = UpgradeFailure::ProcessEnded.message("exit status: 7");
    /// assert!(said.ends_with("(exit status: 7)"));
    /// ```
    pub fn message(self, detail: &str) -> String {
        text::fill(self.entry().message, &[("detail", detail)])
    }
}

upgrade_failures! {
    ProgramNotStarted "upgrade_program_not_started" {
        by Configuration,
        title "The new program cannot be started",
        message "the new program cannot be started: <detail>",
        cause "The system did not run the file by whose name this server was started: it is gone, is not executable, \
            or is no program for this machine.",
        remedy "Put the right file in place, with execute permission, and upgrade again. \
            `bellwether --version` on it must answer.",
    }
    ConfigurationRefused "upgrade_configuration_refused" {
        by Configuration,
        title "The new process refuses the configuration",
        message "the new process refuses the configuration: <detail>",
        cause "The new process reads the configuration anew, and has complaints about it. They may be older than the \
            new program: the old process has not read the file since it was started.",
        remedy "Run the new program's `bellwether check` on the file, correct what it names, and upgrade again.",
    }
    CannotServe "upgrade_cannot_serve" {
        by Configuration,
        title "The new process cannot serve",
        message "the new process cannot serve: <detail>",
        cause "The new process started, but could not get everything it needs: an address that was added is taken, \
            the data directory cannot be used, or the store cannot be opened by it.",
        remedy "Remove what the message names, and upgrade again.",
    }
    ProcessEnded "upgrade_process_ended" {
        by Edge,
        title "The new process ended before it served",
        message "the new process ended before it served (<detail>)",
        cause "The new process crashed, or was killed, while it took over. It may also be another program than a \
            server of this kind.",
        remedy "Look at its last lines in the log, which both processes share; put the former program back if it \
            crashes again.",
    }
    TooLate "upgrade_too_late" {
        by Edge,
        title "The new process was not ready in time",
        message "the new process was not ready within <detail>, and was ended",
        cause "The new process did not say that it serves within `node.upgrade_timeout`: it hangs, waits for a store \
            that another program holds, or has very much to load.",
        remedy "Look at its last lines in the log; raise `node.upgrade_timeout` if it only needs longer.",
    }
    OtherProgram "upgrade_other_program" {
        by Configuration,
        title "The new process speaks otherwise",
        message "the new process does not hand over the way this one does: <detail>",
        cause "What was started is another program, or a version whose way of taking over is not known to this one.",
        remedy "If the file is right, stop the server and start the new version; visitors notice that.",
    }
    EndedEarly "upgrade_ended_early" {
        by Edge,
        title "The new process ended soon after it took over",
        message "the new process ended while this one was still draining; this one serves again: <detail>",
        cause "The new process had taken over and crashed, or was killed, before the old one had left. The old process \
            serves again, with the configuration that it had.",
        remedy "Look at the last lines of the new process in the log; put the former program back before the next \
            upgrade.",
    }
    StoreLost "upgrade_store_lost" {
        by Edge,
        title "The store was not to be had again",
        message "the store could not be opened again after the upgrade had failed: <detail>",
        cause "The old process had let go of the store for the new one. When that failed, the old process could not \
            open it again: a newer program may have changed its form. Visitors are served by the last table; the API \
            is closed and nothing is probed.",
        remedy "Start the program whose version the store has; both versions are in the log.",
    }
}
