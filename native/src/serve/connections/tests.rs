//! Real connections on this machine, with short limits.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http_body_util::{BodyExt as _, Full, combinators::BoxBody};
use hyper::{
    Request, Response, StatusCode,
    body::{Body, Bytes, Frame, Incoming, SizeHint},
    service::service_fn,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{Notify, watch},
};

use super::{Connections, Limits, Origin, Pace, Paced, Seat, Slow};

/// Longer than any step here takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// Short enough that the tests do not take long.
const SHORT: Duration = Duration::from_millis(100);

const LIMITS: Limits = Limits {
    known: 4,
    unknown: 16,
    unknown_of_one: 8,
    grace: Duration::from_millis(1),
    patience: SHORT,
    head_within: PATIENCE,
    silence: PATIENCE,
    longest: PATIENCE,
};

/// The server under test.
#[derive(Clone)]
struct Door {
    address: SocketAddr,
    connections: Connections,
    /// Number of connections that have ended.
    ended: Arc<AtomicUsize>,
    /// Lets the calls of `/held` go.
    held: Arc<Notify>,
    _open: Arc<watch::Sender<bool>>,
}

/// Bytes without an end.
struct Endless;

impl Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        std::task::Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[0; 1 << 14])))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

impl Door {
    async fn open(limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address");
        let (open, closing) = watch::channel(false);
        let door = Self {
            address: listener.local_addr().expect("an address"),
            connections: Connections::new(limits),
            ended: Arc::default(),
            held: Arc::default(),
            _open: Arc::new(open),
        };
        let inside = door.clone();
        tokio::spawn(async move {
            while let Ok((stream, address)) = listener.accept().await {
                let (door, closing) = (inside.clone(), closing.clone());
                let seat = door.connections.sit(address.into()).await;
                tokio::spawn(async move {
                    let service = service_fn(|request| door.clone().answer(Arc::clone(&seat), request));
                    door.connections.serve(&seat, stream, service, closing).await;
                    door.ended.fetch_add(1, Ordering::SeqCst);
                });
            }
        });
        door
    }

    async fn answer(
        self,
        seat: Arc<Seat>,
        request: Request<Incoming>,
    ) -> Result<Response<BoxBody<Bytes, Infallible>>, Infallible> {
        let _busy = seat.busy();
        let whole = |text: &'static str| Full::new(Bytes::from_static(text.as_bytes())).boxed();
        let path = request.uri().path().to_owned();
        let mut response = Response::new(match path.as_str() {
            "/endless" => Endless.boxed(),
            "/known" => {
                seat.is_known();
                whole("known")
            }
            "/held" => {
                self.held.notified().await;
                whole("held")
            }
            "/body" => {
                let pace = Pace { silence: SHORT, grace: SHORT, least: 1 << 30 };
                match Paced::new(request.into_body(), pace).whole(1 << 20).await {
                    Ok(Some(_)) => whole("whole"),
                    Ok(None) => whole("too long"),
                    Err(Slow::Slow) => whole("too slow"),
                    Err(Slow::Broken(_)) => whole("broken"),
                }
            }
            _ => whole("ok"),
        });
        *response.status_mut() = StatusCode::OK;
        Ok(response)
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("a connection")
    }

    async fn send(&self, bytes: &[u8]) -> TcpStream {
        let mut stream = self.connect().await;
        stream.write_all(bytes).await.expect("sent");
        stream
    }

    async fn ask(&self, path: &str) -> String {
        read(&mut self.send(&get(path)).await).await
    }

    /// Waits until so many connections have ended.
    async fn until_ended(&self, count: usize) {
        let ended = async {
            while self.ended.load(Ordering::SeqCst) < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, ended).await.expect("they end");
    }
}

fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n").into_bytes()
}

/// Reads an answer with a length. Empty when the connection ended before it.
async fn read(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let whole = async {
        loop {
            let text = String::from_utf8_lossy(&answer).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                if length.is_some_and(|length| length.parse::<usize>().expect("a number") <= body.len()) {
                    return text;
                }
            }
            if !matches!(stream.read_buf(&mut answer).await, Ok(1..)) {
                return String::new();
            }
        }
    };
    tokio::time::timeout(PATIENCE, whole).await.expect("an answer, or an end")
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_is_answered_beside_hundreds_that_say_nothing() {
    let door = Door::open(LIMITS).await;
    let mut silent = Vec::new();
    for number in 0..300 {
        let mut stream = door.connect().await;
        // Some of them begin to ask, and some ask and stay.
        let said: &[u8] = match number % 3 {
            0 => b"",
            1 => b"GET /ok HT",
            _ => b"GET /endless HTTP/1.1\r\nhost: a\r\n\r\n",
        };
        // The connection may have been evicted by now.
        let _ = stream.write_all(said).await;
        silent.push(stream);
        if number % 100 == 99 {
            assert!(door.ask("/ok").await.ends_with("ok"));
        }
    }
    door.until_ended(300 - LIMITS.unknown).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_written_to_who_reads_nothing() {
    let door = Door::open(Limits { silence: SHORT, ..LIMITS }).await;
    let mut deaf = Vec::new();
    for _ in 0..LIMITS.unknown {
        deaf.push(door.send(&get("/endless")).await);
    }
    door.until_ended(deaf.len()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_known_stays_and_whoever_waits_for_an_answer_leaves_last() {
    let door = Door::open(LIMITS).await;
    let mut known = door.connect().await;
    known.write_all(&get("/known")).await.expect("sent");
    assert!(read(&mut known).await.ends_with("known"));
    let mut held = door.send(&get("/held")).await;
    let mut idle = Vec::new();
    // The call is taken up before other connections come.
    assert!(door.ask("/ok").await.ends_with("ok"));
    for _ in 0..3 * LIMITS.unknown {
        idle.push(door.connect().await);
    }
    door.until_ended(2 * LIMITS.unknown).await;
    door.held.notify_one();
    assert!(read(&mut held).await.ends_with("held"));
    known.write_all(&get("/ok")).await.expect("sent");
    assert!(read(&mut known).await.ends_with("ok"));
}

/// A proxy's address is that of all its callers.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_through_a_proxy_takes_no_place_of_a_call_that_is_answered() {
    let door = Door::open(Limits { patience: PATIENCE, ..LIMITS }).await;
    // More calls than there are places, all of which are answered in the end: the last of them wait.
    let mut held = Vec::new();
    for _ in 0..2 * LIMITS.unknown {
        held.push(door.send(&[get("/held"), get("/held")].concat()).await);
    }
    for stream in &mut held {
        let answered = async {
            loop {
                door.held.notify_waiters();
                tokio::select! {
                    answer = read(stream) => return answer,
                    () = tokio::time::sleep(Duration::from_millis(5)) => {}
                }
            }
        };
        assert!(answered.await.contains("held"));
    }
}

#[tokio::test]
async fn an_address_that_has_its_share_takes_from_itself() {
    let connections = Connections::new(LIMITS);
    let origin = |last: u8| Origin::from(SocketAddr::from(([192, 0, 2, last], 80)));
    let sit = async |last, count| {
        let mut seats = Vec::new();
        for _ in 0..count {
            seats.push(connections.sit(origin(last)).await);
        }
        seats
    };
    let count = |last| connections.0.seats().of.get(&origin(last)).copied().unwrap_or(0);
    let first = sit(1, 20).await;
    let second = sit(2, 20).await;
    assert_eq!((count(1), count(2)), (8, 8));
    // All places are taken: the address with the most makes room.
    let mut others = Vec::new();
    for last in 3..=6 {
        others.extend(sit(last, 2).await);
    }
    assert_eq!((3..=6).map(count).collect::<Vec<_>>(), [2, 2, 2, 2]);
    assert_eq!((count(1), count(2)), (4, 4));
    drop((first, second, others));
    let known = sit(9, 6).await;
    for seat in &known {
        seat.is_known();
    }
    assert_eq!(connections.0.seats().known, LIMITS.known, "of these too there are only so many");
    drop(known);
    let left = connections.0.seats().known;
    assert_eq!((left, count(9)), (0, 0));
}

#[test]
fn where_few_files_can_be_opened_half_are_for_others() {
    for files in [64, 256, 1024, 4096, u64::MAX] {
        let limits = Limits::default().with_files(files);
        let most = u64::try_from(limits.known + limits.unknown).expect("a number");
        assert!(most <= files / 2 && limits.unknown_of_one <= limits.unknown, "{limits:?}");
    }
    let limits = Limits::default().with_files(8192);
    assert_eq!((limits.known, limits.unknown), (1000, 1024));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_comes_too_slowly_is_not_waited_for() {
    let door = Door::open(LIMITS).await;
    let head = b"POST /body HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n";
    let mut silent = door.send(head).await;
    let mut slow = door.send(&[&head[..], b"0123456789"].concat()).await;
    let mut whole = door.send(&[&head[..], &[b'x'; 100]].concat()).await;
    assert!(read(&mut silent).await.ends_with("too slow"));
    assert!(read(&mut slow).await.ends_with("too slow"));
    assert!(read(&mut whole).await.ends_with("whole"));
    let head = format!("POST /body HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n", (1 << 20) + 1);
    let mut long = door.send(head.as_bytes()).await;
    long.write_all(&vec![b'x'; (1 << 20) + 1]).await.expect("sent");
    assert!(read(&mut long).await.ends_with("too long"));
}

/// Sends fast at first and slowly later: the pace counts on average.
#[tokio::test(start_paused = true)]
async fn a_pace_is_kept_on_average() {
    let pace = Pace::default();
    let sent = |pieces: Vec<(u64, usize)>| async move {
        let (sender, receiver) = tokio::sync::mpsc::channel(1);
        tokio::spawn(async move {
            for (pause, length) in pieces {
                tokio::time::sleep(Duration::from_secs(pause)).await;
                let _ = sender.send(Bytes::from(vec![0; length])).await;
            }
        });
        Paced::new(Pieces(receiver), pace).whole(u64::MAX).await
    };
    let a_second = usize::try_from(pace.least).expect("a number");
    let is_whole = |got: Result<Option<Vec<u8>>, Slow>| matches!(got, Ok(Some(_)));
    assert!(is_whole(sent(vec![(9, 1), (0, a_second)]).await), "the first ten seconds are free");
    assert!(is_whole(sent(vec![(1, a_second); 100]).await));
    assert!(is_whole(sent(vec![(0, 100 * a_second), (29, 1), (29, 1)]).await), "it is ahead");
    assert!(!is_whole(sent(vec![(0, 100 * a_second), (31, 1)]).await), "nothing came for too long");
    assert!(!is_whole(sent(vec![(1, a_second / 2); 100]).await), "half as fast as it must be");
    assert!(!is_whole(sent(vec![(11, 1)]).await));
}

struct Pieces(tokio::sync::mpsc::Receiver<Bytes>);

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_call_is_refused_with_a_document() {
    let door = Door::open(LIMITS).await;
    let long = "x".repeat(70_000);
    let lines = "a: b\r\n".repeat(101);
    for (bytes, status, code) in [
        ("nonsense\r\n\r\n".to_owned(), 400, "api.malformed"),
        ("GET /ok HTTP/1.1\r\nno colon\r\n\r\n".to_owned(), 400, "api.malformed"),
        ("GET /ok HTTP/1.1\r\nhost: a\r\ncontent-length: x\r\n\r\n".to_owned(), 400, "api.malformed"),
        (format!("GET /{long} HTTP/1.1\r\nhost: a\r\n\r\n"), 414, "api.uri_too_long"),
        (format!("GET /ok HTTP/1.1\r\n{lines}\r\n"), 431, "api.head_too_large"),
        // The caller goes on sending, and hears the answer nevertheless.
        (format!("GET /ok HTTP/1.1\r\na: {}\r\n\r\n", long.repeat(20)), 431, "api.head_too_large"),
    ] {
        let mut stream = door.connect().await;
        let (mut from, mut to) = stream.split();
        let sending = async {
            let _ = to.write_all(bytes.as_bytes()).await;
        };
        let mut answer = Vec::new();
        let ((), read) = tokio::join!(sending, from.read_to_end(&mut answer));
        let beginning = &bytes[..bytes.len().min(40)];
        read.unwrap_or_else(|error| panic!("{beginning}: {error}"));
        let answer = String::from_utf8(answer).expect("text");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{beginning}: {answer}"));
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{beginning}: {head}");
        assert!(head.contains("content-type: application/problem+json"), "{head}");
        let document: serde_json::Value = serde_json::from_str(body).expect("JSON");
        assert_eq!((&document["code"], &document["status"]), (&code.into(), &status.into()), "{beginning}");
    }
    // The call before the nonsense is answered first.
    let mut stream = door.send(&[get("/ok"), b"nonsense\r\n\r\n".to_vec()].concat()).await;
    let mut answers = String::new();
    stream.read_to_string(&mut answers).await.expect("answers");
    assert!(answers.contains("ok") && answers.contains("api.malformed"), "{answers}");
}
