//! Every metric once: its name, what it counts, and its labels. `docs/METRICS.md` is generated from this list.
//!
//! To add one: add it here and to [`ALL`], write it in `registry.rs` or `tally.rs`, and run the tests with
//! `BELLWETHER_BLESS=1` to bring the page up to date.

/// What kind of metric it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Counter,
    Gauge,
    Histogram,
    Info,
}

/// A metric's place in the documentation and in the exposition.
#[derive(Clone, Copy, Debug)]
pub struct Name {
    /// Without the suffix that its kind adds.
    pub name: &'static str,
    pub kind: Kind,
    pub labels: &'static [&'static str],
    /// Without a full stop; the exposition adds one.
    pub help: &'static str,
}

impl Name {
    /// The name that a query uses, such as `bellwether_requests_total`.
    pub fn queried(&self) -> String {
        let suffix = match self.kind {
            Kind::Counter => "_total",
            Kind::Gauge => "",
            Kind::Histogram => "_bucket",
            Kind::Info => "_info",
        };
        format!("{}{suffix}", self.name)
    }
}

macro_rules! names {
    ($($constant:ident: $kind:ident $name:literal [$($label:literal),*] $help:literal;)*) => {
        $(
            #[doc = concat!($help, ".")]
            pub const $constant: Name =
                Name { name: $name, kind: Kind::$kind, labels: &[$($label),*], help: $help };
        )*

        /// Every metric, in the order of the page.
        pub const ALL: &[Name] = &[$($constant),*];
    };
}

names! {
    BUILD: Info "bellwether_build" ["version"] "The running version";

    REQUESTS: Counter "bellwether_requests" ["class"]
        "Requests answered, by the class of the status; 499 (the visitor left) is its own class";
    REQUEST_FAILURES: Counter "bellwether_request_failures" ["reason", "party", "phase"]
        "Requests and TCP connections that failed, by what failed, whose side it was on and where in the journey";
    REQUEST_DURATION: Histogram "bellwether_request_duration_seconds" []
        "From the first byte of a request to the last byte of its answer; tunnels are left out";
    ORIGIN_FIRST_BYTE: Histogram "bellwether_origin_first_byte_seconds" []
        "From a request having been sent to an origin to the first byte of its answer";
    REQUEST_BYTES: Counter "bellwether_request_bytes" [] "Bytes read from visitors, of requests and of TCP connections";
    RESPONSE_BYTES: Counter "bellwether_response_bytes" [] "Bytes written to visitors, of answers and of TCP connections";
    RETRIES: Counter "bellwether_request_retries" [] "Requests and TCP connections that needed more than one attempt at an origin";
    RETRIES_REFUSED: Counter "bellwether_request_retries_refused" []
        "Requests and TCP connections that were not tried again because the budget of retries was spent";
    ENDPOINT_REQUESTS: Counter "bellwether_endpoint_requests" ["pool", "endpoint", "outcome"]
        "Attempts at an endpoint that it answered or failed; endpoints over the cap share the label (other)";
    CONNECTIONS: Counter "bellwether_connections" ["listener"] "Visitor connections accepted";
    CONNECTIONS_OPEN: Gauge "bellwether_connections_open" ["listener"] "Visitor connections open now";
    CONNECTIONS_REFUSED: Counter "bellwether_connections_refused" ["why"]
        "Visitor connections refused before any request";
    TUNNELS: Counter "bellwether_tunnels" [] "Tunnels opened by an upgrade to another protocol, such as WebSocket";
    TUNNELS_OPEN: Gauge "bellwether_tunnels_open" [] "Tunnels open now";
    TLS_HANDSHAKES: Counter "bellwether_tls_handshakes" ["outcome"] "TLS handshakes with visitors";
    ORIGIN_CONNECTIONS: Counter "bellwether_origin_connections" ["kind"]
        "Attempts at an origin by the connection they used: opened for it, or reused";

    PROBES: Counter "bellwether_probes" ["monitor", "outcome", "reason"]
        "Probes made, by kind of monitor, how they ended and why they failed";
    PROBE_DURATION: Histogram "bellwether_probe_duration_seconds" [] "How long a probe took, attempts included";
    PROBE_LATENESS: Histogram "bellwether_probe_lateness_seconds" [] "How long after its due time a probe started";

    ENDPOINT_CHANGES: Counter "bellwether_endpoint_changes" ["to", "reason"]
        "Changes of an endpoint's health, by the new state and the reason";
    POOL_CHANGES: Counter "bellwether_pool_changes" ["to"] "Changes of a pool's health, by the new state";
    TABLE_GENERATION: Gauge "bellwether_table_generation" [] "The generation of the routing table in force";
    TABLE_REVISION: Gauge "bellwether_table_revision" [] "The revision of the intent that the table was compiled from";
    TABLE_POOLS: Gauge "bellwether_table_pools" [] "Pools in the routing table";
    TABLE_ENDPOINTS: Gauge "bellwether_table_endpoints" ["usable"]
        "Endpoints in the routing table, by whether health allows traffic";
    TABLE_COMPILE: Histogram "bellwether_table_compile_seconds" [] "How long compiling a routing table took";
    CHANGES: Counter "bellwether_changes" ["outcome"] "Changes of the intent, by how they ended";
    STORE_FAILURES: Counter "bellwether_store_failures" ["operation"] "Operations of the store that failed";
    API_REQUESTS: Counter "bellwether_api_requests" ["class"] "API requests answered, by the class of the status";

    SNAPSHOT_IN_USE: Gauge "bellwether_store_snapshot_in_use" []
        "1 while the node serves from a snapshot because its store cannot be opened, else 0";
    SNAPSHOT_TAKEN: Gauge "bellwether_store_snapshot_taken_seconds" []
        "When the snapshot in use, or else the newest one, was taken, in seconds since 1970";
    UPGRADES: Counter "bellwether_upgrades" ["outcome", "cause"]
        "Upgrades of the program: started and failed in the process before, succeeded in the new one";
    DRAINING: Gauge "bellwether_draining_connections" []
        "Visitor connections that the process before this one still serves to their end";
    DRAIN_SECONDS: Gauge "bellwether_drain_seconds" []
        "How long the process before this one has drained";
    DRAIN_CUT: Counter "bellwether_drain_cut_connections" ["protocol"]
        "Visitor connections of the process before this one that were cut off when its time to drain was over";
    ACCESS_LOG_LINES: Counter "bellwether_access_log_lines" [] "Lines written to the access log";
    ACCESS_LOG_DROPPED: Counter "bellwether_access_log_dropped" []
        "Lines of the access log lost because its target was too slow or failed";
    STORIES: Gauge "bellwether_stories" ["kept"] "Stories of requests that can be told";
}
