//! The custom rules of a load balancer: what they may ask of a request, and the answer that one of them gives itself.
//!
//! A rule that answers is no failure and no attempt: the request ends here, and no origin hears of it.

use crate::{
    connection::{After, Connection},
    ledger::Ledger,
    respond::{self, Own},
    scratch::Scratch,
    visitor::VisitorFacts,
};
use expr::{Enough, Facts, Items, Number, Text, arguments};
use model::FixedResponse;
use routing::Route;
use std::{
    borrow::Cow,
    net::IpAddr,
    time::{SystemTime, UNIX_EPOCH},
};
use wire::{Known, RequestHead, write_field};

/// How records and stories tell that a rule answered.
pub(crate) const FIXED_RESPONSE: &str = "fixed_response";

/// What a fixed response is where its rule does not say.
const STATUS: u16 = 200;
const CONTENT_TYPE: &str = "text/plain";

/// Asks the rules of `route`, and notes which apply. Gives the answer of the one that answers, if one does.
pub(crate) fn ask<'t>(
    connection: &Connection,
    scratch: &Scratch,
    ledger: &mut Ledger<'t>,
    route: &'t Route,
) -> Option<&'t FixedResponse> {
    let (head, bytes) = (&scratch.request, scratch.inbound.head());
    let node = &connection.worker.settings.node;
    let facts = RequestFacts {
        head,
        bytes,
        uri: uri(head, bytes),
        visitor: &connection.facts,
        balancer: &route.name,
        region: &node.region,
        at: ledger.at,
    };
    let asked = route.ask_rules(&facts);
    ledger.applied = asked.applied;
    asked.answered
}

/// Answers a request as its rule says.
pub(crate) async fn answer(
    connection: &mut Connection,
    scratch: &mut Scratch,
    ledger: &mut Ledger<'_>,
    answer: &FixedResponse,
) -> After {
    let mut fields = Vec::new();
    if let Some(location) = &answer.location {
        write_field(b"Location", location.as_bytes(), &mut fields);
    }
    let own = Own {
        status: answer.status_code.unwrap_or(STATUS),
        content_type: answer.content_type.clone().map_or(Cow::Borrowed(CONTENT_TYPE), Cow::Owned),
        fields,
        body: answer.message_body.clone().unwrap_or_default().into_bytes(),
    };
    respond::own(connection, scratch, ledger, own).await
}

/// A request, as far as rules may ask of it.
struct RequestFacts<'a> {
    head: &'a RequestHead,
    /// The bytes that `head` points into.
    bytes: &'a [u8],
    uri: Cow<'a, [u8]>,
    visitor: &'a VisitorFacts,
    balancer: &'a str,
    region: &'a str,
    at: SystemTime,
}

/// Path and query. Only a target in absolute form may lack a path.
fn uri<'a>(head: &RequestHead, bytes: &'a [u8]) -> Cow<'a, [u8]> {
    let resource = head.resource.of(bytes);
    if resource.starts_with(b"/") {
        return Cow::Borrowed(resource);
    }
    let mut whole = Vec::with_capacity(resource.len() + 1);
    head.write_resource(bytes, &mut whole);
    Cow::Owned(whole)
}

impl RequestFacts<'_> {
    fn value(&self, known: Known) -> &[u8] {
        self.head.value(known, self.bytes).unwrap_or_default()
    }

    fn path_and_query(&self) -> (&[u8], &[u8]) {
        let query = self.uri.iter().position(|byte| *byte == b'?');
        let (path, query) = self.uri.split_at(query.unwrap_or(self.uri.len()));
        (path, query.get(1..).unwrap_or_default())
    }
}

impl Facts for RequestFacts<'_> {
    fn text(&self, field: Text) -> &[u8] {
        match field {
            Text::LoadBalancerName => self.balancer.as_bytes(),
            Text::LoadBalancerRegion => self.region.as_bytes(),
            Text::Cookie => self.value(Known::Cookie),
            Text::Host => self.head.host_name().map_or(&[], |host| host.as_str().as_bytes()),
            Text::Referer => self.value(Known::Referer),
            Text::Method => self.head.method.of(self.bytes),
            Text::Uri => &self.uri,
            Text::Path => self.path_and_query().0,
            Text::Query => self.path_and_query().1,
            Text::Version => self.visitor.protocol.version_of(self.head.version).as_bytes(),
        }
    }

    fn number(&self, field: Number) -> i64 {
        match field {
            Number::TimestampSec => {
                let since_epoch = self.at.duration_since(UNIX_EPOCH).unwrap_or_default();
                i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX)
            }
        }
    }

    fn address(&self) -> IpAddr {
        self.visitor.peer.ip()
    }

    fn each(&self, items: Items<'_>, take: &mut dyn FnMut(&[u8]) -> Enough) {
        let mut is_enough = |item: &[u8]| take(item) == Enough::Yes;
        let mut arguments = arguments(self.path_and_query().1);
        match items {
            Items::Header(name) => {
                let named = |field: &&wire::Field| field.name.of(self.bytes).eq_ignore_ascii_case(name.as_bytes());
                let mut values = self.head.fields.iter().filter(named).map(|field| field.value.of(self.bytes));
                values.any(&mut is_enough)
            }
            Items::Argument(name) => arguments.any(|(known, value)| known == name.as_bytes() && is_enough(value)),
            Items::ArgumentNames => arguments.any(|(name, _)| is_enough(name)),
            Items::ArgumentValues => arguments.any(|(_, value)| is_enough(value)),
        };
    }
}
