//! The answer as Markdown: front matter for programs, three headings for their readers.

use super::{EdgeAnswer, wording, wording::Wording};
use serde::Serialize;
use std::fmt::Write;

pub(super) fn page(answer: &EdgeAnswer<'_>, wording: &Wording) -> String {
    let entry = wording.entry;
    let mut page = String::with_capacity(2048);
    page.push_str("---\n");
    push_member(&mut page, "error_code", &entry.code.number());
    push_member(&mut page, "error_name", &entry.name);
    push_member(&mut page, "error_category", &entry.category.as_str());
    push_member(&mut page, "status", &wording.status);
    push_member(&mut page, "ray_id", &answer.ray_id);
    push_member(&mut page, "timestamp", &wording::iso8601(answer.at));
    push_member(&mut page, "zone", &answer.host);
    push_member(&mut page, "edge_error", &true);
    push_member(&mut page, "retryable", &entry.is_retryable());
    push_member(&mut page, "retry_after", &wording.retry_after);
    push_member(&mut page, "owner_action_required", &entry.owner_action_required());
    page.push_str("---\n");
    // Writing to a String cannot fail.
    let _ = write!(
        page,
        "\n# {}\n\n## What happened\n\n{}\n\n## What to do\n\n{}\n\nIf you run this site: {}\n\nThe whole story: \
         `bellwether explain {}`\n",
        wording.title(),
        wording.detail(),
        entry.visitor,
        wording.remedy,
        answer.ray_id,
    );
    page
}

/// A line of front matter. JSON values are YAML values too, and quote what a stranger may have put into them.
fn push_member(page: &mut String, name: &str, value: &impl Serialize) {
    let value = serde_json::to_string(value).unwrap_or_default();
    let _ = writeln!(page, "{name}: {value}");
}
