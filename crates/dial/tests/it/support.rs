//! What the tests of this crate share.

use dial::{DialError, DialPlan, Dialed, Dialer, DialerSettings, TlsPlan, Trust, TrustAnchors};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use testkit::{DnsServer, tls::Authority};
use verdict::Reason;

/// Long enough for anything on loopback, short enough for a test that waits it out.
pub const SHORT: Duration = Duration::from_millis(300);

/// Dials an address and port by a plan with short limits.
pub async fn dial(address: SocketAddr) -> Result<Dialed, DialError> {
    let host = address.ip().to_string();
    let plan = DialPlan { connect_timeout: SHORT, ..DialPlan::new(&host, address.port()) };
    Dialer::default().dial(&plan).await
}

/// Dials with TLS, expecting `name` and trusting `trust`.
pub async fn dial_tls(address: SocketAddr, name: Option<&str>, trust: Trust) -> Result<Dialed, DialError> {
    let host = address.ip().to_string();
    let names: Vec<&str> = name.into_iter().collect();
    let tls = TlsPlan { timeout: SHORT, ..TlsPlan::new(name, &names, trust) };
    let plan = DialPlan { connect_timeout: SHORT, tls: Some(tls), ..DialPlan::new(&host, address.port()) };
    Dialer::default().dial(&plan).await
}

/// The failure of a dial that must not succeed.
pub fn failure(result: Result<Dialed, DialError>) -> DialError {
    result.expect_err("a dial that fails")
}

/// The reason of a dial that must not succeed.
pub fn reason(result: Result<Dialed, DialError>) -> Reason {
    failure(result).failure.reason
}

/// Trust in one authority of a test.
pub fn anchors(pems: &[String]) -> Trust {
    Trust::Anchors(Arc::new(TrustAnchors::from_pems(pems).expect("anchors")))
}

/// Trust in one authority of a test.
pub fn trusting(authority: &Authority) -> Trust {
    anchors(&[authority.root_pem()])
}

/// Settings that ask only this DNS server, with short limits.
pub fn asking(server: &DnsServer) -> DialerSettings {
    DialerSettings {
        resolvers: vec![server.address()],
        hosts_file: String::new(),
        dns_timeout: SHORT,
        ..DialerSettings::default()
    }
}
