//! An endpoint of a pool as it comes in. The API calls it an origin.

use crate::json::{Given, Object, Place};
use model::Endpoint;
use serde_json::Value;

/// Reads one endpoint. What it leaves out takes its default, in amendments of the pool too.
pub(super) fn read(place: &Place<'_>) -> Option<Endpoint> {
    place.object(|body| {
        body.read_only(&["disabled_at"]);
        let blank = Endpoint::at("");
        let mut endpoint = blank.clone();
        body.set("name", &mut endpoint.name, blank.name);
        body.require("address", &mut endpoint.address);
        body.set("enabled", &mut endpoint.enabled, blank.enabled);
        body.set("weight", &mut endpoint.weight, blank.weight);
        body.set("port", &mut endpoint.port, blank.port);
        read_header(body, &mut endpoint);
        body.set_optional("virtual_network_id", &mut endpoint.virtual_network_id);
        endpoint.virtual_network_id = endpoint.virtual_network_id.filter(|id| !id.is_empty());
        body.set("flatten_cname", &mut endpoint.flatten_cname, blank.flatten_cname);
        body.set_optional("max_connections", &mut endpoint.max_connections);
        endpoint
    })
}

/// `header` may hold one name, `Host`, with one value. An empty object or list is no header.
fn read_header(body: &Object<'_>, endpoint: &mut Endpoint) {
    if let Given::Value(host) = body.given_with("header", read_host) {
        endpoint.host = host;
    }
}

/// `Some(None)` is a header object without a host.
fn read_host(place: &Place<'_>) -> Option<Option<String>> {
    const ONLY_HOST: &str = "`Host` is the only header that an endpoint can set";
    const ONE_VALUE: &str = "write `\"Host\": [\"name.example.com\"]`";
    let values = place.entries(|name, value| {
        if !name.eq_ignore_ascii_case("host") {
            value.complain(ONLY_HOST, "remove the header, or set it on the monitor");
            return None;
        }
        match value.value {
            Value::Null => Some(Vec::new()),
            _ => value.items(<String as crate::json::FromJson>::from_json),
        }
    })?;
    let mut values = values.into_iter().flatten();
    let host = values.next();
    if values.next().is_some() {
        place.complain("more than one `Host` value", ONE_VALUE);
        return None;
    }
    Some(host)
}
