//! `docs/ERRORS.md` is what the catalogue says.

use std::{fs, path::Path};

#[test]
fn the_page_of_errors_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/ERRORS.md");
    let expected = verdict::markdown();
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(path.parent().expect("the page has a folder")).expect("docs can be made");
        fs::write(&path, expected).expect("the page can be written");
        return;
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "docs/ERRORS.md is stale: run `BLESS=1 cargo test -p verdict` and commit the page");
}

#[test]
fn every_link_of_the_page_has_its_heading() {
    let page = verdict::markdown();
    let headings: Vec<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("### ").or_else(|| line.strip_prefix("## ")))
        .map(|heading| {
            let kept = heading.to_lowercase().replace(' ', "-");
            kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
        })
        .collect();
    for target in page.split("](#").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target) {
        assert!(headings.iter().any(|heading| heading == target), "no heading for #{target}");
    }
}
