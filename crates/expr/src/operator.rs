//! The operators, with every spelling.

/// Between a value and a literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Operator {
    Compare(Comparison),
    Contains,
    Matches,
    In,
    Wildcard,
    StrictWildcard,
}

/// Comparisons by order or sameness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Between tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Logic {
    Not,
    And,
    Xor,
    Or,
}

impl Comparison {
    pub(crate) const ALL: [Comparison; 6] = [
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ];

    /// In letters and in signs.
    pub(crate) const fn spellings(self) -> [&'static str; 2] {
        match self {
            Comparison::Equal => ["eq", "=="],
            Comparison::NotEqual => ["ne", "!="],
            Comparison::Less => ["lt", "<"],
            Comparison::LessOrEqual => ["le", "<="],
            Comparison::Greater => ["gt", ">"],
            Comparison::GreaterOrEqual => ["ge", ">="],
        }
    }

    /// Whether it holds of two things that stand in this order.
    pub(crate) fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Comparison::Equal => order.is_eq(),
            Comparison::NotEqual => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        }
    }

    pub(crate) const fn is_order(self) -> bool {
        !matches!(self, Comparison::Equal | Comparison::NotEqual)
    }
}

impl Operator {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Operator::Compare(comparison) => comparison.spellings()[0],
            Operator::Contains => "contains",
            Operator::Matches => "matches",
            Operator::In => "in",
            Operator::Wildcard => "wildcard",
            Operator::StrictWildcard => "strict wildcard",
        }
    }

    /// The operator that is written with these letters. `strict wildcard` is two words, which the parser puts together.
    pub(crate) fn named(word: &str) -> Option<Operator> {
        match word {
            "contains" => Some(Operator::Contains),
            "matches" => Some(Operator::Matches),
            "in" => Some(Operator::In),
            "wildcard" => Some(Operator::Wildcard),
            _ => Comparison::ALL.into_iter().find(|one| one.spellings()[0] == word).map(Operator::Compare),
        }
    }
}

impl Logic {
    pub(crate) const ALL: [Logic; 4] = [Logic::Not, Logic::And, Logic::Xor, Logic::Or];

    pub(crate) const fn spellings(self) -> [&'static str; 2] {
        match self {
            Logic::Not => ["not", "!"],
            Logic::And => ["and", "&&"],
            Logic::Xor => ["xor", "^^"],
            Logic::Or => ["or", "||"],
        }
    }

    pub(crate) fn named(word: &str) -> Option<Logic> {
        Logic::ALL.into_iter().find(|logic| logic.spellings()[0] == word)
    }
}
