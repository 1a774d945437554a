//! The API from outside, the same cases at both shells: `likeness serve`, and the Workers in Cloudflare's runtime
//! (`LIKENESS_SHELL=edge`). `LIKENESS_CASE=PART` runs only the cases with this in their names.

#[path = "../cli/address.rs"]
mod address;
mod bot;
mod cases;
mod complete;
mod described;
mod fixture;
mod gate;
mod http;
#[path = "../cli/minio.rs"]
#[expect(dead_code, reason = "the command line's tests use all of it")]
mod minio;
mod shell;
mod shell_edge;
mod shell_native;
mod table;
mod world;
#[path = "../cli/telegram"]
#[expect(dead_code, reason = "the command line's tests use all of it")]
mod telegram {
    pub(crate) mod bot_api;
}

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use cases::{CASES, Case};
use fixture::{Fixture, Mode};
use shell::Kind;
use world::World;

/// The number of cases that run at a time: most of their time they wait.
const AT_A_TIME: usize = 5;

/// The outcome of a case.
struct Outcome {
    case: &'static Case,
    passed: bool,
}

#[test]
fn every_case_holds() {
    let kind = Kind::asked();
    if let Some(why) = kind.missing() {
        shell::skip(&why);
        return;
    }
    let part = std::env::var("LIKENESS_CASE").unwrap_or_default();
    let chosen: Vec<&'static Case> = CASES.iter().filter(|case| case.name.contains(&part)).collect();
    let shared: [OnceLock<Option<Arc<Fixture>>>; Mode::ALL.len()] = Default::default();
    let (next, outcomes) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some(case) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let place = Mode::ALL.iter().position(|mode| *mode == case.mode).expect("a mode");
                    let fixture =
                        shared[place].get_or_init(|| Fixture::start(kind, case.mode, &[]).map(Arc::new));
                    let Some(fixture) = fixture else { continue };
                    let outcome = run(case, fixture);
                    outcomes.lock().unwrap_or_else(PoisonError::into_inner).push(outcome);
                }
            });
        }
    });
    let outcomes = outcomes.into_inner().unwrap_or_else(PoisonError::into_inner);
    let failed: Vec<_> = outcomes.iter().filter(|outcome| !outcome.passed).map(|one| one.case.name).collect();
    assert!(
        failed.is_empty(),
        "{} of {} cases failed at the {kind:?} shell: {failed:?}",
        failed.len(),
        chosen.len()
    );
    if !part.is_empty() {
        assert!(!outcomes.is_empty(), "no case is called so");
        return;
    }
    if outcomes.len() < CASES.len() {
        // MinIO is missing, which was reported.
        return;
    }
    complete::check(kind);
}

fn run(case: &'static Case, fixture: &Arc<Fixture>) -> Outcome {
    let begun = Instant::now();
    let mut seen = Vec::new();
    let result = catch_unwind(AssertUnwindSafe(|| {
        let world = World::new(Arc::clone(fixture), case.name);
        let result = catch_unwind(AssertUnwindSafe(|| (case.run)(&world)));
        seen = world.seen();
        if let Err(panic) = result {
            std::panic::resume_unwind(panic);
        }
        complete::claimed(case, fixture.kind(), &seen);
    }));
    let passed = result.is_ok();
    println!(
        "{} {} ({:.1} s)",
        if passed { "ok    " } else { "FAILED" },
        case.name,
        begun.elapsed().as_secs_f32()
    );
    if !passed && let Ok(shell) = fixture.shell.read() {
        println!("---- the shell's log\n{}", shell.log());
    }
    Outcome { case, passed }
}
