//! What reading a body left behind beside the values: complaints, and members that nobody asked for.

use model::Complaints;

/// What reading left behind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    pub complaints: Complaints,
    /// Paths of members that are not part of the object and were ignored.
    pub ignored: Vec<String>,
}

impl Report {
    /// Adds what `semantic` found, except where the shape at the same place was already complained about: a value
    /// that could not be read stands for nothing, so judging its stand-in would only confuse.
    pub fn merge(mut self, semantic: Complaints) -> Complaints {
        let shape: Vec<String> = self.complaints.iter().map(|complaint| complaint.path.clone()).collect();
        for complaint in semantic {
            if !shape.iter().any(|path| same_place(path, &complaint.path)) {
                self.complaints.push(complaint);
            }
        }
        self.complaints
    }
}

/// Whether one path is the other or lies inside it.
fn same_place(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    match long.strip_prefix(short) {
        Some(rest) => !short.is_empty() && (rest.is_empty() || rest.starts_with(['.', '['])),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_complained_about_once() {
        let mut report = Report::default();
        report.complaints.add("origins[0].weight", "a text", "a number");
        let mut semantic = Complaints::new();
        semantic.add("origins[0].weight", "out of range", "0 to 1");
        semantic.add("origins", "empty", "one at least");
        semantic.add("origins[0].weights", "other", "other");
        semantic.add("name", "empty", "a name");
        let paths: Vec<_> = report.merge(semantic).into_iter().map(|complaint| complaint.path).collect();
        assert_eq!(paths, ["origins[0].weight", "origins[0].weights", "name"]);
    }
}
