//! The way to origins: timers, limits, address policy, names.

use super::NETWORKS;
use crate::config::{
    forms::{Form, ListOf, SPAN, Size, Text, Truth, Whole, parsed},
    reader::{Key, Reader, key},
    source::Raw,
};
use dial::DialerSettings;
use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

pub fn origin(reader: &mut Reader, edge: &mut proxy::Settings, dial: &mut DialerSettings) {
    let timeouts = &mut edge.timeouts;
    let spans: [(Key, &mut Duration); 6] = [
        (key("origin.connect_timeout", "One TCP connect to an origin"), &mut timeouts.connect),
        (key("origin.tls_timeout", "The TLS handshake with an origin"), &mut timeouts.origin_tls),
        (
            key("origin.read_timeout", "Waiting for the head of an answer, and between two reads of its body"),
            &mut timeouts.read,
        ),
        (key("origin.write_timeout", "An origin that does not take what is sent"), &mut timeouts.write),
        (key("origin.ack_timeout", "An origin that does not acknowledge what was sent"), &mut timeouts.ack),
        (key("origin.idle_timeout", "An idle connection to an origin"), &mut timeouts.origin_idle),
    ];
    for (key, slot) in spans {
        reader.read(key, slot, SPAN);
    }
    let counts: [(Key, &mut usize); 5] = [
        (
            key("origin.idle_connections", "Idle connections kept per endpoint and worker"),
            &mut edge.limits.idle_per_endpoint,
        ),
        (
            key("origin.header_count", "The most header fields of an answer"),
            &mut edge.limits.response_head.header_count,
        ),
        (
            key("origin.interim_answers", "The most interim (1xx) answers before a final one"),
            &mut edge.limits.interim_answers,
        ),
        (
            key("origin.addresses_tried", "How many addresses of one name are tried").live(),
            &mut dial.attempts_addresses,
        ),
        (key("origin.tls_peers", "Origins whose TLS sessions are kept for resumption").live(), &mut dial.tls_peers),
    ];
    for (key, slot) in counts {
        reader.read(key, slot, Whole(1..=1_000_000));
    }
    turns(reader, edge);
    origin_http2(reader, &mut edge.origin_http2);
    reader.read(
        key("origin.requests_per_connection", "The most requests that a connection carries; 0 for no limit"),
        &mut edge.limits.requests_per_origin_connection,
        Whole(0..=1_000_000_000),
    );
    reader.read(
        key("origin.head_bytes", "The longest head of an answer"),
        &mut edge.limits.response_head.head_bytes,
        Size(1 << 10..=1 << 20),
    );
    reader.read(
        key("origin.allow_private", "Whether origins may have private and loopback addresses"),
        &mut dial.allow_private,
        Truth,
    );
    reader.read(
        key("origin.reserved", "Networks that are nobody's origin (error 1034)").live(),
        &mut dial.reserved,
        NETWORKS,
    );
    reader.read(
        key("origin.placeholders", "Networks that mean \"no origin here\" (error 522)").live(),
        &mut dial.placeholders,
        NETWORKS,
    );
}

/// How much an origin is burdened with.
fn turns(reader: &mut Reader, edge: &mut proxy::Settings) {
    let (limits, retries) = (&mut edge.limits, &mut edge.retries);
    reader.read(
        key("origin.max_connections", "Connections and requests under way per endpoint and node; 0 is any number"),
        &mut limits.origin_connections,
        Whole(0..=1_000_000),
    );
    reader.read(
        key("origin.queue", "Requests of the node that may wait for an endpoint at `origin.max_connections`"),
        &mut limits.origin_queue,
        Whole(0..=1_000_000),
    );
    reader.read(
        key("origin.queue_timeout", "How long a request waits for its turn at an endpoint"),
        &mut edge.timeouts.origin_queue,
        SPAN,
    );
    reader.read(
        key("origin.retry_budget_percent", "Retries per hundred requests of the last ten seconds, per node"),
        &mut retries.percent,
        Whole(0..=100),
    );
    reader.read(
        key("origin.retry_budget_min", "Retries per second that are allowed besides, per node"),
        &mut retries.per_second,
        Whole(0..=1_000_000),
    );
}

/// What one connection of HTTP/2 to an origin may carry and cost.
fn origin_http2(reader: &mut Reader, http2: &mut proxy::OriginHttp2) {
    const KIB: u32 = 1 << 10;
    reader.read(
        key("origin.http2_streams", "Requests that share a connection of HTTP/2 at a time, if the origin allows them"),
        &mut http2.streams,
        Whole(1..=10_000),
    );
    reader.read(
        key("origin.http2_stream_window", "Bytes of one answer's body that may come ahead of the visitor, by HTTP/2"),
        &mut http2.stream_window,
        Whole(KIB..=64 * KIB * KIB),
    );
    reader.read(
        key("origin.http2_connection_window", "As http2_stream_window, for all answers of a connection together"),
        &mut http2.connection_window,
        Whole(64 * KIB..=1024 * KIB * KIB),
    );
    reader.read(
        key("origin.http2_send_buffer", "Bytes of requests that may wait to be written to one connection of HTTP/2"),
        &mut http2.send_buffer,
        Size(1 << 10..=16 << 20),
    );
    reader.read(
        key("origin.http2_faults", "Streams of a connection whose rules an origin may break before it ends"),
        &mut http2.faults,
        Whole(1..=1_000_000),
    );
    reader.read(
        key(
            "origin.http2_control_frames",
            "Frames beside answers and bodies that may come within http2_control_frames_within, beyond one for every \
             32 bytes that the origin was sent",
        ),
        &mut http2.control_frames,
        Whole(1..=1_000_000_000),
    );
    reader.read(
        key("origin.http2_control_frames_within", "The time that these are counted in"),
        &mut http2.control_frames_within,
        SPAN,
    );
}

pub fn dns(reader: &mut Reader, dial: &mut DialerSettings) {
    reader.read(
        key("dns.resolvers", "DNS servers to ask; empty for those of the system").live(),
        &mut dial.resolvers,
        ListOf {
            item: parsed::<SocketAddr>("an address with a port"),
            expects: "a list of addresses with ports, such as [\"9.9.9.9:53\"]",
        },
    );
    reader.read(key("dns.hosts", "Names with fixed addresses").live(), &mut dial.hosts, Hosts);
    reader.read(
        key("dns.hosts_file", "The system's list of fixed names; empty for none").live(),
        &mut dial.hosts_file,
        Text { parse: |text| Some(text.to_owned()), show: String::clone, expects: "the path of a file, or \"\"" },
    );
    let spans: [(Key, &mut Duration); 6] = [
        (key("dns.timeout", "How long one name may take to resolve"), &mut dial.dns_timeout),
        (key("dns.cache", "The longest that an answer is used without asking again"), &mut dial.dns_cache),
        (key("dns.negative_cache", "How long \"no such name\" is believed"), &mut dial.dns_negative_cache),
        (key("dns.stale", "How long an expired answer serves while DNS fails"), &mut dial.dns_stale),
        (key("dns.stale_after", "How long DNS may be silent before such an answer serves"), &mut dial.dns_stale_after),
        (
            key("dns.other_family", "How long to wait for the other address family once one has answered"),
            &mut dial.dns_other_family,
        ),
    ];
    for (key, slot) in spans {
        reader.read(key.live(), slot, SPAN);
    }
    let counts: [(Key, &mut usize); 3] = [
        (key("dns.cache_names", "Names that the cache holds"), &mut dial.dns_cache_names),
        (key("dns.chain", "Aliases (CNAME) that may lead to an address"), &mut dial.dns_chain),
        (key("dns.in_flight", "Names in resolution at once"), &mut dial.dns_in_flight),
    ];
    for (key, slot) in counts {
        reader.read(key.live(), slot, Whole(1..=1_000_000));
    }
}

/// Names with fixed addresses: a table of lists.
struct Hosts;

impl Form for Hosts {
    type Value = BTreeMap<String, Vec<IpAddr>>;

    fn read(&self, raw: &Raw) -> Option<Self::Value> {
        let Raw::Table(names) = raw else { return None };
        let addresses = ListOf { item: parsed::<IpAddr>("an address"), expects: "" };
        let host = |(name, raw): (&String, &Raw)| {
            Some((name.trim_end_matches('.').to_ascii_lowercase(), addresses.read(raw)?))
        };
        names.iter().map(host).collect()
    }

    fn show(&self, hosts: &Self::Value) -> String {
        let addresses = ListOf { item: parsed::<IpAddr>("an address"), expects: "" };
        let hosts: Vec<String> =
            hosts.iter().map(|(name, list)| format!("{name:?} = {}", addresses.show(list))).collect();
        if hosts.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", hosts.join(", ")) }
    }

    fn expects(&self) -> String {
        "a table of names with lists of addresses, such as { \"app.internal\" = [\"10.0.0.1\"] }".to_owned()
    }
}
