//! The command line.

use crate::config::Source;
use clap::{Args as ClapArgs, Parser, Subcommand};
use std::{path::PathBuf, time::Duration};

/// Steers requests to healthy endpoints and explains every failure.
#[derive(Debug, Parser)]
#[command(name = "bellwether", version, about)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve: the edge, the prober and the management API of this node
    Serve(ServeArgs),
    /// Let the server on this machine hand over to the program as it is on the disk now, without a lost request
    Upgrade(UpgradeArgs),
    /// Serve with sample origins of which one fails in a different way again and again, and show what happens
    Demo(DemoArgs),
    /// Check a configuration file and tell everything that is wrong with it
    Check(CheckArgs),
    /// Explain an error code, a failure reason, a line from a log, or one request by its Ray ID
    Explain(ExplainArgs),
    /// Probe a URL once, with every timing and the verdict, without a server
    Probe(ProbeArgs),
}

#[derive(Debug, ClapArgs)]
pub struct ServeArgs {
    /// Configuration file (TOML)
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where this node keeps its state [default: ./bellwether-data]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<String>,
    /// Where plain HTTP is served, or "off" [default: 0.0.0.0:8080]
    #[arg(long, value_name = "ADDR")]
    pub http: Option<String>,
    /// Where HTTPS is served, or "off" [default: 0.0.0.0:8443]
    #[arg(long, value_name = "ADDR")]
    pub https: Option<String>,
    /// Where the management API is served [default: 127.0.0.1:8787]
    #[arg(long, value_name = "ADDR")]
    pub api: Option<String>,
    /// Where intent, events and health are kept [default: sqlite://bellwether.db]
    #[arg(long, value_name = "URL")]
    pub store: Option<String>,
}

impl ServeArgs {
    /// Everything that was given: the file, then the environment, then the flags.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn source(&self) -> anyhow::Result<Source> {
        let mut source = Source::new();
        if let Some(path) = &self.config {
            source = source.with_text(&path.display().to_string(), &crate::check::read(path)?);
        }
        source = source.with_environment(std::env::vars());
        let flags = [
            ("--data-dir", "node.data_dir", &self.data_dir),
            ("--http", "edge.http", &self.http),
            ("--https", "edge.https", &self.https),
            ("--api", "api.listen", &self.api),
            ("--store", "store.url", &self.store),
        ];
        for (flag, path, value) in flags {
            if let Some(value) = value {
                source = source.with_flag(flag, path, value);
            }
        }
        Ok(source)
    }
}

#[derive(Debug, ClapArgs)]
pub struct UpgradeArgs {
    /// Data directory of the server
    #[arg(long, value_name = "DIR", env = "BELLWETHER_NODE_DATA_DIR", default_value = "bellwether-data")]
    pub data_dir: PathBuf,
    /// How long to wait for the outcome
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = crate::config::duration)]
    pub wait: Duration,
}

#[derive(Debug, ClapArgs)]
pub struct DemoArgs {
    /// How long each misbehaviour lasts
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = crate::config::duration)]
    pub cycle: Duration,
    /// Stop by itself after this time
    #[arg(long = "for", value_name = "TIME", value_parser = crate::config::duration)]
    pub lasting: Option<Duration>,
    /// Requests per second that the demo sends
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rate: u32,
    /// Plain lines instead of the live view, even on a terminal
    #[arg(long)]
    pub plain: bool,
    /// Any free ports instead of 8080, 8443 and 8787
    #[arg(long)]
    pub any_port: bool,
}

#[derive(Debug, ClapArgs)]
pub struct CheckArgs {
    /// Configuration file (TOML)
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub struct ExplainArgs {
    /// A code (522), a reason (tcp_refused), a line from a log, or a Ray ID
    #[arg(value_name = "CODE|REASON|RAY-ID", required = true, num_args = 1..)]
    pub what: Vec<String>,
    /// Data directory of the server on this machine that served the request
    #[arg(long, value_name = "DIR", env = "BELLWETHER_NODE_DATA_DIR", default_value = "bellwether-data")]
    pub data_dir: PathBuf,
    /// Ask this API instead of the server on this machine; the token is taken from BELLWETHER_API_TOKEN
    #[arg(long, value_name = "URL")]
    pub api: Option<String>,
    /// Print the story of a request as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, ClapArgs)]
pub struct ProbeArgs {
    /// http://, https:// or tcp:// with a host, and a port for tcp
    #[arg(value_name = "URL")]
    pub url: String,
    /// The Host header; also the server name in TLS
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    /// Accepted status codes
    #[arg(long, value_name = "CODES", default_value = "2xx")]
    pub expect: String,
    /// Text that the answer must contain
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub expect_body: String,
    /// The method
    #[arg(long, value_name = "METHOD", default_value = "GET")]
    pub method: String,
    /// A header to send, as "Name: value"; may be repeated
    #[arg(long, value_name = "HEADER")]
    pub header: Vec<String>,
    /// Accept any certificate
    #[arg(long)]
    pub insecure: bool,
    /// Follow redirects
    #[arg(long)]
    pub follow: bool,
    /// How long the probe may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=600))]
    pub timeout: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }
}
