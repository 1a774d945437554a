//! A ledger that is told in random order, held against a plain list of what it was told.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{DAYS, Fold, Overview, Report};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    avatar::{AvatarId, Entry, Job, OrderKey, StageName, State},
    budget::rows::{Change, Want},
    random::Random,
    time::Timestamp,
};

/// In milliseconds.
const DAY: i64 = 86_400_000;
const NOON: i64 = 1_795_953_600_000;

fn at(day: i64, seconds: i64) -> Timestamp {
    Timestamp::from_millis(NOON + day * DAY + seconds * 1000)
}

fn avatar(number: u64) -> AvatarId {
    AvatarId::new(Uuid::from_u128(number.into()))
}

/// Makes an order of a day that stands so.
fn job(number: u32, day: i64, stage: StageName, code: Option<&str>) -> Job {
    let status = match stage {
        StageName::Done => State::Completed,
        StageName::Failed | StageName::Cancelled => State::Error,
        _ => State::InProgress,
    };
    let ended_at = (status != State::InProgress).then(|| at(day, 200));
    let code = code.map(str::to_owned);
    Job { order: OrderKey::Training(number), status, stage, ordered_at: at(day, 0), ended_at, code }
}

fn entry(jobs: Vec<Job>) -> Entry {
    let times = jobs.iter().flat_map(|job| [Some(job.ordered_at), job.ended_at]);
    let at = times.flatten().max().unwrap_or(at(0, 0));
    Entry { at, test_mode: false, erased: false, jobs, rejected: BTreeMap::new() }
}

/// The rows of a ledger, as a shell keeps them.
#[derive(Default)]
struct Shelf(BTreeMap<String, String>);

impl Shelf {
    fn wanted(&self, Want { from, below, most }: Want) -> impl Iterator<Item = (String, String)> {
        let found = self.0.range(from..below).take(usize::try_from(most).expect("a number"));
        found.map(|(name, value)| (name.clone(), value.clone())).collect::<Vec<_>>().into_iter()
    }

    fn changes(&self, report: &Report, now: Timestamp) -> Vec<Change> {
        let found = report.wants(now).into_iter().flat_map(|want| self.wanted(want));
        report.changes(&found.collect(), now)
    }

    fn apply(&mut self, changes: Vec<Change>) {
        for (name, value) in changes {
            match value {
                Some(value) => drop(self.0.insert(name, value)),
                None => drop(self.0.remove(&name)),
            }
        }
    }

    fn told(&mut self, report: &Report, now: Timestamp) {
        let changes = self.changes(report, now);
        self.apply(changes);
    }

    fn overview(&self, now: Timestamp) -> Overview {
        let mut fold = Fold::new(now);
        while let Some(wants) = fold.wanted() {
            for (name, value) in wants.into_iter().flat_map(|want| self.wanted(want)) {
                fold.found(&name, &value);
            }
        }
        fold.overview()
    }
}

/// A shell that keeps a ledger, well or recklessly.
type Keep = fn(&mut Shelf, &Report, Timestamp);

/// A shell that deletes nothing: an avatar is there once for each day.
fn never_deleting(shelf: &mut Shelf, report: &Report, now: Timestamp) {
    let changes = shelf.changes(report, now);
    shelf.apply(changes.into_iter().filter(|(_, value)| value.is_some()).collect());
}

/// A shell that looks nothing up: older reports replace newer ones, and erased avatars are not counted.
fn never_looking(shelf: &mut Shelf, report: &Report, now: Timestamp) {
    shelf.apply(report.changes(&BTreeMap::new(), now));
}

/// Tells a ledger of random changes, some twice and some late, and compares what it shows with a plain list.
fn schedule(seed: u64, keep: Keep) -> Result<(), String> {
    let mut random = Random::new(seed);
    let mut below = |limit: u64| random.next_u64() % limit;
    let (mut shelf, mut day) = (Shelf::default(), 0);
    let mut known: BTreeMap<AvatarId, Report> = BTreeMap::new();
    // Avatars that are no more, with the days of their entries.
    let mut gone: Vec<Timestamp> = Vec::new();
    for number in 1..=60 {
        day += i64::try_from(below(3)).expect("small");
        let now = at(day, 600);
        let id = avatar(below(5));
        let before = known.get(&id).cloned();
        match (below(6), before) {
            (0, Some(known)) => keep(&mut shelf, &known, now),
            (1, Some(newer)) => {
                let jobs = vec![job(9, day, StageName::Failed, Some("fal.invalid_input"))];
                keep(&mut shelf, &Report { number: newer.number - 1, entry: entry(jobs), ..newer }, now);
            }
            (2, Some(_)) => {
                known.remove(&id);
                let erased = Entry { erased: true, at: at(day, 0), ..entry(Vec::new()) };
                gone.push(erased.at);
                let report = Report { avatar: id, number, entry: erased };
                keep(&mut shelf, &report, now);
                keep(&mut shelf, &report, now);
            }
            (choice, _) => {
                let stage = [StageName::Queued, StageName::Done, StageName::Failed]
                    [usize::try_from(choice % 3).expect("small")];
                let code = (stage == StageName::Failed).then_some("fal.invalid_input");
                let report = Report { avatar: id, number, entry: entry(vec![job(1, day, stage, code)]) };
                keep(&mut shelf, &report, now);
                known.insert(id, report);
            }
        }
        let mut fold = Fold::new(now);
        for report in known.values() {
            fold.add(report.avatar, report.entry.clone());
        }
        for at in &gone {
            fold.add(avatar(99), Entry { erased: true, at: *at, ..entry(Vec::new()) });
        }
        let (shown, expected) = (shelf.overview(now), fold.overview());
        if shown != expected {
            return Err(format!("seed {seed}: {shown:#?}\nbut {expected:#?}"));
        }
    }
    Ok(())
}

#[test]
fn a_ledger_shows_what_it_was_told_last() {
    for seed in 0..300 {
        schedule(seed, Shelf::told).expect("the same");
    }
}

#[test]
fn a_reckless_ledger_is_caught() {
    for keep in [never_deleting as Keep, never_looking] {
        assert!((0..20).any(|seed| schedule(seed, keep).is_err()));
    }
}

#[test]
fn rows_are_gone_after_ninety_days_and_an_erase_takes_the_name() {
    let mut shelf = Shelf::default();
    let report = |avatar_of, number, entry| Report { avatar: avatar(avatar_of), number, entry };
    let done = |day| entry(vec![job(1, day, StageName::Done, None)]);
    shelf.told(&report(1, 1, done(0)), at(0, 300));
    shelf.told(&report(2, 1, done(0)), at(0, 300));
    assert_eq!(shelf.overview(at(89, 0)).counts.completed, 2);
    assert_eq!(shelf.overview(at(90, 0)).counts.completed, 0);
    let erased = Entry { erased: true, ..entry(Vec::new()) };
    shelf.told(&report(2, 2, erased), at(1, 0));
    let names = |shelf: &Shelf| shelf.0.keys().cloned().collect::<Vec<_>>().join(" ");
    assert!(!names(&shelf).contains(&avatar(2).to_string()), "{}", names(&shelf));
    assert_eq!(shelf.overview(at(1, 0)).counts.erased_avatars, 1);
    // The next report of any avatar deletes what is too old.
    shelf.told(&report(3, 1, done(i64::from(DAYS))), at(i64::from(DAYS), 300));
    let left = names(&shelf);
    let expected = format!("avatar/{0} day/2027-02-27/{0}", avatar(3));
    assert_eq!(left, expected);
}

#[test]
fn an_entry_that_became_empty_is_shown_no_more() {
    let mut shelf = Shelf::default();
    let rejected = BTreeMap::from([("photo.too_small".to_owned(), 2)]);
    let report = |number, entry| Report { avatar: avatar(1), number, entry };
    shelf.told(&report(1, Entry { rejected, ..entry(Vec::new()) }), at(0, 0));
    let shown = shelf.overview(at(0, 0)).rejected_photos;
    assert_eq!(
        shown.iter().map(|one| (one.code.as_str(), one.count)).collect::<Vec<_>>(),
        [("photo.too_small", 2)]
    );
    shelf.told(&report(2, entry(Vec::new())), at(0, 0));
    assert_eq!(shelf.0, BTreeMap::new());
}

#[test]
fn times_are_those_of_completed_trainings_and_failures_are_counted_by_code() {
    let pictures = Job { order: OrderKey::Pictures(1), ..job(1, 0, StageName::Done, None) };
    let jobs = vec![
        job(1, -1, StageName::Failed, Some("fal.invalid_input")),
        job(2, 0, StageName::Cancelled, Some("cancelled")),
        job(3, 0, StageName::Done, None),
        pictures,
    ];
    let unclear =
        Job { status: State::Error, ..job(1, 0, StageName::SubmissionUnclear, Some("submission_unclear")) };
    let mut fold = Fold::new(at(0, 900));
    fold.add(avatar(1), entry(jobs));
    fold.add(avatar(2), entry(vec![Job { ended_at: None, ..unclear }]));
    let Overview { counts, training_times, failures, jobs, .. } = fold.overview();
    assert_eq!(training_times.iter().map(|one| one.seconds).collect::<Vec<_>>(), [200]);
    assert_eq!(
        failures.iter().map(|one| one.code.as_str()).collect::<Vec<_>>(),
        ["fal.invalid_input", "submission_unclear"]
    );
    assert_eq!([counts.under_way, counts.completed, counts.failed, counts.cancelled], [0, 2, 2, 1]);
    // It is listed among those under way, since it is still waited for.
    assert_eq!((jobs[0].avatar_id, jobs.len()), (avatar(2), 5));
}
