//! The demo as plain lines: what changed, as it changes, for a log or a pipe.

use super::{
    behaviour::Behaviour,
    scene::{Stage, Trouble},
    setup::HOST,
};
use model::{EndpointState, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    time::Duration,
};
use tokio::time::Instant;
use verdict::Reason;

/// How often the traffic is summed up.
const SUM_EVERY: Duration = Duration::from_secs(5);

/// What has been told already.
pub struct Lines {
    states: BTreeMap<&'static str, (EndpointState, Option<Reason>)>,
    told: BTreeSet<(String, Reason, Option<u16>)>,
    /// Stories from before the last turn are old news.
    since: Timestamp,
    summed: Instant,
}

impl Lines {
    pub fn new() -> Self {
        Self { states: BTreeMap::new(), told: BTreeSet::new(), since: Timestamp::now(), summed: Instant::now() }
    }

    /// Tells what there is and what to try.
    pub fn curtain(&self, stage: &Stage<'_>) -> anyhow::Result<()> {
        say(&stage.node.ready_line())?;
        for origin in stage.origins {
            say(&format!("origin {} at https://{}", origin.name, origin.address))?;
        }
        hints(stage).iter().try_for_each(|hint| say(&format!("try: {hint}")))
    }

    /// Tells that an origin behaves differently; troubles of the turn before are not told again.
    pub fn turned(&mut self, name: &str, behaviour: Behaviour) -> anyhow::Result<()> {
        self.told.clear();
        self.since = Timestamp::now();
        say(&format!("[origin]  {name} now {}", behaviour.as_str()))
    }

    /// Tells what changed since the last time.
    pub fn refresh(&mut self, stage: &Stage<'_>) -> anyhow::Result<()> {
        self.health(stage)?;
        self.troubles(stage)?;
        if self.summed.elapsed() >= SUM_EVERY {
            self.summed = Instant::now();
            say(&format!("[traffic] {}", lately(stage)))?;
        }
        Ok(())
    }

    fn health(&mut self, stage: &Stage<'_>) -> anyhow::Result<()> {
        for origin in stage.origins {
            let opinion = stage.opinion(origin);
            let now = (opinion.state, opinion.reason);
            if self.states.insert(origin.name, now) != Some(now) {
                let why = opinion.reason.map_or_else(String::new, |reason| format!(": {} [{reason}]", reason.title()));
                say(&format!("[health]  {} is {}{why}", origin.name, opinion.state.as_str()))?;
            }
        }
        Ok(())
    }

    /// One line for each kind of trouble in a turn; the rest is repetition.
    fn troubles(&mut self, stage: &Stage<'_>) -> anyhow::Result<()> {
        for trouble in stage.troubles(self.since).into_iter().rev() {
            let Trouble { reason, origin, status, ray_id, .. } = trouble;
            if !self.told.insert((origin.clone(), reason, status)) {
                continue;
            }
            let outcome = status.map_or_else(|| "rescued by another endpoint".to_owned(), |s| format!("answered {s}"));
            say(&format!("[request] {ray_id} {outcome}: {origin} failed it, {} [{reason}]", reason.title()))?;
            say(&format!("          what to do: {}", reason.remedy()))?;
        }
        Ok(())
    }
}

/// Commands that a person may try while the demo runs.
pub fn hints(stage: &Stage<'_>) -> Vec<String> {
    let mut hints = Vec::new();
    if let Some(http) = stage.node.http() {
        hints.push(format!("curl -i -H 'Host: {HOST}' http://{http}/"));
        hints.push(format!("curl -H 'Host: {HOST}' -H 'Accept: application/json' http://{http}/cdn-cgi/error/522"));
    }
    if let Some(https) = stage.node.https() {
        let (ip, port) = (https.ip(), https.port());
        let ca = stage.directory.join(crate::serve::CERTIFICATE);
        hints.push(format!("curl --cacert {} --resolve {HOST}:{port}:{ip} https://{HOST}:{port}/", ca.display()));
    }
    let program = std::env::args().next().unwrap_or_else(|| "bellwether".to_owned());
    let latest = stage.troubles(Timestamp::UNIX_EPOCH).into_iter().next();
    let ray = latest.map_or_else(|| "RAY-ID".to_owned(), |trouble| trouble.ray_id);
    hints.push(format!("{program} explain {ray} --data-dir {}", stage.directory.display()));
    if let Some(token) = &stage.node.new_token {
        let (api, path) = (stage.node.api, "/client/v4/user/load_balancing_analytics/events");
        hints.push(format!("curl -H 'Authorization: Bearer {token}' http://{api}{path}"));
    }
    hints
}

/// Where the requests of the last seconds went.
pub fn lately(stage: &Stage<'_>) -> String {
    let lately = stage.traffic.lately();
    let mut parts: Vec<String> = stage
        .origins
        .iter()
        .map(|origin| format!("{} {}", origin.name, lately.answered.get(origin.name).copied().unwrap_or(0)))
        .collect();
    parts.extend(lately.failed.iter().map(|(status, count)| match status {
        0 => format!("no answer {count}"),
        status => format!("error {status}: {count}"),
    }));
    format!("in the last {} s: {}", super::traffic::WINDOW.as_secs(), parts.join(", "))
}

/// What came of it all.
pub fn summary(stage: &Stage<'_>) -> anyhow::Result<()> {
    let totals = stage.traffic.totals();
    let (answers, failures, seconds) = (totals.answers(), totals.failures(), stage.started.elapsed().as_secs());
    say(&format!("done after {seconds} s: {answers} requests answered, {failures} failed"))
}

fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}
