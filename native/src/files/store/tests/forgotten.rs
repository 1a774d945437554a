//! Remains in files of a person who was forgotten.

use likeness_core::{error::StorageErrorKind, random::Random};
use rusqlite::Connection;

use super::{Place, forget, id, put, somebody, words};

/// Number of histories, and length of the longest caption in them.
const SEEDS: u64 = 12;
const LONGEST: u64 = 1000;

#[test]
fn nothing_of_the_forgotten_is_left_in_any_file() {
    for seed in 0..SEEDS / 3 {
        let place = Place::new();
        let store = place.store();
        let mut numbers = Random::new(seed);
        // They come one by one and grow, so that their rows move from page to page.
        for number in 0..40 {
            put(&store, &somebody(number, 10));
            for _ in 0..4 {
                let (other, length) = (numbers.next_u64() % (number + 1), numbers.next_u64() % LONGEST);
                put(&store, &somebody(other, usize::try_from(length).expect("small")));
            }
        }
        let all: Vec<String> = (0..40).flat_map(words).collect();
        assert!(!place.files_with(&all).is_empty());
        let gone: Vec<u64> = (0..40).filter(|_| numbers.next_u64().is_multiple_of(2)).collect();
        for number in &gone {
            forget(&store, (*number).into());
            store.forget(id((*number).into())).expect("emptied");
            assert_eq!(place.files_with(&words(*number)), Vec::<String>::new(), "seed {seed}");
        }
        for number in (0..40).filter(|number| !gone.contains(number)) {
            let avatar = store.load(id(number.into())).expect("read").expect("still there");
            assert_eq!(avatar.person().expect("a person").name.as_str(), words(number)[0]);
        }
    }
}

/// Runs the reckless twin: the tables of before, in which rows share their pages. `SQLite` overwrites rows that it
/// deletes there as well, and leaves copies of rows that it moved.
#[test]
fn without_a_lead_something_of_the_forgotten_is_left() {
    let is_left = (0..SEEDS).any(|seed| {
        let place = Place::new();
        let database = place.other();
        database.pragma_update(None, "journal_mode", "WAL").expect("a log");
        let table = "CREATE TABLE avatars (id TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT";
        database.execute_batch(table).expect("a table");
        let mut numbers = Random::new(seed);
        let save = |number: u64, length: u64| {
            let [name, user, caption] = words(number);
            let state =
                format!("{name} {user} {} {caption}", "x".repeat(usize::try_from(length).expect("small")));
            let query =
                "INSERT INTO avatars VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET state = excluded.state";
            database.execute(query, (id(number.into()).to_string(), state)).expect("saved");
        };
        for number in 0..40 {
            save(number, 10);
            for _ in 0..4 {
                let other = numbers.next_u64() % (number + 1);
                save(other, numbers.next_u64() % LONGEST);
            }
        }
        (0..40_u64).any(|number| {
            if !numbers.next_u64().is_multiple_of(2) {
                return false;
            }
            let query = "UPDATE avatars SET state = 'erased' WHERE id = ?1";
            database.execute(query, [id(number.into()).to_string()]).expect("erased");
            let emptied =
                database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
            assert_eq!(emptied, Ok(0));
            !place.files_with(&words(number)).is_empty()
        })
    });
    assert!(is_left, "SQLite leaves no copies any more: the lead is not needed");
}

/// Erases while a reader uses an older state: the content is still there, and must not be called gone.
#[test]
fn what_is_still_read_is_not_said_to_be_gone() {
    let place = Place::new();
    let store = place.store();
    put(&store, &somebody(1, 100));
    let other = place.other();
    other.execute_batch("BEGIN").expect("begun");
    let count = |other: &Connection| -> i64 {
        other
            .query_row("SELECT count(*) FROM avatars WHERE user IS NOT NULL", [], |row| row.get(0))
            .expect("read")
    };
    assert_eq!(count(&other), 1);
    forget(&store, 1);
    let refused = store.forget(id(1)).expect_err("another process reads it");
    assert_eq!(refused.kind, StorageErrorKind::Busy);
    assert_eq!(count(&other), 1, "it goes on beside the erase");
    assert!(!place.files_with(&words(1)).is_empty());
    other.execute_batch("COMMIT").expect("over");
    store.forget(id(1)).expect("emptied");
    assert_eq!(place.files_with(&words(1)), Vec::<String>::new());
}
