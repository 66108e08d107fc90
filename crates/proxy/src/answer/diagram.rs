//! The way of a request, from the visitor over the edge to the origin, with the place where it broke.

use super::html::Escaped;
use std::fmt::Write;
use verdict::{Party, Phase};

/// Where the way is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Break {
    /// Between visitor and edge: the request itself, or the connection it came on.
    VisitorLink,
    /// At the edge: a rule, a setting, or the edge itself.
    Edge,
    /// Between edge and origin: no connection came about.
    OriginLink,
    /// At the origin: it was reached, and failed.
    Origin,
}

impl Break {
    /// Where a failure of this phase and party breaks the way.
    pub(super) fn at(phase: Phase, party: Party) -> Break {
        let towards_origin =
            matches!(phase, Phase::Dns | Phase::Connect | Phase::Tls | Phase::Send | Phase::Wait | Phase::Body);
        match party {
            Party::Visitor => Break::VisitorLink,
            Party::Edge | Party::Prober | Party::Nobody => Break::Edge,
            Party::Network => Break::OriginLink,
            Party::Configuration if towards_origin => Break::OriginLink,
            Party::Configuration => Break::Edge,
            Party::Origin if matches!(phase, Phase::Dns | Phase::Connect | Phase::Tls) => Break::OriginLink,
            Party::Origin => Break::Origin,
        }
    }

    /// The states of visitor, first link, edge, second link and origin.
    const fn states(self) -> [State; 5] {
        use State::{Broken, Sender, Unasked, Working};
        match self {
            Break::VisitorLink => [Sender, Broken, Working, Unasked, Unasked],
            Break::Edge => [Working, Working, Broken, Unasked, Unasked],
            Break::OriginLink => [Working, Working, Working, Broken, Unasked],
            Break::Origin => [Working, Working, Working, Working, Broken],
        }
    }
}

#[derive(Clone, Copy)]
enum State {
    Working,
    Broken,
    /// The visitor, when what came from there could not be used.
    Sender,
    /// Beyond the break: nothing is known of it.
    Unasked,
}

impl State {
    const fn class(self) -> &'static str {
        match self {
            State::Working => "ok",
            State::Broken => "bad",
            State::Sender | State::Unasked => "idle",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            State::Working => "Working",
            State::Broken => "Here it failed",
            State::Sender => "Sent the request",
            State::Unasked => "Not reached",
        }
    }
}

const DEVICE: &str = "<rect x='5' y='8' width='38' height='25' rx='3'/><path d='M1 39h46'/>";
const BELL: &str = "<path d='M24 6v4M10 35c4-3 4-7 4-12a10 10 0 0 1 20 0c0 5 0 9 4 12zM20 39a4 4 0 0 0 8 0'/>";
const SERVER: &str = "<rect x='8' y='6' width='32' height='15' rx='3'/>\
    <rect x='8' y='27' width='32' height='15' rx='3'/>\
    <path d='M15 13.5h.1M15 34.5h.1M22 13.5h11M22 34.5h11'/>";

/// The way as a list: three places and the two links between them. Names are escaped here.
pub(super) fn draw(at: Break, edge: &str, origin: &str) -> String {
    let [visitor, first, middle, second, last] = at.states();
    let mut list = String::with_capacity(2048);
    push_place(&mut list, visitor, DEVICE, "You", "Your device");
    push_link(&mut list, first, "from you to the edge");
    push_place(&mut list, middle, BELL, edge, "Edge");
    push_link(&mut list, second, "from the edge to the origin");
    push_place(&mut list, last, SERVER, origin, "Origin server");
    list
}

fn push_place(list: &mut String, state: State, icon: &str, name: &str, kind: &str) {
    // Writing to a String cannot fail.
    let _ = write!(
        list,
        "<li class='place {class}'><svg viewBox='0 0 48 48' aria-hidden='true'>{icon}</svg>\
         <span class='kind'>{kind}</span><b>{name}</b><span class='state'>{label}</span></li>",
        class = state.class(),
        name = Escaped(name),
        label = state.label(),
    );
}

fn push_link(list: &mut String, state: State, between: &str) {
    let (line, mark, class) = match state {
        State::Broken => ("M2 12h42M76 12h42", "<path class='mark' d='M52 4l16 16M68 4L52 20'/>", "state"),
        State::Working | State::Sender | State::Unasked => ("M2 12h116", "", "unseen"),
    };
    let _ = write!(
        list,
        "<li class='link {state}'><svg viewBox='0 0 120 24' aria-hidden='true'>\
         <path class='line' d='{line}'/>{mark}</svg>\
         <span class='{class}'><span class='unseen'>The way {between}: </span>{label}</span></li>",
        state = state.class(),
        label = state.label(),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use verdict::Reason;

    #[test]
    fn each_failure_breaks_the_way_where_it_happened() {
        for (reason, expected) in [
            (Reason::BadRequestLine, Break::VisitorLink),
            (Reason::HostUnknown, Break::Edge),
            (Reason::EdgeInternal, Break::Edge),
            (Reason::NoOrigin, Break::Edge),
            (Reason::DnsNxdomain, Break::OriginLink),
            (Reason::TcpRefused, Break::OriginLink),
            (Reason::NoRouteHost, Break::OriginLink),
            (Reason::CertExpired, Break::OriginLink),
            (Reason::ReadTimeout, Break::Origin),
            (Reason::EmptyReply, Break::Origin),
        ] {
            assert_eq!(Break::at(reason.phase(), reason.party()), expected, "{reason}");
        }
    }

    #[test]
    fn exactly_one_place_or_link_is_broken() {
        for at in [Break::VisitorLink, Break::Edge, Break::OriginLink, Break::Origin] {
            let drawn = draw(at, "LCL", "shop.example");
            assert_eq!(drawn.matches(State::Broken.label()).count(), 1, "{at:?}");
        }
    }
}
