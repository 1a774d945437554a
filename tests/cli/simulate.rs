//! The simulator as a server: uploads come back, stored files are private and bounded, no id comes twice.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    process::Command,
};

use serde_json::{Value, json};

use crate::{
    Ending, Place,
    running::{Running, Server},
};

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&self.body)))
    }

    fn says(&self, header: &str) -> bool {
        self.head.to_lowercase().contains(&header.to_lowercase())
    }
}

/// Makes one call on a connection of its own. An address may be whole.
fn call(server: &Server, method: &str, address: &str, headers: &str, body: &[u8]) -> Answer {
    let host = server.base.trim_start_matches("http://");
    let path = address.trim_start_matches(&server.base);
    let mut stream = TcpStream::connect(host).expect("a connection");
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Key kid:hush\r\nContent-Length: {length}\r\n{headers}Connection: close\r\n\r\n"
    )
    .and_then(|()| stream.write_all(body))
    .expect("sent");
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).expect("a header") > 0, "{head}");
    }
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    let mut body = Vec::new();
    reader.read_to_end(&mut body).expect("a body");
    Answer { status, head, body }
}

fn post(server: &Server, path: &str, body: &Value) -> Value {
    let answer = call(server, "POST", path, "", body.to_string().as_bytes());
    assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
    answer.json()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

/// Uploads by a signed address, and returns the file's own address.
fn upload(server: &Server, bytes: &[u8]) -> String {
    let begun =
        post(server, "/storage/upload/initiate?storage_type=fal-cdn-v3", &json!({ "file_name": "a.zip" }));
    assert_eq!(call(server, "PUT", text(&begun, "upload_url"), "", bytes).status, 200);
    text(&begun, "file_url").to_owned()
}

/// Uploads in parts of this size, and returns the file's own address.
fn upload_in_parts(server: &Server, bytes: &[u8], size: usize) -> String {
    let path = "/storage/upload/initiate-multipart?storage_type=fal-cdn-v3";
    let begun = post(server, path, &json!({ "file_name": "a.zip" }));
    let (put, query) = text(&begun, "upload_url").split_once('?').expect("a query");
    let parts: Vec<Value> = (1..)
        .zip(bytes.chunks(size))
        .map(|(number, part)| call(server, "PUT", &format!("{put}/{number}?{query}"), "", part).json())
        .collect();
    post(server, &format!("{put}/complete?{query}"), &json!({ "parts": parts }));
    text(&begun, "file_url").to_owned()
}

/// Makes bytes that repeat nowhere.
fn bytes(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

/// Lists the simulators' folders in this one.
fn spools(place: &Place) -> Vec<PathBuf> {
    let entries = fs::read_dir(place.path("spools")).expect("a folder");
    entries.map(|entry| entry.expect("an entry").path()).collect()
}

fn start(place: &Place, more: &[&str]) -> Server {
    fs::create_dir_all(place.path("spools")).expect("a folder");
    let mut words = vec!["simulate", "--listen", "127.0.0.1:0", "--duration", "1ms", "--spool-in", "spools"];
    words.extend(more);
    Server::running(Running::start(&mut place.command(&words)))
}

#[test]
fn what_was_uploaded_comes_back_and_is_gone_in_the_end() {
    let place = Place::new();
    let server = start(&place, &[]);
    let data = bytes(1_200_000);
    for file in [upload(&server, &data), upload_in_parts(&server, &data, 500_000)] {
        let answer = call(&server, "GET", &file, "", b"");
        assert!(answer.status == 200 && answer.body == data, "{}", answer.head);
        assert!(answer.says("content-length: 1200000\r\n") && answer.says("accept-ranges: bytes"));
        let part = call(&server, "GET", &file, "Range: bytes=499990-500009\r\n", b"");
        assert!(part.status == 206 && part.body == data[499_990..500_010], "{}", part.head);
        assert!(part.says("content-range: bytes 499990-500009/1200000"), "{}", part.head);
        let rest = call(&server, "GET", &file, "Range: bytes=1199999-\r\n", b"");
        assert_eq!((rest.status, rest.body.len()), (206, 1));
        assert_eq!(call(&server, "GET", &file, "Range: bytes=1200000-\r\n", b"").status, 416);
        let head = call(&server, "HEAD", &file, "", b"");
        assert!(head.body.is_empty() && head.says("content-length: 1200000"), "{}", head.head);
    }
    let [spool] = spools(&place).try_into().expect("one folder");
    let mode = |path: &PathBuf| fs::metadata(path).expect("there").permissions().mode() & 0o7777;
    assert_eq!(mode(&spool), 0o700);
    let files: Vec<_> =
        fs::read_dir(&spool).expect("a folder").map(|file| file.expect("a file").path()).collect();
    // One whole, three parts, the lock.
    assert_eq!(files.len(), 5, "{files:?}");
    assert!(files.iter().filter(|file| !file.ends_with("lock")).all(|file| mode(file) == 0o600), "{files:?}");
    let ending = server.stop("TERM").ended(0);
    let folder = spool.file_name().expect("a name").to_string_lossy();
    let (text, said) = (ending.text(), format!("{folder} until it ends"));
    assert!(text.contains("keeps 4.0 GB of uploads, the newest, in ") && text.contains(&said), "{text}");
    assert_eq!(spools(&place), Vec::<PathBuf>::new());

    // A killed simulator can remove nothing; the next one does.
    let server = start(&place, &[]);
    upload(&server, &data);
    server.kill();
    assert_eq!(spools(&place).len(), 1);
    start(&place, &[]).stop("INT").ended(0);
    assert_eq!(spools(&place), Vec::<PathBuf>::new());
}

#[test]
fn the_oldest_upload_goes_when_there_is_no_room() {
    let place = Place::new();
    let server = start(&place, &["--keep-uploads", "2.5 MB"]);
    let data = bytes(1_000_000);
    let files = [0, 1, 2].map(|_| upload(&server, &data));
    let gone = call(&server, "GET", &files[0], "", b"");
    let detail =
        "The simulator keeps 2500000 bytes of uploads (--keep-uploads); newer ones took this one's place";
    assert_eq!((gone.status, gone.json()), (501, json!({ "detail": detail })));
    assert!(files[1..].iter().all(|file| call(&server, "GET", file, "", b"").body == data));
    assert_eq!(fs::read_dir(&spools(&place)[0]).expect("a folder").count(), 3);
    for (words, code) in [(["--spool-in", "/nowhere"], "storage.uploads"), (["--keep-uploads", "much"], "")] {
        let ending = place.run(&["simulate", "--json", "--listen", "127.0.0.1:0", words[0], words[1]]);
        assert!(ending.code != 0 && ending.text().contains(code), "{}", ending.text());
    }
}

/// Returns the ids of a training and of its upload.
fn ids(server: &Server) -> [String; 2] {
    let file = upload(server, b"no archive");
    let training = post(server, "/fal-ai/flux-lora-portrait-trainer", &json!({ "images_data_url": file }));
    [text(&training, "request_id").to_owned(), file.trim_start_matches(&server.base).to_owned()]
}

#[test]
fn no_id_is_one_of_an_earlier_run_unless_it_is_asked_for() {
    let place = Place::new();
    let of = |more: &[&str]| ids(&start(&place, more));
    let ([one, file], [other, another]) = (of(&[]), of(&[]));
    assert!(one != other && file != another, "{one} {file}");
    assert_eq!(of(&["--seed", "7"]), of(&["--seed", "7"]));
}

/// Orders as much as a busy day in a quarter of an hour. A training that is over takes little memory, and its
/// archive lies on the disk.
#[test]
fn hundreds_of_trainings_take_little_memory() {
    let place = Place::new();
    let server = start(&place, &[]);
    let memory = || {
        let id = server.id().to_string();
        let output = Command::new("ps").args(["-o", "rss=", "-p", &id]).output().expect("ps");
        let kilobytes: u64 = String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number");
        kilobytes / 1000
    };
    // Small enough to be kept in the state itself where a shell keeps no files.
    let data = bytes(60_000);
    let train = || {
        let file = upload(&server, &data);
        let input = json!({ "images_data_url": file, "trigger_phrase": "ohwx", "steps": 1000 });
        let training = post(&server, "/fal-ai/flux-lora-portrait-trainer", &input);
        call(&server, "GET", text(&training, "status_url"), "", b"")
    };
    (0..60).for_each(|_| drop(train()));
    let before = memory();
    (0..300).for_each(|_| drop(train()));
    let after = memory();
    assert!(after < before + 10, "{before} MB before, {after} MB after");
    assert_eq!(train().status / 100, 2);
}

#[test]
fn a_second_simulator_takes_nothing_from_the_first() {
    let place = Place::new();
    let first = start(&place, &[]);
    let data = bytes(200_000);
    let file = upload(&first, &data);
    let second = start(&place, &[]);
    assert_eq!(spools(&place).len(), 2);
    second.stop("TERM").ended(0);
    assert!(call(&first, "GET", &file, "", b"").body == data);
    let Ending { code, .. } = first.stop("TERM");
    assert_eq!((code, spools(&place).len()), (0, 0));
}
