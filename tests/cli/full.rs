//! Disks without any room left: a person is erased all the same.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    path::PathBuf,
    process::Command,
};

use serde_json::{Value, json};

use crate::{
    Ending, Place, photo,
    serve::{AVATAR, Api, SERVE, eventually, of},
};

/// A small disk of its own in the place of the data folder.
struct Disk {
    home: PathBuf,
}

impl Disk {
    /// Mounts the disk. Where that is not allowed there is nothing to test with, which is reported.
    fn mounted(place: &Place, mib: u32) -> Option<Self> {
        let home = place.home();
        fs::create_dir_all(&home).expect("a folder");
        let options = format!("size={mib}m,mode=0700");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&home).output();
        if mounted.is_ok_and(|mounted| mounted.status.success()) {
            return Some(Self { home });
        }
        eprintln!("SKIPPED: no disk can be mounted here; as root this test runs");
        None
    }

    /// Takes every block that is left just now.
    fn take(&self) {
        let filler = self.home.join("filler");
        let mut file = OpenOptions::new().create(true).append(true).open(filler).expect("a file");
        for length in [1 << 20, 4096, 1] {
            while file.write_all(&vec![7; length]).is_ok() {}
        }
    }

    /// Takes every block that is left, where nobody else gives any back.
    fn fill(&self) {
        self.take();
        let refused = fs::write(self.home.join("more"), [7; 4096]);
        assert!(refused.is_err(), "the disk is not full");
        fs::remove_file(self.home.join("more")).expect("removed");
    }

    /// Takes also what is kept for an erase.
    fn fill_wholly(&self) {
        let _ = fs::remove_file(self.home.join("reserve"));
        self.take();
    }

    fn make_room(&self) {
        fs::remove_file(self.home.join("filler")).expect("removed");
    }

    fn keeps_room(&self) -> bool {
        fs::metadata(self.home.join("reserve")).is_ok_and(|reserve| reserve.len() > 0)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("--lazy").arg(&self.home).status();
        assert!(unmounted.is_ok_and(|unmounted| unmounted.success()) || std::thread::panicking());
    }
}

const PERSONAL: [&str; 2] = ["Zebulon", "zebuphrase"];

fn train(place: &Place) {
    train_as(place, "Zebulon");
}

fn train_as(place: &Place, name: &str) {
    let words = place.small_training();
    let words = words.iter().map(|word| if *word == "Zebulon" { name } else { *word });
    let words: Vec<&str> = words.chain(["--trigger", "zebuphrase"]).collect();
    Ending::of(&mut place.testing(&words)).ended(0);
    assert_ne!(place.database_files_with(&PERSONAL), Vec::<String>::new());
}

fn is_forgotten(place: &Place) {
    assert_eq!(place.kept_named("avatars/"), Vec::<String>::new());
    assert_eq!(place.database_files_with(&PERSONAL), Vec::<String>::new());
}

#[test]
fn a_full_disk_does_not_stop_an_erase() {
    let place = Place::new();
    let Some(disk) = Disk::mounted(&place, 16) else { return };
    train(&place);
    disk.fill();
    // No other command begins there.
    let ending = Ending::of(&mut place.testing(&["jobs"])).ended(6);
    assert!(ending.stderr.contains("no space is left"), "{}", ending.stderr);
    Ending::of(&mut place.testing(&["erase", "Zebulon", "--yes"])).ended(0);
    is_forgotten(&place);
    disk.make_room();
    // The next persons are erased as well, though the room that each erase leaves is taken.
    let names = ["Zebulon", "Zebulon2", "Zebulon3", "Zebulon4"];
    for name in names {
        train_as(&place, name);
    }
    assert!(disk.keeps_room());
    for name in names {
        disk.fill();
        Ending::of(&mut place.testing(&["erase", name, "--yes"])).ended(0);
    }
    is_forgotten(&place);
}

#[test]
fn a_full_disk_does_not_stop_an_erase_over_the_api() {
    let place = Place::new();
    let Some(disk) = Disk::mounted(&place, 16) else { return };
    let api = Api::start(&mut place.testing(&SERVE));
    api.create().is(201);
    api.upload(4);
    api.put(&of("/trainings/1"), &json!({})).is(202);
    api.until_trained(1);
    assert_eq!(health(&api)["status"], "ok");
    disk.fill();
    eventually("the word that the disk is full", || {
        let health = health(&api);
        health["failing"] == json!([{ "part": "disk", "code": "storage.full" }])
            && (&health["status"], &health["able"]) == (&json!("degraded"), &json!(false))
    });
    // A refusal names no path.
    let refused = api.call("PUT", &of("/photos/p9"), &[], &photo(9, 520)).is(503).json();
    assert_eq!(refused["code"], "storage.full", "{refused}");
    let home = place.home().display().to_string();
    assert!(!refused.to_string().contains(&home), "{refused}");
    api.call("DELETE", &of(""), &[], b"").is(202);
    eventually("the end of its files", || place.kept_named("avatars/").is_empty());
    api.get(&of("")).refused(410, "avatar.erased");
    let words = ["Zebulon", "user-1"];
    eventually("oblivion", || place.database_files_with(&words).is_empty());
    disk.make_room();
    let again = of("").replace(AVATAR, "3f0e8a52-7c7e-4c59-9d3c-0a4b8c2f6d12");
    let person = json!({ "user_id": "user-1", "name": "Zebulon" });
    api.put(&again, &person).is(201);
    eventually("the word that it is well again", || health(&api)["status"] == "ok");
}

fn health(api: &Api) -> Value {
    api.get("/health").is(200).json()
}

/// An avatar's address and its person's name.
fn another(number: u32) -> (String, String) {
    (format!("/v1/avatars/3f0e8a52-7c7e-4c59-9d3c-{number:012}"), format!("Wobblefax{number}x"))
}

fn create(api: &Api, number: u32) {
    let (address, name) = another(number);
    api.put(&address, &json!({ "user_id": "user-1", "name": name })).is(201);
}

/// Whatever room an erase leaves is taken by others before the next.
#[test]
fn a_disk_that_is_filled_again_after_each_erase_stops_none() {
    const ERASES: u32 = 30;

    let place = Place::new();
    let Some(disk) = Disk::mounted(&place, 16) else { return };
    let api = Api::start(&mut place.testing(&SERVE));
    for number in 0..ERASES {
        create(&api, number);
    }
    for number in 0..ERASES {
        disk.take();
        api.call("DELETE", &another(number).0, &[], b"").is(202);
    }
    let names: Vec<_> = (0..ERASES).map(|number| another(number).1).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    eventually("oblivion", || {
        disk.take();
        place.database_files_with(&names).is_empty()
    });
}

/// Without any room an erase is refused for the moment. It is not forgotten.
#[test]
fn an_erase_for_which_there_was_no_room_carries_on_by_itself() {
    let place = Place::new();
    let Some(disk) = Disk::mounted(&place, 16) else { return };
    let api = Api::start(&mut place.testing(&SERVE));
    for number in 0..20 {
        create(&api, number);
    }
    let refused = (0..20).find(|number| {
        disk.fill_wholly();
        api.call("DELETE", &another(*number).0, &[], b"").status() == 503
    });
    let (address, name) = another(refused.expect("an erase for which there is no room"));
    disk.make_room();
    eventually("the end of the erase", || api.get(&address).status() == 410);
    eventually("oblivion", || place.database_files_with(&[&name]).is_empty());
}

/// Erases a person of whom only a name is stored, which frees no room: some room is held back for that.
#[test]
fn a_full_disk_does_not_stop_an_erase_of_a_name_alone_by_a_server_that_starts_there() {
    let place = Place::new();
    let Some(disk) = Disk::mounted(&place, 8) else { return };
    let api = Api::start(&mut place.testing(&SERVE));
    api.create().is(201);
    let token = api.token.clone();
    api.running.signal("TERM");
    api.running.ended().ended(0);
    assert!(disk.keeps_room());
    disk.fill();
    let api = Api::start_with(&mut place.testing(&SERVE), token);
    api.call("DELETE", &of(""), &[], b"").is(202);
    let words = ["Zebulon", "user-1"];
    eventually("oblivion", || place.database_files_with(&words).is_empty());
    api.get(&of("")).refused(410, "avatar.erased");
}
