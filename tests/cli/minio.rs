//! A real MinIO for the tests of buckets, and a client of its API that is not ours.

use std::{
    env, fs,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rusty_s3::{Bucket, Credentials, S3Action as _, UrlStyle, actions::ListObjectsV2};

use crate::address::quiet_address;

pub(crate) const KEY: &str = "likeness-tests";
pub(crate) const SECRET: &str = "not-a-secret-at-all";
/// The domain whose hosts are buckets, through a proxy that leads to the server.
pub(crate) const DOMAIN: &str = "s3.likeness.test";

/// A bucket of its own for one test, on a server that all tests share.
pub(crate) struct Store {
    bucket: Bucket,
    credentials: Credentials,
    server: String,
}

/// An answer of the server.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Store {
    /// Makes a new and empty bucket. Without MinIO on this machine there is none: the gate takes that for a
    /// failure, and everybody else reads it.
    pub(crate) fn new() -> Option<Self> {
        static SERVER: OnceLock<Option<(String, Child)>> = OnceLock::new();
        static COUNT: AtomicU32 = AtomicU32::new(0);

        let server = SERVER.get_or_init(start).as_ref()?.0.clone();
        let name = format!("test-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let endpoint = format!("http://{server}").parse().expect("an address");
        let bucket = Bucket::new(endpoint, UrlStyle::Path, name, "us-east-1").expect("a bucket");
        let store = Self { bucket, credentials: Credentials::new(KEY, SECRET), server };
        let create = store.bucket.create_bucket(&store.credentials);
        // The health check succeeds before the server is ready.
        eventually("a bucket", || store.call("PUT", &create.sign(TIME), b"").status == 200);
        Some(store)
    }

    /// Returns the server's host and port.
    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    pub(crate) fn name(&self) -> &str {
        self.bucket.name()
    }

    pub(crate) fn put(&self, key: &str, bytes: &[u8]) {
        let action = self.bucket.put_object(Some(&self.credentials), key);
        assert_eq!(self.call("PUT", &action.sign(TIME), bytes).status, 200, "{key}");
    }

    pub(crate) fn get(&self, key: &str) -> Vec<u8> {
        let action = self.bucket.get_object(Some(&self.credentials), key);
        let answer = self.call("GET", &action.sign(TIME), b"");
        assert_eq!(answer.status, 200, "{key}");
        answer.body
    }

    pub(crate) fn delete(&self, key: &str) {
        let action = self.bucket.delete_object(Some(&self.credentials), key);
        assert_eq!(self.call("DELETE", &action.sign(TIME), b"").status, 204, "{key}");
    }

    /// Lists every key, in order.
    pub(crate) fn keys(&self) -> Vec<String> {
        let action = self.bucket.list_objects_v2(Some(&self.credentials));
        let answer = self.call("GET", &action.sign(TIME), b"");
        let text = String::from_utf8(answer.body).expect("text");
        let page = ListObjectsV2::parse_response(&text).expect("a listing");
        assert!(page.next_continuation_token.is_none());
        page.contents.into_iter().map(|object| object.key).collect()
    }

    pub(crate) fn keys_with(&self, part: &str) -> Vec<String> {
        self.keys().into_iter().filter(|key| key.contains(part)).collect()
    }

    fn call(&self, method: &str, url: &url::Url, body: &[u8]) -> Answer {
        call(&self.server, method, url, body)
    }
}

/// The time for which a signature of the tests' client is valid.
const TIME: Duration = Duration::from_mins(5);

/// Makes one request on a connection of its own.
pub(crate) fn call(server: &str, method: &str, url: &url::Url, body: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(server).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_mins(1))).expect("a deadline");
    let target = format!("{}?{}", url.path(), url.query().unwrap_or_default());
    let length = body.len();
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: {server}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)).expect("sent");
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).expect("a status line");
    let status = line.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    while !line.trim().is_empty() {
        line.clear();
        reader.read_line(&mut line).expect("a header");
        assert!(!line.to_lowercase().starts_with("transfer-encoding"), "only plain bodies are read here");
    }
    let mut body = Vec::new();
    reader.read_to_end(&mut body).expect("a body");
    Answer { status, body }
}

/// Starts the server, and returns its address and the process that keeps it alive: when the pipe to that process is
/// closed, which is when this process ends in any way, the server ends and its folder goes.
fn start() -> Option<(String, Child)> {
    let Some(program) = program() else {
        let why = "the tests of buckets: MinIO is not installed; `scripts/setup bucket` brings it";
        assert!(env::var_os("LIKENESS_REAL_SERVERS").is_none(), "{why}");
        // Past what the test runner captures.
        writeln!(io::stderr(), "SKIPPED: {why}").expect("standard error");
        return None;
    };
    let folder = env::temp_dir().join(format!("likeness-minio-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let (server, console) = (quiet_address(), quiet_address());
    let script = r#""$0" server --quiet --address "$1" --console-address "$2" "$3" >"$3.log" 2>&1 &
        cat >/dev/null; kill $!; wait $!; rm -rf "$3" "$3.log""#;
    let child = Command::new("sh")
        .args(["-c", script])
        .arg(program)
        .args([&server, &console])
        .arg(&folder)
        .env("MINIO_ROOT_USER", KEY)
        .env("MINIO_ROOT_PASSWORD", SECRET)
        .env("MINIO_UPDATE", "off")
        .env("MINIO_SITE_REGION", "us-east-1")
        .env("MINIO_DOMAIN", DOMAIN)
        .stdin(Stdio::piped())
        .spawn()
        .expect("sh");
    let alive = format!("http://{server}/minio/health/live").parse().expect("an address");
    eventually("MinIO", || {
        TcpStream::connect(&server).is_ok() && call(&server, "GET", &alive, b"").status == 200
    });
    Some((server, child))
}

fn eventually(what: &str, done: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_mins(1);
    while !done() {
        assert!(Instant::now() < until, "{what} does not come");
        thread::sleep(Duration::from_millis(50));
    }
}

fn program() -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.cache/tools/bin");
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).chain([own]).map(|folder| folder.join("minio")).find(|file| file.is_file())
}
