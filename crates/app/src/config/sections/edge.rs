//! The data plane, towards visitors.

use super::{NETWORKS, NodeConfig};
use crate::config::{
    forms::{Form, LISTEN_OR_OFF, ListOf, NAME, SPAN, Size, Text, Truth, Whole, parsed},
    reader::{Key, Reader, key},
    source::Raw,
};
use proxy::{MinimumRate, Underscores, Upgrades};
use std::{net::SocketAddr, time::Duration};

pub fn edge(reader: &mut Reader, node: &NodeConfig) -> proxy::Settings {
    let mut edge = proxy::Settings {
        http: Some(SocketAddr::from(([0, 0, 0, 0], 8080))),
        https: Some(SocketAddr::from(([0, 0, 0, 0], 8443))),
        node: proxy::Node {
            name: node.name.as_str().into(),
            data_center: node.data_center.as_str().into(),
            region: node.region.code().into(),
        },
        ..proxy::Settings::default()
    };
    reader.read(key("edge.http", "Where plain HTTP is served"), &mut edge.http, LISTEN_OR_OFF);
    reader.read(key("edge.https", "Where HTTPS is served"), &mut edge.https, LISTEN_OR_OFF);
    public_ports(reader, &mut edge.public_ports);
    reader.read(
        key("edge.workers", "Threads that serve requests; 0 is one per core"),
        &mut edge.workers,
        Whole(0..=1024),
    );
    reader.read(
        key("edge.trusted_proxies", "Networks whose forwarding headers are believed"),
        &mut edge.trusted_proxies,
        NETWORKS,
    );
    reader.read(
        key("edge.underscores", "What happens to request headers with an underscore in their name"),
        &mut edge.underscores,
        Text { parse: underscores, show: underscores_text, expects: "\"drop\" or \"keep\"" },
    );
    reader.read(
        key(
            "edge.upgrades",
            "Protocols that visitors may switch to (101); `*` for any but HTTP and TLS, none for none",
        ),
        &mut edge.upgrades,
        Protocols,
    );
    reader.read(key("edge.loop_id", "Our name in `CDN-Loop`"), &mut edge.loop_id, NAME);
    reader.read(
        key("edge.max_loops", "How often a request may have passed us before"),
        &mut edge.max_loops,
        Whole(0..=100),
    );
    proxy_protocol(reader, &mut edge);
    edge_timeouts(reader, &mut edge.timeouts);
    edge_limits(reader, &mut edge.limits);
    edge_http2(reader, &mut edge.http2);
    if let (Some(http), Some(https)) = (edge.http, edge.https)
        && http.port() != 0
        && http == https
    {
        let problem = format!("`{https}` is taken by edge.http");
        reader.complain(None, "edge.https", problem, "give the two listeners different ports");
    }
    edge
}

/// Names of protocols, as a list of texts.
struct Protocols;

impl Protocols {
    fn names() -> ListOf<Text<String>> {
        ListOf { item: parsed("the name of a protocol"), expects: "" }
    }
}

impl Form for Protocols {
    type Value = Upgrades;

    fn read(&self, raw: &Raw) -> Option<Upgrades> {
        Upgrades::new(Self::names().read(raw)?)
    }

    fn show(&self, value: &Upgrades) -> String {
        Self::names().show(&value.as_slice().to_vec())
    }

    fn expects(&self) -> String {
        "a list of names of protocols, such as [\"websocket\"], [\"*\"] or []; HTTP and TLS cannot be tunnelled"
            .to_owned()
    }
}

/// The ports that visitors know, where they are not ours.
fn public_ports(reader: &mut Reader, ports: &mut proxy::PublicPorts) {
    let ports: [(Key, &mut Option<u16>); 2] = [
        (
            key("edge.public_http_port", "The port of plain HTTP in redirects; 0 is that of `edge.http`"),
            &mut ports.http,
        ),
        (key("edge.public_https_port", "The port of HTTPS in redirects; 0 is that of `edge.https`"), &mut ports.https),
    ];
    for (key, slot) in ports {
        let mut port = 0;
        reader.read(key, &mut port, Whole(0..=u16::MAX));
        *slot = (port != 0).then_some(port);
    }
}

/// Introductions by proxies in front, on every listener.
fn proxy_protocol(reader: &mut Reader, edge: &mut proxy::Settings) {
    let mut is_required = false;
    reader.read(
        key("edge.proxy_protocol", "Whether proxies in front begin with a header of the PROXY protocol"),
        &mut is_required,
        Text {
            parse: |text| match text {
                "off" => Some(false),
                "require" => Some(true),
                _ => None,
            },
            show: |is_required| if *is_required { "require".to_owned() } else { "off".to_owned() },
            expects: "\"off\" or \"require\"",
        },
    );
    let mut networks = Vec::new();
    reader.read(
        key("edge.proxy_protocol_from", "The networks of these proxies; everyone else is a plain visitor"),
        &mut networks,
        NETWORKS,
    );
    reader.read(
        key("edge.proxy_protocol_timeout", "How long such a header may take to arrive"),
        &mut edge.timeouts.proxy_header,
        SPAN,
    );
    reader.read(
        key("edge.proxy_protocol_bytes", "The longest header of version 2"),
        &mut edge.limits.proxy_header.v2_bytes,
        Size(16..=65_551),
    );
    match (is_required, networks.is_empty()) {
        (false, _) => {}
        (true, false) => edge.proxy_protocol = proxy::ProxyProtocol::RequireFrom(networks),
        (true, true) => {
            let problem = "edge.proxy_protocol is \"require\", and no network is named";
            reader.complain(None, "edge.proxy_protocol_from", problem, "name the networks of the proxies in front");
        }
    }
}

fn edge_http2(reader: &mut Reader, http2: &mut proxy::Http2) {
    const KIB: u32 = 1 << 10;
    reader.read(key("edge.http2", "Whether HTTP/2 is offered where TLS is spoken"), &mut http2.offered, Truth);
    reader.read(
        key("edge.h2c", "Whether plain HTTP understands HTTP/2 from visitors that begin with it"),
        &mut http2.cleartext,
        Truth,
    );
    reader.read(
        key("edge.http2_streams", "Requests of one connection at a time"),
        &mut http2.streams,
        Whole(1..=10_000),
    );
    let sizes: [(Key, &mut u32, std::ops::RangeInclusive<u32>); 3] = [
        (
            key("edge.http2_stream_window", "Bytes of one request's body that may come ahead of the origin"),
            &mut http2.stream_window,
            KIB..=64 * KIB * KIB,
        ),
        (
            key("edge.http2_connection_window", "As http2_stream_window, for all requests of a connection together"),
            &mut http2.connection_window,
            64 * KIB..=1024 * KIB * KIB,
        ),
        (
            key("edge.http2_frame", "The longest frame that is accepted"),
            &mut http2.frame,
            16 * KIB..=16 * KIB * KIB - 1,
        ),
    ];
    for (key, slot, range) in sizes {
        reader.read(key, slot, Whole(range));
    }
    reader.read(
        key("edge.http2_send_buffer", "Bytes of answers that may wait to be written to one connection"),
        &mut http2.send_buffer,
        Size(1 << 10..=16 << 20),
    );
    reader.read(
        key("edge.http2_resets", "Requests that a visitor may give up within http2_resets_within"),
        &mut http2.resets,
        Whole(1..=1_000_000),
    );
    reader.read(key("edge.http2_resets_within", "The time that these are counted in"), &mut http2.resets_within, SPAN);
    reader.read(
        key("edge.http2_faults", "Faults of single streams that a connection may have before it ends"),
        &mut http2.faults,
        Whole(1..=1_000_000),
    );
    reader.read(
        key(
            "edge.http2_control_frames",
            "Frames beside requests and bodies that may come within http2_resets_within, beyond one for every 32 bytes \
             that the visitor was sent",
        ),
        &mut http2.control_frames,
        Whole(1..=1_000_000_000),
    );
}

fn underscores(text: &str) -> Option<Underscores> {
    match text {
        "drop" => Some(Underscores::Drop),
        "keep" => Some(Underscores::Keep),
        _ => None,
    }
}

fn underscores_text(value: &Underscores) -> String {
    match value {
        Underscores::Drop => "drop".to_owned(),
        Underscores::Keep => "keep".to_owned(),
    }
}

fn edge_timeouts(reader: &mut Reader, timeouts: &mut proxy::Timeouts) {
    let spans: [(Key, &mut Duration); 7] = [
        (key("edge.tls_handshake_timeout", "The TLS handshake with a visitor"), &mut timeouts.handshake),
        (
            key("edge.request_head_timeout", "From the first byte of a request's head to its last"),
            &mut timeouts.request_head,
        ),
        (key("edge.request_body_timeout", "Between two reads of a request's body"), &mut timeouts.request_body),
        (key("edge.idle_timeout", "A visitor's connection between two requests"), &mut timeouts.visitor_idle),
        (key("edge.write_timeout", "A visitor that does not take what is sent"), &mut timeouts.visitor_write),
        (
            key("edge.tunnel_idle_timeout", "Silence in either direction of a tunnel, such as a WebSocket"),
            &mut timeouts.tunnel_idle,
        ),
        (
            key("edge.linger", "How long leftover bytes of a visitor are dropped before its connection is closed"),
            &mut timeouts.linger,
        ),
    ];
    for (key, slot) in spans {
        reader.read(key, slot, SPAN);
    }
}

fn edge_limits(reader: &mut Reader, limits: &mut proxy::Limits) {
    const KIB: usize = 1 << 10;
    let sizes: [(Key, &mut usize, std::ops::RangeInclusive<usize>); 6] = [
        (
            key("edge.hello_bytes", "The longest first message of TLS, where it is passed on by its server name"),
            &mut limits.hello.bytes,
            512..=KIB * KIB,
        ),
        (key("edge.head_bytes", "The longest head of a request"), &mut limits.request_head.head_bytes, KIB..=KIB * KIB),
        (
            key("edge.target_bytes", "The longest target in a request line"),
            &mut limits.request_head.target_bytes,
            64..=KIB * KIB,
        ),
        (key("edge.buffer", "A read buffer at first"), &mut limits.buffer, KIB..=KIB * KIB),
        (
            key("edge.buffer_max", "Bytes of a body that are read at a time, if so many have come"),
            &mut limits.buffer_max,
            KIB..=16 * KIB * KIB,
        ),
        (
            key("edge.linger_bytes", "Leftover bytes of a visitor that are dropped"),
            &mut limits.linger,
            0..=64 * KIB * KIB,
        ),
    ];
    for (key, slot, range) in sizes {
        reader.read(key, slot, Size(range));
    }
    reader.read(
        key("edge.requests_per_connection", "The most requests of one visitor's connection; 0 for no limit"),
        &mut limits.requests_per_connection,
        Whole(0..=1_000_000_000),
    );
    let counts: [(Key, &mut usize); 5] = [
        (key("edge.hello_records", "TLS records that this message may be spread over"), &mut limits.hello.records),
        (key("edge.header_count", "The most header fields of a request"), &mut limits.request_head.header_count),
        (key("edge.connections", "Visitors' connections per worker; more are refused"), &mut limits.connections),
        (key("edge.forwarded_for", "The most characters of `X-Forwarded-For`"), &mut limits.forwarded_for),
        (
            key("edge.issued_certificates", "Certificates of the local authority that are kept ready"),
            &mut limits.issued_certificates,
        ),
    ];
    for (key, slot) in counts {
        reader.read(key, slot, Whole(1..=1_000_000));
    }
    reader.read(
        key("edge.body_pipes", "Pipes per worker that large bodies pass through without being copied; 0 for none"),
        &mut limits.body_pipes,
        Whole(0..=1_000_000),
    );
    crowds(reader, limits);
}

/// What holds off many visitors at once, and slow ones.
fn crowds(reader: &mut Reader, limits: &mut proxy::Limits) {
    reader.read(
        key(
            "edge.connections_per_address",
            "Connections per address (IPv6: per /64) on the whole node; 0 is any number",
        ),
        &mut limits.connections_per_address,
        Whole(0..=1_000_000),
    );
    let rates: [(Key, Key, &mut MinimumRate); 2] = [
        (
            key("edge.minimum_read_rate", "Bytes per second that a visitor must read of its answer; 0 is any rate"),
            key("edge.minimum_read_window", "The time that the rate is taken over; also the grace of every visitor"),
            &mut limits.minimum_read_rate,
        ),
        (
            key("edge.minimum_body_rate", "Bytes per second that a visitor must send of its body; 0 is any rate"),
            key("edge.minimum_body_window", "The time that the rate is taken over; also the grace of every visitor"),
            &mut limits.minimum_body_rate,
        ),
    ];
    for (rate, window, slot) in rates {
        reader.read(rate, &mut slot.bytes_per_second, Whole(0..=1_000_000));
        reader.read(window, &mut slot.window, SPAN);
    }
}
