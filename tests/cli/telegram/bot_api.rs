//! A Bot API server that answers as Telegram documents it, for one bot and one person.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::running::PATIENCE;

pub(crate) const TOKEN: &str = "123456789:AAFakeFakeFakeFakeFakeFakeFakeFakeF";
pub(crate) const PERSON: i64 = 7;

/// The server. It listens until the test program ends.
#[derive(Clone)]
pub(crate) struct BotApi {
    pub(crate) url: String,
    state: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Default)]
struct State {
    /// Updates that the bot has not taken yet.
    waiting: Vec<Value>,
    webhook: Option<Value>,
    /// Calls that were carried out, in their order.
    done: Vec<Done>,
    /// Messages of the bot that are there, by id.
    messages: BTreeMap<i64, Value>,
    last_message: i64,
    files: BTreeMap<String, Vec<u8>>,
    /// Number of sends of which the answer is still lost.
    loses: u32,
    seen: BTreeSet<String>,
}

/// A call that was carried out.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    pub(crate) method: String,
    /// Lengths of the files that it carried.
    pub(crate) files: Vec<usize>,
}

impl BotApi {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let server = Self { url, state: Arc::default() };
        let answering = server.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let server = answering.clone();
                // A caller that goes away in the middle is not an error of the server's.
                thread::spawn(move || server.serve(stream).ok());
            }
        });
        server
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Loses the answers to the next so many messages, each once.
    pub(crate) fn lose(&self, answers: u32) {
        self.state().loses = answers;
    }

    /// Gives the bot an update, when it asks.
    pub(crate) fn put(&self, update: Value) {
        self.state().waiting.push(update);
        self.state.1.notify_all();
    }

    /// Keeps a file of the person's.
    pub(crate) fn keep(&self, id: &str, bytes: Vec<u8>) {
        self.state().files.insert(id.to_owned(), bytes);
    }

    pub(crate) fn webhook(&self) -> Option<Value> {
        self.state().webhook.clone()
    }

    pub(crate) fn done(&self, method: &str) -> Vec<Done> {
        self.state().done.iter().filter(|done| done.method == method).cloned().collect()
    }

    /// Forgets a message, as when the person erases it.
    pub(crate) fn erase_messages(&self) {
        self.state().messages.clear();
    }

    /// Waits until a message of the bot holds this text, and returns the last such message.
    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) -> Value {
        self.wait(text, |state| {
            let holds = |message: &&Value| message.to_string().contains(text);
            state.messages.values().rev().find(holds).cloned()
        })
    }

    /// Waits until the bot has made so many calls of this method.
    #[track_caller]
    pub(crate) fn wait_for_calls(&self, method: &str, number: usize) -> Vec<Done> {
        self.wait(method, |state| {
            let done: Vec<_> = state.done.iter().filter(|done| done.method == method).cloned().collect();
            (done.len() >= number).then_some(done)
        })
    }

    #[track_caller]
    fn wait<T>(&self, what: &str, find: impl Fn(&State) -> Option<T>) -> T {
        let until = Instant::now() + PATIENCE * 2;
        let mut state = self.state();
        loop {
            if let Some(found) = find(&state) {
                return found;
            }
            let left = until.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{what} does not come: {:#?}", state.messages);
            state = self.state.1.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let (mut length, mut boundary) = (0, None);
        loop {
            let mut header = String::new();
            reader.read_line(&mut header)?;
            let header = header.trim().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length: ") {
                length = value.parse().unwrap_or(0);
            } else if let Some((_, value)) = header.split_once("boundary=") {
                boundary = Some(value.to_owned());
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        if let Some(path) = path.strip_prefix(&format!("/file/bot{TOKEN}/photos/")) {
            let file = self.state().files.get(path).cloned();
            return match file {
                Some(bytes) => written(&mut stream, 200, "application/octet-stream", &bytes),
                None => written(&mut stream, 404, "application/json", b"{\"ok\":false,\"error_code\":404}"),
            };
        }
        let Some(method) = path.strip_prefix(&format!("/bot{TOKEN}/")) else {
            let refusal = br#"{"ok":false,"error_code":401,"description":"Unauthorized"}"#;
            return written(&mut stream, 401, "application/json", refusal);
        };
        let (fields, files) = match boundary {
            Some(boundary) => parts(&body, &boundary),
            None => (serde_json::from_slice(&body).unwrap_or_default(), Vec::new()),
        };
        let Some((status, answer)) = self.answer(method, &fields, &files) else { return Ok(()) };
        written(&mut stream, status, "application/json", answer.to_string().as_bytes())
    }

    /// Answers a call; `None` where the answer is lost.
    fn answer(&self, method: &str, fields: &Value, files: &[usize]) -> Option<(u16, Value)> {
        let ok = |result: Value| Some((200, json!({ "ok": true, "result": result })));
        let refused = |code: u16, description: &str| {
            Some((code, json!({ "ok": false, "error_code": code, "description": description })))
        };
        if method == "getUpdates" {
            return ok(self.updates(fields));
        }
        let mut state = self.state();
        state.done.push(Done { method: method.to_owned(), files: files.to_vec() });
        let answer = match method {
            "getMe" => ok(
                json!({ "id": 123_456_789, "is_bot": true, "first_name": "L", "username": "likeness_bot" }),
            ),
            "setWebhook" => {
                state.webhook = Some(fields.clone());
                ok(json!(true))
            }
            "deleteWebhook" => {
                state.webhook = None;
                ok(json!(true))
            }
            "setMyCommands" | "answerCallbackQuery" => ok(json!(true)),
            "getFile" => {
                let id = fields["file_id"].as_str().unwrap_or_default();
                match state.files.get(id) {
                    Some(bytes) if bytes.len() > 20_000_000 => refused(400, "Bad Request: file is too big"),
                    Some(bytes) => ok(json!({
                        "file_id": id, "file_unique_id": id, "file_size": bytes.len(), "file_path": format!("photos/{id}"),
                    })),
                    None => refused(400, "Bad Request: wrong file_id or the file is temporarily unavailable"),
                }
            }
            "editMessageText" => {
                let id = fields["message_id"].as_i64().unwrap_or_default();
                match state.messages.get(&id) {
                    None => refused(400, "Bad Request: message to edit not found"),
                    Some(known) if known == fields => refused(
                        400,
                        "Bad Request: message is not modified: specified new message content and reply markup are \
                         exactly the same as a current content and reply markup of the message",
                    ),
                    Some(_) => {
                        state.messages.insert(id, fields.clone());
                        ok(json!({ "message_id": id }))
                    }
                }
            }
            "sendMessage" | "sendPhoto" | "sendDocument" | "sendMediaGroup" => {
                let count = files.len().max(1);
                let mut ids = Vec::new();
                for _ in 0..count {
                    state.last_message += 1;
                    let id = state.last_message;
                    ids.push(
                        json!({ "message_id": id, "date": 1, "chat": { "id": PERSON, "type": "private" } }),
                    );
                    let mut message = fields.clone();
                    message["message_id"] = id.into();
                    state.messages.insert(id, message);
                }
                ok(if method == "sendMediaGroup" { json!(ids) } else { ids.remove(0) })
            }
            _ => refused(404, "Not Found"),
        };
        let text = fields.to_string();
        if method.starts_with("send") && state.loses > 0 && state.seen.insert(text) {
            state.loses -= 1;
            self.state.1.notify_all();
            return None;
        }
        self.state.1.notify_all();
        answer
    }

    /// Waits a moment for updates from the asked number on; those before are forgotten.
    fn updates(&self, fields: &Value) -> Value {
        let offset = fields["offset"].as_i64().unwrap_or(0);
        let mut state = self.state();
        state.waiting.retain(|update| update["update_id"].as_i64() >= Some(offset));
        if state.waiting.is_empty() {
            let waited = self
                .state
                .1
                .wait_timeout_while(state, Duration::from_secs(2), |state| state.waiting.is_empty());
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        json!(state.waiting)
    }
}

/// Reads the fields of a form and the lengths of its files.
fn parts(body: &[u8], boundary: &str) -> (Value, Vec<usize>) {
    let line = format!("--{boundary}");
    let (mut fields, mut files) = (json!({}), Vec::new());
    let mut rest = body;
    while let Some(start) = position(rest, line.as_bytes()) {
        rest = &rest[start + line.len()..];
        let Some(head_end) = position(rest, b"\r\n\r\n") else { break };
        let head = String::from_utf8_lossy(&rest[..head_end]).into_owned();
        let content = &rest[head_end + 4..];
        let end = position(content, format!("\r\n{line}").as_bytes()).unwrap_or(content.len());
        let name = head.split("name=\"").nth(1).and_then(|name| name.split('"').next()).unwrap_or_default();
        if head.contains("filename=") {
            files.push(end);
        } else {
            let text = String::from_utf8_lossy(&content[..end]).into_owned();
            fields[name] = serde_json::from_str(&text).unwrap_or(Value::String(text));
        }
        rest = &content[end..];
    }
    (fields, files)
}

fn position(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

fn written(stream: &mut TcpStream, status: u16, kind: &str, body: &[u8]) -> io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status} -\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)
}
