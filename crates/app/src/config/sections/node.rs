//! Which node this is.

use super::SECOND;
use crate::config::{
    forms::{Form, ListOf, NAME, Span, Text},
    reader::{Reader, key},
    source::Raw,
};
use model::Region;
use std::{path::PathBuf, time::Duration};

/// Which node this is, and what it does.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    pub name: String,
    /// Three capital letters.
    pub data_center: String,
    pub region: Region,
    pub roles: Roles,
    pub data_dir: PathBuf,
    /// How long a shutdown waits for requests in flight.
    pub drain_timeout: Duration,
    /// How long an idle connection may stay when another process serves on.
    pub drain_idle: Duration,
    /// How long a new process may take to be ready.
    pub upgrade_timeout: Duration,
}

/// What a node does. At least one is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roles {
    pub edge: bool,
    pub prober: bool,
    pub control: bool,
}

pub fn node(reader: &mut Reader) -> NodeConfig {
    let mut node = NodeConfig {
        name: "local".to_owned(),
        data_center: "LCL".to_owned(),
        region: Region::WesternNorthAmerica,
        roles: Roles { edge: true, prober: true, control: true },
        data_dir: PathBuf::from("bellwether-data"),
        drain_timeout: 30 * SECOND,
        drain_idle: 10 * SECOND,
        upgrade_timeout: 30 * SECOND,
    };
    reader.read(key("node.name", "The node's name, as traces and events show it"), &mut node.name, NAME);
    reader.read(
        key("node.data_center", "The data center, as Ray IDs and events show it"),
        &mut node.data_center,
        Text { parse: data_center, show: String::clone, expects: "three capital letters, such as \"FRA\"" },
    );
    reader.read(
        key("node.region", "The region that the data center lies in"),
        &mut node.region,
        Text {
            parse: |text| text.parse().ok(),
            show: |region: &Region| region.code().to_owned(),
            expects: "one of WNAM, ENAM, WEU, EEU, NSAM, SSAM, OC, ME, NAF, SAF, SAS, SEAS, NEAS",
        },
    );
    reader.read(key("node.roles", "What this node does"), &mut node.roles, RoleList);
    if !node.roles.control {
        let problem = "a node without the role \"control\" needs a fleet store, which is not there yet";
        reader.complain(None, "node.roles", problem, "add \"control\" to the roles");
    }
    reader.read(
        key("node.data_dir", "Where the store, the local authority and the socket of this node live"),
        &mut node.data_dir,
        Text {
            parse: |text| Some(PathBuf::from(text)).filter(|path| !path.as_os_str().is_empty()),
            show: |path| path.display().to_string(),
            expects: "the path of a directory",
        },
    );
    reader.read(
        key("node.drain_timeout", "How long a shutdown waits for requests in flight"),
        &mut node.drain_timeout,
        Span(Duration::ZERO..=3600 * SECOND),
    );
    reader.read(
        key("node.drain_idle", "How long visitors' idle connections may stay once another process has taken over"),
        &mut node.drain_idle,
        Span(Duration::ZERO..=3600 * SECOND),
    );
    reader.read(
        key("node.upgrade_timeout", "How long a new process may take until it serves; later it is ended"),
        &mut node.upgrade_timeout,
        Span(SECOND..=3600 * SECOND),
    );
    node
}

fn data_center(text: &str) -> Option<String> {
    let fits = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    fits.then(|| text.to_owned())
}

/// The roles of a node: a list of names.
struct RoleList;

impl Form for RoleList {
    type Value = Roles;

    fn read(&self, raw: &Raw) -> Option<Roles> {
        let names = ListOf { item: NAME, expects: "" }.read(raw)?;
        let known = ["edge", "prober", "control"];
        let has = |role: &str| names.iter().any(|name| name == role);
        let fits = !names.is_empty() && names.iter().all(|name| known.contains(&name.as_str()));
        fits.then(|| Roles { edge: has("edge"), prober: has("prober"), control: has("control") })
    }

    fn show(&self, roles: &Roles) -> String {
        let all = [("edge", roles.edge), ("prober", roles.prober), ("control", roles.control)];
        let names: Vec<String> = all.iter().filter(|(_, on)| *on).map(|(name, _)| format!("{name:?}")).collect();
        format!("[{}]", names.join(", "))
    }

    fn expects(&self) -> String {
        "a list of one or more of \"edge\", \"prober\", \"control\"".to_owned()
    }
}
