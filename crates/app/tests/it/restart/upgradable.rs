//! A server whose program can be replaced while it runs.

use crate::{
    command::{BINARY, run},
    server::Server,
};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// A server that was started from a file of its own, so that the file can be replaced.
pub struct Upgradable {
    pub server: Server,
    binary: PathBuf,
    directory: TempDir,
}

impl Upgradable {
    pub fn start(config: &str) -> Upgradable {
        let directory = tempfile::tempdir().expect("a directory");
        let (binary, file) = (directory.path().join("bellwether"), directory.path().join("bellwether.toml"));
        copy(Path::new(BINARY), &binary);
        fs::write(&file, config).expect("a configuration");
        let args = ["--config", file.to_str().expect("UTF-8")];
        let server = Server::start_program(&binary, &directory.path().join("data"), &args);
        Upgradable { server, binary, directory }
    }

    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    pub fn data_dir(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// Puts another program in the place of the running one, as a package manager would.
    pub fn replace_binary(&self, put: impl FnOnce(&Path)) {
        let (draft, unfinished) =
            (self.directory.path().join("bellwether.draft"), self.directory.path().join("bellwether.new"));
        put(&draft);
        copy(&draft, &unfinished);
        fs::set_permissions(&unfinished, fs::Permissions::from_mode(0o755)).expect("executable");
        fs::rename(unfinished, &self.binary).expect("replaced");
    }

    /// Puts another copy of the program in its place.
    pub fn replace_by_itself(&self) {
        self.replace_binary(|path| copy(Path::new(BINARY), path));
    }

    pub fn replace_by_script(&self, script: &str) {
        self.replace_binary(|path| fs::write(path, script).expect("a script"));
    }

    /// Asks for an upgrade; gives the exit code and everything that was said.
    pub fn upgrade(&self) -> (Option<i32>, String) {
        let ran = run(&["upgrade", "--data-dir", self.data_dir().to_str().expect("UTF-8")]);
        (ran.code, ran.stdout + &ran.stderr)
    }

    /// The process that is in charge.
    pub fn in_charge(&self) -> u32 {
        let text = fs::read_to_string(self.data_dir().join("bellwether.pid")).expect("a file");
        text.trim().parse().unwrap_or_else(|_| panic!("a number, not {text:?}"))
    }

    pub fn signal(&self, name: &str) {
        kill(self.in_charge(), name);
    }

    /// Writes another configuration, for the next process that reads it.
    pub fn configure(&self, config: &str) {
        fs::write(self.directory.path().join("bellwether.toml"), config).expect("a configuration");
    }

    /// Takes the program away.
    pub fn remove_binary(&self) {
        fs::remove_file(&self.binary).expect("removed");
    }
}

/// Copies a program, in a process of its own: what this one has open for writing, whatever it starts meanwhile holds
/// open too, and the system runs no program that is open for writing.
pub fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg(from).arg(to).status().expect("cp runs").success());
}

impl Upgradable {
    /// Everyone who runs a binary of this directory.
    fn processes(&self) -> Vec<u32> {
        let all = fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let runs = |pid: &u32| {
            fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|path| path.starts_with(self.directory.path()))
        };
        pids.filter(|pid| runs(pid) && !is_gone(*pid)).collect()
    }
}

/// How many workers a process has.
pub fn workers(pid: u32) -> usize {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let names = threads.filter_map(|thread| fs::read_to_string(thread.path().join("comm")).ok());
    names.filter(|name| name.starts_with("worker-")).count()
}

/// Sends a signal to a process.
pub fn kill(pid: u32, name: &str) {
    let status = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status();
    assert!(status.expect("kill runs").success());
}

impl Drop for Upgradable {
    fn drop(&mut self) {
        // A successor is nobody's child any more, and whoever drains comes back when it is lost: nobody may be left.
        loop {
            let left = self.processes();
            if left.is_empty() {
                return;
            }
            left.into_iter().for_each(|pid| kill(pid, "KILL"));
        }
    }
}

/// Whether a process has ended; one that nobody has waited for has.
pub fn is_gone(pid: u32) -> bool {
    let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    state.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with('Z'))
}
