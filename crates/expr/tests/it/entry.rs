//! What must hold for every text that a stranger may write. The property tests and the fuzz target call it.

use super::request::{Request, blog};
use expr::{compile, limits};

/// Compiles the bytes as a condition. One that compiles prints a text that compiles to the same and gives the same
/// answers; one that does not is complained of with places that lie in it.
pub fn condition(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let expression = match compile(&text) {
        Ok(expression) => expression,
        Err(complaints) => {
            assert!(!complaints.is_empty() && complaints.len() <= limits::COMPLAINTS);
            let last = text.chars().count() + 1;
            assert!(complaints.is_sorted_by_key(|complaint| complaint.character));
            assert!(complaints.iter().all(|complaint| (1..=last).contains(&complaint.character)));
            assert!(complaints.iter().all(|complaint| !complaint.problem.is_empty() && !complaint.remedy.is_empty()));
            return;
        }
    };
    let printed = expression.to_string();
    // Escapes may make it longer than what was written.
    if printed.len() <= limits::LENGTH {
        let again = compile(&printed).unwrap_or_else(|complaints| panic!("{printed}: {complaints:?}"));
        assert_eq!(again, expression, "{printed}");
        assert_eq!(again.to_string(), printed);
        let empty = Request { uri: "/", headers: Vec::new(), ..blog() };
        for request in [blog(), empty] {
            assert_eq!(again.holds(&request), expression.holds(&request), "{printed}");
        }
    }
}
