//! What may be set about probing, with the defaults.

use dial::Dialer;
use model::Region;
use std::{sync::Arc, time::Duration};
use telemetry::Telemetry;
use wire::HeadLimits;

/// The settings of a [`Prober`](crate::Prober).
#[derive(Clone)]
pub struct ProberSettings {
    /// Where this prober stands, as observations tell it.
    pub data_center: Arc<str>,
    pub region: Region,
    /// Reaches the endpoints.
    pub dialer: Dialer,
    /// Where finished probes are counted; `None` for nowhere (the default).
    pub telemetry: Option<Telemetry>,
    /// The `User-Agent` of HTTP probes; `{pool}` stands for the first 16 characters of the pool's id. The default is
    /// the text that endpoints and their firewalls already know (LB section 5.2).
    pub user_agent: String,
    /// How many redirects are followed, when a monitor follows them at all. Default: 5.
    pub redirect_hops: usize,
    /// How many bytes of a body are searched for the expected text. Default: 10,240.
    pub body_window: usize,
    /// How many interim answers (1xx) may come before the final one. Default: 100.
    pub interim_answers: usize,
    /// Limits for the head of an answer. Default: 128 KiB and 200 fields.
    pub head_limits: HeadLimits,
    /// How many checks may be under way at once. Default: 1,024.
    pub concurrency: usize,
    /// New targets get their first check within this time, spread out. Default: 500 ms.
    pub first_within: Duration,
    /// The name given to `HELO` by SMTP probes. Default: `bellwether.invalid`.
    pub helo_name: String,
    /// Whether this machine has no network at all, asked when an endpoint could not be reached. Default: whether no
    /// route leads over anything but loopback.
    pub is_offline: fn() -> bool,
}

impl ProberSettings {
    /// The defaults, for a prober at this place.
    pub fn new(data_center: impl Into<Arc<str>>, region: Region, dialer: Dialer) -> Self {
        Self {
            data_center: data_center.into(),
            region,
            dialer,
            telemetry: None,
            user_agent: "Mozilla/5.0 (compatible; Cloudflare-Traffic-Manager/1.0; \
                         +https://www.cloudflare.com/traffic-manager/; pool-id: {pool})"
                .to_owned(),
            redirect_hops: 5,
            body_window: 10_240,
            interim_answers: 100,
            head_limits: HeadLimits::default(),
            concurrency: 1_024,
            first_within: Duration::from_millis(500),
            helo_name: "bellwether.invalid".to_owned(),
            is_offline: crate::network::is_offline,
        }
    }
}
