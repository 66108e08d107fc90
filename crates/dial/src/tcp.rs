//! Opening the TCP connection: each address in turn, and the failure that says most when none answers.

use crate::{DialPlan, classify_io};
use model::{Evidence, Failure};
use socket2::{SockRef, TcpKeepalive};
use std::{io, net::SocketAddr, time::Duration};
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
        if worst.as_ref().is_none_or(|worst| rank(failure.reason) > rank(worst.reason)) {
            worst = Some(failure);
        }
        if hopeless {
            break;
        }
    }
    Err(worst.unwrap_or_else(|| Failure::new(Reason::DnsNodata, Evidence::default())))
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
    Failure::new(classify_io(error, Phase::Connect), evidence)
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
}
