//! The check that the cases cover every call and every code at this shell.

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

/// The codes that no case can provoke from outside, at this shell or at both, with the reason.
const EXEMPT: &[(&str, Option<Kind>, &str)] = &[
    ("api.internal", None, "it says that something of ours broke, which nothing here does on purpose"),
    ("api.rate_limited", Some(Kind::Native), "only uploads are counted, and how many are too many is a race"),
    ("settings.unusable", Some(Kind::Native), "it does not even start with such a setting, and says why"),
    ("api.repeated", None, "only Cloudflare sends a message twice: core/src/api/recent/tests.rs, tests/edge"),
    ("api.malformed", None, "what is no call is answered before there is a call: tests/cli/connections.rs"),
    ("api.uri_too_long", None, "as above"),
    ("api.head_too_large", None, "as above"),
    ("budget.uses", None, "a number that is out of range does not fit the body's schema: api.body"),
    ("budget.too_many", Some(Kind::Edge), "the platform's limit of bursts comes first: api.rate_limited"),
    ("settings.simulator_missing", None, "only a front that was built without the simulator: tests/edge"),
    (
        "budget.other_purchase",
        None,
        "the avatar itself compares what is asked with what it ordered first: order.different",
    ),
];

/// Tells whether no case can provoke this code at this shell.
fn is_exempt(code: &str, kind: Kind) -> bool {
    EXEMPT.iter().any(|(name, of, _)| *name == code && of.is_none_or(|of| of == kind))
}

/// Checks that a case has seen what it claims to cover.
#[track_caller]
pub(crate) fn claimed(case: &Case, kind: Kind, seen: &[Observed]) {
    for operation in case.operations {
        let good = |one: &&Observed| one.operation == Some(*operation) && one.status < 400;
        assert!(seen.iter().any(|one| good(&one)), "{} saw no {operation:?} that did anything", case.name);
    }
    for code in case.codes.iter().filter(|code| !is_exempt(code, kind)) {
        let seen = seen.iter().any(|one| one.code.as_deref() == Some(code));
        assert!(seen, "{} did not see {code}", case.name);
    }
}

/// Checks that cases claim all calls and all codes, and that only the listed codes are exempt.
pub(crate) fn check(kind: Kind) {
    let operations: BTreeSet<Operation> = CASES.iter().flat_map(|case| case.operations).copied().collect();
    for entry in ROUTES {
        assert!(operations.contains(&entry.operation), "no case covers {:?}", entry.operation);
    }
    let codes: BTreeSet<&str> = CASES.iter().flat_map(|case| case.codes).copied().collect();
    let known: BTreeSet<&str> = ApiProblem::CODES.iter().chain(BudgetError::CODES).copied().collect();
    for code in &known {
        let never = EXEMPT.iter().any(|(name, of, _)| name == code && of.is_none());
        assert!(
            codes.contains(code) != never,
            "{code} needs a case at the {kind:?} shell, or a reason why not"
        );
    }
    for code in EXEMPT.iter().map(|(code, ..)| code).chain(&codes) {
        let known = known.contains(code) || code.starts_with("data.");
        assert!(known, "{code} is spoken of, and nobody says it");
    }
}
