//! HTTP and HTTPS checks: one request, its redirects, and the judgement of the answer.

mod answer;
mod judge;
mod redirect;
mod request;

pub use request::is_header_allowed;

use crate::{
    anchors::KnownAnchors,
    attempt::{Attempt, Limit, Seen},
    question::Destination,
    settings::ProberSettings,
};
use answer::Reader;
use dial::{DialPlan, Stream, TlsPlan, Trust, classify_io, witness};
use judge::Judgement;
use model::ProbeTarget;
use request::Request;
use tokio::{
    io::AsyncWriteExt,
    time::{Instant, timeout_at},
};
use verdict::{Phase, Reason};

/// Makes one attempt of an HTTP or HTTPS check.
pub(crate) async fn attempt(settings: &ProberSettings, anchors: &KnownAnchors, target: &ProbeTarget) -> Attempt {
    let limit = Limit::starting_now(target.monitor.timeout());
    let mut check = Check { settings, target, limit, seen: Seen::default() };
    let result = check.run(anchors).await;
    check.seen.end(limit, result)
}

struct Check<'a> {
    settings: &'a ProberSettings,
    target: &'a ProbeTarget,
    limit: Limit,
    seen: Seen,
}

impl Check<'_> {
    async fn run(&mut self, anchors: &KnownAnchors) -> Result<(), Reason> {
        let trust = match self.target.monitor.allow_insecure {
            true => Trust::Anything,
            false => anchors.trust(self.target.simulated_zone.as_deref())?,
        };
        let mut destination = Destination::of(self.target)?;
        let mut request = Request::of(self.settings, self.target)?;
        let mut hops = 0;
        loop {
            let location = match self.ask(&destination, &request, &trust).await? {
                Judgement::Passed => return Ok(()),
                Judgement::MovedTo(location) => location,
            };
            hops += 1;
            if hops > self.settings.redirect_hops {
                return Err(Reason::TooManyRedirects);
            }
            let next = redirect::follow(&destination, &location).ok_or(Reason::BadHeader)?;
            request.redirect(self.seen.evidence.status, !redirect::same_host(&destination, &next));
            destination = next;
        }
    }

    /// Sends the request to one destination and judges the answer.
    async fn ask(&mut self, destination: &Destination, request: &Request, trust: &Trust) -> Result<Judgement, Reason> {
        let mut stream = self.dial(destination, trust).await?;
        let bytes = request.bytes(destination);
        match timeout_at(self.limit.deadline(), stream.write_all(&bytes)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(self.broken(&error, Phase::Send)),
            Err(_) => return Err(Reason::WriteTimeout),
        }
        let sent = Instant::now();
        let mut reader = Reader::new(stream, self.settings, self.limit.deadline(), request.is_head());
        let answered = reader.head(&mut self.seen, sent).await;
        let head = answered?;
        match judge::head(&self.target.monitor, head.status, head.location.as_deref())? {
            Judgement::Passed if !self.target.monitor.expected_body.is_empty() => {
                reader.body(&mut self.seen, &self.target.monitor.expected_body).await?;
                Ok(Judgement::Passed)
            }
            judgement => Ok(judgement),
        }
    }

    async fn dial(&mut self, destination: &Destination, trust: &Trust) -> Result<Stream, Reason> {
        let (server_name, names) = (destination.server_name(), [destination.name()]);
        let timeout = self.limit.timeout;
        let tls = TlsPlan { timeout, resume: false, ..TlsPlan::new(server_name, &names, trust.clone()) };
        let plan = DialPlan {
            fresh: true,
            connect_timeout: timeout,
            deadline: Some(self.limit.deadline()),
            tls: destination.is_tls.then_some(tls),
            ..DialPlan::new(&destination.address, destination.port)
        };
        match self.settings.dialer.dial(&plan).await {
            Ok(dialed) => {
                self.seen.dialed(&dialed, server_name);
                Ok(dialed.stream)
            }
            Err(error) => Err(self.seen.dial_failed(error.failure, error.timings)),
        }
    }

    fn broken(&mut self, error: &std::io::Error, phase: Phase) -> Reason {
        witness(error, &mut self.seen.evidence);
        classify_io(error, phase)
    }
}
