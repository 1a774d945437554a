//! A search through many seeds, on all cores. Its result does not depend on the speed of any core.

use std::{
    any::Any,
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Mutex, PoisonError},
    thread,
};

use super::laws::Violation;

/// The seeds still to be tried, and the results so far.
struct Search {
    left: Range<u64>,
    broken: Vec<(u64, Violation)>,
}

/// Finds the lowest seeds that break a law, `most` of them at most, lowest first. A panic breaks one as well.
///
/// Seeds are handed out in order, and none any more once enough are broken. A seed that was handed out is always
/// finished: so every seed below a broken one was tried, and the lowest found are the lowest there are.
pub(super) fn lowest(
    seeds: Range<u64>,
    most: usize,
    breaks: impl Fn(u64) -> Option<Violation> + Sync,
) -> Vec<(u64, Violation)> {
    let search = Mutex::new(Search { left: seeds, broken: Vec::new() });
    let locked = || search.lock().unwrap_or_else(PoisonError::into_inner);
    let next = || {
        let mut search = locked();
        if search.broken.len() < most { search.left.next() } else { None }
    };
    let work = || {
        while let Some(seed) = next() {
            // A panic would name its place, but not its seed.
            let broken = catch_unwind(AssertUnwindSafe(|| breaks(seed)));
            if let Some(violation) = broken.unwrap_or_else(|panic| Some(of_panic(panic.as_ref()))) {
                locked().broken.push((seed, violation));
            }
        }
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(work);
        }
    });
    let mut broken = search.into_inner().unwrap_or_else(PoisonError::into_inner).broken;
    broken.sort_by_key(|(seed, _)| *seed);
    broken.truncate(most);
    broken
}

fn of_panic(panic: &(dyn Any + Send)) -> Violation {
    let said = panic.downcast_ref::<String>().map(String::as_str);
    let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("nothing");
    Violation(format!("it panicked: {said}"))
}

#[test]
fn the_lowest_broken_seeds_are_found_on_any_number_of_cores() {
    // Low seeds take longest, so that the higher ones are done before them.
    let breaks = |seed: u64| {
        let turns = (1_000 - seed) * 200;
        let sum = (0..turns).fold(seed, |sum, turn| sum.wrapping_mul(31).wrapping_add(turn));
        std::hint::black_box(sum);
        assert!(seed != 70, "seed 70 panics");
        (seed % 10 == 7).then(|| Violation(format!("seed {seed}")))
    };
    let found = lowest(0..1_000, 8, breaks);
    let numbers: Vec<u64> = found.iter().map(|(seed, _)| *seed).collect();
    assert_eq!(numbers, [7, 17, 27, 37, 47, 57, 67, 70]);
    assert_eq!(found[7].1, Violation("it panicked: seed 70 panics".to_owned()));
    assert_eq!(lowest(0..7, 8, breaks), []);
}
