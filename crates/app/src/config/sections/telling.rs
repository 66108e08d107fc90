//! What the node tells of itself: logs, stories, metrics.

use crate::config::{
    forms::{SPAN, Size, Text, Whole},
    reader::{Reader, key},
};
use telemetry::{AccessLogSettings, AccessTarget, MetricsSettings, StoryBookSettings};

/// What is logged, and where to.
#[derive(Clone, Debug)]
pub struct LogConfig {
    pub access: AccessTarget,
    pub buffers: AccessLogSettings,
    /// A `tracing` filter for what the operator reads on standard error.
    pub filter: String,
}

pub fn log(reader: &mut Reader) -> LogConfig {
    let mut log =
        LogConfig { access: AccessTarget::default(), buffers: AccessLogSettings::default(), filter: "info".to_owned() };
    reader.read(
        key("log.access", "Where the access log goes").live(),
        &mut log.access,
        Text {
            parse: |text| (!text.is_empty()).then(|| text.parse().unwrap_or_else(|never| match never {})),
            show: |target| match target {
                AccessTarget::Stdout => "stdout".to_owned(),
                AccessTarget::Off => "off".to_owned(),
                AccessTarget::File(path) => path.display().to_string(),
            },
            expects: "\"stdout\", \"off\" or the path of a file",
        },
    );
    reader.read(
        key("log.level", "What the operator's log on standard error holds").live(),
        &mut log.filter,
        Text {
            parse: |text| text.parse::<tracing_subscriber::EnvFilter>().ok().map(|_| text.to_owned()),
            show: String::clone,
            expects: "a level (error, warn, info, debug, trace) or a list such as \"info,probe=debug\"",
        },
    );
    reader.read(
        key("log.access_batch", "Lines of a worker that are written in one go"),
        &mut log.buffers.batch_bytes,
        Size(1..=1 << 30),
    );
    reader.read(
        key("log.access_backlog", "Lines of a worker that may wait; more are lost, counted and announced"),
        &mut log.buffers.lane_bytes,
        Size(1 << 10..=1 << 30),
    );
    reader.read(
        key("log.access_flush", "The longest that a line of the access log waits"),
        &mut log.buffers.flush_every,
        SPAN,
    );
    reader.read(
        key(
            "log.access_cache",
            "How much of the end of an access log's file stays in memory; 0 leaves it to the kernel",
        ),
        &mut log.buffers.cache_bytes,
        Size(0..=1 << 30),
    );
    log
}

pub fn memory(reader: &mut Reader) -> (StoryBookSettings, MetricsSettings) {
    let mut stories = StoryBookSettings::default();
    reader.read(
        key("story.failures", "Failed requests whose story can be told"),
        &mut stories.failures,
        Whole(0..=1_000_000),
    );
    reader.read(
        key("story.samples", "Successful requests whose story can be told"),
        &mut stories.samples,
        Whole(0..=1_000_000),
    );
    reader.read(
        key("story.sample_every", "One success in this many is kept as a story; 0 for none"),
        &mut stories.sample_every,
        Whole(0..=u32::MAX),
    );
    let mut metrics = MetricsSettings::default();
    reader.read(
        key("metrics.named_endpoints", "Endpoints that metrics count by name; further ones are counted together"),
        &mut metrics.named_endpoints,
        Whole(0..=1_000_000),
    );
    (stories, metrics)
}
