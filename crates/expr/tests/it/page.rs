//! `docs/RULES.md`: its tables are generated (`BELLWETHER_BLESS=1` brings them up to date), and its examples compile.

use expr::{compile, reference};
use std::{fs, path::PathBuf};

const BEGIN: &str = "<!-- tables: generated, see crates/expr/tests/it/page.rs -->\n";
const END: &str = "<!-- end of tables -->";

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/RULES.md")
}

#[test]
fn the_tables_are_up_to_date() {
    let page = fs::read_to_string(path()).expect("the page");
    let (before, rest) = page.split_once(BEGIN).expect("where the tables begin");
    let (_, behind) = rest.split_once(END).expect("where the tables end");
    let expected = format!("{before}{BEGIN}\n{}{END}{behind}", reference());
    if std::env::var_os("BELLWETHER_BLESS").is_some() {
        fs::write(path(), &expected).expect("the page can be written");
        return;
    }
    assert!(page == expected, "docs/RULES.md is out of date: run the tests with BELLWETHER_BLESS=1");
}

#[test]
fn every_example_compiles() {
    let page = fs::read_to_string(path()).expect("the page");
    let blocks = page.split("```rules\n").skip(1).filter_map(|rest| rest.split("```").next());
    let examples: Vec<&str> = blocks.flat_map(str::lines).filter(|line| !line.trim().is_empty()).collect();
    assert!(examples.len() > 5, "the page has examples");
    for example in examples {
        assert!(compile(example).is_ok(), "{example}: {:?}", compile(example));
    }
}

#[test]
fn every_usage_in_the_tables_compiles() {
    let reference = reference();
    let functions = reference.split("### Functions").nth(1).expect("the functions");
    let usages = functions.lines().filter_map(|line| line.strip_suffix("` |")?.rsplit(" `").next());
    let usages: Vec<&str> = usages.collect();
    assert_eq!(usages.len(), 4, "{usages:?}");
    for usage in usages {
        assert!(compile(usage).is_ok(), "{usage}");
    }
}
