//! The rules of an endpoint, which the API calls an origin.

use super::{Scene, host, value};
use model::{Complaints, Endpoint};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

/// The longest name of an endpoint, in characters.
const NAME_MAX: usize = 255;
/// Weights are given in hundredths; this much of one may be lost in arithmetic.
const WEIGHT_TOLERANCE: f64 = 1e-6;

/// Everything that is wrong with one endpoint by itself.
pub fn check(endpoint: &Endpoint, scene: &Scene<'_>) -> Complaints {
    let mut complaints = Complaints::new();
    value::length(&mut complaints, "name", &endpoint.name, NAME_MAX);
    address(&mut complaints, endpoint, scene);
    weight(&mut complaints, endpoint.weight);
    if let Some(host) = &endpoint.host
        && let Err(problem) = host::host_header(host)
    {
        let remedy = "write a host name such as `www.example.com`";
        complaints.add("header.Host", format!("`{host}` {problem}"), remedy);
    }
    if endpoint.virtual_network_id.as_deref() == Some("") {
        complaints.add("virtual_network_id", "is empty", "write the id of a virtual network, or leave it out");
    }
    value::max_connections(&mut complaints, "max_connections", endpoint.max_connections.unwrap_or(0));
    complaints
}

fn address(complaints: &mut Complaints, endpoint: &Endpoint, scene: &Scene<'_>) {
    let text = endpoint.address.as_str();
    let remedy = "write an IP address or a host name, without scheme, port or path";
    match text.parse::<IpAddr>() {
        Err(_) => {
            if let Err(problem) = host::host_name(text) {
                complaints.add("address", format!("`{text}` {problem}"), remedy);
            }
        }
        Ok(address) => {
            let private = host::is_reserved(address) && endpoint.virtual_network_id.is_none();
            if private && !scene.policy.allow_private {
                complaints.add(
                    "address",
                    format!("{address} is a private or reserved address"),
                    "name its `virtual_network_id`, or allow such addresses with `origin.allow_private`",
                );
            }
        }
    }
}

fn weight(complaints: &mut Complaints, weight: f64) {
    value::weight(complaints, "weight", weight);
    let hundredths = weight * 100.0;
    if (hundredths - hundredths.round()).abs() > WEIGHT_TOLERANCE {
        complaints.add("weight", format!("{weight} is finer than a hundredth"), "write a weight such as 0.25");
    }
}

/// No two endpoints of a pool have the same name, or the same address, port and virtual network.
pub(super) fn distinct(complaints: &mut Complaints, endpoints: &[Endpoint]) {
    let mut names = BTreeSet::new();
    let mut places = BTreeMap::new();
    for (index, endpoint) in endpoints.iter().enumerate() {
        if !endpoint.name.is_empty() && !names.insert(&endpoint.name) {
            let problem = format!("another endpoint of the pool has the name `{}`", endpoint.name);
            complaints.add(format!("origins[{index}].name"), problem, "give each endpoint its own name");
        }
        let place = (canonical(&endpoint.address), endpoint.port, endpoint.virtual_network_id.as_deref());
        if let Some(first) = places.insert(place, index) {
            complaints.add(
                format!("origins[{index}].address"),
                format!("{} is in the pool already, as origins[{first}]", endpoint.key()),
                "list each address once per port and virtual network",
            );
        }
    }
}

/// One spelling for each address.
fn canonical(address: &str) -> String {
    address.parse::<IpAddr>().map_or_else(|_| address.to_ascii_lowercase(), |address| address.to_string())
}
