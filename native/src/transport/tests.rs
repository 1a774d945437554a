//! The transport against servers of a few lines each, which do what real ones do on bad days.

use std::{
    io::{self, BufRead, BufReader, Cursor, Read, Write},
    net::{TcpListener, TcpStream},
    ops::Range,
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use likeness_core::{
    http::{Body, HeaderName, Method, NoAnswer, Obstacle, Request},
    limits::MAX_ANSWER_BYTES,
    simulator::{Plan, Simulator},
};

use super::{ByteSource, MemoryStore, SendError, SimulatorStore, Transport};

const PATIENCE: Duration = Duration::from_secs(30);
const IMPATIENCE: Duration = Duration::from_millis(200);

/// Starts a server that does the same with each of `connections` connections, and then with none.
fn serve<T: Send + 'static>(
    connections: usize,
    serve: impl Fn(TcpStream) -> T + Send + 'static,
) -> (String, JoinHandle<Vec<T>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("its address"));
    let server = thread::spawn(move || {
        (0..connections).map(|_| serve(listener.accept().expect("a connection").0)).collect()
    });
    (base, server)
}

/// Returns the data that the server saw. The test's own thread must stay free: connections are closed on it.
async fn finished<T: Send + 'static>(server: JoinHandle<Vec<T>>) -> Vec<T> {
    tokio::task::spawn_blocking(|| server.join().expect("a server")).await.expect("joined")
}

/// Reads a head, up to the empty line.
fn head(stream: &mut BufReader<TcpStream>) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && stream.read_line(&mut head).expect("a line") > 0 {}
    head
}

fn request(method: Method, base: &str) -> Request {
    Request::new(method, base.parse().expect("url"), PATIENCE)
}

fn transport() -> Transport {
    Transport::direct().expect("a client")
}

async fn no_answer(request: Request) -> NoAnswer {
    transport().send(request, None).await.expect("no failure of ours").expect_err("no answer")
}

/// A source in memory that may hold fewer bytes than promised, or break.
struct Bytes(Vec<u8>, Option<io::ErrorKind>);

impl ByteSource for Bytes {
    fn open(&self, range: Range<u64>) -> io::Result<Box<dyn Read + Send>> {
        let mut bytes = Cursor::new(self.0.clone());
        bytes.set_position(range.start);
        match self.1 {
            Some(kind) => Ok(Box::new(bytes.chain(Broken(kind)))),
            None => Ok(Box::new(bytes)),
        }
    }
}

struct Broken(io::ErrorKind);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::new(self.0, "the disk is on fire"))
    }
}

fn upload(base: &str, start: u64, length: u64) -> Request {
    let mut request = request(Method::PUT, base);
    request.body = Body::Stream { start, length };
    request
}

#[tokio::test]
async fn a_refused_connection_is_known_to_have_carried_nothing() {
    let closed = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address");
    let answer = no_answer(request(Method::POST, &format!("http://{closed}"))).await;
    assert_eq!(answer, NoAnswer::NotConnected);
}

#[tokio::test]
async fn a_failed_tls_handshake_is_known_to_have_carried_nothing() {
    let (base, server) = serve(1, |mut stream| stream.write_all(b"SSH-2.0-OpenSSH_9.6\r\n").is_ok());
    let answer = no_answer(request(Method::POST, &base.replace("http:", "https:"))).await;
    assert_eq!(answer, NoAnswer::Blocked(Obstacle::NotTls));
    finished(server).await;
}

#[tokio::test]
async fn a_connection_closed_without_an_answer_may_have_carried_the_request() {
    for read_first in [true, false] {
        let (base, server) = serve(1, move |stream| {
            if read_first {
                head(&mut BufReader::new(stream));
            }
        });
        assert_eq!(no_answer(request(Method::POST, &base)).await, NoAnswer::Interrupted);
        finished(server).await;
    }
}

#[tokio::test]
async fn what_does_not_speak_http_may_have_passed_the_request_on() {
    let (base, server) = serve(1, |stream| {
        let mut stream = BufReader::new(stream);
        head(&mut stream);
        stream.get_mut().write_all(b"not even HTTP\r\n\r\n").expect("written");
    });
    assert_eq!(no_answer(request(Method::POST, &base)).await, NoAnswer::NotHttp);
    finished(server).await;
}

#[tokio::test]
async fn an_answer_that_is_cut_is_no_answer() {
    for start in [
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"a\":",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n",
    ] {
        let (base, server) = serve(1, |stream| {
            let mut stream = BufReader::new(stream);
            head(&mut stream);
            stream.get_mut().write_all(start.as_bytes()).expect("written");
        });
        assert_eq!(no_answer(request(Method::POST, &base)).await, NoAnswer::Interrupted, "{start}");
        finished(server).await;
    }
}

#[tokio::test]
async fn an_answer_that_is_not_whole_in_time_is_none() {
    for start in ["", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"a\":"] {
        let (base, server) = serve(1, |stream| {
            let mut stream = BufReader::new(stream);
            head(&mut stream);
            stream.get_mut().write_all(start.as_bytes()).expect("written");
            // The client closes at the end of its patience.
            stream.read_to_end(&mut Vec::new())
        });
        let mut request = request(Method::POST, &base);
        request.timeout = IMPATIENCE;
        assert_eq!(no_answer(request).await, NoAnswer::TimedOut, "{start}");
        finished(server).await;
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let (elsewhere, asked) = mpsc::channel();
    let (target, _) = serve(1, move |_| elsewhere.send(()));
    let (base, server) = serve(1, move |stream| {
        let mut stream = BufReader::new(stream);
        head(&mut stream);
        let answer = format!("HTTP/1.1 307 Elsewhere\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n");
        stream.get_mut().write_all(answer.as_bytes()).expect("written");
    });
    let answer = transport().send(request(Method::POST, &base), None).await.expect("no failure of ours");
    assert_eq!(answer.expect("an answer").status.as_u16(), 307);
    finished(server).await;
    assert_eq!(asked.try_recv(), Err(mpsc::TryRecvError::Empty));
}

/// Closes a connection that was promised to be kept when the next request is on its way: this tempts HTTP libraries to
/// send again.
#[tokio::test]
async fn a_request_is_sent_once_after_a_kept_connection_was_closed() {
    let (base, server) = serve(2, |stream| {
        let mut stream = BufReader::new(stream);
        let mut heads = vec![head(&mut stream)];
        if heads[0].starts_with("GET /first ") {
            let answer = "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok";
            stream.get_mut().write_all(answer.as_bytes()).expect("written");
            // The next request on this connection would be read here and never answered.
            heads.push(head(&mut stream));
        }
        heads
    });
    let transport = transport();
    let first = transport.send(request(Method::GET, &format!("{base}/first")), None).await;
    assert_eq!(first.expect("no failure of ours").expect("an answer").body, b"ok");
    let purchase = request(Method::POST, &format!("{base}/purchase")).json(&serde_json::json!({ "a": 1 }));
    let second = transport.send(purchase, None).await.expect("no failure of ours");
    assert_eq!(second, Err(NoAnswer::Interrupted));
    let heads = finished(server).await.concat();
    let [first, after_first, second] = heads.as_slice() else { panic!("{heads:?}") };
    assert!(first.starts_with("GET /first ") && second.starts_with("POST /purchase "), "{heads:?}");
    assert_eq!(after_first, "", "the kept connection is not used again");
}

#[tokio::test]
async fn an_endless_answer_is_given_up() {
    let (base, server) = serve(1, |stream| {
        let mut stream = BufReader::new(stream);
        head(&mut stream);
        let stream = stream.get_mut();
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").expect("written");
        let (mut written, spaces) = (0, vec![b' '; 64 << 10]);
        while stream.write_all(&spaces).is_ok() {
            written += spaces.len();
        }
        written
    });
    assert_eq!(no_answer(request(Method::GET, &base)).await, NoAnswer::Interrupted);
    let written = finished(server).await[0];
    assert!((MAX_ANSWER_BYTES..4 * MAX_ANSWER_BYTES).contains(&written), "{written}");
}

#[tokio::test]
async fn a_streamed_body_arrives_with_its_exact_length() {
    let bytes: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_le_bytes).collect();
    let (base, server) = serve(1, |stream| {
        let mut stream = BufReader::new(stream);
        let head = head(&mut stream);
        let mut body = vec![0; 3_000_001];
        stream.read_exact(&mut body).expect("the body");
        stream.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").expect("written");
        (head.to_ascii_lowercase(), body)
    });
    let source = Arc::new(Bytes(bytes.clone(), None));
    let request = upload(&base, 7, 3_000_001).header(HeaderName::from_static("x-fal-test"), "yes");
    let answer = transport().send(request, Some(source)).await.expect("no failure of ours");
    assert_eq!(answer.expect("an answer").status.as_u16(), 200);
    let (head, body) = finished(server).await.remove(0);
    assert!(body == bytes[7..3_000_008]);
    for line in ["content-length: 3000001\r\n", "x-fal-test: yes\r\n", "user-agent: likeness/"] {
        assert_eq!(head.matches(line).count(), 1, "{line} in {head}");
    }
    assert!(!head.contains("transfer-encoding"), "{head}");
}

#[tokio::test]
async fn a_body_that_cannot_be_read_whole_never_looks_whole() {
    for (bytes, breaks, kind) in [
        (vec![1; 300_000], None, io::ErrorKind::UnexpectedEof),
        (vec![1; 300_000], Some(io::ErrorKind::PermissionDenied), io::ErrorKind::PermissionDenied),
        (vec![], None, io::ErrorKind::UnexpectedEof),
    ] {
        let (base, server) = serve(1, |stream| {
            let mut stream = BufReader::new(stream);
            head(&mut stream);
            let mut body = Vec::new();
            // A reset instead of an end is as good.
            let _ = stream.read_to_end(&mut body);
            body.len()
        });
        let source = Arc::new(Bytes(bytes, breaks));
        let sent = transport().send(upload(&base, 0, 300_001), Some(source)).await;
        assert!(matches!(&sent, Err(SendError::Source(error)) if error.kind() == kind), "{sent:?}");
        assert!(finished(server).await[0] <= 300_000);
    }
}

/// Answers with success before everything was read, so that not everything is stored. In either case the rest is not
/// sent.
#[tokio::test]
async fn an_early_refusal_counts_and_an_early_success_does_not() {
    // More bytes than the buffers of both sides hold.
    const LENGTH: usize = 64 << 20;
    for (status, expected) in [("403 Forbidden", Ok(403)), ("200 OK", Err(NoAnswer::Interrupted))] {
        let (answered, client) = mpsc::channel::<()>();
        let (base, server) = serve(1, move |stream| {
            let mut stream = BufReader::new(stream);
            head(&mut stream);
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
            stream.get_mut().write_all(answer.as_bytes()).expect("written");
            client.recv().expect_err("the client has its answer");
            io::copy(&mut stream, &mut io::sink()).unwrap_or_default()
        });
        let source = Arc::new(Bytes(vec![0; LENGTH], None));
        let sent = transport().send(upload(&base, 0, LENGTH as u64), Some(source)).await;
        drop(answered);
        let answer = sent.expect("no failure of ours").map(|response| response.status.as_u16());
        assert_eq!(answer, expected);
        assert!(finished(server).await[0] < LENGTH as u64);
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_said_to_be_so() {
    let sent = transport().send(request(Method::GET, "file:///etc/passwd"), None).await;
    assert!(matches!(sent, Err(SendError::Unsendable(_))), "{sent:?}");
    let sent = transport().send(upload("http://127.0.0.1:9", 0, 1), None).await;
    assert!(matches!(sent, Err(SendError::Source(_))), "{sent:?}");
    let sent = transport().send(upload("http://127.0.0.1:9", 1, u64::MAX), None).await;
    assert!(matches!(sent, Err(SendError::Unsendable(_))), "{sent:?}");
}

#[tokio::test]
async fn a_large_answer_can_be_fetched_piece_by_piece() {
    let length = MAX_ANSWER_BYTES + 1;
    let (base, server) = serve(1, move |stream| {
        let mut stream = BufReader::new(stream);
        head(&mut stream);
        let stream = stream.get_mut();
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n").expect("written");
        stream.write_all(&vec![7; length]).expect("written");
    });
    let fetched = transport().fetch(request(Method::GET, &base)).await.expect("no failure of ours");
    let mut incoming = fetched.expect("an answer");
    let mut received = 0;
    while let Some(chunk) = incoming.chunk().await.expect("a chunk") {
        received += chunk.len();
    }
    assert_eq!(received, length);
    finished(server).await;
}

const SUBMIT: &str = "http://fal.invalid/fal-ai/flux-lora";

fn simulator(fault: &str) -> Arc<MemoryStore> {
    let mut plan = Plan::new("http://fal.invalid".parse().expect("url"));
    plan.late = Duration::from_hours(1);
    plan.faults = vec![fault.parse().expect("a fault")];
    Arc::new(MemoryStore::new(Simulator::new(plan)))
}

fn purchase() -> Request {
    request(Method::POST, SUBMIT)
        .json(&serde_json::json!({ "prompt": "a portrait" }))
        .secret_header(HeaderName::from_static("authorization"), "Key id:secret")
}

#[tokio::test]
async fn what_the_simulator_took_is_saved_whatever_becomes_of_the_answer() {
    for (fault, expected) in
        [("submit-accepted-then-dropped", NoAnswer::Interrupted), ("submit-late", NoAnswer::TimedOut)]
    {
        let store = simulator(fault);
        let transport = Transport::simulated(Arc::clone(&store) as Arc<dyn SimulatorStore>);
        let mut request = purchase();
        request.timeout = IMPATIENCE;
        let answer = transport.send(request, None).await.expect("no failure of ours");
        assert_eq!(answer, Err(expected), "{fault}");
        assert_eq!(store.load().expect("a state").accepted().count(), 1, "{fault}");
    }
}

#[tokio::test]
async fn what_cannot_be_saved_is_not_answered() {
    struct Full(Arc<MemoryStore>);
    impl SimulatorStore for Full {
        fn load(&self) -> io::Result<Simulator> {
            self.0.load()
        }
        fn save(&self, _: &Simulator) -> io::Result<()> {
            Err(io::ErrorKind::StorageFull.into())
        }
    }
    let transport = Transport::simulated(Arc::new(Full(simulator("webhook-never"))));
    let sent = transport.send(purchase(), None).await;
    assert!(matches!(&sent, Err(SendError::Simulator(error)) if error.kind() == io::ErrorKind::StorageFull));
}

#[tokio::test]
async fn a_short_body_does_not_reach_the_simulator_either() {
    let store = simulator("webhook-never");
    let before = store.load().expect("a state");
    let transport = Transport::simulated(Arc::clone(&store) as Arc<dyn SimulatorStore>);
    let source = Arc::new(Bytes(vec![1; 10], None));
    let sent = transport.send(upload(SUBMIT, 0, 11), Some(source)).await;
    assert!(matches!(sent, Err(SendError::Source(_))), "{sent:?}");
    assert_eq!(store.load().expect("a state"), before);
}
