//! The store with real files: its content, the traces of forgotten persons, and the waits between processes.

mod budget;
mod forgotten;
mod layouts;

use std::{fs, path::Path, time::Duration};

use likeness_core::{
    avatar::{
        Avatar, AvatarId, AvatarTerms, Command, Consent, Event, Means, Moment, Name, Person, StageName,
        TrainingRequest, TrainingSettings,
    },
    error::StorageErrorKind,
    time::Timestamp,
    words::Audience,
};
use rusqlite::Connection;
use tempfile::TempDir;
use uuid::Uuid;

use super::{DATABASE, Standing, Store};

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
        consent: Consent::NotAsked,
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
