//! `docs/CONFIGURATION.md`, generated from the declarations of the keys. Run the tests with `BELLWETHER_BLESS=1` to
//! bring it up to date.

use super::{KeyReport, Reload, Source, check};
use std::{fmt::Write, fs, path::Path};

const INTRODUCTION: &str = "\
# Configuration

`bellwether serve --config FILE` reads TOML. Every key is optional. An unknown key, a wrong value or an unknown
environment variable of one of our sections is a complaint; all complaints are told at once, and nothing starts while
there is one. `bellwether check FILE` tells them without starting anything and exits with 2.

What is given later wins: the file, then environment variables (`BELLWETHER_SECTION_KEY`; lists as words with commas),
then flags. A duration is written with its unit (`\"19s\"`, `\"1m30s\"`, `\"250ms\"`), a size in bytes or with a unit
(`\"64KiB\"`).

On SIGHUP the configuration is read again: keys marked *live* take effect at once, the others are named in the log and
take effect at the next start; a configuration with a complaint changes nothing. The access log is opened again, so that
it can be rotated.

This page is generated from the declarations in `crates/app/src/config/sections`.
";

fn page(keys: &[KeyReport]) -> String {
    let mut page = INTRODUCTION.to_owned();
    let mut section = "";
    for key in keys {
        // A key without a section is a list of tables.
        let (in_section, name) = key.path.split_once('.').unwrap_or((key.path, key.path));
        if in_section != section {
            section = in_section;
            let _ = write!(
                page,
                "\n## [{section}]\n\n| key | default | what it is | a value is | |\n|---|---|---|---|---|\n"
            );
        }
        let default = if key.default.is_empty() { "none".to_owned() } else { format!("`{}`", key.default) };
        let live = if key.reload == Reload::Applies { "live" } else { "" };
        let _ = writeln!(page, "| `{name}` | {default} | {} | {} | {live} |", key.about, key.expects);
    }
    page
}

#[test]
fn the_page_of_the_configuration_is_current() {
    let checked = check(Source::new()).unwrap_or_else(|complaints| panic!("{complaints:#?}"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/CONFIGURATION.md");
    if std::env::var_os("BELLWETHER_BLESS").is_some() {
        fs::write(&path, page(&checked.keys)).expect("write the page");
    }
    let written = fs::read_to_string(&path).expect("docs/CONFIGURATION.md exists");
    assert!(
        written == page(&checked.keys),
        "docs/CONFIGURATION.md is out of date: run the tests with BELLWETHER_BLESS=1"
    );
}
