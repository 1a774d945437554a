//! `likeness serve`: the HTTP API, from outside.

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

const ADMIN: &str = "an-operator-of-more-than-32-characters";
const AVATAR: &str = "3f0e8a52-7c7e-4c59-9d3c-0a4b8c2f6d11";

/// The API on a port of its own, and the token of a backend.
struct Api {
    running: Running,
    address: String,
    token: String,
}

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    #[track_caller]
    fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}\n{}", self.head, String::from_utf8_lossy(&self.body));
        self
    }

    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    #[track_caller]
    fn refused(self, status: u16, code: &str) {
        let answer = self.is(status);
        assert_eq!(answer.json()["code"], code);
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(": ")?;
            known.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

impl Api {
    fn start(command: &mut Command) -> Self {
        let running = Running::start(command.env("ADMIN_TOKEN", ADMIN));
        let address = listening(&running);
        let mut api = Self { running, address, token: ADMIN.to_owned() };
        let minted = api.put("/v1/tokens/web", &json!({ "label": "the tests" }));
        api.token = minted.json()["token"].as_str().expect("a token").to_owned();
        api
    }

    fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut all = vec![("authorization", format!("Bearer {}", self.token))];
        all.extend(headers.iter().map(|(name, value)| (*name, (*value).to_owned())));
        call(&self.address, method, path, &all, body)
    }

    fn get(&self, path: &str) -> Answer {
        self.call("GET", path, &[], b"")
    }

    fn put(&self, path: &str, document: &Value) -> Answer {
        self.call("PUT", path, &[], document.to_string().as_bytes())
    }

    fn post(&self, path: &str, document: &Value) -> Answer {
        self.call("POST", path, &[], document.to_string().as_bytes())
    }

    fn create(&self) -> Answer {
        let person = json!({
            "user_id": "user-1", "name": "Zebulon", "training_config": { "min_photos": 4 },
        });
        self.put(&of(""), &person)
    }

    fn upload(&self, count: u8) {
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
                tag = answer.header("etag").expect("a tag").to_owned();
            } else {
                assert_eq!(answer.status, 304);
            }
            assert!(Instant::now() < until, "{path} stays as it is: {:#?}", self.running.stderr.all());
        }
    }

    #[track_caller]
    fn until_trained(&self, number: u32) -> Value {
        let status = self.until(&of(&format!("/trainings/{number}")), |status| {
            status["status"] == "completed" || status["status"] == "error"
        });
        assert_eq!(status["status"], "completed", "{status}");
        status
    }
}

fn of(rest: &str) -> String {
    format!("/v1/avatars/{AVATAR}{rest}")
}

fn listening(running: &Running) -> String {
    let line = running.stdout.wait_for("listening on http://");
    line.trim_start_matches("listening on http://").to_owned()
}

/// One call on a connection of its own.
fn call(address: &str, method: &str, path: &str, headers: &[(&str, String)], body: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).expect("a connection");
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
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

fn eventually(what: &str, done: impl Fn() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < until, "{what} does not come");
        thread::sleep(Duration::from_millis(50));
    }
}

const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

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
    let database = place.home().join("likeness.db");
    eventually("oblivion", || {
        let saved = std::fs::read(&database).expect("the database");
        !["Zebulon", "user-1", "a garden"].iter().any(|word| String::from_utf8_lossy(&saved).contains(word))
    });
}
