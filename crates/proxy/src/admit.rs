//! Admission: what is checked of a request before anything is done for it, in the order that
//! `docs/LIFE_OF_A_REQUEST.md` tells. Pure: it reads the request, the visitor and the pinned table.
//!
//! Framing, syntax and limits of the head have been checked by whoever read it.

use crate::{
    cdn_cgi::EdgePath,
    settings::Settings,
    upgrade::asks_for_websocket,
    visitor::{Scheme, VisitorFacts},
};
use model::SslMode;
use routing::{Identified, Route, Table, ZoneFacts};
use std::sync::Arc;
use verdict::Reason;
use wire::{Framing, HostKind, Known, RequestHead};

/// What is to be done for an admitted request.
#[derive(Debug)]
pub(crate) enum Admitted<'t> {
    /// Ask an origin.
    Forward(&'t Arc<Route>),
    /// The edge answers itself: a path below `/cdn-cgi/`.
    Own(EdgePath),
    /// The visitor is sent to the same address by the other scheme.
    Redirect(Scheme),
}

/// A request that is refused, and whose host it was for, as far as that was known by then.
#[derive(Debug)]
pub(crate) struct Refused<'t> {
    pub(crate) reason: Reason,
    pub(crate) zone: Option<&'t ZoneFacts>,
}

/// What admission reads.
pub(crate) struct Admission<'a> {
    pub(crate) head: &'a RequestHead,
    /// The bytes that `head` points into.
    pub(crate) bytes: &'a [u8],
    pub(crate) visitor: &'a VisitorFacts,
    pub(crate) settings: &'a Settings,
}

impl Admission<'_> {
    /// Decides what is to be done.
    pub(crate) fn decide<'t>(&self, table: &'t Table) -> Result<Admitted<'t>, Refused<'t>> {
        let early = |reason| Refused { reason, zone: None };
        let host = self.head.host_name().ok_or(early(Reason::HostMissing))?;
        self.check_server_name(host.as_str(), table).map_err(early)?;
        if host.kind() != HostKind::Name {
            return Err(early(Reason::HostIsAddress));
        }
        let (zone, route) = match table.identify(host.as_str()) {
            Identified::LoadBalancer(route) => (&*route.zone, Some(route)),
            Identified::ZoneOnly(zone) => (zone, None),
            Identified::Unknown => return Err(early(Reason::HostUnknown)),
        };
        self.decide_in_zone(zone, route).map_err(|reason| Refused { reason, zone: Some(zone) })
    }

    fn decide_in_zone<'t>(&self, zone: &'t ZoneFacts, route: Option<&'t Arc<Route>>) -> Result<Admitted<'t>, Reason> {
        if !self.visitor.trusted {
            self.check_forwarding()?;
        }
        self.check_loop()?;
        if let Some(path) = EdgePath::of(self.head.resource.of(self.bytes)) {
            return Ok(Admitted::Own(path));
        }
        if let Framing::Length(length) = self.head.framing
            && length > upload_limit(zone)
        {
            return Err(Reason::RequestBodyTooLarge);
        }
        if let Some(scheme) = other_scheme(zone, self.visitor.scheme) {
            return Ok(Admitted::Redirect(scheme));
        }
        if !zone.settings.websockets && asks_for_websocket(self.head, self.bytes) {
            return Err(Reason::WebsocketsOff);
        }
        route.map(Admitted::Forward).ok_or(Reason::HostWithoutLoadBalancer)
    }

    /// Host and SNI must agree: what TLS was set up for is what is asked for.
    fn check_server_name(&self, host: &str, table: &Table) -> Result<(), Reason> {
        match self.visitor.tls.as_ref().and_then(|tls| tls.sni.as_deref()) {
            Some(sni) if sni != host && !table.knows_host(sni) => Err(Reason::SniUnknown),
            Some(sni) if sni != host => Err(Reason::SniMismatch),
            _ => Ok(()),
        }
    }

    /// Forwarding headers that only a proxy in front of us could have a use for (EDGE-11 to 13).
    fn check_forwarding(&self) -> Result<(), Reason> {
        if self.head.has(Known::CfConnectingIp) {
            return Err(Reason::ConnectingIpForged);
        }
        if !self.head.has(Known::XForwardedFor) {
            return Ok(());
        }
        let mut lines = self.head.fields.iter().filter(|field| field.known == Known::XForwardedFor);
        match (lines.next(), lines.next()) {
            (Some(_), Some(_)) => Err(Reason::ForwardedForRepeated),
            (Some(only), None) if only.value.len() > self.settings.limits.forwarded_for => {
                Err(Reason::ForwardedForTooLong)
            }
            _ => Ok(()),
        }
    }

    /// How often the request has been here (RFC 8586).
    fn check_loop(&self) -> Result<(), Reason> {
        if !self.head.has(Known::CdnLoop) {
            return Ok(());
        }
        let id = self.settings.loop_id.as_bytes();
        let lines = self.head.fields.iter().filter(|field| field.known == Known::CdnLoop);
        let passed = lines.flat_map(|field| field.value.of(self.bytes).split(|byte| *byte == b','));
        let ours = passed.filter_map(|entry| entry.split(|byte| *byte == b';').next());
        let times = ours.filter(|name| name.trim_ascii().eq_ignore_ascii_case(id)).count();
        if times > self.settings.max_loops { Err(Reason::LoopDetected) } else { Ok(()) }
    }
}

/// Bytes that a request's body may have.
pub(crate) fn upload_limit(zone: &ZoneFacts) -> u64 {
    u64::from(zone.settings.max_upload) << 20
}

/// The scheme that a visitor is sent to: HTTPS where it is enforced, plain HTTP where the zone has TLS switched off.
/// The two exclude each other, else visitors would run in circles.
fn other_scheme(zone: &ZoneFacts, scheme: Scheme) -> Option<Scheme> {
    match (scheme, zone.settings.ssl) {
        (Scheme::Https, SslMode::Off) => Some(Scheme::Http),
        (Scheme::Http, SslMode::Off) => None,
        (Scheme::Http, _) if zone.settings.always_use_https => Some(Scheme::Https),
        _ => None,
    }
}
