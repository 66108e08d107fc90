//! One zone setting: its name, how its value is read, and how it is shown.

use crate::json::{FromJson, Place, choice};
use model::{HttpVersion, PseudoIpv4, SslMode, ZoneSettings};
use serde_json::{Value, json};
use std::time::Duration;

/// A setting that the data plane obeys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    AlwaysUseHttps,
    MaxUpload,
    OriginErrorPagePassThru,
    OriginMaxHttpVersion,
    ProxyReadTimeout,
    PseudoIpv4,
    Ssl,
    Websockets,
}

impl Setting {
    /// Every setting, by name.
    pub const ALL: [Setting; 8] = [
        Setting::AlwaysUseHttps,
        Setting::MaxUpload,
        Setting::OriginErrorPagePassThru,
        Setting::OriginMaxHttpVersion,
        Setting::ProxyReadTimeout,
        Setting::PseudoIpv4,
        Setting::Ssl,
        Setting::Websockets,
    ];

    /// The name in paths and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Setting::AlwaysUseHttps => "always_use_https",
            Setting::MaxUpload => "max_upload",
            Setting::OriginErrorPagePassThru => "origin_error_page_pass_thru",
            Setting::OriginMaxHttpVersion => "origin_max_http_version",
            Setting::ProxyReadTimeout => "proxy_read_timeout",
            Setting::PseudoIpv4 => "pseudo_ipv4",
            Setting::Ssl => "ssl",
            Setting::Websockets => "websockets",
        }
    }

    /// The setting with this name.
    pub fn named(name: &str) -> Option<Setting> {
        Setting::ALL.into_iter().find(|setting| setting.name() == name)
    }

    /// Its value. `read_timeout` is what an unset `proxy_read_timeout` comes to.
    pub fn value(self, settings: &ZoneSettings, read_timeout: Duration) -> Value {
        match self {
            Setting::AlwaysUseHttps => on_off(settings.always_use_https),
            Setting::MaxUpload => json!(settings.max_upload),
            Setting::OriginErrorPagePassThru => on_off(settings.origin_error_page_pass_thru),
            Setting::OriginMaxHttpVersion => json!(settings.origin_max_http_version.as_str()),
            Setting::ProxyReadTimeout => json!(settings.proxy_read_timeout.map_or(read_timeout.as_secs(), u64::from)),
            Setting::PseudoIpv4 => json!(settings.pseudo_ipv4.as_str()),
            Setting::Ssl => json!(settings.ssl.as_str()),
            Setting::Websockets => on_off(settings.websockets),
        }
    }

    /// Reads a value into `settings`; whether it is in range is for the control plane to say.
    pub fn read(self, place: &Place<'_>, settings: &mut ZoneSettings) -> Option<()> {
        match self {
            Setting::AlwaysUseHttps => settings.always_use_https = Switch::from_json(place)?.0,
            Setting::MaxUpload => settings.max_upload = u32::from_json(place)?,
            Setting::OriginErrorPagePassThru => settings.origin_error_page_pass_thru = Switch::from_json(place)?.0,
            Setting::OriginMaxHttpVersion => settings.origin_max_http_version = HttpVersion::from_json(place)?,
            Setting::ProxyReadTimeout => settings.proxy_read_timeout = Some(u32::from_json(place)?),
            Setting::PseudoIpv4 => settings.pseudo_ipv4 = PseudoIpv4::from_json(place)?,
            Setting::Ssl => settings.ssl = SslMode::from_json(place)?,
            Setting::Websockets => settings.websockets = Switch::from_json(place)?.0,
        }
        Some(())
    }

    /// Puts it back to its default.
    pub fn reset(self, settings: &mut ZoneSettings) {
        let default = ZoneSettings::default();
        match self {
            Setting::AlwaysUseHttps => settings.always_use_https = default.always_use_https,
            Setting::MaxUpload => settings.max_upload = default.max_upload,
            Setting::OriginErrorPagePassThru => {
                settings.origin_error_page_pass_thru = default.origin_error_page_pass_thru;
            }
            Setting::OriginMaxHttpVersion => settings.origin_max_http_version = default.origin_max_http_version,
            Setting::ProxyReadTimeout => settings.proxy_read_timeout = default.proxy_read_timeout,
            Setting::PseudoIpv4 => settings.pseudo_ipv4 = default.pseudo_ipv4,
            Setting::Ssl => settings.ssl = default.ssl,
            Setting::Websockets => settings.websockets = default.websockets,
        }
    }
}

/// A setting that is on or off.
struct Switch(bool);

impl FromJson for Switch {
    fn from_json(place: &Place<'_>) -> Option<Self> {
        choice(place, &[true, false], |on| if on { "on" } else { "off" }).map(Switch)
    }
}

fn on_off(on: bool) -> Value {
    json!(if on { "on" } else { "off" })
}

impl FromJson for SslMode {
    fn from_json(place: &Place<'_>) -> Option<Self> {
        choice(place, &SslMode::ALL, SslMode::as_str)
    }
}

impl FromJson for PseudoIpv4 {
    fn from_json(place: &Place<'_>) -> Option<Self> {
        choice(place, &PseudoIpv4::ALL, PseudoIpv4::as_str)
    }
}

impl FromJson for HttpVersion {
    fn from_json(place: &Place<'_>) -> Option<Self> {
        choice(place, &HttpVersion::ALL, HttpVersion::as_str)
    }
}
