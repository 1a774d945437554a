//! A whole training, over each of the two ways in which the simulator can be reached.

use std::{
    collections::HashMap,
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener as StdListener, TcpStream},
    path::Path,
    sync::Arc,
    thread,
    time::Duration,
};

use likeness_core::{
    archive::{Archive, Entry, EntryName},
    download::{Expected, Fetched, FileKind, PlainHosts, RemoteFile},
    fal::{
        Account, Origins, result, status,
        status::QueueStatus,
        submit,
        submit::Submitted,
        trainers::portrait,
        upload::{Upload, UploadStep},
        webhook,
    },
    http::{HeaderMap, HeaderName, Method, NoAnswer, Request},
    secret::Secret,
    simulator::{Fault, Plan, Simulator},
};
use tokio::{net::TcpListener, sync::oneshot};
use url::Url;

use super::{Listening, Options, serve};
use crate::{
    clock::now,
    files::download::Downloads,
    photos::archive::{ArchiveSource, Contents},
    transport::{ByteSource, MemoryStore, SimulatorStore, Transport, moving::Moving},
};

const PHOTO: &[u8] = b"not really a jpeg";

/// Makes a simulator whose trainings end at once.
fn store(faults: &[&str]) -> Arc<MemoryStore> {
    let mut plan = Plan::new("http://simulator.invalid".parse().expect("url"));
    (plan.queue, plan.training, plan.generation) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    plan.late = Duration::from_hours(1);
    plan.faults = faults.iter().map(|fault| fault.parse::<Fault>().expect("a fault")).collect();
    Arc::new(MemoryStore::new(Simulator::new(plan)))
}

/// Serves on a free port until the sender is dropped; returns the address.
async fn served(store: Arc<MemoryStore>, options: Options) -> (Url, oneshot::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (stop, stopped) = oneshot::channel::<()>();
    let (ready, base) = oneshot::channel();
    tokio::spawn(async move {
        let ready = move |listening: &Listening| ready.send(listening.clone()).expect("heard");
        serve(listener, store, options, ready, async { drop(stopped.await) }).await.expect("served");
    });
    let listening = base.await.expect("ready");
    assert_eq!(listening.to_string(), format!("listening on http://127.0.0.1:{port}"));
    let json = serde_json::to_value(&listening).expect("JSON");
    assert_eq!(json["listening"], format!("http://127.0.0.1:{port}"));
    (listening.base().parse().expect("url"), stop)
}

fn direct() -> Transport {
    Transport::direct().expect("a client")
}

fn source(folder: &Path) -> Arc<ArchiveSource> {
    let photo = folder.join("photo.jpg");
    std::fs::write(&photo, PHOTO).expect("a photo");
    let entries = (1..=10).map(|number| Entry {
        name: EntryName::photo(number),
        length: PHOTO.len() as u64,
        crc32: crc32fast::hash(PHOTO),
    });
    let archive = Archive::new(entries.collect()).expect("an archive");
    Arc::new(ArchiveSource::new(archive, vec![Contents::File(photo); 10]).expect("a source"))
}

/// Uploads, submits, asks, collects and downloads.
async fn train(transport: &Transport, base: &Url, hook: Option<&Url>) -> Fetched {
    let folder = tempfile::tempdir().expect("a folder");
    let key = Secret::new("id:secret").expect("a key");
    let account = Account::new(key, Origins::single(base).expect("origins")).expect("an account");
    let source = source(folder.path());
    let mut upload = Upload::new(&account, "photos.zip", "application/zip", source.length());
    let images_data_url = loop {
        match upload.step() {
            UploadStep::Call(request) => {
                let source = Arc::clone(&source) as Arc<dyn ByteSource>;
                upload.answered(transport.send(request, Some(source)).await.expect("no failure of ours"));
            }
            UploadStep::Done(url) => break url,
            UploadStep::Failed(error) => panic!("{error}"),
        }
    };
    let input = portrait::Input {
        images_data_url,
        trigger_phrase: "ohwx".to_owned(),
        steps: 1000,
        learning_rate: 0.0002,
        multiresolution_training: true,
        subject_crop: true,
        create_masks: false,
    };
    let endpoint = portrait::endpoint();
    let send = async |request: Request| transport.send(request, None).await.expect("no failure of ours");
    let answer = send(submit::request(&account, &endpoint, &input.to_json(), hook)).await;
    let Submitted::Accepted(id) = submit::parse(answer.clone()) else { panic!("{answer:?}") };
    let status = status::parse(send(status::request(&account, &endpoint, &id)).await).expect("a status");
    assert!(matches!(status, QueueStatus::Completed { .. }), "{status:?}");
    let model = result::parse_model(send(result::request(&account, &endpoint, &id)).await).expect("a model");
    let path = folder.path().join("model.safetensors");
    let expected = Expected::of_fal(FileKind::Model, model.lora.size);
    let file = RemoteFile { url: model.lora.url, expected, plain: PlainHosts::default() };
    let fetched = Downloads::default().fetch(transport, file, &path, &Moving::default()).await;
    let downloaded = fetched.expect("a file");
    assert_eq!(path.metadata().expect("the file").len(), downloaded.length);
    downloaded
}

#[tokio::test]
async fn both_ways_lead_to_the_same_model() {
    let (base, _stop) = served(store(&[]), Options::default()).await;
    let over_http = train(&direct(), &base, None).await;
    let inside = Transport::simulated(store(&[]));
    assert_eq!(train(&inside, &"http://simulator.invalid".parse().expect("url"), None).await, over_http);
}

/// Withholds the answer to a submit: the purchase is counted all the same.
#[tokio::test]
async fn a_dropped_answer_cuts_the_connection_and_keeps_the_purchase() {
    let store = store(&["submit-accepted-then-dropped"]);
    let (base, _stop) = served(Arc::clone(&store), Options::default()).await;
    let url = base.join("fal-ai/flux-lora").expect("url");
    let request = post(url).json(&serde_json::json!({ "prompt": "a portrait" }));
    let answer = direct().send(request, None).await.expect("no failure of ours");
    assert_eq!(answer, Err(NoAnswer::Interrupted));
    assert_eq!(store.load().expect("a state").accepted().count(), 1);
}

fn post(url: Url) -> Request {
    Request::new(Method::POST, url, Duration::from_secs(30))
        .secret_header(HeaderName::from_static("authorization"), "Key id:secret")
}

#[tokio::test]
async fn a_webhook_arrives_signed() {
    let receiver = StdListener::bind("127.0.0.1:0").expect("a port");
    let hook = format!("http://{}/hook?token=hush", receiver.local_addr().expect("an address"));
    let (heard, hook_call) = oneshot::channel();
    thread::spawn(move || drop(heard.send(one_call(&receiver))));
    let store = store(&[]);
    let (base, _stop) = served(Arc::clone(&store), Options::default()).await;
    train(&direct(), &base, Some(&hook.parse().expect("url"))).await;
    let (line, headers, body) = hook_call.await.expect("a webhook");
    assert_eq!(line, "POST /hook?token=hush HTTP/1.1");

    let jwks = webhook::request(&Origins::single(&base).expect("origins"));
    let jwks = direct().send(jwks, None).await.expect("no failure of ours");
    let jwks = webhook::parse(jwks).expect("keys");
    let id = webhook::verify(&headers, &body, &jwks, now()).expect("a signature");
    let accepted = store.load().expect("a state").accepted().next().expect("a training").request_id;
    assert_eq!(id.as_str(), accepted);
}

/// Reads one call with its body and answers 200.
fn one_call(listener: &StdListener) -> (String, HeaderMap, Vec<u8>) {
    let mut stream = listener.accept().expect("a connection").0;
    let (mut all, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let read = stream.read(&mut chunk).expect("bytes");
        assert!(read > 0, "the call is not whole");
        all.extend(&chunk[..read]);
        let Some(end) = all.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&all[..end]).into_owned();
        let mut lines = head.lines();
        let first = lines.next().unwrap_or_default().to_owned();
        let fields: HashMap<String, String> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let length: usize = fields["content-length"].parse().expect("a length");
        if all.len() == end + 4 + length {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").expect("answered");
            let headers: HeaderMap = (&fields).try_into().expect("headers");
            return (first, headers, all.split_off(end + 4));
        }
    }
}

/// Sends these bytes as they are, closes the writing side if `gone`, and reads until the server closes.
async fn raw(base: &Url, bytes: &'static [u8], gone: bool) -> String {
    let address = base.socket_addrs(|| None).expect("an address")[0];
    let exchange = move || {
        let mut stream = TcpStream::connect(address).expect("a connection");
        stream.write_all(bytes).expect("sent");
        if gone {
            stream.shutdown(Shutdown::Write).expect("half closed");
        }
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer.to_ascii_lowercase()
    };
    tokio::task::spawn_blocking(exchange).await.expect("an exchange")
}

#[tokio::test]
async fn browsers_may_ask_first_and_bodies_have_a_limit() {
    let store = store(&[]);
    let options = Options { max_body_bytes: 10, ..Options::default() };
    let (base, _stop) = served(Arc::clone(&store), options).await;
    let asked =
        raw(&base, b"OPTIONS /fal-ai/flux-lora HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false)
            .await;
    assert!(asked.starts_with("http/1.1 204 "), "{asked}");
    assert!(asked.contains("access-control-allow-headers: *, authorization\r\n"), "{asked}");
    let head =
        raw(&base, b"HEAD /files/nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false).await;
    assert!(head.starts_with("http/1.1 404 ") && head.ends_with("\r\n\r\n"), "{head}");
    // The simulator's clock goes on all the same.
    let state = || {
        let mut state = serde_json::to_value(store.load().expect("a state")).expect("JSON");
        state["clock"].take();
        state
    };
    let before = state();
    let long = raw(&base, b"POST /fal-ai/flux-lora HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 11\r\n\r\n12345678901", false).await;
    assert!(long.starts_with("http/1.1 413 ") && long.contains("{\"detail\":"), "{long}");
    let cut =
        raw(&base, b"POST /fal-ai/flux-lora HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345", true)
            .await;
    assert_eq!(cut, "");
    assert_eq!(state(), before, "neither is a call");
}

#[tokio::test]
async fn the_status_stream_ends_when_the_request_is_over() {
    let store = store(&[]);
    let (base, _stop) = served(Arc::clone(&store), Options::default()).await;
    let url = base.join("fal-ai/flux-lora").expect("url");
    let request = post(url).json(&serde_json::json!({ "prompt": "a portrait" }));
    direct().send(request, None).await.expect("no failure of ours").expect("an answer");
    let id = store.load().expect("a state").accepted().next().expect("a picture").request_id;
    let path = format!("fal-ai/flux-lora/requests/{id}/status/stream");
    let mut request = post(base.join(&path).expect("url"));
    request.method = Method::GET;
    let answer = direct().send(request, None).await.expect("no failure of ours").expect("an answer");
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    let text = String::from_utf8(answer.body).expect("text");
    let last = text.lines().rfind(|line| !line.is_empty()).expect("an event");
    assert!(last.starts_with("data: {") && last.contains("COMPLETED"), "{text}");
}

#[tokio::test]
async fn told_to_stop_it_waits_for_nobody_for_good() {
    let store = store(&["submit-late"]);
    let taken = Arc::clone(&store);
    let (ready, base) = oneshot::channel();
    let caller = tokio::spawn(async move {
        let base: String = base.await.expect("ready");
        let url = Url::parse(&base).and_then(|base| base.join("fal-ai/flux-lora"));
        let request = post(url.expect("url")).json(&serde_json::json!({ "prompt": "a portrait" }));
        direct().send(request, None).await.expect("no failure of ours")
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let options = Options { grace: Duration::from_millis(50), ..Options::default() };
    let ready = |listening: &Listening| ready.send(listening.base().to_owned()).expect("heard");
    let stop = async move {
        while taken.load().expect("a state").accepted().count() == 0 {
            tokio::task::yield_now().await;
        }
    };
    serve(listener, store, options, ready, stop).await.expect("an end");
    assert_eq!(caller.await.expect("an end"), Err(NoAnswer::Interrupted));
    assert!(TcpStream::connect(address).is_err(), "nobody listens any more");
}
