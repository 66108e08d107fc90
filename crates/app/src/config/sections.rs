//! Every key there is, section by section, and the settings that they fill.

use super::{
    forms::{Form, LISTEN, LISTEN_OR_OFF, ListOf, NAME, SPAN, Size, Span, Text, Truth, Whole, parsed},
    reader::{Key, Reader, key},
    source::Raw,
};
use api::{ApiSettings, RateLimit};
use control::{Policy, Quotas, Timers};
use dial::DialerSettings;
use health::{QuorumPolicy, TieRule};
use ipnet::IpNet;
use model::{Region, Secret};
use proxy::Underscores;
use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};
use telemetry::{AccessLogSettings, AccessTarget, MetricsSettings, StoryBookSettings};

/// A checked configuration.
#[derive(Clone, Debug)]
pub struct Config {
    pub node: NodeConfig,
    pub edge: EdgeConfig,
    pub dial: DialerSettings,
    pub prober: ProberConfig,
    pub quorum: QuorumPolicy,
    pub policy: Policy,
    pub quotas: Quotas,
    pub timers: Timers,
    pub api: ApiConfig,
    pub store: StoreUrl,
    pub event_limit: u64,
    pub log: LogConfig,
    pub stories: StoryBookSettings,
    pub metrics: MetricsSettings,
}

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
}

/// What a node does. At least one is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roles {
    pub edge: bool,
    pub prober: bool,
    pub control: bool,
}

/// The data plane.
#[derive(Clone, Debug)]
pub struct EdgeConfig {
    pub proxy: proxy::Settings,
}

/// The prober, but for what it shares with the node: see [`probe::ProberSettings`] for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProberConfig {
    pub user_agent: String,
    pub redirect_hops: usize,
    pub body_window: usize,
    pub interim_answers: usize,
    pub concurrency: usize,
    pub first_within: Duration,
    pub helo_name: String,
}

/// The management API.
#[derive(Clone, Debug)]
pub struct ApiConfig {
    pub listen: SocketAddr,
    /// `None`: the one in force, or one that a first start makes.
    pub token: Option<Secret>,
    pub settings: ApiSettings,
}

/// Where intent, events and health are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreUrl {
    /// A file, relative to the data directory.
    Sqlite(PathBuf),
}

/// What is logged, and where to.
#[derive(Clone, Debug)]
pub struct LogConfig {
    pub access: AccessTarget,
    pub buffers: AccessLogSettings,
    /// A `tracing` filter for what the operator reads on standard error.
    pub filter: String,
}

const SECOND: Duration = Duration::from_secs(1);

/// Declares every key and gives the configuration that results. Complaints stay with the reader.
pub fn read(reader: &mut Reader) -> Config {
    let node = node(reader);
    let mut edge = EdgeConfig { proxy: edge(reader, &node) };
    let dial = {
        let mut dial = DialerSettings::default();
        origin(reader, &mut edge.proxy, &mut dial);
        dns(reader, &mut dial);
        dial
    };
    let policy = Policy { allow_private: dial.allow_private, ..Policy::default() };
    let prober = prober(reader);
    let quorum = quorum(reader);
    let api = api(reader, edge.proxy.timeouts.read);
    let (store, event_limit) = store(reader);
    let quotas = quotas(reader);
    let log = log(reader);
    let (stories, metrics) = memory(reader);
    let timers = Timers::default();
    Config { node, edge, dial, prober, quorum, policy, quotas, timers, api, store, event_limit, log, stories, metrics }
}

fn node(reader: &mut Reader) -> NodeConfig {
    let mut node = NodeConfig {
        name: "local".to_owned(),
        data_center: "LCL".to_owned(),
        region: Region::WesternNorthAmerica,
        roles: Roles { edge: true, prober: true, control: true },
        data_dir: PathBuf::from("bellwether-data"),
        drain_timeout: 30 * SECOND,
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
    node
}

fn data_center(text: &str) -> Option<String> {
    let fits = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    fits.then(|| text.to_owned())
}

fn edge(reader: &mut Reader, node: &NodeConfig) -> proxy::Settings {
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
    reader.read(key("edge.loop_id", "Our name in `CDN-Loop`"), &mut edge.loop_id, NAME);
    reader.read(
        key("edge.max_loops", "How often a request may have passed us before"),
        &mut edge.max_loops,
        Whole(0..=100),
    );
    edge_timeouts(reader, &mut edge.timeouts);
    edge_limits(reader, &mut edge.limits);
    if let (Some(http), Some(https)) = (edge.http, edge.https)
        && http.port() != 0
        && http == https
    {
        let problem = format!("`{https}` is taken by edge.http");
        reader.complain(None, "edge.https", problem, "give the two listeners different ports");
    }
    edge
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
    let spans: [(Key, &mut Duration); 6] = [
        (key("edge.tls_handshake_timeout", "The TLS handshake with a visitor"), &mut timeouts.handshake),
        (
            key("edge.request_head_timeout", "From the first byte of a request's head to its last"),
            &mut timeouts.request_head,
        ),
        (key("edge.request_body_timeout", "Between two reads of a request's body"), &mut timeouts.request_body),
        (key("edge.idle_timeout", "A visitor's connection between two requests"), &mut timeouts.visitor_idle),
        (key("edge.write_timeout", "A visitor that does not take what is sent"), &mut timeouts.visitor_write),
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
    let sizes: [(Key, &mut usize, std::ops::RangeInclusive<usize>); 5] = [
        (key("edge.head_bytes", "The longest head of a request"), &mut limits.request_head.head_bytes, KIB..=KIB * KIB),
        (
            key("edge.target_bytes", "The longest target in a request line"),
            &mut limits.request_head.target_bytes,
            64..=KIB * KIB,
        ),
        (key("edge.buffer", "A read buffer at first"), &mut limits.buffer, KIB..=KIB * KIB),
        (
            key("edge.buffer_max", "What a read buffer grows to while a body keeps filling it"),
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
    let counts: [(Key, &mut usize); 4] = [
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
}

fn origin(reader: &mut Reader, edge: &mut proxy::Settings, dial: &mut DialerSettings) {
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

fn dns(reader: &mut Reader, dial: &mut DialerSettings) {
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
    let spans: [(Key, &mut Duration); 5] = [
        (key("dns.timeout", "How long one name may take to resolve"), &mut dial.dns_timeout),
        (key("dns.cache", "The longest that an answer is used without asking again"), &mut dial.dns_cache),
        (key("dns.negative_cache", "How long \"no such name\" is believed"), &mut dial.dns_negative_cache),
        (key("dns.stale", "How long an expired answer serves while DNS fails"), &mut dial.dns_stale),
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

fn prober(reader: &mut Reader) -> ProberConfig {
    let settings = {
        // The defaults are the prober's own; this dialer reaches nobody.
        let dialer = dial::Dialer::new(DialerSettings::default());
        probe::ProberSettings::new("", Region::WesternNorthAmerica, dialer)
    };
    let mut prober = ProberConfig {
        user_agent: settings.user_agent,
        redirect_hops: settings.redirect_hops,
        body_window: settings.body_window,
        interim_answers: settings.interim_answers,
        concurrency: settings.concurrency,
        first_within: settings.first_within,
        helo_name: settings.helo_name,
    };
    reader.read(
        key("probe.user_agent", "How HTTP probes name themselves; {pool} stands for the start of the pool's id"),
        &mut prober.user_agent,
        NAME,
    );
    reader.read(key("probe.concurrency", "Checks under way at once"), &mut prober.concurrency, Whole(1..=1_000_000));
    reader.read(
        key("probe.first_within", "New targets get their first check within this time, spread out"),
        &mut prober.first_within,
        Span(Duration::ZERO..=3600 * SECOND),
    );
    reader.read(
        key("probe.redirects", "Redirects that are followed, when a monitor follows them"),
        &mut prober.redirect_hops,
        Whole(0..=100),
    );
    reader.read(
        key("probe.body_window", "The part of a body that is searched for the expected text"),
        &mut prober.body_window,
        Size(1..=16 << 20),
    );
    reader.read(
        key("probe.interim_answers", "Interim (1xx) answers before a final one"),
        &mut prober.interim_answers,
        Whole(0..=10_000),
    );
    reader.read(key("probe.helo_name", "The name that SMTP probes give"), &mut prober.helo_name, NAME);
    prober
}

fn quorum(reader: &mut Reader) -> QuorumPolicy {
    let mut quorum = QuorumPolicy::default();
    reader.read(
        key("health.tie", "What an even split of data centers or regions makes of an endpoint"),
        &mut quorum.tie,
        Text { parse: tie, show: tie_text, expects: "\"unhealthy\" or \"healthy\"" },
    );
    reader.read(
        key("health.missed_intervals", "Intervals that a result outlives its check before it no longer counts"),
        &mut quorum.missed_intervals,
        Whole(1..=1000),
    );
    quorum
}

fn tie(text: &str) -> Option<TieRule> {
    match text {
        "unhealthy" => Some(TieRule::Unhealthy),
        "healthy" => Some(TieRule::Healthy),
        _ => None,
    }
}

fn tie_text(tie: &TieRule) -> String {
    match tie {
        TieRule::Unhealthy => "unhealthy".to_owned(),
        TieRule::Healthy => "healthy".to_owned(),
    }
}

fn api(reader: &mut Reader, read_timeout: Duration) -> ApiConfig {
    let mut listen = SocketAddr::from(([127, 0, 0, 1], 8787));
    reader.read(key("api.listen", "Where the management API is served"), &mut listen, LISTEN);
    let mut token = None;
    reader.read(
        key("api.token", "The bearer token; without one, a first start makes one and tells it once").secret(),
        &mut token,
        Text {
            parse: |text| Some((!text.is_empty()).then(|| Secret::new(text))),
            show: |token| token.as_ref().map_or_else(String::new, |token| token.expose().to_owned()),
            expects: "a text",
        },
    );
    let mut settings = ApiSettings { origin_read_timeout: read_timeout, ..ApiSettings::default() };
    reader.read(key("api.body_limit", "The longest body of a call"), &mut settings.body_limit, Size(1 << 10..=1 << 30));
    reader.read(key("api.body_timeout", "How long a body may take to arrive"), &mut settings.body_timeout, SPAN);
    let counts: [(Key, &mut usize); 3] = [
        (key("api.depth_limit", "How deep a body may be nested"), &mut settings.depth_limit),
        (key("api.complaints_shown", "Complaints that one answer shows"), &mut settings.complaints_shown),
        (key("api.counted_clients", "Clients whose calls are counted at a time"), &mut settings.counted_clients),
    ];
    for (key, slot) in counts {
        reader.read(key, slot, Whole(1..=1_000_000));
    }
    let rates: [(Key, Key, &mut RateLimit); 2] = [
        (
            key("api.token_calls", "Calls per token in `api.token_window`"),
            key("api.token_window", "The time that calls per token are counted over"),
            &mut settings.token_rate,
        ),
        (
            key("api.address_calls", "Calls per client address in `api.address_window`"),
            key("api.address_window", "The time that calls per address are counted over"),
            &mut settings.address_rate,
        ),
    ];
    for (calls, window, slot) in rates {
        reader.read(calls, &mut slot.calls, Whole(1..=1_000_000_000));
        reader.read(window, &mut slot.window, SPAN);
    }
    ApiConfig { listen, token, settings }
}

fn store(reader: &mut Reader) -> (StoreUrl, u64) {
    let mut url = StoreUrl::Sqlite(PathBuf::from("bellwether.db"));
    reader.read(
        key("store.url", "Where intent, events and health are kept; a file is relative to the data directory"),
        &mut url,
        Text {
            parse: |text| {
                let file = text.strip_prefix("sqlite://")?;
                (!file.is_empty()).then(|| StoreUrl::Sqlite(file.into()))
            },
            show: |StoreUrl::Sqlite(file)| format!("sqlite://{}", file.display()),
            expects: "\"sqlite://FILE\" (a fleet store, etcd://, is not there yet)",
        },
    );
    let mut events = 100_000;
    reader.read(key("store.events", "Health events that are kept"), &mut events, Whole(1..=100_000_000));
    (url, events)
}

fn quotas(reader: &mut Reader) -> Quotas {
    let mut quotas = Quotas::default();
    let counts: [(Key, &mut usize); 11] = [
        (key("quota.zones", "Zones per account"), &mut quotas.zones),
        (key("quota.monitors", "Monitors per account"), &mut quotas.monitors),
        (key("quota.monitor_groups", "Monitor groups per account"), &mut quotas.monitor_groups),
        (key("quota.pools", "Pools per account"), &mut quotas.pools),
        (key("quota.load_balancers", "Load balancers per account"), &mut quotas.load_balancers),
        (key("quota.certificates", "Edge certificates per zone"), &mut quotas.certificates),
        (key("quota.trust_anchors", "Authorities in a zone's origin trust store"), &mut quotas.trust_anchors),
        (key("quota.origins_per_pool", "Endpoints in a pool"), &mut quotas.origins_per_pool),
        (key("quota.members_per_monitor_group", "Monitors in a monitor group"), &mut quotas.members_per_monitor_group),
        (key("quota.rules_per_load_balancer", "Rules of a load balancer"), &mut quotas.rules_per_load_balancer),
        (
            key("quota.pool_sets_per_load_balancer", "Pool sets of a load balancer"),
            &mut quotas.pool_sets_per_load_balancer,
        ),
    ];
    for (key, slot) in counts {
        reader.read(key, slot, Whole(0..=10_000_000));
    }
    quotas
}

fn log(reader: &mut Reader) -> LogConfig {
    let mut log =
        LogConfig { access: AccessTarget::default(), buffers: AccessLogSettings::default(), filter: "info".to_owned() };
    reader.read(
        key("log.access", "Where the access log goes").live(),
        &mut log.access,
        Text {
            parse: |text| (!text.is_empty()).then(|| text.parse().unwrap_or_else(|never| match never {})),
            show: |target| match target {
                AccessTarget::Stdout => "stdout".to_owned(),
                AccessTarget::Off => "off".to_owned(),
                AccessTarget::File(path) => path.display().to_string(),
            },
            expects: "\"stdout\", \"off\" or the path of a file",
        },
    );
    reader.read(
        key("log.level", "What the operator's log on standard error holds").live(),
        &mut log.filter,
        Text {
            parse: |text| text.parse::<tracing_subscriber::EnvFilter>().ok().map(|_| text.to_owned()),
            show: String::clone,
            expects: "a level (error, warn, info, debug, trace) or a list such as \"info,probe=debug\"",
        },
    );
    reader.read(
        key("log.access_batch", "Lines of a worker that are written in one go"),
        &mut log.buffers.batch_bytes,
        Size(1..=1 << 30),
    );
    reader.read(
        key("log.access_backlog", "Lines of a worker that may wait; more are lost, counted and announced"),
        &mut log.buffers.lane_bytes,
        Size(1 << 10..=1 << 30),
    );
    reader.read(
        key("log.access_flush", "The longest that a line of the access log waits"),
        &mut log.buffers.flush_every,
        SPAN,
    );
    log
}

fn memory(reader: &mut Reader) -> (StoryBookSettings, MetricsSettings) {
    let mut stories = StoryBookSettings::default();
    reader.read(
        key("story.failures", "Failed requests whose story can be told"),
        &mut stories.failures,
        Whole(0..=1_000_000),
    );
    reader.read(
        key("story.samples", "Successful requests whose story can be told"),
        &mut stories.samples,
        Whole(0..=1_000_000),
    );
    reader.read(
        key("story.sample_every", "One success in this many is kept as a story; 0 for none"),
        &mut stories.sample_every,
        Whole(0..=u32::MAX),
    );
    let mut metrics = MetricsSettings::default();
    reader.read(
        key("metrics.named_endpoints", "Endpoints that metrics count by name; further ones are counted together"),
        &mut metrics.named_endpoints,
        Whole(0..=1_000_000),
    );
    (stories, metrics)
}

const NETWORKS: ListOf<Text<IpNet>> = ListOf {
    item: Text { parse: network, show: ToString::to_string, expects: "a network" },
    expects: "a list of addresses or networks, such as [\"10.0.0.0/8\"]",
};

/// A network, or an address that stands for itself.
fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
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
