//! The functions.

/// A function of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Any,
    EndsWith,
    Lower,
    StartsWith,
}

impl Function {
    pub(crate) const ALL: [Function; 4] = [Function::Any, Function::EndsWith, Function::Lower, Function::StartsWith];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Function::Any => "any",
            Function::EndsWith => "ends_with",
            Function::Lower => "lower",
            Function::StartsWith => "starts_with",
        }
    }

    /// How it is written.
    pub(crate) const fn usage(self) -> &'static str {
        match self {
            Function::Any => "any(http.request.headers[\"accept\"][*] contains \"html\")",
            Function::EndsWith => "ends_with(http.request.uri.path, \".png\")",
            Function::Lower => "lower(http.referer) contains \"shop\"",
            Function::StartsWith => "starts_with(http.request.uri.path, \"/blog\")",
        }
    }

    /// One line for the reference.
    pub(crate) const fn about(self) -> &'static str {
        match self {
            Function::Any => "whether the test inside holds for at least one item of the list that `[*]` goes through",
            Function::EndsWith => "whether the text ends with the other",
            Function::Lower => "the text with `A` to `Z` in lower case",
            Function::StartsWith => "whether the text begins with the other",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Function> {
        Function::ALL.into_iter().find(|function| function.name() == name)
    }
}
