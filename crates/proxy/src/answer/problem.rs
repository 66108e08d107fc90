//! The answer as JSON: RFC 9457 with members of our own, all 17 of them in every answer (`EDGE-72`).

use super::{ERROR_PAGES, EdgeAnswer, wording, wording::Wording};
use serde::Serialize;

/// The 17 members, in the order they are written.
#[derive(Serialize)]
struct Problem<'a> {
    r#type: String,
    title: String,
    status: u16,
    detail: String,
    instance: &'a str,
    ray_id: &'a str,
    error_code: u16,
    error_name: &'static str,
    error_category: &'static str,
    timestamp: String,
    zone: &'a str,
    edge_error: bool,
    retryable: bool,
    retry_after: Option<u32>,
    owner_action_required: bool,
    what_you_should_do: String,
    footer: String,
}

pub(super) fn json(answer: &EdgeAnswer<'_>, wording: &Wording) -> String {
    let entry = wording.entry;
    let problem = Problem {
        // A reference relative to the site, where the page of this code is shown (RFC 9457 section 3.1.1).
        r#type: format!("{ERROR_PAGES}{}", entry.code),
        title: wording.title(),
        status: wording.status,
        detail: wording.detail(),
        instance: answer.ray_id,
        ray_id: answer.ray_id,
        error_code: entry.code.number(),
        error_name: entry.name,
        error_category: entry.category.as_str(),
        timestamp: wording::iso8601(answer.at),
        zone: answer.host,
        edge_error: true,
        retryable: entry.is_retryable(),
        retry_after: wording.retry_after,
        owner_action_required: entry.owner_action_required(),
        what_you_should_do: format!(
            "{} If you run this site: {} The whole story: bellwether explain {}",
            entry.visitor, wording.remedy, answer.ray_id
        ),
        footer: Wording::footer(answer),
    };
    // Strings, numbers and booleans always serialise.
    serde_json::to_string(&problem).unwrap_or_default()
}
