//! Opening the TCP connection: each address in turn, and the failure that says most when none answers.

use crate::{DialPlan, classify_io};
use model::{Evidence, Failure};
use socket2::{SockRef, TcpKeepalive};
use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    time::Duration,
};
use tokio::{
    net::{TcpSocket, TcpStream},
    time::{Instant, timeout},
};
use verdict::{Phase, Reason};

/// Tries each of `remotes` until one answers or `end` has come. `remotes` must not be empty.
///
/// While several are left, each may take an equal share of the time that remains, so that one silent address cannot
/// use up what the others need.
pub(crate) async fn connect(
    plan: &DialPlan<'_>,
    remotes: &[SocketAddr],
    end: Instant,
) -> Result<(TcpStream, SocketAddr), Failure> {
    let mut worst: Option<Failure> = None;
    for (tried, remote) in remotes.iter().enumerate() {
        let left = end.saturating_duration_since(Instant::now());
        let share = left / (remotes.len() - tried) as u32;
        let failure = match timeout(share, open(plan, *remote)).await {
            Ok(Ok(stream)) => return Ok((stream, *remote)),
            Ok(Err(error)) => refused(*remote, &error),
            Err(_) => silent(*remote, share),
        };
        let hopeless = failure.reason == Reason::EdgeResource;
        if worst.as_ref().is_none_or(|worst| outranks(&failure, worst)) {
            worst = Some(failure);
        }
        if hopeless {
            break;
        }
    }
    Err(worst.unwrap_or_else(|| Failure::new(Reason::DnsNodata, Evidence::default())))
}

/// Whether a failure says more of the endpoint than the one before it. That this machine has no way to IPv6 says
/// nothing, once something is known of an IPv4 address.
fn outranks(failure: &Failure, before: &Failure) -> bool {
    let is_v6 = |failure: &Failure| failure.evidence.remote.is_some_and(|remote| remote.is_ipv6());
    let only_lacks_v6 = failure.reason == Reason::NoRouteNet && is_v6(failure) && !is_v6(before);
    !only_lacks_v6 && rank(failure.reason) > rank(before.reason)
}

/// Which of several failures is told: 522 before 523 before 521 (EDGE section 2.3); a fault of the edge before all.
fn rank(reason: Reason) -> u8 {
    match reason {
        Reason::EdgeResource => 4,
        Reason::TcpConnectTimeout => 3,
        Reason::NoRouteHost | Reason::NoRouteNet | Reason::ConnectProhibited => 2,
        Reason::TcpRefused | Reason::TcpResetConnect => 1,
        _ => 0,
    }
}

async fn open(plan: &DialPlan<'_>, remote: SocketAddr) -> io::Result<TcpStream> {
    let socket = if remote.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_nodelay(true)?;
    let options = SockRef::from(&socket);
    if let Some(keepalive) = plan.keepalive {
        let keepalive = TcpKeepalive::new()
            .with_time(keepalive.idle)
            .with_interval(keepalive.interval)
            .with_retries(keepalive.misses);
        options.set_tcp_keepalive(&keepalive)?;
    }
    if plan.ack_timeout.is_some() {
        options.set_tcp_user_timeout(plan.ack_timeout)?;
    }
    socket.connect(remote).await
}

fn refused(remote: SocketAddr, error: &io::Error) -> Failure {
    let evidence = Evidence { remote: Some(remote), errno: error.raw_os_error(), ..Evidence::default() };
    let reason = match error.raw_os_error() {
        Some(libc::EADDRNOTAVAIL) if !has_way_to(remote) => Reason::NoRouteNet,
        _ => classify_io(error, Phase::Connect),
    };
    Failure::new(reason, evidence)
}

/// Whether this machine has an address to reach `remote` from. `EADDRNOTAVAIL` means that it has none (`::1` where IPv6
/// is off), or that its ports have run out; a UDP socket, which sends nothing here, tells the two apart.
fn has_way_to(remote: SocketAddr) -> bool {
    let any =
        SocketAddr::new(if remote.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() }, 0);
    UdpSocket::bind(any).and_then(|socket| socket.connect(remote)).is_ok()
}

fn silent(remote: SocketAddr, limit: Duration) -> Failure {
    let evidence = Evidence { remote: Some(remote), limit: Some(limit), ..Evidence::default() };
    Failure::new(Reason::TcpConnectTimeout, evidence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_says_more_than_no_route_and_that_more_than_a_refusal() {
        assert!(rank(Reason::TcpConnectTimeout) > rank(Reason::NoRouteNet));
        assert!(rank(Reason::NoRouteHost) > rank(Reason::TcpRefused));
        assert!(rank(Reason::EdgeResource) > rank(Reason::TcpConnectTimeout));
    }

    fn failure(reason: Reason, remote: &str) -> Failure {
        Failure::new(reason, Evidence { remote: remote.parse().ok(), ..Evidence::default() })
    }

    #[test]
    fn a_machine_without_ipv6_does_not_hide_what_ipv4_said() {
        let refused = failure(Reason::TcpRefused, "10.0.0.1:80");
        assert!(!outranks(&failure(Reason::NoRouteNet, "[2001:db8::1]:80"), &refused));
        assert!(outranks(&failure(Reason::NoRouteNet, "10.0.0.2:80"), &refused));
        assert!(outranks(&failure(Reason::NoRouteHost, "[2001:db8::1]:80"), &refused));
        let other = failure(Reason::TcpRefused, "[2001:db8::2]:80");
        assert!(outranks(&failure(Reason::NoRouteNet, "[2001:db8::1]:80"), &other));
    }

    #[test]
    fn loopback_can_be_reached_from_here() {
        assert!(has_way_to(SocketAddr::from(([127, 0, 0, 1], 80))));
    }
}
