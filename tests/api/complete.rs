//! Whether the cases cover everything: each call and each code, at this shell.

use std::collections::BTreeSet;

use likeness_core::{
    api::{ApiProblem, Operation, ROUTES},
    budget::BudgetError,
};

use crate::{
    cases::{CASES, Case},
    shell::Kind,
    world::Observed,
};

/// Codes that no case can provoke from outside, and why.
const EXEMPT: &[(&str, &str)] = &[
    ("api.internal", "it says that something of ours broke, which nothing here does on purpose"),
    ("api.rate_limited", "how many are too many depends on how fast others come and go"),
    ("settings.unusable", "the command line does not even start with such a setting, and says why"),
    ("budget.uses", "a number that is out of range does not fit the body's schema: api.body"),
    (
        "budget.other_purchase",
        "the avatar itself compares what is asked with what it ordered first: order.different",
    ),
];

/// What a case says it covers must have been seen in it.
#[track_caller]
pub(crate) fn claimed(case: &Case, seen: &[Observed]) {
    for operation in case.operations {
        let good = |one: &&Observed| one.operation == Some(*operation) && one.status < 400;
        assert!(seen.iter().any(|one| good(&one)), "{} saw no {operation:?} that did anything", case.name);
    }
    for code in case.codes {
        let seen = seen.iter().any(|one| one.code.as_deref() == Some(code));
        assert!(seen, "{} did not see {code}", case.name);
    }
}

/// All calls and all codes are claimed by cases, and only what is known is exempt.
pub(crate) fn check(kind: Kind) {
    let operations: BTreeSet<Operation> = CASES.iter().flat_map(|case| case.operations).copied().collect();
    for entry in ROUTES {
        assert!(operations.contains(&entry.operation), "no case covers {:?}", entry.operation);
    }
    let codes: BTreeSet<&str> = CASES.iter().flat_map(|case| case.codes).copied().collect();
    let known: BTreeSet<&str> = ApiProblem::CODES.iter().chain(BudgetError::CODES).copied().collect();
    for code in &known {
        let exempt = EXEMPT.iter().any(|(name, _)| name == code);
        assert!(
            codes.contains(code) != exempt,
            "{code} needs a case at the {kind:?} shell, or a reason why not"
        );
    }
    for (code, _) in EXEMPT {
        assert!(known.contains(code), "{code} is exempt, and nobody says it");
    }
}
