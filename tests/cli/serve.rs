//! `likeness serve` as a program: its files, its end, and the callers that it does not wait for. The answers of its
//! API are in tests/api, since the Workers answer the same.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    Ending, Place, photo,
    running::{PATIENCE, Running, Server},
};

pub(crate) const ADMIN: &str = "an-operator-of-more-than-32-characters";
pub(crate) const AVATAR: &str = "3f0e8a52-7c7e-4c59-9d3c-0a4b8c2f6d11";

/// The API on a port of its own, and the token of a backend.
pub(crate) struct Api {
    pub(crate) running: Running,
    pub(crate) address: String,
    pub(crate) token: String,
}

pub(crate) struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}\n{}", self.head, String::from_utf8_lossy(&self.body));
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) {
        let answer = self.is(status);
        assert_eq!(answer.json()["code"], code);
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(": ")?;
            known.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

impl Api {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut api = Self::start_with(command, ADMIN.to_owned());
        let minted = api.put("/v1/tokens/web", &json!({ "label": "the tests" }));
        minted.json()["token"].as_str().expect("a token").clone_into(&mut api.token);
        api
    }

    /// Starts the API for a caller who has a token already.
    pub(crate) fn start_with(command: &mut Command, token: String) -> Self {
        let running = Running::start(command.env("ADMIN_TOKEN", ADMIN));
        let address = listening(&running);
        Self { running, address, token }
    }

    pub(crate) fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut all = vec![("authorization", format!("Bearer {}", self.token))];
        all.extend(headers.iter().map(|(name, value)| (*name, (*value).to_owned())));
        call(&self.address, method, path, &all, body)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.call("GET", path, &[], b"")
    }

    pub(crate) fn put(&self, path: &str, document: &Value) -> Answer {
        self.call("PUT", path, &[], document.to_string().as_bytes())
    }

    fn post(&self, path: &str, document: &Value) -> Answer {
        self.call("POST", path, &[], document.to_string().as_bytes())
    }

    pub(crate) fn create(&self) -> Answer {
        let person = json!({
            "user_id": "user-1", "name": "Zebulon", "training_config": { "min_photos": 4 },
        });
        self.put(&of(""), &person)
    }

    pub(crate) fn upload(&self, count: u8) {
        for number in 0..count {
            let path = of(&format!("/photos/p{number}?name=face%20{number}.jpg"));
            self.call("PUT", &path, &[], &photo(number, 520)).is(201);
        }
    }

    /// Waits, as a caller does, until the document says so.
    #[track_caller]
    fn until(&self, path: &str, done: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + PATIENCE;
        let mut tag = String::new();
        loop {
            let answer = self.call("GET", path, &[("if-none-match", &tag), ("prefer", "wait=5")], b"");
            if answer.status == 200 {
                let document = answer.json();
                if done(&document) {
                    return document;
                }
                answer.header("etag").expect("a tag").clone_into(&mut tag);
            } else {
                assert_eq!(answer.status, 304);
            }
            assert!(Instant::now() < until, "{path} stays as it is: {:#?}", self.running.stderr.all());
        }
    }

    #[track_caller]
    pub(crate) fn until_trained(&self, number: u32) -> Value {
        let status = self.until(&of(&format!("/trainings/{number}")), |status| {
            status["status"] == "completed" || status["status"] == "error"
        });
        assert_eq!(status["status"], "completed", "{status}");
        status
    }
}

pub(crate) fn of(rest: &str) -> String {
    format!("/v1/avatars/{AVATAR}{rest}")
}

pub(crate) fn listening(running: &Running) -> String {
    let line = running.stdout.wait_for("listening on http://");
    line.trim_start_matches("listening on http://").to_owned()
}

/// Starts the page for a trial, and returns its address and its invite.
fn trial(place: &Place, words: &[&str]) -> (Running, String, String) {
    let running = Running::start(&mut place.command(words));
    let link = running.stdout.wait_for("open http://127.0.0.1:");
    let (address, invite) = link.trim_start_matches("open http://").split_once("/#").expect("a link");
    let (address, invite) = (address.to_owned(), invite.to_owned());
    (running, address, invite)
}

#[test]
fn a_trial_prints_a_link_that_opens_the_page_ready_to_use() {
    for words in [&["serve", "--test", "--listen", "127.0.0.1:0"][..], &["demo", "--page"]] {
        let place = Place::new();
        let (running, address, invite) = trial(&place, words);
        let page = call(&address, "GET", "/", &[], b"").is(200);
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        assert!(
            page.header("content-security-policy").is_some_and(|policy| !policy.contains("unsafe-inline"))
        );
        let redemption = json!({ "invite": invite, "avatar_id": AVATAR, "name": "Anna", "consent": true });
        let redeemed =
            call(&address, "POST", "/v1/redeem", &[], redemption.to_string().as_bytes()).is(200).json();
        let capability = format!("Bearer {}", redeemed["capability"].as_str().expect("text"));
        let headers = [("authorization", capability)];
        let put = format!("/v1/avatars/{AVATAR}/photos/p1");
        call(&address, "PUT", &put, &headers, &photo(1, 600)).is(201);
        let samples = call(&address, "GET", "/page/samples/index.json", &[], b"").is(200).json();
        assert_eq!(samples["photos"].as_array().map(Vec::len), Some(12));
        // Nobody is the operator.
        call(&address, "GET", "/v1/budget", &headers, b"").refused(401, "api.unauthorized");
        running.signal("TERM");
        running.ended().ended(0);
    }
}

#[test]
fn where_others_can_reach_it_nobody_is_let_in_without_an_operator() {
    let place = Place::new();
    let running = Running::start(&mut place.command(&["serve", "--test", "--listen", "0.0.0.0:0"]));
    running.stdout.wait_for("listening on ");
    running.signal("TERM");
    let ended = running.ended().ended(0);
    assert!(!String::from_utf8_lossy(&ended.stdout).contains("open "), "no link");
    assert!(ended.stderr.contains("ADMIN_TOKEN is not set"));
}

/// Makes one call on a connection of its own.
pub(crate) fn call(
    address: &str,
    method: &str,
    path: &str,
    headers: &[(&str, String)],
    body: &[u8],
) -> Answer {
    let mut stream = TcpStream::connect(address).expect("a connection");
    let headers: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let (headers, length) = (headers.concat(), body.len());
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("sent");
    // A call that is refused early may be answered before it is whole.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8(answer[..end].to_vec()).expect("text");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    Answer { status, head, body: answer[end + 4..].to_vec() }
}

pub(crate) fn eventually(what: &str, done: impl Fn() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < until, "{what} does not come");
        thread::sleep(Duration::from_millis(50));
    }
}

pub(crate) const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

#[test]
fn a_person_s_photos_become_pictures_and_are_forgotten() {
    let place = Place::new();
    let api = Api::start(&mut place.testing(&SERVE));
    let created = api.create().is(201);
    assert_eq!(created.json()["test_mode"], true);
    api.create().is(200);
    api.upload(10);
    let listed = api.get("/v1/users/user-1/avatars").is(200).json();
    assert_eq!(listed["avatars"][0]["avatar_id"], AVATAR);

    api.put(&of("/trainings/1"), &json!({})).is(202);
    let status = api.until_trained(1);
    let model = api.get(&of("/trainings/1/model")).is(200);
    assert_eq!(status["model"]["file"]["length"], model.body.len());
    assert_eq!(model.header("content-disposition"), Some("attachment; filename=\"model.safetensors\""));
    assert_eq!(model.header("cache-control"), Some("no-store"));
    // A file that is gone or was changed is fetched again, also after it was given out.
    let path = place.home().join(place.kept_named("/model.safetensors").remove(0));
    for spoilt in [None, Some(vec![7; model.body.len()])] {
        match spoilt {
            None => std::fs::remove_file(&path).expect("removed"),
            Some(bytes) => std::fs::write(&path, bytes).expect("spoilt"),
        }
        // While the avatar's driver ends, the file is not fetched, and the answer is 503: come again.
        eventually("the model", || match api.get(&of("/trainings/1/model")) {
            again if again.status() == 503 => false,
            again => again.is(200).body == model.body,
        });
        assert!(std::fs::read(&path).expect("fetched") == model.body, "another file");
    }
    // Behind the API an avatar counts in a budget, which a command would pass by.
    let mut words = place.small_training().to_vec();
    words.extend(["--avatar-id", AVATAR, "--again", "--json"]);
    let error = Ending::of(&mut place.testing(&words)).ended(2).documents().pop().expect("an error");
    assert_eq!(error["error"]["code"], "job.hosted", "{error}");
    let head = api.call("HEAD", &of("/trainings/1/model"), &[], b"").is(200);
    assert_eq!(head.header("content-length"), Some(model.body.len().to_string().as_str()));
    assert!(head.body.is_empty());

    api.put(&of("/pictures/1"), &json!({ "prompt": "a garden", "count": 2 })).is(202);
    let pictures = api.until(&of("/pictures/1"), |status| status["status"] != "in_progress");
    assert_eq!(pictures["files"].as_array().map(Vec::len), Some(2), "{pictures}");
    let picture = api.get(&of("/pictures/1/files/2")).is(200);
    assert!(picture.header("content-type").is_some_and(|kind| kind.starts_with("image/")));
    assert_eq!(pictures["files"][1]["length"], picture.body.len());
    api.get(&of("/pictures/1/files/3")).refused(404, "order.no_file");

    assert!(!place.kept_named("/upload-").is_empty());
    api.call("DELETE", &of(""), &[], b"").is(202);
    eventually("the end of its files", || place.kept_named("avatars/").is_empty());
    api.get(&of("")).refused(410, "avatar.erased");
    api.create().refused(410, "avatar.erased");
    assert_eq!(api.get("/v1/users/user-1/avatars").json()["avatars"], json!([]));
    let words = ["Zebulon", "user-1", "a garden"];
    eventually("oblivion", || place.database_files_with(&words).is_empty());
}

/// Answers reads while another program writes without an end, and tells a caller who wants to change something when
/// to come again.
#[test]
fn while_the_database_is_busy_it_still_answers_and_says_when_to_come_again() {
    let place = Place::new();
    let api = Api::start(&mut place.testing(&SERVE));
    api.create().is(201);
    let other = rusqlite::Connection::open(place.home().join("likeness.db")).expect("the database");
    other.execute_batch("BEGIN IMMEDIATE; UPDATE avatars SET due = due").expect("begun");
    api.get(&of("")).is(200);
    api.get("/v1/users/user-1/avatars").is(200);
    let begun = Instant::now();
    thread::scope(|scope| {
        let waiting: Vec<_> = (0..4)
            .map(|number| {
                let path = format!("/v1/avatars/{AVATAR}/photos/p{number}");
                let api = &api;
                scope.spawn(move || api.call("PUT", &path, &[], &photo(number, 520)).is(503))
            })
            .collect();
        for answer in waiting {
            let answer = answer.join().expect("answered");
            assert_eq!(answer.json()["code"], "storage.busy");
            assert_eq!(answer.header("retry-after"), Some("5"));
        }
    });
    assert!(begun.elapsed() < Duration::from_secs(20), "they do not wait one after the other");
    api.get("/health").is(200);
    other.execute_batch("COMMIT").expect("over");
    api.upload(1);
}

/// Delays the answer to an order, which is waited for and saved.
#[test]
fn told_to_stop_it_waits_for_the_answer_to_an_order() {
    let place = Place::new();
    let server = Server::start(&place, "1500ms", &["submit-late"]);
    let api = Api::start(&mut place.buying(&server, &SERVE));
    api.create().is(201);
    api.upload(4);
    api.put(&of("/trainings/1"), &json!({})).is(202);
    let address = api.address.clone();
    api.running.stderr.wait_for("The order is being placed at fal.ai.");
    api.running.signal("TERM");
    api.running.ended().ended(0);
    assert!(TcpStream::connect(address).is_err());
    assert_eq!(server.orders(), 1);
    let api = Api::start(&mut place.buying(&server, &SERVE));
    let status = api.get(&of("/trainings/1")).is(200).json();
    assert!(status["request_id"].is_string(), "{status}");
    api.until_trained(1);
    assert_eq!(server.orders(), 1);
}

/// Answers a waiting caller at once when it stops.
#[test]
fn told_to_stop_it_keeps_nobody_waiting() {
    let place = Place::new();
    let api = Api::start(&mut place.testing(&SERVE));
    let tag = api.create().is(201);
    assert!(tag.header("location").is_some());
    let tag = api.get(&of("")).header("etag").expect("a tag").to_owned();
    let begun = Instant::now();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            api.call("GET", &of(""), &[("if-none-match", &tag), ("prefer", "wait=25")], b"").is(304)
        });
        thread::sleep(Duration::from_millis(500));
        assert!(!waiting.is_finished());
        api.running.signal("TERM");
        waiting.join().expect("answered");
    });
    assert!(begun.elapsed() < Duration::from_secs(15));
    api.running.ended().ended(0);
}

/// Hides avatars of the command line from callers of the API, and leaves them unchanged.
#[test]
fn avatars_of_the_command_line_are_not_behind_the_api() {
    let place = Place::new();
    let words = place.small_training();
    Ending::of(&mut place.testing(&words)).ended(0);
    let jobs = Ending::of(&mut place.testing(&["status", "Zebulon", "--json"])).ended(0);
    let job = jobs.documents()[0]["job"].as_str().expect("a job").to_owned();
    let api = Api::start(&mut place.testing(&SERVE));
    api.get(&format!("/v1/avatars/{job}")).refused(404, "avatar.not_found");
    api.create().is(201);
    api.upload(1);
    // Another command sweeps nothing that a hosted avatar still needs.
    api.until(&of("/photos/p0"), |photo| photo["state"] == "ready");
    Ending::of(&mut place.testing(&["status", "Zebulon"])).ended(0);
    assert_eq!(place.kept_named("/working/photo-").len(), 1);
    assert_eq!(place.kept_named("/upload-").len(), 1);
}

/// Answers others while one caller is slow.
#[test]
fn a_slow_caller_holds_up_nobody() {
    let place = Place::new();
    let api = Api::start(&mut place.testing(&SERVE));
    api.create().is(201);
    let bytes = photo(77, 520);
    let half = |path: &str, length: usize, body: &[u8]| {
        let mut stream = TcpStream::connect(&api.address).expect("a connection");
        let (path, token) = (of(path), &api.token);
        let head = format!(
            "PUT {path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {token}\r\ncontent-length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)).expect("sent");
        stream
    };
    let uploading = half("/photos/slow", bytes.len(), &bytes[..1000]);
    let ordering = half("/trainings/1", 100, b"{");
    let begun = Instant::now();
    api.upload(2);
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!(api.get(&of("/photos/slow")).is(200).json()["state"], "expected");
    // Another command removes half a photo only when no process writes it.
    Ending::of(&mut place.testing(&["jobs"])).ended(0);
    assert_eq!(place.kept_named(".part").len(), 1);
    // The upload breaks off: nothing is kept, and the same photo can come again.
    drop((uploading, ordering));
    eventually("the end of half a photo", || place.kept_named(".part").is_empty());
    api.call("PUT", &of("/photos/slow"), &[], &bytes).is(201);
    api.until(&of("/photos/slow"), |photo| photo["state"] == "ready");
}

/// Erases in the middle of a training: fal is asked to stop, and to delete what it stored.
#[test]
fn an_erase_reaches_fal() {
    let place = Place::new();
    let server = Server::start(&place, "60s", &[]);
    let api = Api::start(place.buying(&server, &SERVE).env("FAL_ADMIN_KEY", "admin:hush"));
    api.create().is(201);
    api.upload(4);
    api.put(&of("/trainings/1"), &json!({})).is(202);
    api.running.stderr.wait_for("took the order");
    let erased = api.call("DELETE", &of(""), &[], b"").is(202).json();
    assert_eq!(erased["remains_at_fal"][0]["what"], "archive", "{erased}");
    api.running.stderr.wait_for(": erased");
    assert_eq!(place.kept_named("avatars/"), Vec::<String>::new());
    let asked = |what: &str| server.answered().iter().filter(|line| line.contains(what)).count();
    assert_eq!((asked("/cancel 202"), asked("/payloads 200")), (1, 1), "{:#?}", server.log().all());
    // The notice is sent once.
    api.running.kill();
    let api = Api::start(place.buying(&server, &SERVE).env("FAL_ADMIN_KEY", "admin:hush"));
    api.get(&of("")).refused(410, "avatar.erased");
    assert_eq!(asked("/payloads 200"), 1);
}

#[cfg(target_os = "linux")]
mod bucket {
    use serde_json::json;

    use super::{Api, SERVE, eventually, of};
    use crate::{
        Place,
        minio::{self, Store},
        photo,
    };

    fn start(place: &Place, store: &Store) -> Api {
        let mut command = place.testing(&SERVE);
        command
            .env("MINIO_ENDPOINT", store.server())
            .env("MINIO_BUCKET", store.name())
            .env("MINIO_ACCESS_KEY", minio::KEY)
            .env("MINIO_SECRET_KEY", minio::SECRET);
        Api::start(&mut command)
    }

    #[test]
    fn photos_go_to_the_bucket_by_either_way_and_leave_it_with_their_person() {
        let (place, Some(store)) = (Place::new(), Store::new()) else { return };
        let api = start(&place, &store);
        api.create().is(201);
        api.upload(4);
        // Uploads straight into the bucket.
        let address = api.post(&of("/photos/straight/address"), &json!({ "name": "5.jpg" })).is(200).json();
        let url = address["url"].as_str().expect("an address").parse().expect("an address");
        let bytes = photo(9, 520);
        assert_eq!(minio::call(store.server(), "PUT", &url, &bytes).status, 200);
        api.post(&of("/photos/straight/check"), &json!({})).is(201);
        api.until(&of("/photos/straight"), |photo| photo["state"] == "ready");
        // A photo that was announced and never PUT is missing, and one too many is taken out again.
        api.post(&of("/photos/never/address"), &json!({})).is(200);
        api.post(&of("/photos/never/check"), &json!({})).is(201);
        let never = api.until(&of("/photos/never"), |photo| photo["state"] != "waiting");
        assert_eq!(never["code"], "photo.missing");
        assert_eq!(store.keys_with("/upload-").len(), 5);
        api.call("DELETE", &of("/photos/p0"), &[], b"").is(204);
        eventually("the end of a photo", || store.keys_with("/upload-").len() == 4);
        assert_eq!(place.kept_named("/upload-"), Vec::<String>::new());

        api.put(&of("/trainings/1"), &json!({})).is(202);
        api.until_trained(1);
        let model = api.get(&of("/trainings/1/model")).is(200).body;
        assert_eq!(store.keys_with("/model.safetensors").len(), 1);
        eventually("a tidy bucket", || store.keys_with("/normalised/").is_empty());
        // A file that is gone or changed here comes from the bucket.
        let [name] = place.kept_named("/model.safetensors").try_into().expect("one model");
        let path = place.home().join(name);
        std::fs::write(&path, vec![7; model.len()]).expect("spoilt");
        assert!(api.get(&of("/trainings/1/model")).is(200).body == model, "from the bucket");
        std::fs::remove_file(&path).expect("deleted");
        assert!(api.get(&of("/trainings/1/model")).is(200).body == model, "from the bucket");
        let [key] = store.keys_with("/model.safetensors").try_into().expect("one copy");
        store.put(&key, &vec![7; model.len()]);
        std::fs::remove_file(&path).expect("deleted");
        assert!(api.get(&of("/trainings/1/model")).is(200).body == model, "from fal");
        store.put(&key, &model);

        api.call("DELETE", &of(""), &[], b"").is(202);
        eventually("an empty bucket", || store.keys().is_empty());
        for line in api.running.stderr.all() {
            assert!(!line.contains("X-Amz-Signature") && !line.contains(minio::SECRET), "{line}");
        }
    }

    #[test]
    fn keys_of_the_bucket_are_photos_too() {
        let (place, Some(store)) = (Place::new(), Store::new()) else { return };
        let keys: Vec<String> = (0..4).map(|number| format!("u/{number}.jpg")).collect();
        for (tint, key) in (0..).zip(&keys) {
            store.put(key, &photo(tint, 520));
        }
        let api = start(&place, &store);
        api.create().is(201);
        let mut others = keys.clone();
        others.push("likeness/other/1.jpg".to_owned());
        api.put(&of("/trainings/1"), &json!({ "photo_urls": others })).refused(400, "photos.key");
        api.put(&of("/trainings/1"), &json!({ "photo_urls": keys })).is(202);
        api.until_trained(1);
        api.call("DELETE", &of(""), &[], b"").is(202);
        eventually("the end of what is ours", || store.keys_with("likeness/").is_empty());
        assert_eq!(store.keys(), keys);
    }
}

/// Reports a missing bucket without a word about its place.
#[test]
fn a_bucket_that_is_gone_is_named_by_health() {
    let place = Place::new();
    let mut command = place.testing(&SERVE);
    command.env("MINIO_ENDPOINT", "http://127.0.0.1:1").env("MINIO_BUCKET", "faces");
    command.env("MINIO_ACCESS_KEY", "kid").env("MINIO_SECRET_KEY", "hush");
    let api = Api::start(&mut command);
    let health = api.get("/health").is(200).json();
    assert_eq!(health["status"], "degraded", "{health}");
    assert_eq!(health["failing"], json!([{ "part": "bucket", "code": "storage.unreachable" }]));
}
