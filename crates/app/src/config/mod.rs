//! Configuration: from a file, environment variables and flags to checked settings.
//!
//! A key is declared once, in `sections`, with its path, what it is for, its form and the place its value goes to;
//! its default is what that place holds already. From that one declaration come the check of a file, the environment
//! variable, the complaint about a wrong value, what a reload may change, and `docs/CONFIGURATION.md`.
//!
//! All complaints are collected before the first is told, and nothing is started from a configuration that has one.

mod forms;
#[cfg(test)]
mod page;
mod reader;
mod sections;
mod source;

pub use forms::duration;
pub use reader::{KeyReport, Reload};
pub use sections::{Config, StoreUrl};
pub use source::{ConfigComplaint, Source};

use reader::Reader;

/// A checked configuration, with what was said about every key.
pub struct Checked {
    pub config: Config,
    pub keys: Vec<KeyReport>,
}

/// Checks everything that was given.
///
/// # Errors
/// Every complaint, in the order of the keys.
pub fn check(source: Source) -> Result<Checked, Vec<ConfigComplaint>> {
    let mut reader = Reader::new(source);
    let config = sections::read(&mut reader);
    let keys = reader.finish()?;
    Ok(Checked { config, keys })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn complaints(text: &str) -> Vec<String> {
        match check(Source::new().with_text("test.toml", text)) {
            Ok(_) => Vec::new(),
            Err(complaints) => complaints.iter().map(ToString::to_string).collect(),
        }
    }

    fn checked(text: &str) -> Checked {
        check(Source::new().with_text("test.toml", text)).unwrap_or_else(|complaints| panic!("{complaints:#?}"))
    }

    #[test]
    fn nothing_given_is_a_configuration() {
        let config = checked("").config;
        assert_eq!(config.node.data_center, "LCL");
        assert_eq!(config.edge.http, Some("0.0.0.0:8080".parse().expect("an address")));
        assert_eq!(config.api.listen, "127.0.0.1:8787".parse().expect("an address"));
        assert_eq!(config.edge.timeouts.connect, Duration::from_secs(19));
        assert_eq!(config.store.url, StoreUrl::Sqlite("bellwether.db".into()));
    }

    #[test]
    fn the_example_of_the_contract_is_accepted() {
        let config = checked(
            r#"
            [node]
            name = "edge-1"
            data_center = "FRA"
            region = "WEU"
            roles = ["edge", "prober", "control"]
            [edge]
            http = "127.0.0.1:0"
            https = "off"
            workers = 2
            [origin]
            connect_timeout = "1m30s"
            allow_private = false
            [api]
            listen = "[::1]:0"
            token = "secret"
            [store]
            url = "sqlite://other.db"
            [log]
            access = "/var/log/bellwether/access.log"
            "#,
        )
        .config;
        assert_eq!(config.edge.https, None);
        assert_eq!(config.edge.timeouts.connect, Duration::from_secs(90));
        assert!(!config.dial.allow_private && !config.policy.allow_private);
        assert_eq!(config.api.token.as_ref().map(model::Secret::expose), Some("secret"));
        assert_eq!(config.store.url, StoreUrl::Sqlite("other.db".into()));
    }

    #[test]
    fn all_complaints_come_at_once_with_line_path_and_way_out() {
        let told = complaints(
            "[edge]\nhttp = \"here\"\nworkers = -1\nworker = 2\n[origin]\nread_timeout = 5\n[node]\nregion = \"EU\"\n\
             data_center = \"lcl\"\nroles = []\n[store]\nurl = \"etcd://a:2379\"\n[zzz]\na = 1\n",
        );
        let expected = [
            ("test.toml:10", "node.roles"),
            ("test.toml:9", "node.data_center"),
            ("test.toml:8", "node.region"),
            ("test.toml:2", "edge.http"),
            ("test.toml:3", "edge.workers"),
            ("test.toml:6", "origin.read_timeout"),
            ("test.toml:12", "store.url"),
            ("test.toml:4", "edge.worker"),
            ("test.toml:14", "zzz.a"),
        ];
        for (place, path) in expected {
            let prefix = format!("{place}: {path}: ");
            let complaint = told.iter().find(|line| line.starts_with(&prefix));
            let (problem, remedy) = complaint.and_then(|line| line.split_once("; ")).unwrap_or_default();
            assert!(!problem.is_empty() && !remedy.is_empty(), "{prefix} in {told:#?}");
        }
        assert_eq!(told.len(), expected.len(), "{told:#?}");
        assert!(told.iter().any(|line| line.contains("did you mean `edge.workers`")), "{told:#?}");
    }

    #[test]
    fn broken_text_is_a_complaint_with_its_line() {
        let told = complaints("[edge]\nhttp = \n");
        assert!(told.first().is_some_and(|line| line.starts_with("test.toml:2: ")), "{told:#?}");
    }

    #[test]
    fn the_environment_wins_over_the_file_and_a_flag_over_both() {
        let source = || Source::new().with_text("test.toml", "[edge]\nworkers = 1\n[api]\ntoken = \"file\"\n");
        let environment = || [("BELLWETHER_EDGE_WORKERS", "2"), ("BELLWETHER_API_TOKEN", "env"), ("HOME", "/")];
        let pairs = || environment().into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let config = check(source().with_environment(pairs())).unwrap_or_else(|c| panic!("{c:#?}")).config;
        assert_eq!(config.edge.workers, 2);
        assert_eq!(config.api.token.as_ref().map(model::Secret::expose), Some("env"));
        let flagged = source().with_environment(pairs()).with_flag("--http", "edge.http", "127.0.0.1:1");
        let config = check(flagged).unwrap_or_else(|c| panic!("{c:#?}")).config;
        assert_eq!(config.edge.http, Some("127.0.0.1:1".parse().expect("an address")));
    }

    #[test]
    fn a_misspelled_variable_is_a_complaint_when_its_section_is_ours() {
        let pairs = [("BELLWETHER_EDGE_WORKRES", "2"), ("BELLWETHER_HOME", "x")];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let told = check(Source::new().with_environment(pairs)).err().expect("a complaint");
        assert_eq!(told.len(), 1);
        assert!(told[0].to_string().starts_with("BELLWETHER_EDGE_WORKRES: "), "{}", told[0]);
    }

    #[test]
    fn a_reload_tells_what_it_can_and_cannot_change() {
        let before = checked("[log]\naccess = \"off\"\n[edge]\nworkers = 1\n").keys;
        let after = checked("[log]\naccess = \"stdout\"\n[edge]\nworkers = 2\n").keys;
        let changed = |reload: Reload| {
            let pairs = before.iter().zip(&after);
            let changed = pairs.filter(|(old, new)| old.value != new.value && new.reload == reload);
            changed.map(|(_, new)| new.path).collect::<Vec<_>>()
        };
        assert_eq!(changed(Reload::Applies), ["log.access"]);
        assert_eq!(changed(Reload::NeedsRestart), ["edge.workers"]);
    }

    #[test]
    fn a_secret_is_not_told() {
        let keys = checked("[api]\ntoken = \"hunter2\"\n").keys;
        assert!(keys.iter().all(|key| !key.value.contains("hunter2") && !key.default.contains("hunter2")));
    }
}
