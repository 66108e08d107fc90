//! The demo as a live view on a terminal, drawn anew a few times a second on the terminal's second screen, so that the
//! first one is as it was when the demo ends.

use super::{
    lines::hints,
    scene::{Opinion, Stage, Trouble},
    traffic::WINDOW,
};
use model::{EndpointState, PoolState, Timestamp};
use std::{fmt::Write as _, io::Write as _, time::Duration};

const OPEN: &str = "\x1b[?1049h\x1b[?25l";
const CLOSE: &str = "\x1b[?25h\x1b[?1049l";
const HOME: &str = "\x1b[H";
const REST_OF_LINE: &str = "\x1b[K";
const REST_OF_SCREEN: &str = "\x1b[J";

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";
const PLAIN: &str = "\x1b[0m";

/// The most characters of a bar.
const BAR: usize = 40;
/// How many kinds of trouble are shown, and how long each is remembered.
const TROUBLES: usize = 4;
const MEMORY: Duration = Duration::from_secs(60);

/// The terminal's second screen; given back when dropped.
pub struct Screen {
    open: bool,
}

impl Screen {
    /// Switches the terminal over.
    ///
    /// # Errors
    /// When the terminal cannot be written.
    pub fn open() -> anyhow::Result<Screen> {
        put(OPEN)?;
        Ok(Screen { open: true })
    }

    /// Draws everything anew.
    ///
    /// # Errors
    /// When the terminal cannot be written.
    pub fn draw(&mut self, stage: &Stage<'_>) -> anyhow::Result<()> {
        let mut text = String::from(HOME);
        for line in picture(stage).lines() {
            text.push_str(line);
            text.push_str(REST_OF_LINE);
            text.push('\n');
        }
        text.push_str(REST_OF_SCREEN);
        put(&text)
    }

    /// Switches the terminal back.
    pub fn close(mut self) {
        self.leave();
    }

    fn leave(&mut self) {
        if std::mem::take(&mut self.open) {
            // The terminal is gone when this fails, and needs nothing any more.
            let _ = put(CLOSE);
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.leave();
    }
}

fn put(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

fn picture(stage: &Stage<'_>) -> String {
    let mut out = String::new();
    // Writing to a `String` cannot fail.
    let _ = draw(&mut out, stage);
    out
}

fn draw(out: &mut String, stage: &Stage<'_>) -> std::fmt::Result {
    let seconds = stage.started.elapsed().as_secs();
    writeln!(out, "{BOLD}Bellwether demo{PLAIN}  {seconds} s  {DIM}Ctrl-C ends it{PLAIN}\n")?;
    origins(out, stage)?;
    traffic(out, stage)?;
    troubles(out, stage)?;
    writeln!(out, "\n{BOLD}Try{PLAIN}")?;
    hints(stage).iter().try_for_each(|hint| writeln!(out, "  {hint}"))
}

fn origins(out: &mut String, stage: &Stage<'_>) -> std::fmt::Result {
    let pools = stage.pools();
    let pools: Vec<String> = pools.iter().map(|(name, state)| format!("{name} {}", pool_state(*state))).collect();
    writeln!(out, "{BOLD}Origins{PLAIN}  pools: {}", pools.join(", "))?;
    for origin in stage.origins {
        let opinion = stage.opinion(origin);
        let (colour, state) = match opinion.state {
            EndpointState::Healthy => (GREEN, "healthy"),
            EndpointState::Unhealthy => (RED, "unhealthy"),
            other => (YELLOW, other.as_str()),
        };
        let behaviour = origin.behaviour().as_str();
        writeln!(out, "  {:<8} {colour}{state:<10}{PLAIN} {DIM}it {behaviour}{PLAIN}", origin.name)?;
        writeln!(out, "           {}", last_probe(&opinion))?;
    }
    Ok(())
}

fn pool_state(state: PoolState) -> String {
    let colour = match state {
        PoolState::Healthy => GREEN,
        PoolState::Critical => RED,
        _ => YELLOW,
    };
    format!("{colour}{}{PLAIN}", state.as_str())
}

fn last_probe(opinion: &Opinion) -> String {
    let Some(last) = &opinion.last else { return format!("{DIM}not probed yet{PLAIN}") };
    let took = last.timings.total.map_or_else(String::new, |total| format!(" in {}", millis(total)));
    match last.reason {
        None => format!("last probe passed{took}"),
        Some(reason) => format!("last probe failed{took}: {} [{reason}]", reason.title()),
    }
}

fn millis(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1e3)
}

fn traffic(out: &mut String, stage: &Stage<'_>) -> std::fmt::Result {
    let (lately, totals) = (stage.traffic.lately(), stage.traffic.totals());
    let (answers, failures) = (totals.answers(), totals.failures());
    writeln!(
        out,
        "\n{BOLD}Requests{PLAIN} of the last {} s {DIM}(in all {answers} answered, {failures} failed){PLAIN}",
        WINDOW.as_secs()
    )?;
    let most = lately.answered.values().chain(lately.failed.values()).copied().max().unwrap_or(0).max(1);
    let bar = |count: u64| "#".repeat((count as usize * BAR).div_ceil(most as usize));
    for origin in stage.origins {
        let count = lately.answered.get(origin.name).copied().unwrap_or(0);
        writeln!(out, "  {:<9}{count:>5} {GREEN}{}{PLAIN}", origin.name, bar(count))?;
    }
    for (status, count) in &lately.failed {
        let label = if *status == 0 { "no answer".to_owned() } else { format!("error {status}") };
        writeln!(out, "  {label:<9}{count:>5} {RED}{}{PLAIN}", bar(*count))?;
    }
    Ok(())
}

fn troubles(out: &mut String, stage: &Stage<'_>) -> std::fmt::Result {
    writeln!(out, "\n{BOLD}What went wrong{PLAIN} {DIM}in the last {} s{PLAIN}", MEMORY.as_secs())?;
    let since = Timestamp::now().checked_sub(MEMORY).unwrap_or(Timestamp::UNIX_EPOCH);
    let troubles = stage.troubles(since);
    if troubles.is_empty() {
        return writeln!(out, "  {DIM}nothing{PLAIN}");
    }
    for trouble in troubles.iter().take(TROUBLES) {
        let Trouble { reason, origin, status, count, ray_id, at } = trouble;
        let outcome = match status {
            None => format!("{GREEN}rescued{PLAIN}"),
            Some(status) => format!("{RED}answered {status}{PLAIN}"),
        };
        writeln!(out, "  {at:.0}  {ray_id}  {count:>4} x {outcome}  {origin}: {} [{reason}]", reason.title())?;
    }
    let remedy = troubles.first().map_or("", |trouble| trouble.reason.remedy());
    writeln!(out, "  {DIM}what to do:{PLAIN} {remedy}")
}
