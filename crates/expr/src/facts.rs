//! What an expression may ask of a request. Whoever holds the request implements [`Facts`].

use std::net::IpAddr;

/// The request that an expression is asked of. Values are bytes as they came; what is not there is empty.
pub trait Facts {
    fn text(&self, field: Text) -> &[u8];
    fn number(&self, field: Number) -> i64;
    /// The visitor's address.
    fn address(&self) -> IpAddr;
    /// Hands each of the items to `take`, in the order of the request, until it says that it has seen enough.
    fn each(&self, items: Items<'_>, take: &mut dyn FnMut(&[u8]) -> Enough);
}

/// Whether more items are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enough {
    Yes,
    No,
}

/// A field that is a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Text {
    /// The load balancer's name.
    LoadBalancerName,
    /// The code of the region that this node is in, such as `WNAM`.
    LoadBalancerRegion,
    /// The whole value of `Cookie`.
    Cookie,
    /// The host in lower case, without port.
    Host,
    /// The value of `Referer`.
    Referer,
    /// The method, as it came.
    Method,
    /// Path and query.
    Uri,
    Path,
    /// Without the question mark.
    Query,
    /// Such as `HTTP/1.1`.
    Version,
}

/// A field that is a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Number {
    /// Seconds since 1970 when the request came.
    TimestampSec,
}

/// Several texts in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Items<'k> {
    /// The values of the header fields of this name, which is in lower case.
    Header(&'k str),
    /// The values of the arguments of this name in the query.
    Argument(&'k str),
    /// The names of all arguments in the query.
    ArgumentNames,
    /// The values of all arguments in the query.
    ArgumentValues,
}
