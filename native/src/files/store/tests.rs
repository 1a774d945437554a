//! The store with real files: its content, the traces of forgotten persons, and the waits between processes.

mod budget;

use std::{fs, path::Path, time::Duration};

use likeness_core::{
    avatar::{
        Avatar, AvatarId, AvatarTerms, Command, Event, Means, Moment, Name, Person, StageName,
        TrainingRequest, TrainingSettings,
    },
    error::StorageErrorKind,
    time::Timestamp,
    words::Audience,
};
use rusqlite::Connection;
use tempfile::TempDir;
use uuid::Uuid;

use super::{DATABASE, Standing, Store, layout};

const SOON: Duration = Duration::from_millis(50);

/// A store in a folder of its own, whose patience is short.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        // In memory, where there is such a place: thousands of syncs take long on a disk.
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        Self { folder: folder.expect("a folder") }
    }

    fn home(&self) -> &Path {
        self.folder.path()
    }

    fn store(&self) -> Store {
        Store::open_with(self.home(), SOON, now).expect("a store")
    }

    /// Opens the database as another process would.
    fn other(&self) -> Connection {
        let other = Connection::open(self.home().join(DATABASE)).expect("a database");
        other.pragma_update(None, "secure_delete", "ON").expect("set");
        other
    }

    /// Lists the files that contain one of these words.
    fn files_with(&self, words: &[String]) -> Vec<String> {
        let mut names = Vec::new();
        walk(self.home(), self.home(), &mut names);
        let mut found = Vec::new();
        for (name, _) in names {
            let Ok(bytes) = fs::read(self.home().join(&name)) else { continue };
            let text = String::from_utf8_lossy(&bytes);
            found.extend(
                words.iter().filter(|word| text.contains(*word)).map(|word| format!("{word} in {name}")),
            );
        }
        found
    }

    /// Removes the database, as a disk that fails would.
    fn lose_the_database(&self) {
        for name in ["likeness.db", "likeness.db-wal", "likeness.db-shm"] {
            drop(fs::remove_file(self.home().join(name)));
        }
    }

    fn record(&self, number: u128) -> std::path::PathBuf {
        self.home().join("avatars").join(id(number).to_string()).join("record.json")
    }
}

fn moment(now: i64) -> Moment {
    Moment {
        now: Timestamp::from_millis(now),
        poll: Duration::from_secs(30),
        photo_slots: 2,
        entropy: [7; 16],
    }
}

const NOW: i64 = 1_800_000_000_000;

fn now() -> Timestamp {
    Timestamp::from_millis(NOW)
}

fn id(number: u128) -> AvatarId {
    AvatarId::new(Uuid::from_u128(number))
}

fn person(user: &str, name: &str) -> Person {
    let text = |text| Name::new(text).expect("a name");
    Person { user: text(user), name: text(name), gender: None }
}

fn avatar(number: u128, person: Person) -> Avatar {
    Avatar::new(id(number), person, true, "http://simulator.invalid".to_owned(), &moment(NOW))
}

fn hosted(number: u128, person: Person) -> Avatar {
    let terms = AvatarTerms {
        settings: TrainingSettings::default(),
        capability: None,
        bucket_folder: None,
        retention: Duration::from_hours(24),
    };
    avatar(number, person).hosted(terms, &moment(NOW))
}

fn put(store: &Store, avatar: &Avatar) {
    store.update(avatar.id(), |_| (Some(avatar.clone()), ())).expect("saved");
}

fn forget(store: &Store, number: u128) {
    let change = |avatar: Option<Avatar>| {
        (avatar.map(|avatar| avatar.after(Event::Asked(Command::Erase), &moment(NOW))), ())
    };
    store.update(id(number), change).expect("forgotten");
}

/// Adds a waiting photo to an avatar, with this caption.
fn with_a_caption(avatar: Avatar, caption: String) -> Avatar {
    let photo = likeness_core::avatar::PhotoId::new("p").expect("an id");
    avatar.expect_photo(&photo, "face.jpg".to_owned(), Some(caption), Means::Upload, &moment(NOW)).0
}

/// A generator of numbers as good as random, the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// Number of histories, and length of the longest caption in them.
const SEEDS: u64 = 12;
const LONGEST: u64 = 1000;

/// Makes words that no other avatar has, with a caption of this length.
fn words(number: u64) -> [String; 3] {
    ["Name", "User", "Caption"].map(|word| format!("{word}-{number}-of-somebody"))
}

fn somebody(number: u64, length: usize) -> Avatar {
    let [name, user, caption] = words(number);
    let mut avatar = hosted(number.into(), person(&user, &name));
    let long = caption.repeat(1 + length / caption.len());
    avatar = with_a_caption(avatar, long);
    avatar
}

#[test]
fn nothing_of_the_forgotten_is_left_in_any_file() {
    for seed in 0..SEEDS / 3 {
        let place = Place::new();
        let store = place.store();
        let mut numbers = Numbers(seed);
        // They come one by one and grow, so that their rows move from page to page.
        for number in 0..40 {
            put(&store, &somebody(number, 10));
            for _ in 0..4 {
                let (other, length) = (numbers.below(number + 1), numbers.below(LONGEST));
                put(&store, &somebody(other, usize::try_from(length).expect("small")));
            }
        }
        let all: Vec<String> = (0..40).flat_map(words).collect();
        assert!(!place.files_with(&all).is_empty());
        let gone: Vec<u64> = (0..40).filter(|_| numbers.below(2) == 0).collect();
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
        let mut numbers = Numbers(seed);
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
                let other = numbers.below(number + 1);
                save(other, numbers.below(LONGEST));
            }
        }
        (0..40_u64).any(|number| {
            if numbers.below(2) == 1 {
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

#[test]
fn reading_goes_on_beside_a_writer_and_writing_is_busy() {
    let place = Place::new();
    let store = place.store();
    put(&store, &somebody(1, 100));
    let other = place.other();
    other.execute_batch("BEGIN IMMEDIATE; UPDATE avatars SET due = 5").expect("begun");
    assert!(store.load(id(1)).expect("read").is_some());
    assert_eq!(store.avatars_of(&Name::new(&words(1)[1]).expect("a name")).expect("read").len(), 1);
    let busy = store.update(id(1), |_| (Some(somebody(1, 200)), ())).expect_err("another process writes");
    assert_eq!(busy.kind, StorageErrorKind::Busy);
    other.execute_batch("COMMIT").expect("over");
    put(&store, &somebody(1, 200));
}

#[test]
fn only_what_is_due_is_found() {
    let place = Place::new();
    let store = place.store();
    let now = now();
    for number in 0..50 {
        put(&store, &hosted(number, person("u", "Anna")));
    }
    let begin = |after: Option<Timestamp>, now: Timestamp| store.due(after, now, true).expect("read");
    assert_eq!(begin(None, now), []);
    // Photos lie ready: they are kept for a day, counted from the clock of the process that saves.
    put(&store, &with_a_caption(hosted(7, person("u", "Anna")), "x".to_owned()));
    let later = now.plus(Duration::from_hours(24));
    assert_eq!(begin(None, now), [], "{:?}", store.load(id(7)));
    assert_eq!(begin(Some(now), later), [id(7)]);
    assert_eq!(begin(Some(later), later.plus(Duration::from_hours(1))), [], "it is found once");
    // An order is due at once.
    put(&store, &ordered(hosted(9, person("u", "Anna"))));
    assert_eq!(begin(None, now), [id(9)]);
    // The list has no avatar of the command line.
    put(&store, &ordered(avatar(60, person("u", "Anna"))));
    assert_eq!(begin(None, later), [id(7), id(9)]);
    let about = |notices| store.due(None, now, notices).expect("read").len();
    assert_eq!((about(true), about(false)), (1, 1));
}

fn ordered(avatar: Avatar) -> Avatar {
    let config = TrainingSettings::default().check().expect("settings");
    let request = TrainingRequest {
        identity: Uuid::from_u128(1),
        person: avatar.person().expect("a person").clone(),
        config,
        photos: None,
        bucket_folder: None,
        again: false,
    };
    avatar.open_training(request, &moment(NOW)).0
}

/// A database of a release from before there were versions.
const LAYOUT_0: &str = include_str!("layout_0.sql");

/// The current tables, as `SQLite` describes them. To change them, count up [`layout::LAYOUT`], keep this file under
/// the old number, and have [`layout::bring_up`] read it.
const LAYOUT_2: &str = include_str!("layout_2.sql");

/// The tables of the version before.
const LAYOUT_1: &str = include_str!("layout_1.sql");

fn tables(home: &Path) -> String {
    let database = Connection::open(home.join(DATABASE)).expect("a database");
    let mut query = database
        .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
        .expect("a query");
    let all: Result<Vec<String>, _> = query.query_map([], |row| row.get(0)).expect("rows").collect();
    all.expect("texts").iter().flat_map(|sql| [sql.as_str(), ";\n"]).collect()
}

fn pragma(home: &Path, name: &str) -> i64 {
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

#[test]
fn a_backup_is_a_data_folder_and_is_made_beside_a_writer() {
    let place = Place::new();
    let store = place.store();
    put(&store, &somebody(1, 5000));
    let folder = store.folder(id(1));
    for (name, bytes) in
        [("model.safetensors", "weights"), ("working/photo-1.jpg", "a face"), (".x.part", "half")]
    {
        let path = folder.join(name);
        crate::disk::private_folder(path.parent().expect("a folder")).expect("made");
        fs::write(path, bytes).expect("written");
    }
    std::os::unix::fs::symlink("/etc", folder.join("link")).expect("a link");
    std::os::unix::fs::symlink("/etc", store.folder(id(2))).expect("a link");
    // Another process is in the middle of a change.
    let other = place.other();
    other.execute_batch("BEGIN IMMEDIATE; DELETE FROM avatars").expect("begun");
    let copy = tempfile::tempdir().expect("a folder");
    let saved = store.back_up(copy.path()).expect("a backup");
    other.execute_batch("ROLLBACK").expect("over");
    assert_eq!((saved.avatars, saved.files), (1, 2));
    let mut names = Vec::new();
    walk(copy.path(), copy.path(), &mut names);
    let avatar = format!("avatars/{}", id(1));
    let expected = [
        ("avatars".to_owned(), 0o700),
        (avatar.clone(), 0o700),
        (format!("{avatar}/model.safetensors"), 0o600),
        (format!("{avatar}/record.json"), 0o600),
        (format!("{avatar}/working"), 0o700),
        (format!("{avatar}/working/photo-1.jpg"), 0o600),
        ("likeness.db".to_owned(), 0o600),
    ];
    assert_eq!(names, expected);
    let restored = Store::open_with(copy.path(), SOON, now).expect("a store");
    assert_eq!(restored.load(id(1)).expect("read"), Some(somebody(1, 5000)));
}

/// Backs up a planned order: by the time that the backup is used, the order may have been placed.
#[test]
fn what_is_not_placed_yet_is_called_off_in_a_backup() {
    let place = Place::new();
    let store = place.store();
    let before = ordered(hosted(1, person("u", "Anna")));
    put(&store, &before);
    let copy = tempfile::tempdir().expect("a folder");
    store.back_up(copy.path()).expect("a backup");
    assert_eq!(store.load(id(1)).expect("read"), Some(before), "nothing happens to the original");
    let restored = Store::open_with(copy.path(), SOON, now).expect("a store");
    let avatar = restored.load(id(1)).expect("read").expect("an avatar");
    assert!(avatar.ended());
    assert_eq!(avatar.status(1, now(), Audience::Api).expect("a status").stage, StageName::Cancelled);
    assert_eq!(restored.due(None, now(), false).expect("read"), []);
}

/// Puts a database back from yesterday, which must not place orders that were placed since.
#[test]
fn a_record_that_is_newer_than_its_row_counts() {
    let place = Place::new();
    let store = place.store();
    put(&store, &ordered(hosted(1, person("u", "Anna"))));
    put(&store, &ordered(hosted(2, person("u", "Bert"))));
    store.database.empty().expect("in one file");
    let yesterday = fs::read(place.home().join(DATABASE)).expect("read");
    let newer = ordered(hosted(1, person("u", "Anna"))).after(
        Event::Asked(Command::Cancel(likeness_core::avatar::OrderKey::Training(1))),
        &moment(NOW + 1000),
    );
    put(&store, &newer);
    drop(store);
    place.lose_the_database();
    fs::write(place.home().join(DATABASE), &yesterday).expect("put back");
    let row = |place: &Place| -> String {
        let query = "SELECT state FROM avatars WHERE id = ?1";
        place.other().query_row(query, [id(1).to_string()], |row| row.get(0)).expect("a row")
    };
    let of_row = |text: &str| likeness_core::avatar::Stored::read(text).expect("an avatar");
    assert_ne!(of_row(&row(&place)), newer, "the row alone would order");
    let store = place.store();
    assert_eq!(store.load(id(1)).expect("read"), Some(newer.clone()));
    assert_eq!(of_row(&row(&place)), newer, "what looks at rows alone sees it as well");
    assert_eq!(store.due(None, now(), false).expect("read"), [id(2)]);
    // The order of an avatar whose record is gone may have been placed since.
    fs::remove_file(place.record(2)).expect("removed");
    let told = store.update(id(2), |avatar| (avatar.clone(), avatar)).expect("settled");
    assert!(told.expect("an avatar").ended());
    assert!(place.record(2).exists() && store.load(id(2)).expect("read").expect("there").ended());
}

#[test]
fn a_job_whose_row_is_lost_is_not_begun_anew() {
    let place = Place::new();
    let store = place.store();
    put(&store, &hosted(1, person("u", "Anna")));
    put(&store, &hosted(2, person("u", "Bert")));
    put(&store, &ordered(hosted(1, person("u", "Anna"))));
    drop(store);
    place.lose_the_database();
    let store = place.store();
    assert_eq!(store.load(id(1)).expect("read"), None);
    let refused = store.update(id(1), |_| (Some(hosted(1, person("u", "Anna"))), ()));
    assert_eq!(refused.expect_err("it is lost").kind, StorageErrorKind::Unclaimed);
    // The second avatar was saved, and nothing was done: it begins anew.
    assert!(!place.record(2).exists());
    put(&store, &hosted(2, person("u", "Bert")));
}

fn walk(root: &Path, folder: &Path, names: &mut Vec<(String, u32)>) {
    use std::os::unix::fs::PermissionsExt as _;

    let mut entries: Vec<_> = fs::read_dir(folder).expect("a folder").flatten().collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.path().strip_prefix(root).expect("inside").display().to_string();
        let metadata = entry.metadata().expect("metadata");
        names.push((name, metadata.permissions().mode() & 0o7777));
        if metadata.is_dir() {
            walk(root, &entry.path(), names);
        }
    }
}

/// Opens a database on a disk that machines share: there is no log beside the file.
#[test]
fn a_database_goes_back_to_changing_its_file() {
    let place = Place::new();
    let store = place.store();
    put(&store, &somebody(1, 100));
    drop(store);
    let path = place.home().join(DATABASE);
    assert_eq!(Standing::of(place.home()).expect("there").expect("read"), Standing::Logged);
    let database = super::Database::open_as(path, SOON, now(), true).expect("a database");
    let reserve = super::reserve::Reserve::of(place.home());
    let store = Store { home: place.home().to_owned(), database, reserve, now };
    forget(&store, 1);
    store.forget(id(1)).expect("emptied");
    assert_eq!(place.files_with(&words(1)), Vec::<String>::new());
    assert_eq!(Standing::of(place.home()).expect("there").expect("read"), Standing::Unlogged);
}
