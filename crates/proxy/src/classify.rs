//! The one mapping: from what was observed to the reason, from the reason to what the visitor gets, and from the
//! reason to whether the request is tried again.

use crate::http2::{Malformed, Told};
use verdict::{Code, Phase, Reason};
use wire::{BodyProblem, RequestProblem, ResponseProblem};

/// A request head that was refused.
pub(crate) const fn request_problem(problem: RequestProblem) -> Reason {
    match problem {
        RequestProblem::BadRequestLine => Reason::BadRequestLine,
        RequestProblem::BadTarget => Reason::BadTarget,
        RequestProblem::TargetTooLong => Reason::TargetTooLong,
        RequestProblem::HeadTooLarge => Reason::RequestHeadTooLarge,
        RequestProblem::BadHeader => Reason::BadRequestHeader,
        RequestProblem::HostMissing => Reason::HostMissing,
        RequestProblem::HostRepeated => Reason::HostRepeated,
        RequestProblem::BadHost => Reason::BadHost,
        RequestProblem::LengthAndChunked => Reason::LengthAndChunked,
        RequestProblem::LengthConflict => Reason::LengthConflict,
        RequestProblem::BadLength => Reason::BadLength,
        RequestProblem::BadTransferEncoding => Reason::BadTransferEncoding,
        RequestProblem::UnsupportedVersion => Reason::UnsupportedVersion,
        RequestProblem::ConnectMethod => Reason::ConnectMethod,
    }
}

/// A request that HTTP/2 does not allow.
pub(crate) const fn malformed(problem: Malformed) -> Reason {
    match problem {
        Malformed::Method | Malformed::Pseudo => Reason::BadRequestLine,
        Malformed::Path | Malformed::Scheme => Reason::BadTarget,
        Malformed::Authority => Reason::BadHost,
        Malformed::Name | Malformed::Value | Malformed::ConnectionSpecific => Reason::BadRequestHeader,
        Malformed::Length => Reason::BadLength,
    }
}

/// An answer head that is not usable.
pub(crate) const fn response_problem(problem: ResponseProblem) -> Reason {
    match problem {
        ResponseProblem::BadStatusLine => Reason::BadStatusLine,
        ResponseProblem::BadStatus => Reason::BadStatus,
        ResponseProblem::BadHeader => Reason::BadHeader,
        ResponseProblem::HeadTooLarge => Reason::ResponseHeadTooLarge,
        ResponseProblem::BadFraming => Reason::BadFraming,
    }
}

/// An answer body that broke off or broke the rules.
pub(crate) const fn response_body_problem(problem: BodyProblem) -> Reason {
    match problem {
        BodyProblem::Truncated => Reason::BodyTruncated,
        _ => Reason::BadResponseChunk,
    }
}

/// The status line of a failure, and the code in its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) status: u16,
    pub(crate) code: Code,
}

/// What a visitor is shown. A failure that the catalogue shows to nobody is still an answer that is owed: ours, then.
pub(crate) fn shown(reason: Reason) -> Shown {
    let code = reason.code().unwrap_or(Code::new(500));
    let status = code.entry().map_or(code.number(), |entry| entry.status());
    Shown { status: if (400..=599).contains(&status) { status } else { 500 }, code }
}

/// What is done after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The visitor gets the failure.
    GiveUp,
    /// The connection had been closed while it was idle: the same endpoint again, over a fresh one.
    FreshConnection,
    /// The endpoint cannot serve: another one, if there is one.
    OtherEndpoint,
}

/// What an attempt did before it failed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Progress {
    /// It went over a connection that had carried a request before.
    pub(crate) reused: bool,
    /// What the origin has said of a request that it does not answer.
    pub(crate) told: Told,
    /// Bytes of the answer were seen.
    pub(crate) answer_began: bool,
    /// The visitor has been sent something (an interim answer).
    pub(crate) visitor_has_bytes: bool,
    /// The request can be sent again from its beginning.
    pub(crate) replayable: bool,
    /// Sending it twice has the effect of sending it once.
    pub(crate) idempotent: bool,
    /// It was already tried over a fresh connection because an idle one had been closed.
    pub(crate) refreshed: bool,
    /// Another endpoint was already tried.
    pub(crate) failed_over: bool,
    /// How often the last place at the chosen endpoint was taken by somebody else.
    pub(crate) turned_away: u32,
}

/// Whether a failed attempt may be followed by another, and by which (EDGE-39, EDGE-44, LB-97 to 102).
pub(crate) fn next(reason: Reason, progress: Progress) -> Next {
    if progress.visitor_has_bytes || progress.answer_began || !progress.replayable {
        return Next::GiveUp;
    }
    let may_repeat = match progress.told {
        Told::Untouched => true,
        Told::Leaving => progress.idempotent,
        Told::Nothing => progress.reused && is_connection_lost(reason) && progress.idempotent,
    };
    if may_repeat && !progress.refreshed {
        return Next::FreshConnection;
    }
    let untouched = is_before_the_request(reason.phase()) || progress.idempotent;
    if fails_over(reason) && untouched && !progress.failed_over { Next::OtherEndpoint } else { Next::GiveUp }
}

/// The failures that another endpoint may make good: 521, 522, 523, 525 and 526.
fn fails_over(reason: Reason) -> bool {
    matches!(reason.code().map(Code::number), Some(521..=523 | 525 | 526))
}

/// What a connection looks like that the origin had closed before the request reached it.
const fn is_connection_lost(reason: Reason) -> bool {
    matches!(reason, Reason::IdleClosed | Reason::EmptyReply | Reason::ResetBeforeHeaders)
}

/// The endpoint cannot have seen the request yet.
const fn is_before_the_request(phase: Phase) -> bool {
    matches!(phase, Phase::Dns | Phase::Connect | Phase::Tls)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fresh_get() -> Progress {
        Progress { replayable: true, idempotent: true, ..Progress::default() }
    }

    /// Every reason that a visitor can be shown leads to a status that HTTP allows for an error.
    #[test]
    fn every_reason_has_a_status() {
        for reason in Reason::ALL {
            assert!((400..=599).contains(&shown(*reason).status), "{reason}");
        }
    }

    // LB-97, LB-98: exactly these codes lead to another endpoint, and only once.
    #[test]
    fn only_an_endpoint_that_cannot_serve_is_replaced_and_only_once() {
        for reason in Reason::ALL {
            let code = reason.code().map(Code::number);
            let expected = matches!(code, Some(521 | 522 | 523 | 525 | 526));
            assert_eq!(next(*reason, fresh_get()) == Next::OtherEndpoint, expected, "{reason}");
            let again = Progress { failed_over: true, ..fresh_get() };
            assert_eq!(next(*reason, again), Next::GiveUp, "{reason}");
        }
    }

    // EDGE-39: a lost idle connection is replaced silently for GET, and never for POST.
    #[test]
    fn a_lost_idle_connection_is_replaced_once_if_nothing_can_happen_twice() {
        let reused = Progress { reused: true, ..fresh_get() };
        assert_eq!(next(Reason::IdleClosed, reused), Next::FreshConnection);
        assert_eq!(next(Reason::IdleClosed, Progress { refreshed: true, ..reused }), Next::GiveUp);
        assert_eq!(next(Reason::IdleClosed, Progress { idempotent: false, ..reused }), Next::GiveUp);
        assert_eq!(next(Reason::IdleClosed, Progress { answer_began: true, ..reused }), Next::GiveUp);
        assert_eq!(next(Reason::EmptyReply, fresh_get()), Next::GiveUp);
    }

    #[test]
    fn what_an_origin_says_of_a_request_decides_whether_it_may_be_sent_again() {
        let post = Progress { replayable: true, ..Progress::default() };
        let (untouched, leaving) = (Told::Untouched, Told::Leaving);
        assert_eq!(next(Reason::H2Error, Progress { told: untouched, ..post }), Next::FreshConnection);
        assert_eq!(next(Reason::H2Error, Progress { told: leaving, ..post }), Next::GiveUp);
        assert_eq!(next(Reason::H2Error, Progress { told: leaving, ..fresh_get() }), Next::FreshConnection);
        assert_eq!(next(Reason::H2Error, fresh_get()), Next::GiveUp);
        for told in [untouched, leaving] {
            let told = Progress { told, ..fresh_get() };
            assert_eq!(next(Reason::H2Error, Progress { refreshed: true, ..told }), Next::GiveUp);
            assert_eq!(next(Reason::H2Error, Progress { answer_began: true, ..told }), Next::GiveUp);
            assert_eq!(next(Reason::H2Error, Progress { replayable: false, ..told }), Next::GiveUp);
        }
    }

    #[test]
    fn a_post_fails_over_only_while_no_endpoint_can_have_seen_it() {
        let post = Progress { idempotent: false, ..fresh_get() };
        assert_eq!(next(Reason::TcpRefused, post), Next::OtherEndpoint);
        assert_eq!(next(Reason::CertExpired, post), Next::OtherEndpoint);
        assert_eq!(next(Reason::AckTimeout, post), Next::GiveUp);
        assert_eq!(next(Reason::TcpRefused, Progress { replayable: false, ..post }), Next::GiveUp);
        assert_eq!(next(Reason::AckTimeout, Progress { visitor_has_bytes: true, ..fresh_get() }), Next::GiveUp);
    }
}
