use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    path::Path,
    thread,
};

use likeness_core::error::StorageErrorKind;
use likeness_core::http::NoAnswer;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use url::Url;

use super::{DownloadError, Downloaded, Expected, download};
use crate::transport::Transport;

/// A server that answers one request with these bytes and closes.
fn serve(answer: Vec<u8>) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let base =
        format!("http://{}/model.safetensors?signature=hush", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        let mut stream = BufReader::new(listener.accept().expect("a connection").0);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") && stream.read_line(&mut head).expect("a line") > 0 {}
        assert!(!head.to_ascii_lowercase().contains("authorization"), "{head}");
        // The client may have closed already: then it does not want the rest.
        let _ = stream.get_mut().write_all(&answer);
    });
    base.parse().expect("url")
}

fn answer(head: &str, body: &[u8]) -> Vec<u8> {
    let mut answer = format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n").into_bytes();
    answer.extend(body);
    answer
}

async fn fetch(answer: Vec<u8>, path: &Path, expected: Expected) -> Result<Downloaded, DownloadError> {
    let transport = Transport::direct().expect("a client");
    download(&transport, &serve(answer), path, expected).await
}

fn folder_with(old: Option<&[u8]>) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    if let Some(old) = old {
        std::fs::write(folder.path().join("model"), old).expect("a file");
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
        let expected = Expected { bytes: 1..=3_000_000, length: Some(2_000_000) };
        let downloaded = fetch(answer(head, &bytes), &path, expected).await.expect("a file");
        assert_eq!(downloaded.length, 2_000_000);
        assert_eq!(downloaded.sha256, <[u8; 32]>::from(Sha256::digest(&bytes)));
        assert!(std::fs::read(&path).expect("the file") == bytes);
        assert_eq!(names(&folder), ["model"]);
        let mode = std::os::unix::fs::PermissionsExt::mode(&path.metadata().expect("the file").permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
}

/// Whatever goes wrong, the old file stays and nothing else does.
#[tokio::test]
async fn a_file_that_is_not_whole_leaves_no_trace() {
    type Check = fn(&DownloadError) -> bool;
    let interrupted: Check = |error| matches!(error, DownloadError::NoAnswer(NoAnswer::Interrupted));
    let size: Check = |error| matches!(error, DownloadError::Size { .. });
    let length: Check = |error| matches!(error, DownloadError::Length { expected: 5, .. });
    let at_most = Expected::at_most;
    let exactly = |length| Expected { bytes: 1..=100, length: Some(length) };
    let cases: [(&str, &str, Expected, Check); 10] = [
        ("200 OK\r\nContent-Length: 10", "12345", at_most(100), interrupted),
        ("200 OK\r\nTransfer-Encoding: chunked", "5\r\n12345\r\n", at_most(100), interrupted),
        ("200 OK\r\nContent-Length: 101", "", at_most(100), size),
        ("200 OK", &"1".repeat(101), at_most(100), size),
        ("200 OK\r\nContent-Length: 0", "", at_most(100), size),
        ("200 OK\r\nContent-Length: 6", "123456", exactly(5), length),
        ("200 OK", "1234", exactly(5), length),
        ("200 OK", "123456", exactly(5), length),
        ("404 Not Found", "gone", at_most(100), |error| matches!(error, DownloadError::Status(404))),
        ("302 Found\r\nLocation: file:///etc/passwd", "", at_most(100), |error| {
            matches!(error, DownloadError::Status(302))
        }),
    ];
    for (head, body, expected, check) in cases {
        let folder = folder_with(Some(b"old"));
        let path = folder.path().join("model");
        let error = fetch(answer(head, body.as_bytes()), &path, expected).await.expect_err(head);
        assert!(check(&error), "{head}: {error:?}");
        assert!(!error.to_string().contains("hush"), "{error}");
        assert_eq!(names(&folder), ["model"], "{head}");
        assert_eq!(std::fs::read(&path).expect("the file"), b"old", "{head}");
    }
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let folder = folder_with(None);
    let path = folder.path().join("nowhere").join("model");
    let error =
        fetch(answer("200 OK", b"12345"), &path, Expected::at_most(100)).await.expect_err("no folder");
    let DownloadError::Storage(error) = error else { panic!("{error:?}") };
    assert_eq!((error.kind, error.place), (StorageErrorKind::Missing, path.display().to_string()));
}

/// A folder in the file's place: the bytes arrived, yet the name cannot be taken.
#[tokio::test]
async fn a_name_that_cannot_be_taken_leaves_no_part_behind() {
    let folder = folder_with(None);
    let path = folder.path().join("model");
    std::fs::create_dir_all(path.join("inside")).expect("a folder");
    let error =
        fetch(answer("200 OK", b"12345"), &path, Expected::at_most(100)).await.expect_err("in the way");
    assert!(matches!(error, DownloadError::Storage(_)), "{error:?}");
    assert_eq!(names(&folder), ["model"]);
}
