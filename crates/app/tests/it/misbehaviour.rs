//! Every way an origin can misbehave, told alike everywhere: to the visitor (status, `Proxy-Status`, page), in the access
//! record, by `explain`, and by the health check that probes the same origin.

use crate::{
    command::run,
    server::{HttpAnswer, Server, eventually, exchange},
};
use serde_json::{Value, json};
use std::{any::Any, fs, path::Path, time::Duration};
use testkit::{
    Answer, DnsServer, FullBacklog, Origin, RawServer, Records, RefusingPort, Route, RouteKind, rude,
    tls::{Authority, Identity, ServerTls, Validity},
};
use tokio::runtime::Runtime;
use verdict::{HealthReason, Reason};

/// The zone whose origins are asked in plain HTTP, and the one whose origins are always asked over TLS, strictly.
const PLAIN: &str = "plain.test";
const STRICT: &str = "strict.test";

/// One origin, and what must be said of it.
struct Case {
    name: &'static str,
    zone: &'static str,
    address: String,
    port: u16,
    /// What a visitor is told.
    visitor: Visitor,
    /// What a health check that fails here is called.
    health: HealthReason,
    /// What the monitor asks beyond the usual.
    monitor: Value,
    /// Misbehaves as long as it lives.
    _server: Box<dyn Any>,
}

/// What a visitor is told.
#[derive(Clone, Copy)]
enum Visitor {
    /// The edge answers: status, code in the body, reason.
    Edge(u16, u16, Reason),
    /// The origin's own status is passed on; only the health check minds.
    Passed(u16),
    /// The answer had begun: the status stands, the connection is cut, the record says why.
    Cut(u16, Reason),
}

impl Case {
    fn host(&self) -> String {
        format!("{}.{}", self.name, self.zone)
    }

    fn asking(mut self, monitor: Value) -> Case {
        self.monitor = monitor;
        self
    }
}

fn at(
    name: &'static str,
    zone: &'static str,
    (address, port): (String, u16),
    server: impl Any,
    visitor: Visitor,
    health: HealthReason,
) -> Case {
    Case { name, zone, address, port, visitor, health, monitor: json!({}), _server: Box::new(server) }
}

fn raw(name: &'static str, zone: &'static str, server: RawServer, visitor: Visitor, health: HealthReason) -> Case {
    let address = (server.address().ip().to_string(), server.port());
    at(name, zone, address, server, visitor, health)
}

fn origin(name: &'static str, zone: &'static str, server: Origin, visitor: Visitor, health: HealthReason) -> Case {
    let address = (server.address().ip().to_string(), server.port());
    at(name, zone, address, server, visitor, health)
}

/// Nothing listens, nothing answers, nothing leads there.
fn unreachable(cases: &mut Vec<Case>) {
    use Visitor::Edge;
    let refusing = RefusingPort::start();
    let address = (refusing.address().ip().to_string(), refusing.address().port());
    let visitor = Edge(521, 521, Reason::TcpRefused);
    cases.push(at("refuses", PLAIN, address, refusing, visitor, HealthReason::TcpConnectionFailed));

    let dropping = FullBacklog::start();
    let address = (dropping.address().ip().to_string(), dropping.address().port());
    let visitor = Edge(522, 522, Reason::TcpConnectTimeout);
    cases.push(at("drops-the-syn", PLAIN, address, dropping, visitor, HealthReason::TcpConnectionFailed));

    let routes = [
        ("no-route", RouteKind::HostUnreachable, Reason::NoRouteHost, HealthReason::NoRouteToHost),
        ("no-network", RouteKind::NetworkUnreachable, Reason::NoRouteNet, HealthReason::NetworkUnreachable),
    ];
    for (name, kind, reason, health) in routes {
        let route = Route::add(kind);
        let address = (route.address().to_string(), 80);
        cases.push(at(name, PLAIN, address, route, Edge(523, 523, reason), health));
    }
}

/// Something listens and does not speak HTTP as it should.
async fn rude_speakers(cases: &mut Vec<Case>) {
    use HealthReason::{ConnectionReset, HttpInvalidResponse, HttpTimeout};
    use Visitor::{Cut, Edge};
    let bad = |reason| Edge(520, 520, reason);
    let slow = Edge(524, 524, Reason::ReadTimeout);
    cases.extend([
        raw("silent", PLAIN, rude::mute().await, slow, HttpTimeout),
        raw("trickles", PLAIN, rude::trickling(Duration::from_secs(1)).await, slow, HttpTimeout),
        raw("resets", PLAIN, rude::resetting_before_head().await, bad(Reason::ResetBeforeHeaders), ConnectionReset),
        raw(
            "resets-in-head",
            PLAIN,
            rude::resetting_inside_head().await,
            bad(Reason::ResetBeforeHeaders),
            ConnectionReset,
        ),
        raw(
            "resets-in-body",
            PLAIN,
            rude::resetting_inside_body().await,
            Cut(200, Reason::BodyTruncated),
            ConnectionReset,
        )
        .asking(json!({"expected_body": "the whole"})),
        raw("empty", PLAIN, rude::empty_reply().await, bad(Reason::EmptyReply), HttpInvalidResponse),
        raw("garbage", PLAIN, rude::garbage().await, bad(Reason::BadStatusLine), HttpInvalidResponse),
        raw(
            "huge-head",
            PLAIN,
            rude::oversized_head(160 << 10).await,
            bad(Reason::ResponseHeadTooLarge),
            HttpInvalidResponse,
        ),
        raw("two-framings", PLAIN, rude::length_and_chunked().await, bad(Reason::BadFraming), HttpInvalidResponse),
    ]);
}

/// Good HTTP that a monitor does not want.
async fn unwanted_answers(cases: &mut Vec<Case>) {
    use HealthReason::{ResponseBodyMismatch, ResponseCodeMismatch};
    use Visitor::Passed;
    let teapot = Origin::start(|_| Answer::status(418, "short and stout")).await;
    cases.push(origin("wrong-status", PLAIN, teapot, Passed(418), ResponseCodeMismatch));
    let redirecting = Origin::start(|_| Answer::redirect(301, "https://elsewhere.test/")).await;
    cases.push(origin("redirects", PLAIN, redirecting, Passed(301), ResponseCodeMismatch));
    let wrong = Origin::saying("closed for today").await;
    let asks = json!({"expected_body": "ALIVE"});
    cases.push(origin("wrong-body", PLAIN, wrong, Passed(200), ResponseBodyMismatch).asking(asks.clone()));
    let late = Origin::start(|_| Answer::ok(format!("{}alive", "x".repeat(10_240)))).await;
    cases.push(origin("late-text", PLAIN, late, Passed(200), ResponseBodyMismatch).asking(asks));
}

/// TLS that fails, in the handshake or in the certificate.
async fn broken_tls(cases: &mut Vec<Case>, trusted: &Authority) {
    use HealthReason::{
        TlsHandshakeFailure, TlsNameMismatch, TlsProtocolError, TlsUnrecognizedName, TlsUntrustedCertificate,
    };
    let handshake = |reason| Visitor::Edge(525, 525, reason);
    let certificate = |reason| Visitor::Edge(526, 526, reason);
    cases.extend([
        raw("old-tls", STRICT, rude::tls_alert(70).await, handshake(Reason::TlsVersion), TlsProtocolError),
        raw("no-cipher", STRICT, rude::tls_alert(40).await, handshake(Reason::TlsNoCipher), TlsHandshakeFailure),
        raw("unknown-name", STRICT, rude::tls_alert(112).await, handshake(Reason::TlsSni), TlsUnrecognizedName),
        raw("no-tls", STRICT, rude::plain_http_on_tls_port().await, handshake(Reason::TlsNotTls), TlsProtocolError),
        raw("closes-handshake", STRICT, rude::tls_closing().await, handshake(Reason::TlsReset), TlsHandshakeFailure),
        raw("resets-handshake", STRICT, rude::tls_resetting().await, handshake(Reason::TlsReset), TlsHandshakeFailure),
    ]);
    let wrong: [(&str, Identity, Reason, HealthReason); 5] = [
        (
            "self-signed",
            Identity::self_signed(&["self-signed.strict.test"]),
            Reason::CertSelfSigned,
            TlsUntrustedCertificate,
        ),
        (
            "untrusted",
            Authority::new("Stranger").issue(&["untrusted.strict.test"]),
            Reason::CertUntrusted,
            TlsUntrustedCertificate,
        ),
        (
            "expired",
            trusted.issue_valid(&["expired.strict.test"], Validity::Expired),
            Reason::CertExpired,
            TlsUntrustedCertificate,
        ),
        ("other-name", trusted.issue(&["somebody.else.test"]), Reason::CertName, TlsNameMismatch),
        (
            "half-chain",
            trusted.issue_leaf_only(&["half-chain.strict.test"]),
            Reason::CertChain,
            TlsUntrustedCertificate,
        ),
    ];
    for (name, identity, reason, health) in wrong {
        let server = Origin::start_tls(ServerTls::new(&identity), |_| Answer::ok("hello")).await;
        cases.push(origin(name, STRICT, server, certificate(reason), health));
    }
    let demanding = trusted.issue(&["wants-certificate.strict.test"]);
    let demanding = ServerTls::demanding_client_certificate(&demanding, trusted, true);
    let server = Origin::start_tls(demanding, |_| Answer::ok("hello")).await;
    cases.push(origin("wants-certificate", STRICT, server, handshake(Reason::TlsClientCert), TlsHandshakeFailure));
}

/// Names that lead nowhere, or back to this edge.
fn bad_names(cases: &mut Vec<Case>, edge_port: u16) {
    use Visitor::Edge;
    let nowhere = ("gone.origin.test".to_owned(), 80);
    let visitor = Edge(530, 1016, Reason::DnsNxdomain);
    cases.push(at("no-such-name", PLAIN, nowhere, (), visitor, HealthReason::DnsUnknownHost));
    let broken = ("broken.origin.test".to_owned(), 80);
    let visitor = Edge(530, 1016, Reason::DnsServfail);
    cases.push(at("dns-fails", PLAIN, broken, (), visitor, HealthReason::DnsUnknownHost));
    let ourselves = ("edge.origin.test".to_owned(), edge_port);
    let visitor = Edge(403, 1000, Reason::DnsEdgeAddress);
    cases.push(at("points-back", PLAIN, ourselves, (), visitor, HealthReason::DnsInternal));
}

/// A running server with one load balancer for each case.
struct Stage {
    server: Server,
    account: String,
    pools: Vec<String>,
}

const SETTINGS: &str = r#"
[origin]
connect_timeout = "1s"
tls_timeout = "1s"
read_timeout = "1s"
"#;

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap_or_else(|| panic!("no id in {value}")).to_owned()
}

impl Stage {
    fn start(directory: &Path, dns: &DnsServer) -> Server {
        let config = directory.join("bellwether.toml");
        let text = format!("{SETTINGS}[dns]\nresolvers = [\"{}\"]\n", dns.address());
        fs::write(&config, text).expect("write the configuration");
        Server::start(&directory.join("data"), &["--config", config.to_str().expect("UTF-8")])
    }

    fn set(server: Server, trusted: &Authority, cases: &[Case]) -> Stage {
        let account = id(&server.api("GET", "/accounts", None)[0]);
        let zone =
            |name: &str| id(&server.api("POST", "/zones", Some(json!({"name": name, "account": {"id": account}}))));
        let (plain, strict) = (zone(PLAIN), zone(STRICT));
        let mode = json!({"value": "origin_pull"});
        server.api("PATCH", &format!("/zones/{strict}/settings/ssl"), Some(mode));
        let anchor = json!({"certificate": trusted.root_pem()});
        server.api("POST", &format!("/zones/{strict}/acm/custom_trust_store"), Some(anchor));
        let pools = cases.iter().map(|case| {
            let zone = if case.zone == PLAIN { &plain } else { &strict };
            add(&server, &account, zone, case)
        });
        let pools = pools.collect();
        Stage { server, account, pools }
    }

    /// The failure that the health of a pool names, once there is one.
    fn health_of(&self, pool: &str) -> Option<String> {
        let path = format!("/accounts/{}/load_balancers/pools/{pool}/health", self.account);
        let (_, answer) = self.server.api_answer("GET", &path, None);
        let center = answer["result"]["pop_health"].as_object()?.values().next()?;
        let origin = center["origins"][0].as_object()?.values().next()?;
        Some(origin["failure_reason"].as_str()?.to_owned())
    }

    /// The access record of a request.
    fn record(&self, ray: &str) -> Value {
        eventually("the access record is written", || {
            let lines = self.server.stdout();
            let line = lines.iter().find(|line| line.contains(ray))?;
            Some(serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        })
    }

    /// What `explain` tells of a request.
    fn explain(&self, ray: &str) -> String {
        eventually("the story is there", || {
            let ran = run(&["explain", ray, "--data-dir", self.server.data_dir.to_str().expect("UTF-8")]);
            (ran.code == Some(0)).then_some(ran.stdout)
        })
    }
}

/// Adds the monitor, the pool and the load balancer of a case. Gives the pool's id.
fn add(server: &Server, account: &str, zone: &str, case: &Case) -> String {
    let over_tls = case.zone == STRICT;
    let mut monitor = json!({
        "type": if over_tls { "https" } else { "http" }, "interval": 2, "timeout": 1, "retries": 0,
        "probe_zone": if over_tls { STRICT } else { "" },
    });
    for (name, value) in case.monitor.as_object().expect("an object") {
        monitor[name] = value.clone();
    }
    let monitor = id(&server.api("POST", &format!("/accounts/{account}/load_balancers/monitors"), Some(monitor)));
    let endpoint = json!({
        "name": "one", "address": case.address, "port": case.port, "header": {"Host": [case.host()]},
    });
    let pool = json!({"name": case.name, "origins": [endpoint], "monitor": monitor});
    let pool = id(&server.api("POST", &format!("/accounts/{account}/load_balancers/pools"), Some(pool)));
    let balancer = json!({
        "name": case.host(), "default_pools": [pool], "fallback_pool": pool, "proxied": true,
    });
    server.api("POST", &format!("/zones/{zone}/load_balancers"), Some(balancer));
    pool
}

fn ask(server: &Server, case: &Case, accept: &str) -> HttpAnswer {
    let host = case.host();
    let request = format!("GET /it HTTP/1.1\r\nHost: {host}\r\nAccept: {accept}\r\nConnection: close\r\n\r\n");
    exchange(server.http, &request).unwrap_or_else(|error| panic!("{}: {error}", case.name))
}

fn check_visitor(stage: &Stage, case: &Case) {
    let answer = ask(&stage.server, case, "application/json");
    let ray = answer.header("cf-ray").unwrap_or_else(|| panic!("{}: no Ray ID", case.name))[..16].to_owned();
    let record = stage.record(&ray);
    let name = case.name;
    let (status, reason) = match case.visitor {
        Visitor::Passed(status) => {
            assert_eq!(answer.status, status, "{name}: {}", answer.head);
            assert_eq!(record["OriginResponseStatus"], status, "{name}: {record}");
            assert_eq!(record["EdgeErrorCode"], 0, "{name}: {record}");
            return;
        }
        Visitor::Cut(status, reason) => (status, reason),
        Visitor::Edge(status, code, reason) => {
            let body: Value = serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{name}: {}", answer.body));
            assert_eq!(body["error_code"], code, "{name}: {body}");
            assert_eq!(body["ray_id"], ray, "{name}: {body}");
            let expected = format!("error={}; details=\"{}\"", reason.proxy_status(), reason.id());
            let said = answer.header("proxy-status").unwrap_or_default();
            assert!(said.ends_with(&expected), "{name}: Proxy-Status is {said}, not {expected}");
            assert_eq!(record["EdgeErrorCode"], code, "{name}: {record}");
            assert_eq!(record["OriginResponseStatus"], 0, "{name}: {record}");
            let page = ask(&stage.server, case, "text/html");
            assert!(page.body.contains("<html") && page.body.contains(&code.to_string()), "{name}: {}", page.body);
            (status, reason)
        }
    };
    assert_eq!(answer.status, status, "{name}: {}", answer.head);
    assert_eq!(record["EdgeResponseStatus"], status, "{name}: {record}");
    assert_eq!(record["FailureReason"], reason.id(), "{name}: {record}");
    assert_eq!(record["FailureParty"], reason.party().as_str(), "{name}: {record}");
    assert_eq!(record["FailurePhase"], reason.phase().as_str(), "{name}: {record}");
    let told = stage.explain(&ray);
    assert!(told.contains(&format!("[{}]", reason.id())), "{name}: {told}");
    assert!(told.contains(&format!("side:   {}", reason.party())), "{name}: {told}");
}

fn check_health(stage: &Stage, case: &Case, pool: &str) {
    let named = eventually(&format!("the health check of {} has an end", case.name), || stage.health_of(pool));
    assert_eq!(named, case.health.as_str(), "{}", case.name);
    let path = format!("/user/load_balancing_analytics/events?pool_id={pool}");
    let events = eventually(&format!("{} has an event", case.name), || {
        let events = stage.server.api("GET", &path, None);
        (!events.as_array()?.is_empty()).then_some(events)
    });
    let origin = &events[0]["origins"][0];
    assert_eq!(origin["failure_reason"], case.health.as_str(), "{}: {events}", case.name);
    assert_eq!((&origin["healthy"], &origin["changed"]), (&json!(false), &json!(true)), "{}: {events}", case.name);
}

/// For every misbehaviour: the status, the page, `Proxy-Status`, the access record, `explain` and the health event tell
/// one story.
// EDGE-23: a name that does not exist. EDGE-24: a resolver that fails. EDGE-25: an origin that is this edge.
// EDGE-29: a closed port. EDGE-30: no route. EDGE-31: a dropped SYN. EDGE-34: silence. EDGE-38: an empty reply.
// EDGE-40: garbage. EDGE-41: a head that is too large. EDGE-42: two framings. EDGE-45: a body that is cut.
// EDGE-51, EDGE-52: TLS that cannot be agreed on. EDGE-53, EDGE-54: certificates that are not valid.
// EDGE-75: the page holds the code. LB-40: one event for a change. LB-38: pool health names the failure.
#[test]
fn every_misbehaviour_is_told_alike_everywhere() {
    let runtime = Runtime::new().expect("a runtime");
    let directory = tempfile::tempdir().expect("a directory");
    let trusted = Authority::new("Trusted");
    let mut cases = Vec::new();
    let dns = runtime.block_on(async {
        let dns = DnsServer::start().await;
        dns.set("broken.origin.test", Records::ServFail);
        dns.set_addresses("edge.origin.test", &["127.0.0.1"]);
        rude_speakers(&mut cases).await;
        unwanted_answers(&mut cases).await;
        broken_tls(&mut cases, &trusted).await;
        dns
    });
    unreachable(&mut cases);
    let server = Stage::start(directory.path(), &dns);
    bad_names(&mut cases, server.http.port());
    let stage = Stage::set(server, &trusted, &cases);
    for (case, pool) in cases.iter().zip(&stage.pools) {
        check_visitor(&stage, case);
        check_health(&stage, case, pool);
    }
}
