//! The plan of the house: which room may import which. The reasons stand in `docs/ARCHITECTURE.md`.
//!
//! Every `crates/*/Cargo.toml` is read and held against the plan. When an arrow turns around, the test says so.

use std::{fs, path::Path};

/// A room, and the rooms that it may import, besides `verdict`, which every room may. Lower rooms come first.
const PLAN: &[(&str, &[&str])] = &[
    ("verdict", &[]),
    ("model", &[]),
    ("expr", &[]),
    ("telemetry", &["model"]),
    ("health", &["model"]),
    ("routing", &["model", "expr", "health"]),
    ("wire", &[]),
    ("http2", &[]),
    ("dial", &["model"]),
    ("probe", &["model", "telemetry", "wire", "dial"]),
    ("proxy", &["model", "expr", "telemetry", "routing", "wire", "http2", "dial"]),
    ("store", &["model"]),
    ("control", &["model", "expr", "telemetry", "health", "routing", "store"]),
    ("api", &["model", "telemetry", "control"]),
    (
        "app",
        &[
            "model",
            "expr",
            "telemetry",
            "health",
            "routing",
            "wire",
            "dial",
            "probe",
            "proxy",
            "store",
            "control",
            "api",
        ],
    ),
];

/// Serves tests only: it imports no room, and rooms import it only for their tests.
const TESTKIT: &str = "testkit";

/// What an import is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Product,
    Tests,
}

#[test]
fn no_arrow_turns_around() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the house of this room");
    let mut wrong = Vec::new();
    let mut rooms = 0;
    for entry in fs::read_dir(crates).expect("the rooms") {
        let manifest = entry.expect("a room").path().join("Cargo.toml");
        let Ok(text) = fs::read_to_string(&manifest) else { continue };
        let room = manifest.parent().and_then(Path::file_name).and_then(|name| name.to_str()).expect("a name");
        wrong.extend(complaints(room, &imports(&text)));
        rooms += 1;
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
    assert_eq!(rooms, PLAN.len() + 1, "every room of the plan exists");
}

/// What is wrong with the imports of a room, in words.
fn complaints(room: &str, imports: &[(String, Purpose)]) -> Vec<String> {
    if room == TESTKIT {
        let rooms = imports.iter().filter(|(import, _)| order(import).is_some());
        return rooms.map(|(import, _)| format!("`testkit` imports `{import}`: it must know no room")).collect();
    }
    let Some(own) = order(room) else {
        return vec![format!("`{room}` is not in the plan: add it to PLAN and to docs/ARCHITECTURE.md")];
    };
    imports.iter().filter_map(|(import, purpose)| complaint(own, import, *purpose)).collect()
}

fn complaint(own: usize, import: &str, purpose: Purpose) -> Option<String> {
    let (room, allowed) = PLAN[own];
    if import == TESTKIT {
        let product = purpose == Purpose::Product;
        return product.then(|| format!("`{room}` imports `testkit` into the product: move it to [dev-dependencies]"));
    }
    let position = order(import)?;
    if position >= own {
        return Some(format!("`{room}` imports `{import}`, which stands above it: turn the arrow around"));
    }
    let may = purpose == Purpose::Tests || import == "verdict" || allowed.contains(&import);
    (!may).then(|| format!("`{room}` imports `{import}`, which it must never know: pass a value of `model` instead"))
}

/// Where a room stands; `None` for what is not a room.
fn order(name: &str) -> Option<usize> {
    PLAN.iter().position(|(room, _)| *room == name)
}

/// The names in the dependency sections of a manifest.
fn imports(manifest: &str) -> Vec<(String, Purpose)> {
    let mut purpose = None;
    let mut imports = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            let section = section.trim_end_matches(']');
            let (section, single) = match section.rsplit_once("dependencies.") {
                Some((prefix, single)) => (format!("{prefix}dependencies"), Some(single)),
                None => (section.to_owned(), None),
            };
            purpose = purpose_of(&section);
            imports.extend(single.zip(purpose).map(|(name, purpose)| (name.to_owned(), purpose)));
        } else if let Some(purpose) = purpose {
            let name: String = line.chars().take_while(|c| c.is_alphanumeric() || "-_".contains(*c)).collect();
            imports.push((name, purpose));
        }
    }
    imports
}

fn purpose_of(section: &str) -> Option<Purpose> {
    let kind = section.rsplit('.').next().unwrap_or(section);
    match kind {
        "dependencies" | "build-dependencies" => Some(Purpose::Product),
        "dev-dependencies" => Some(Purpose::Tests),
        _ => None,
    }
}

#[test]
fn a_turned_arrow_is_told_in_words() {
    let told = |room, manifest: &str| complaints(room, &imports(manifest)).join("; ");
    assert!(told("health", "[dependencies]\nproxy.workspace = true\n").contains("stands above it"));
    assert!(told("api", "[dependencies]\nproxy.workspace = true").contains("must never know"));
    assert!(told("proxy", "[dependencies]\ntestkit = { workspace = true }").contains("[dev-dependencies]"));
    assert!(told("proxy", "[dependencies.store]\nworkspace = true").contains("stands above it"));
    assert!(told("wire", "[target.'cfg(unix)'.dependencies]\nmodel.workspace = true").contains("must never know"));
    assert!(told("probe", "[dev-dependencies]\ncontrol.workspace = true").contains("stands above it"));
    assert!(told("testkit", "[dev-dependencies]\nmodel.workspace = true").contains("must know no room"));
    assert!(told("attic", "").contains("not in the plan"));
}

#[test]
fn what_the_plan_allows_is_allowed() {
    let told = |room, manifest: &str| complaints(room, &imports(manifest));
    let product = "[dependencies]\nverdict.workspace = true\nserde.workspace = true\n";
    let fine = format!("{product}\n[dev-dependencies]\ntestkit.workspace = true");
    for (room, _) in PLAN.iter().skip(1) {
        assert_eq!(told(room, &fine), Vec::<String>::new(), "{room}");
    }
    assert_eq!(told("proxy", "[dev-dependencies]\nhealth.workspace = true"), Vec::<String>::new());
}
