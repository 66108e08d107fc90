//! Which load balancer a connection is for.

use super::{BalancerChoice, Session, TcpListener, plain};
use crate::presence::Stage;
use model::{Evidence, Failure};
use routing::{Identified, Route, Table};
use std::{future::poll_fn, sync::Arc};
use tokio::{io::AsyncReadExt, time::timeout};
use verdict::Reason;
use wire::{ClientHello, HelloProblem, Parsed, parse_client_hello};

/// What the visitor said before its endpoint was known. Passed on first.
#[derive(Default)]
pub(super) struct Greeting {
    bytes: Vec<u8>,
    hello: ClientHello,
}

impl Greeting {
    /// The server name of TLS, if the listener looks for it and the visitor named one.
    pub(super) fn server_name(&self) -> Option<&str> {
        self.hello.server_name()
    }

    /// The host that the connection is for, as records name it.
    pub(super) fn host<'a>(&'a self, listener: &'a TcpListener) -> &'a str {
        let named = match &listener.choice {
            BalancerChoice::Named(name) => Some(name),
            BalancerChoice::ByServerName { otherwise } => otherwise.as_ref(),
        };
        self.server_name().or(named.map(String::as_str)).unwrap_or_default()
    }

    pub(super) fn take_bytes(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }
}

/// Reads the first message of TLS, where the listener chooses by it.
///
/// # Errors
/// [`Reason::HelloUnusable`] when it is none or does not come in time; [`Reason::ClientGone`] when the visitor leaves.
pub(super) async fn greet(session: &mut Session, greeting: &mut Greeting) -> Result<(), Failure> {
    if matches!(session.listener.choice, BalancerChoice::Named(_)) {
        return Ok(());
    }
    let limit = session.worker.settings.timeouts.handshake;
    let heard = timeout(limit, hear(session, greeting)).await;
    let (reason, limit) = match heard {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(reason)) => (reason, None),
        Err(_) => (Reason::HelloUnusable, Some(limit)),
    };
    let first_bytes = greeting.bytes.iter().take(Evidence::FIRST_BYTES).copied().collect();
    Err(Failure::new(reason, Evidence { first_bytes, limit, ..Evidence::default() }))
}

async fn hear(session: &mut Session, greeting: &mut Greeting) -> Result<(), Reason> {
    let worker = session.worker.clone();
    loop {
        let Session { visitor, place, .. } = &mut *session;
        let mut read = std::pin::pin!(visitor.read_buf(&mut greeting.bytes));
        let read = poll_fn(|cx| match place.poll_stage(cx) {
            Stage::Stopping => Err(Reason::EdgeShuttingDown).into(),
            _ => read.as_mut().poll(cx).map_err(|_| Reason::ClientGone),
        });
        if read.await? == 0 {
            return Err(Reason::ClientGone);
        }
        match parse_client_hello(&mut greeting.hello, &greeting.bytes, &worker.settings.limits.hello) {
            Ok(Parsed::Complete) => return Ok(()),
            Ok(Parsed::Partial) => {}
            // A hello that names no host properly is still TLS; it only cannot be routed by name.
            Err(HelloProblem::BadServerName) => return Ok(()),
            Err(_) => return Err(Reason::HelloUnusable),
        }
    }
}

/// The load balancer that the connection is for.
///
/// # Errors
/// [`Reason::SniUnroutable`] or [`Reason::TcpWithoutLoadBalancer`].
pub(super) fn route<'t>(
    table: &'t Table,
    listener: &TcpListener,
    greeting: &Greeting,
) -> Result<&'t Arc<Route>, Failure> {
    let named = |name: &str| match table.identify(name) {
        Identified::LoadBalancer(route) => Some(route),
        Identified::ZoneOnly(_) | Identified::Unknown => None,
    };
    let fixed = |name: &String| named(name).ok_or_else(|| plain(Reason::TcpWithoutLoadBalancer));
    match &listener.choice {
        BalancerChoice::Named(name) => fixed(name),
        BalancerChoice::ByServerName { otherwise } => match (greeting.server_name().and_then(named), otherwise) {
            (Some(route), _) => Ok(route),
            (None, Some(name)) => fixed(name),
            (None, None) => {
                let sni = greeting.server_name().map(str::to_owned);
                Err(Failure::new(Reason::SniUnroutable, Evidence { sni, ..Evidence::default() }))
            }
        },
    }
}
