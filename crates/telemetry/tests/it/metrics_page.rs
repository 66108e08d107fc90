//! The page of metrics is generated from the list of names; run with `BELLWETHER_BLESS=1` to bring it up to date.

use std::{fmt::Write, fs, path::Path};
use telemetry::names::{ALL, Kind};

const INTRODUCTION: &str = "\
# Metrics

Served as OpenMetrics text at `/metrics` on the API address. This page is generated from
`crates/telemetry/src/metrics/names.rs`.

No label takes a visitor's text, so nobody can make the number of series grow from outside. Pool and endpoint names
come from the site owner; after the first 1,000 endpoints (`MetricsSettings::named_endpoints`) the rest share the label
`(other)`. Histograms have the same buckets everywhere, from half a millisecond to two minutes.
`reason`, `party` and `phase` are those of `docs/ERRORS.md`.

| metric | kind | labels | what it tells |
|---|---|---|---|
";

fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    for name in ALL {
        let kind = match name.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
            Kind::Info => "info",
        };
        let labels: Vec<String> = name.labels.iter().map(|label| format!("`{label}`")).collect();
        writeln!(page, "| `{}` | {kind} | {} | {} |", name.queried(), labels.join(", "), name.help)
            .expect("a String takes everything");
    }
    page
}

#[test]
fn the_page_of_metrics_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/METRICS.md");
    if std::env::var_os("BELLWETHER_BLESS").is_some() {
        fs::write(&path, page()).expect("write the page");
    }
    let written = fs::read_to_string(&path).expect("docs/METRICS.md exists");
    assert!(written == page(), "docs/METRICS.md is out of date: run the tests with BELLWETHER_BLESS=1");
}
