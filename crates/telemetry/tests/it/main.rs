//! `docs/METRICS.md` says what the code does.

mod metrics_page;
