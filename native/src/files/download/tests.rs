use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    path::Path,
    thread,
    time::Duration,
};

use likeness_core::{
    avatar::Sha256Sum,
    download::{Expected, Fetched, FileKind, FileProblem, PlainHosts, RedirectProblem, RemoteFile},
    error::{NetworkError, StorageErrorKind},
    http::NoAnswer,
    limits::TRANSFER_SILENCE,
};
use tempfile::TempDir;
use tokio::{sync::oneshot, time};
use url::Url;

use super::{DownloadError, Downloads};
use crate::transport::{
    Transport,
    moving::{Direction, Moving, Transfer},
};

/// Starts a server that gives each request the next of these answers and closes. The thread returns the requests'
/// heads.
fn serve(answers: Vec<Vec<u8>>) -> (Url, thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let base =
        format!("http://{}/model.safetensors?signature=hush", listener.local_addr().expect("an address"));
    let server = thread::spawn(move || {
        let heads = answers.into_iter().map(|answer| {
            let mut stream = BufReader::new(listener.accept().expect("a connection").0);
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") && stream.read_line(&mut head).expect("a line") > 0 {}
            // The client may have closed already: then it does not want the rest.
            let _ = stream.get_mut().write_all(&answer);
            head.to_ascii_lowercase()
        });
        heads.collect()
    });
    (base.parse().expect("url"), server)
}

fn answer(head: &str, body: &[u8]) -> Vec<u8> {
    let mut answer = format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n").into_bytes();
    answer.extend(body);
    answer
}

fn at_most(bytes: u64) -> Expected {
    Expected { kind: FileKind::Any, length: None, sha256: None, max_bytes: bytes }
}

fn remote(url: Url, expected: Expected) -> RemoteFile {
    RemoteFile { url, expected, plain: PlainHosts::default() }
}

async fn fetch_once(answer: Vec<u8>, path: &Path, expected: Expected) -> Result<Fetched, DownloadError> {
    let (url, server) = serve(vec![answer]);
    let transport = Transport::direct().expect("a client");
    let fetched =
        Downloads::default().fetch(&transport, remote(url, expected), path, &Moving::default()).await;
    for head in server.join().expect("a server") {
        assert!(!head.contains("authorization"), "{head}");
    }
    fetched
}

fn folder_with(old: Option<&[u8]>) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    if let Some(old) = old {
        fs::write(folder.path().join("model"), old).expect("a file");
    }
    folder
}

fn names(folder: &TempDir) -> Vec<String> {
    let entries = folder.path().read_dir().expect("a folder");
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

#[tokio::test]
async fn a_whole_file_takes_its_place_and_is_private() {
    let bytes: Vec<u8> = (0..500_000_u32).flat_map(u32::to_le_bytes).collect();
    for head in ["200 OK\r\nContent-Length: 2000000", "200 OK"] {
        let folder = folder_with(Some(b"old"));
        let path = folder.path().join("model");
        let expected = Expected { length: Some(2_000_000), ..at_most(3_000_000) };
        let fetched = fetch_once(answer(head, &bytes), &path, expected).await.expect("a file");
        assert_eq!(fetched, Fetched { length: 2_000_000, sha256: Sha256Sum::of(&bytes) });
        assert!(fs::read(&path).expect("the file") == bytes);
        assert_eq!(names(&folder), ["model"]);
        let mode = std::os::unix::fs::PermissionsExt::mode(&path.metadata().expect("the file").permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
}

/// Checks that after each fault the old file stays and no other is left.
#[tokio::test]
async fn a_file_that_is_not_whole_leaves_no_trace() {
    type Check = fn(&NetworkError) -> bool;
    let interrupted: Check = |error| matches!(error, NetworkError::NoAnswer(NoAnswer::Interrupted));
    let size: Check = |error| matches!(error, NetworkError::NotWhole(FileProblem::TooLarge { max: 100, .. }));
    let length: Check =
        |error| matches!(error, NetworkError::NotWhole(FileProblem::Length { promised: 5, .. }));
    let page: Check = |error| error.code() == "network.not_the_file";
    let exactly = |length| Expected { length: Some(length), ..at_most(100) };
    let of = |kind| Expected { kind, ..at_most(100) };
    let cases: [(&str, &str, Expected, Check); 13] = [
        ("200 OK\r\nContent-Length: 10", "", at_most(100), interrupted),
        ("200 OK\r\nTransfer-Encoding: chunked", "", at_most(100), interrupted),
        ("200 OK\r\nContent-Length: 101", "", at_most(100), size),
        ("200 OK", &"1".repeat(101), at_most(100), size),
        ("200 OK\r\nContent-Length: 0", "", at_most(100), page),
        ("200 OK\r\nContent-Length: 6", "123456", exactly(5), length),
        ("200 OK\r\nContent-Length: 4", "1234", exactly(5), length),
        ("200 OK", "1234", exactly(5), length),
        ("200 OK", "123456", exactly(5), length),
        ("200 OK", "<html>Just a moment...</html>", of(FileKind::Model), page),
        ("200 OK", "{\"detail\":\"Not found\"}", of(FileKind::Picture), page),
        ("404 Not Found", "gone", at_most(100), |error| {
            matches!(error, NetworkError::Unreadable { status: 404 })
        }),
        ("302 Found\r\nLocation: file:///etc/passwd", "", at_most(100), |error| {
            matches!(error, NetworkError::Redirected(RedirectProblem::Elsewhere(_)))
        }),
    ];
    for (head, body, expected, check) in cases {
        let folder = folder_with(Some(b"old"));
        let path = folder.path().join("model");
        let error = fetch_once(answer(head, body.as_bytes()), &path, expected).await.expect_err(head);
        let DownloadError::Network(error) = error else { panic!("{error:?}") };
        assert!(check(&error), "{head}: {error:?}");
        assert!(!error.to_string().contains("hush"), "{error}");
        assert_eq!(names(&folder), ["model"], "{head}");
        assert_eq!(fs::read(&path).expect("the file"), b"old", "{head}");
    }
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let folder = folder_with(None);
    let path = folder.path().join("nowhere").join("model");
    let file = remote("http://127.0.0.1:9/".parse().expect("url"), at_most(100));
    let transport = Transport::direct().expect("a client");
    let error = Downloads::default().fetch(&transport, file, &path, &Moving::default()).await;
    let Err(DownloadError::Storage(error)) = error else { panic!("{error:?}") };
    assert_eq!((error.kind, error.place), (StorageErrorKind::Missing, path.display().to_string()));
}

/// Puts a folder in the file's place: the bytes arrive, yet the name cannot be taken.
#[tokio::test]
async fn a_name_that_cannot_be_taken_leaves_no_part_behind() {
    let folder = folder_with(None);
    let path = folder.path().join("model");
    fs::create_dir_all(path.join("inside")).expect("a folder");
    let error = fetch_once(answer("200 OK", b"12345"), &path, at_most(100)).await.expect_err("in the way");
    assert!(matches!(error, DownloadError::Storage(_)), "{error:?}");
    assert_eq!(names(&folder), ["model"]);
}

#[tokio::test]
async fn an_address_leads_on_and_what_broke_off_goes_on() {
    let bytes: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
    let (url, server) = serve(vec![
        answer("307 Temporary Redirect\r\nLocation: /store?sign=1", b""),
        answer("200 OK\r\nContent-Length: 400000\r\nETag: \"v1\"", &bytes[..150_000]),
        answer("302 Found\r\nLocation: /store?sign=2", b""),
        answer(
            "206 Partial\r\nContent-Length: 250000\r\nContent-Range: bytes 150000-399999/400000",
            &bytes[150_000..],
        ),
    ]);
    let folder = folder_with(None);
    let path = folder.path().join("model");
    let (transport, moving) = (Transport::direct().expect("a client"), Moving::default());
    let fetched = Downloads::default().fetch(&transport, remote(url, at_most(1 << 20)), &path, &moving).await;
    assert_eq!(fetched.expect("a file"), Fetched { length: 400_000, sha256: Sha256Sum::of(&bytes) });
    assert!(fs::read(&path).expect("the file") == bytes);
    let all = Transfer { way: Direction::Down, done: 400_000, total: Some(400_000) };
    assert_eq!(moving.so_far(), Some(all));
    let heads = server.join().expect("a server");
    let lines: Vec<&str> = heads.iter().filter_map(|head| head.lines().next()).collect();
    let first = "get /model.safetensors?signature=hush http/1.1";
    assert_eq!(lines, [first, "get /store?sign=1 http/1.1", first, "get /store?sign=2 http/1.1"]);
    for (at, head) in heads.iter().enumerate() {
        assert_eq!(head.contains("range: bytes=150000-\r\n"), at > 1, "{head}");
        assert_eq!(head.contains("if-range: \"v1\"\r\n"), at > 1, "{head}");
        assert!(!head.contains("authorization"), "{head}");
    }
}

/// Keeps the half of a file for the next try of the same process.
#[tokio::test]
async fn half_a_file_is_gone_on_with_by_the_next_try() {
    let bytes: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
    let head = "200 OK\r\nContent-Length: 400000\r\nETag: \"v1\"";
    let (url, server) = serve(vec![
        answer(head, &bytes[..150_000]),
        answer("404 Not Found", b"not now"),
        answer("206 Partial\r\nContent-Range: bytes 150000-399999/400000", &bytes[150_000..]),
    ]);
    let folder = folder_with(None);
    let path = folder.path().join("model");
    let (transport, downloads) = (Transport::direct().expect("a client"), Downloads::default());
    let file = remote(url, at_most(1 << 20));
    let first = downloads.fetch(&transport, file.clone(), &path, &Moving::default()).await;
    assert!(
        matches!(first, Err(DownloadError::Network(NetworkError::Unreadable { status: 404 }))),
        "{first:?}"
    );
    let [part] = names(&folder).try_into().expect("a part");
    assert!(part.starts_with(".model.") && part.to_ascii_lowercase().ends_with(".part"), "{part}");
    let second = downloads.fetch(&transport, file, &path, &Moving::default()).await.expect("a file");
    assert_eq!(second, Fetched { length: 400_000, sha256: Sha256Sum::of(&bytes) });
    assert_eq!(names(&folder), ["model"]);
    assert!(server.join().expect("a server")[2].contains("range: bytes=150000-\r\n"));
}

#[tokio::test]
async fn half_a_file_that_is_forgotten_is_gone() {
    let (url, server) =
        serve(vec![answer("200 OK\r\nContent-Length: 9", b"half"), answer("404 Not Found", b"")]);
    let folder = folder_with(None);
    let path = folder.path().join("model");
    let (transport, downloads) = (Transport::direct().expect("a client"), Downloads::default());
    let fetched = downloads.fetch(&transport, remote(url, at_most(100)), &path, &Moving::default()).await;
    assert!(fetched.is_err());
    server.join().expect("a server");
    assert_eq!(names(&folder).len(), 1);
    downloads.forget(folder.path());
    assert_eq!(names(&folder), Vec::<String>::new());
}

/// Moves bytes for an hour without being cut off; a transfer that is silent is, after a minute.
#[tokio::test]
async fn a_transfer_ends_by_silence_alone() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address")).parse().expect("url");
    let (wants, wanted) = std::sync::mpsc::channel::<()>();
    let (sent, mut heard) = tokio::sync::mpsc::unbounded_channel();
    thread::spawn(move || {
        let mut stream = BufReader::new(listener.accept().expect("a connection").0);
        let mut request = String::new();
        while !request.ends_with("\r\n\r\n") && stream.read_line(&mut request).expect("a line") > 0 {}
        let stream = stream.get_mut();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n").expect("a head");
        while wanted.recv().is_ok() {
            stream.write_all(b"!").expect("a byte");
            sent.send(()).expect("a test");
        }
        // A request for the rest gets no answer.
        drop(listener);
    });
    let folder = folder_with(None);
    let path = folder.path().join("model");
    let moving = Moving::default();
    let (transport, noted) = (Transport::direct().expect("a client"), moving.clone());
    let (ends, end) = oneshot::channel();
    tokio::spawn(async move {
        let file = remote(url, at_most(1000));
        drop(ends.send(Downloads::default().fetch(&transport, file, &path, &noted).await));
    });
    let mut end = end;
    // An hour, a byte a minute, less a little.
    for _ in 0..62 {
        wants.send(()).expect("a server");
        heard.recv().await.expect("a byte");
        while !moving.have_moved() {
            tokio::task::yield_now().await;
        }
        time::pause();
        time::advance(Duration::from_secs(TRANSFER_SILENCE.as_secs() - 2)).await;
        time::resume();
        assert!(end.try_recv().is_err(), "it was cut off");
    }
    // From here on time flies whenever nothing else happens.
    time::pause();
    time::advance(TRANSFER_SILENCE).await;
    drop(wants);
    let fetched = end.await.expect("an end");
    assert!(matches!(fetched, Err(DownloadError::Network(NetworkError::NoAnswer(_)))), "{fetched:?}");
}
