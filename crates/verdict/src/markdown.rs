//! The whole catalogue as one Markdown page: `docs/ERRORS.md`.

use crate::{Entry, Family};
use std::fmt::Write;

const HEAD: &str = "# Errors

Everything Bellwether can say about a failure, generated from the catalogue in `crates/verdict`. Do not edit this page:
change the catalogue and run `BLESS=1 cargo test -p verdict`.

At a terminal, `bellwether explain` prints any of these entries: by number (`explain 522`), by name
(`explain tls_name_mismatch`), or for a whole request by its Ray ID.

";

/// The page. The same catalogue gives the same page to the byte.
pub fn markdown() -> String {
    let all = Entry::all();
    let mut page = HEAD.to_owned();
    for chapter in CHAPTERS {
        let entries: Vec<&Entry> = all.iter().filter(|entry| entry.family == chapter.family).collect();
        // Writing to a String cannot fail.
        let _ = writeln!(page, "- [{}](#{}): {} entries", chapter.title, anchor(chapter.title), entries.len());
    }
    for chapter in CHAPTERS {
        let _ = write!(page, "\n## {}\n\n{}\n", chapter.title, chapter.introduction);
        for entry in all.iter().filter(|entry| entry.family == chapter.family) {
            write_entry(&mut page, entry, &all);
        }
    }
    page
}

struct Chapter {
    family: Family,
    title: &'static str,
    introduction: &'static str,
}

const CHAPTERS: &[Chapter] = &[
    Chapter {
        family: Family::Code,
        title: "Codes",
        introduction: "The number on the page that a visitor sees, or in the body of an API answer. \
            `OriginResponseStatus` in the access record is 0 when the edge made it.",
    },
    Chapter {
        family: Family::Reason,
        title: "Reasons",
        introduction: "What was observed, as exactly as it is known: `FailureReason` in the access record, `details` \
            in `Proxy-Status`, and beside every failed probe.",
    },
    Chapter {
        family: Family::Health,
        title: "Health reasons",
        introduction: "How health events and pool health spell the end of a check.",
    },
    Chapter {
        family: Family::Api,
        title: "API errors",
        introduction: "What the management API answers when it cannot do what was asked: `errors[].code` and its \
            message.",
    },
    Chapter {
        family: Family::Upgrade,
        title: "Upgrade failures",
        introduction: "Why a server did not hand over to a new process: in its log, in what `bellwether upgrade` \
            prints, and in the label `cause` of `bellwether_upgrades_total`.",
    },
    Chapter {
        family: Family::Legacy,
        title: "Second-system errors",
        introduction: "Strings that operators of another load balancer search their logs for, led back to the names \
            above.",
    },
];

fn write_entry(page: &mut String, entry: &Entry, all: &[Entry]) {
    let _ = write!(page, "\n### {}: {}\n\n", entry.id, entry.title);
    for (name, value) in entry.facts().into_iter().skip(1) {
        let value = if name == "written" { format!("`{value}`") } else { angle_brackets_shown(&value) };
        let _ = writeln!(page, "- {name}: {value}");
    }
    if !entry.see.is_empty() {
        let _ = writeln!(page, "- see: {}", entry.see.iter().map(|id| link(id, all)).collect::<Vec<_>>().join(", "));
    }
    let _ = write!(
        page,
        "\n{}\n\n**What to do:** {}\n",
        angle_brackets_shown(entry.cause),
        angle_brackets_shown(entry.remedy)
    );
    if let Some(advice) = entry.visitor {
        let _ = write!(page, "\n**For visitors:** {}\n", angle_brackets_shown(advice));
    }
}

fn link(id: &str, all: &[Entry]) -> String {
    match all.iter().find(|entry| entry.id == id) {
        Some(entry) => format!("[{id}](#{})", anchor(&format!("{id}: {}", entry.title))),
        None => id.to_owned(),
    }
}

/// The anchor that common Markdown renderers give a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

fn angle_brackets_shown(text: &str) -> String {
    text.replace('<', "&lt;")
}
