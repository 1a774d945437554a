//! Databases of earlier layouts, and of later ones.

use std::{fs, path::Path, time::Duration};

use likeness_core::{
    avatar::{Avatar, AvatarId, Name},
    error::StorageErrorKind,
};
use rusqlite::Connection;

use super::super::{DATABASE, Standing, Store, layout};
use super::{Place, SOON, now};

/// A database of a release from before there were versions.
pub(super) const LAYOUT_0: &str = include_str!("../layout_0.sql");

/// The current tables, as `SQLite` describes them. To change them, count up [`layout::LAYOUT`], keep this file under
/// the old number, and have [`layout::bring_up`] read it.
pub(super) const LAYOUT_2: &str = include_str!("../layout_2.sql");

/// The tables of the version before.
pub(super) const LAYOUT_1: &str = include_str!("../layout_1.sql");

pub(super) fn tables(home: &Path) -> String {
    let database = Connection::open(home.join(DATABASE)).expect("a database");
    let mut query = database
        .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
        .expect("a query");
    let all: Result<Vec<String>, _> = query.query_map([], |row| row.get(0)).expect("rows").collect();
    all.expect("texts").iter().flat_map(|sql| [sql.as_str(), ";\n"]).collect()
}

pub(super) fn pragma(home: &Path, name: &str) -> i64 {
    let database = Connection::open(home.join(DATABASE)).expect("a database");
    database.pragma_query_value(None, name, |row| row.get(0)).expect("a number")
}

#[test]
fn the_tables_are_those_of_their_version() {
    let place = Place::new();
    drop(place.store());
    assert_eq!(
        (pragma(place.home(), "user_version"), pragma(place.home(), "auto_vacuum")),
        (layout::LAYOUT, 2)
    );
    assert_eq!(tables(place.home()), LAYOUT_2);
}

#[test]
fn a_database_from_before_versions_is_read_and_becomes_todays() {
    let place = Place::new();
    let database = place.home().join(DATABASE);
    Connection::open(&database).and_then(|older| older.execute_batch(LAYOUT_0)).expect("an older database");
    assert_eq!(Standing::of(place.home()).expect("there").expect("read"), Standing::Older);
    let store = place.store();
    assert_eq!(tables(place.home()), LAYOUT_2);
    assert_eq!(
        (pragma(place.home(), "user_version"), pragma(place.home(), "auto_vacuum")),
        (layout::LAYOUT, 2)
    );
    assert_eq!(Standing::of(place.home()).expect("there").expect("read"), Standing::Logged);

    let user = |name: &str| {
        let avatars = store.avatars_of(&Name::new(name).expect("a name")).expect("read");
        let name = |avatar: &Avatar| avatar.person().map(|person| person.name.as_str().to_owned());
        avatars.iter().map(|avatar| name(avatar).expect("a person")).collect::<Vec<_>>()
    };
    assert_eq!(
        (user("user-1"), user("user-2"), user("local")),
        (vec!["Xaver".to_owned(), "Yolanda".to_owned()], vec!["Vincent".to_owned()], vec![])
    );
    assert_eq!(store.load_all().expect("read").len(), 5);
    let erased = AvatarId::new("00000000-0000-4000-8000-000000000003".parse().expect("an id"));
    assert_eq!(store.half_erased().expect("read"), [erased]);
    assert!(store.is_half_erased(erased).expect("read"));
    let trained = store.load_all().expect("read").into_iter().find(|avatar| !avatar.is_hosted());
    let trained = trained.expect("that of the command line");
    let request = trained.request_ids().next().expect("a request");
    assert_eq!(store.holder(request).expect("read"), Some(trained.id()));
    assert!(store.simulator(trained.id()).expect("read").is_some());
    // Photos that wait for a training are kept for ten years; the trained one owes its backend a message.
    let now = now();
    let later = now.plus(Duration::from_hours(24 * 365 * 11));
    let number = |text: &str| AvatarId::new(text.parse().expect("an id"));
    assert_eq!(store.due(None, now, false).expect("read"), []);
    assert_eq!(
        store.due(None, later, false).expect("read"),
        [number("00000000-0000-4000-8000-000000000002")]
    );
    assert_eq!(store.due(None, now, true).expect("read"), [number("00000000-0000-4000-8000-000000000001")]);
}

/// Breaks a migration off: it leaves the database as it was.
#[test]
fn a_migration_that_breaks_off_changes_nothing() {
    let place = Place::new();
    let database = place.home().join(DATABASE);
    let older = Connection::open(&database).expect("a database");
    older.execute_batch(LAYOUT_0).expect("an older database");
    // An index with a name that the new tables need.
    older.execute_batch("CREATE INDEX due_avatars ON avatars (state)").expect("an index");
    drop(older);
    let before = tables(place.home());
    Store::open_with(place.home(), SOON, now).expect_err("the name is taken");
    assert_eq!(tables(place.home()), before);
    assert_eq!(pragma(place.home(), "user_version"), 0);
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let place = Place::new();
    drop(place.store());
    let other = place.other();
    other.pragma_update(None, "user_version", layout::LAYOUT + 1).expect("set");
    drop(other);
    let before = fs::read(place.home().join(DATABASE)).expect("read");
    let refused = Store::open_with(place.home(), SOON, now).expect_err("it is newer");
    assert_eq!(refused.kind, StorageErrorKind::Newer);
    assert_eq!(Standing::of(place.home()).expect("there").expect("read"), Standing::Newer);
    assert_eq!(fs::read(place.home().join(DATABASE)).expect("read"), before);
}
