//! The known word that a misspelled one most likely meant.

/// The candidate with the fewest edits to `word`, if a person could have meant it: at most a third of its letters
/// differ.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let scored = candidates.into_iter().map(|candidate| (edits(word, candidate), candidate));
    let (distance, best) = scored.min_by_key(|&(distance, _)| distance)?;
    (distance * 3 <= word.chars().count().max(best.chars().count())).then_some(best)
}

/// How many insertions, deletions and replacements of one letter turn `a` into `b` (Levenshtein), ignoring case.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.to_lowercase().chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, right) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        for (a, b, count) in [("", "", 0), ("", "abc", 3), ("abc", "ABC", 0), ("kitten", "sitting", 3), ("ab", "ba", 2)]
        {
            assert_eq!((edits(a, b), edits(b, a)), (count, count), "{a} {b}");
        }
    }

    #[test]
    fn only_what_could_be_meant_is_offered() {
        let known = ["tcp_refused", "tcp_connect_timeout", "cert_expired"];
        assert_eq!(nearest("tcp_refusd", known), Some("tcp_refused"));
        assert_eq!(nearest("cert_expires", known), Some("cert_expired"));
        assert_eq!(nearest("banana", known), None);
        assert_eq!(nearest("banana", []), None);
    }
}
