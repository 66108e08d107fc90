//! Judging a complete answer against what a monitor expects, and probes that could not be made.

use super::reasons;

reasons! {
    StatusMismatch "status_mismatch" {
        at Judge, by Origin, code none, health ResponseCodeMismatch, token "http_protocol_error", blames endpoint,
        title "The probe got another status than expected",
        cause "The endpoint answered, but its status is not in the monitor's `expected_codes`.",
        remedy "Compare the status in the evidence with `expected_codes`. Repair the path it probes, or widen the \
            codes, as in `200,204` or `2xx`.",
    }
    RedirectNotFollowed "redirect_not_followed" {
        at Judge, by Configuration, code none, health ResponseCodeMismatch, token "http_protocol_error",
        blames endpoint,
        title "The probe was redirected and may not follow",
        cause "The endpoint answered with a redirect, most often to HTTPS, and the monitor's `follow_redirects` is \
            off.",
        remedy "Make the monitor's type `https`, or set `follow_redirects` to true, or probe a path that is not \
            redirected.",
    }
    TooManyRedirects "too_many_redirects" {
        at Judge, by Origin, code none, health ResponseCodeMismatch, token "http_protocol_error", blames endpoint,
        title "The probe was redirected in circles",
        cause "Following redirects did not come to an end within the number of hops a probe makes.",
        remedy "Follow them with `curl -IL`: HTTP to HTTPS and back again is the usual circle. Probe the final \
            address.",
    }
    BodyMismatch "body_mismatch" {
        at Judge, by Origin, code none, health ResponseBodyMismatch, token "http_protocol_error", blames endpoint,
        title "The probe did not find the expected text",
        cause "The status is right, but `expected_body` does not occur in the first 10 KB of the body (upper and \
            lower case count as the same).",
        remedy "Fetch the page and search it: `curl -s URL | head -c 10240 | grep -i TEXT`. Move the text further \
            up, or expect another.",
    }
    MonitorInvalid "monitor_invalid" {
        at Configure, by Configuration, code none, health MonitorConfigError, token "proxy_configuration_error",
        blames nobody,
        title "The monitor cannot be used",
        cause "The monitor's settings do not make a request, so that nothing is probed.",
        remedy "Read the monitor through the API and correct the member that the event names; a preview tries it out \
            before it counts.",
    }
    ProberOffline "prober_offline" {
        at Connect, by Prober, code none, health OtherFailure, token "proxy_internal_error", blames nobody,
        title "The prober itself is cut off",
        cause "This prober reaches nothing at all, so that what it saw says nothing about the endpoint. It moves no \
            counter.",
        remedy "Check the network of the machine that this prober runs on: its link, its default route and its \
            resolver.",
    }
}
