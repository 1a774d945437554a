//! Downloads from a server that breaks off, redirects and changes its mind.

use std::collections::VecDeque;

use url::Url;

use super::{
    Download, DownloadStep, Expected, Fetched, FileKind, FileProblem, PlainHosts, RedirectProblem, RemoteFile,
};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    error::NetworkError,
    http::{HeaderMap, HeaderName, HeaderValue, NoAnswer, Request, StatusCode},
    sha256::Sha256Sum,
};

const TAG: &str = "\"v1\"";

/// A server with one file, and the answers that come first.
struct Server {
    file: Vec<u8>,
    tag: Option<&'static str>,
    /// True if the server hands out parts.
    parts: bool,
    /// Number of bytes after which each of the next answers breaks off.
    cuts: VecDeque<usize>,
    /// Answers that come first, instead of the file.
    instead: VecDeque<(u16, &'static str)>,
    /// Address, range and the range's condition of each request.
    asked: Vec<(String, Option<String>)>,
    pauses: usize,
}

impl Server {
    fn of(length: usize) -> Self {
        Self {
            file: (0..length).map(|at| (at % 251).to_le_bytes()[0]).collect(),
            tag: Some(TAG),
            parts: true,
            cuts: VecDeque::new(),
            instead: VecDeque::new(),
            asked: Vec::new(),
            pauses: 0,
        }
    }

    fn download(&self, url: &str) -> Download {
        let expected = Expected {
            kind: FileKind::Any,
            length: Some(self.file.len() as u64),
            sha256: Some(Sha256Sum::of(&self.file)),
            max_bytes: 1 << 30,
        };
        let plain = PlainHosts::default();
        Download::new(RemoteFile { url: url.parse().expect("an address"), expected, plain }, 1 << 20)
    }

    /// Drives a download to its end, and returns the result and the bytes that were kept.
    fn drive(&mut self, download: &mut Download) -> (Result<Fetched, NetworkError>, Vec<u8>) {
        let (mut kept, mut body): (Vec<u8>, Option<(Vec<u8>, bool)>) = (Vec::new(), None);
        for _ in 0..1000 {
            match download.step() {
                DownloadStep::Ask(request) => {
                    let (status, headers, bytes, breaks) = self.answer(&request);
                    download.answered(Ok((status, &headers)));
                    body = Some((bytes, breaks));
                }
                DownloadStep::Read { from } => {
                    kept.truncate(usize::try_from(from).expect("small"));
                    let (bytes, breaks) = body.take().expect("an answer");
                    for piece in bytes.chunks(1000) {
                        if !download.received(piece) {
                            break;
                        }
                        kept.extend_from_slice(piece);
                    }
                    download.ended(if breaks { Err(NoAnswer::Interrupted) } else { Ok(()) });
                }
                DownloadStep::Pause(time) => {
                    assert!(time.as_secs() < 20);
                    self.pauses += 1;
                    download.paused();
                }
                DownloadStep::Done(fetched) => return (Ok(fetched), kept),
                DownloadStep::Failed(why) => return (Err(why), kept),
            }
        }
        panic!("it comes to no end: {download:?}");
    }

    fn fetch(&mut self) -> (Result<Fetched, NetworkError>, Vec<u8>) {
        let mut download = self.download("https://files.test/a?sign=hush");
        self.drive(&mut download)
    }

    fn answer(&mut self, request: &Request) -> (StatusCode, HeaderMap, Vec<u8>, bool) {
        let text =
            |name: &str| request.headers.get(name).map(|value| value.to_str().expect("text").to_owned());
        assert!(text("authorization").is_none());
        assert_eq!(text("accept-encoding").as_deref(), Some("identity"));
        assert!(request.silence.is_some());
        let condition = text("if-range");
        let range = text("range").map(|range| format!("{range} {}", condition.as_deref().unwrap_or("-")));
        self.asked.push((request.url.to_string(), range));
        let mut headers = HeaderMap::new();
        let mut header = |name: &'static str, value: &str| {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"));
        };
        if let Some((status, location)) = self.instead.pop_front() {
            header("location", location);
            return (StatusCode::from_u16(status).expect("a status"), headers, b"<html>".to_vec(), false);
        }
        if let Some(tag) = self.tag {
            header("etag", tag);
        }
        let start =
            text("range").filter(|_| self.parts && (condition.is_none() || condition.as_deref() == self.tag));
        let start = start.map(|range| {
            let start = range.strip_prefix("bytes=").and_then(|range| range.strip_suffix('-'));
            start.expect("an open range").parse::<usize>().expect("a number")
        });
        let (length, status) = (self.file.len(), if start.is_some() { 206 } else { 200 });
        let bytes = self.file[start.unwrap_or(0)..].to_vec();
        if let Some(start) = start {
            header("content-range", &format!("bytes {start}-{}/{length}", length - 1));
        }
        header("content-length", &bytes.len().to_string());
        let cut = self.cuts.pop_front().filter(|cut| *cut < bytes.len());
        let bytes = cut.map_or(bytes.clone(), |cut| bytes[..cut].to_vec());
        (StatusCode::from_u16(status).expect("a status"), headers, bytes, cut.is_some())
    }

    fn ranges(&self) -> Vec<Option<&str>> {
        self.asked.iter().map(|(_, range)| range.as_deref()).collect()
    }
}

fn whole(server: &Server) -> Fetched {
    Fetched { length: server.file.len() as u64, sha256: Sha256Sum::of(&server.file) }
}

#[test]
fn what_broke_off_goes_on_where_it_was() {
    let mut server = Server::of(1_000_000);
    server.cuts = [300_000, 400_000].into();
    let (fetched, kept) = server.fetch();
    assert_eq!((fetched, kept == server.file), (Ok(whole(&server)), true));
    assert_eq!(server.ranges(), [None, Some("bytes=300000- \"v1\""), Some("bytes=700000- \"v1\"")]);
    assert_eq!(server.pauses, 0, "it gets on");
}

/// Goes on without naming a weak ETag in `If-Range`, which must not hold one.
#[test]
fn it_goes_on_from_any_byte() {
    for tag in [Some(TAG), Some("W/\"v1\""), None] {
        for cut in 0..200 {
            let mut server = Server::of(200);
            (server.tag, server.cuts) = (tag, [cut].into());
            let (fetched, kept) = server.fetch();
            if cut == 0 {
                assert_eq!(fetched, Err(NetworkError::NoAnswer(NoAnswer::Interrupted)));
                continue;
            }
            assert_eq!((fetched, kept == server.file), (Ok(whole(&server)), true), "{cut}");
            let condition = tag.filter(|tag| tag.starts_with('"')).unwrap_or("-");
            assert_eq!(server.ranges(), [None, Some(format!("bytes={cut}- {condition}").as_str())]);
        }
    }
}

#[test]
fn a_file_that_changed_meanwhile_is_fetched_anew() {
    let mut server = Server::of(100_000);
    let mut download = server.download("https://files.test/a");
    server.cuts = [70_000].into();
    let mut other = Server::of(100_000);
    (other.tag, other.file[3]) = (Some("\"v2\""), 99);
    // The first answer is of the version before.
    let DownloadStep::Ask(request) = download.step() else { panic!("{download:?}") };
    let (status, headers, bytes, _) = other.answer(&request);
    download.answered(Ok((status, &headers)));
    assert!(download.received(&bytes[..50_000]));
    download.ended(Err(NoAnswer::TimedOut));
    server.cuts.clear();
    let (fetched, kept) = server.drive(&mut download);
    assert_eq!((fetched, kept == server.file), (Ok(whole(&server)), true));
    assert_eq!(server.ranges(), [Some("bytes=50000- \"v2\"")]);
}

#[test]
fn a_server_that_is_no_good_at_parts_is_asked_for_the_whole() {
    let mut server = Server::of(1_000_000);
    (server.parts, server.cuts) = (false, [300_000].into());
    let (fetched, kept) = server.fetch();
    assert_eq!((fetched, kept == server.file), (Ok(whole(&server)), true));
    for status in [416, 412] {
        let mut server = Server::of(1_000_000);
        server.cuts = [300_000].into();
        let mut download = server.download("https://files.test/a");
        let DownloadStep::Ask(request) = download.step() else { panic!("{download:?}") };
        let (said, headers, bytes, _) = server.answer(&request);
        download.answered(Ok((said, &headers)));
        assert!(download.received(&bytes));
        download.ended(Err(NoAnswer::Interrupted));
        server.instead = [(status, "")].into();
        let (fetched, kept) = server.drive(&mut download);
        assert_eq!((fetched, kept == server.file), (Ok(whole(&server)), true), "{status}");
        assert_eq!(server.ranges(), [None, Some("bytes=300000- \"v1\""), None]);
    }
}

/// Throws away a body that is shorter or longer than its part: it is something else, a page or a message.
#[test]
fn a_part_of_another_length_than_it_says_is_not_kept() {
    for (length, came) in [("6", 5), ("6", 7), ("5", 5), ("7", 7)] {
        let mut server = Server::of(10);
        let mut download = server.download("https://files.test/a");
        let DownloadStep::Ask(request) = download.step() else { panic!("{download:?}") };
        let (status, mut headers, bytes, _) = server.answer(&request);
        download.answered(Ok((status, &headers)));
        assert!(download.received(&bytes[..4]));
        download.ended(Err(NoAnswer::Interrupted));
        headers.insert("content-range", HeaderValue::from_static("bytes 4-9/10"));
        headers.insert("content-length", HeaderValue::from_str(length).expect("a value"));
        download.answered(Ok((StatusCode::PARTIAL_CONTENT, &headers)));
        if let DownloadStep::Read { .. } = download.step() {
            let _ = download.received(&vec![b'!'; came]);
            download.ended(Ok(()));
        }
        let (fetched, kept) = server.drive(&mut download);
        assert_eq!((fetched, kept == server.file), (Ok(whole(&server)), true), "{length} {came}");
        assert_eq!(server.ranges(), [None, None]);
    }
}

/// Refuses to append a part other than the one asked for, or a part of another file.
#[test]
fn a_part_that_was_not_asked_for_is_refused() {
    for range in ["bytes 5-9/10", "bytes 4-9/11", "bytes 3-2/10", "bytes 4-9", "items 4-9/10", ""] {
        let server = Server::of(10);
        let mut download = server.download("https://files.test/a");
        let mut headers = HeaderMap::new();
        headers.insert("content-length", HeaderValue::from_static("10"));
        download.answered(Ok((StatusCode::OK, &headers)));
        assert!(download.received(&server.file[..4]));
        download.ended(Err(NoAnswer::Interrupted));
        headers.insert("content-range", HeaderValue::from_str(range).expect("a value"));
        download.answered(Ok((StatusCode::PARTIAL_CONTENT, &headers)));
        let DownloadStep::Ask(request) = download.step() else { panic!("{range}: {download:?}") };
        assert!(request.headers.get("range").is_none(), "{range}");
    }
}

/// Asks again where a server sends less than the rest.
#[test]
fn parts_may_be_short() {
    let server = Server::of(1000);
    let mut download = server.download("https://files.test/a");
    let mut headers = HeaderMap::new();
    headers.insert("content-length", HeaderValue::from_static("1000"));
    download.answered(Ok((StatusCode::OK, &headers)));
    assert!(download.received(&server.file[..4]));
    download.ended(Err(NoAnswer::Interrupted));
    headers.insert("content-range", HeaderValue::from_static("bytes 4-499/1000"));
    headers.insert("content-length", HeaderValue::from_static("496"));
    download.answered(Ok((StatusCode::PARTIAL_CONTENT, &headers)));
    assert!(download.received(&server.file[4..500]));
    download.ended(Ok(()));
    download.paused();
    let DownloadStep::Ask(request) = download.step() else { panic!("{download:?}") };
    assert_eq!(request.headers["range"], "bytes=500-");
}

#[test]
fn a_line_that_does_not_get_on_is_given_up_and_taken_up_again_another_time() {
    let mut server = Server::of(1_000_000);
    server.cuts = [500_000, 0, 0, 0, 0, 0].into();
    let mut download = server.download("https://files.test/a");
    let (fetched, kept) = server.drive(&mut download);
    assert_eq!((fetched, kept.len()), (Err(NetworkError::NoAnswer(NoAnswer::Interrupted)), 500_000));
    assert_eq!((server.asked.len(), server.pauses), (6, 4));
    let mut again = download.again().expect("half a file");
    // Half of the file is kept, so the second attempt goes on behind that half.
    let DownloadStep::Ask(request) = again.step() else { panic!("{again:?}") };
    assert_eq!(request.headers["range"], "bytes=500000-");
    let (status, headers, rest, _) = server.answer(&request);
    again.answered(Ok((status, &headers)));
    assert!(again.received(&rest));
    again.ended(Ok(()));
    assert!(matches!(again.step(), DownloadStep::Done(fetched) if fetched == whole(&server)));
    assert!(again.again().is_none(), "it is done");
}

/// Gives up on a server that always cuts at the same place and does not know parts.
#[test]
fn the_same_beginning_again_and_again_is_no_progress() {
    let mut server = Server::of(1_000_000);
    (server.parts, server.cuts) = (false, vec![700_000; 100].into());
    let mut download = server.download("https://files.test/a");
    let (fetched, _) = server.drive(&mut download);
    assert_eq!(fetched, Err(NetworkError::NoAnswer(NoAnswer::Interrupted)));
    assert_eq!(server.asked.len(), 2);
    assert!(download.again().is_none());
}

#[test]
fn what_passes_is_waited_for_behind_the_first_bytes() {
    let mut server = Server::of(500_000);
    server.cuts = [200_000].into();
    let mut download = server.download("https://files.test/a");
    let DownloadStep::Ask(request) = download.step() else { panic!("{download:?}") };
    let (status, headers, bytes, _) = server.answer(&request);
    download.answered(Ok((status, &headers)));
    assert!(download.received(&bytes));
    download.ended(Err(NoAnswer::Interrupted));
    server.instead = [(503, ""), (429, "")].into();
    let (fetched, _) = server.drive(&mut download);
    assert_eq!((fetched, server.pauses), (Ok(whole(&server)), 2));
    // Without a kept byte there is nothing to continue: a later download begins anew.
    let mut server = Server::of(10);
    server.instead = [(503, "")].into();
    assert_eq!(server.fetch().0, Err(NetworkError::Unreadable { status: 503 }));
}

#[test]
fn an_address_leads_to_the_file_three_times_at_most() {
    for status in [301, 302, 303, 307, 308] {
        let mut server = Server::of(10);
        server.instead = [(status, "/b"), (status, "https://store.test/c?sign=1"), (status, "d")].into();
        assert_eq!(server.fetch().0, Ok(whole(&server)), "{status}");
        let addresses: Vec<&str> = server.asked.iter().map(|(url, _)| url.as_str()).collect();
        let expected = [
            "https://files.test/a?sign=hush",
            "https://files.test/b",
            "https://store.test/c?sign=1",
            "https://store.test/d",
        ];
        assert_eq!(addresses, expected);
        let mut server = Server::of(10);
        server.instead = vec![(status, "/a"); 4].into();
        assert_eq!(server.fetch().0, Err(NetworkError::Redirected(RedirectProblem::TooMany)));
    }
    for status in [300, 304, 305, 306] {
        let mut server = Server::of(10);
        server.instead = [(status, "/b")].into();
        assert_eq!(server.fetch().0, Err(NetworkError::Unreadable { status }));
    }
}

/// Begins a continued download at the file's own address, since that of a redirect may be valid for a short time
/// only.
#[test]
fn what_goes_on_begins_at_its_own_address() {
    let mut server = Server::of(200_000);
    (server.instead, server.cuts) = ([(302, "https://store.test/c")].into(), [100_000].into());
    assert_eq!(server.fetch().0, Ok(whole(&server)));
    let asked = [
        ("https://files.test/a?sign=hush".to_owned(), None),
        ("https://store.test/c".to_owned(), None),
        ("https://files.test/a?sign=hush".to_owned(), Some("bytes=100000- \"v1\"".to_owned())),
    ];
    assert_eq!(server.asked, asked);
}

#[test]
fn what_is_not_the_file_is_never_gone_on_with() {
    let mut server = Server::of(10_000);
    let mut download = server.download("https://files.test/a");
    server.file.pop();
    let (fetched, _) = server.drive(&mut download);
    let problem = FileProblem::Length { promised: 10_000, arrived: 9_999 };
    assert_eq!(fetched, Err(NetworkError::NotWhole(problem)));
    assert!(download.again().is_none());
    let mut server = Server::of(10);
    let url: Url = "https://files.test/a?sign=hush".parse().expect("an address");
    let expected = Expected { kind: FileKind::Any, length: None, sha256: None, max_bytes: 9 };
    let mut download = Download::new(RemoteFile { url, expected, plain: PlainHosts::default() }, 0);
    let (fetched, kept) = server.drive(&mut download);
    assert_eq!(fetched, Err(NetworkError::NotWhole(FileProblem::TooLarge { bytes: 10, max: 9 })));
    assert!(kept.is_empty() && !format!("{download:?}").contains("hush"), "{download:?}");
}
