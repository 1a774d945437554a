//! A Bot API server that answers as Telegram documents it, for one bot and one person.

mod request;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    io::{self, BufReader},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use self::request::{Request, written};
/// The longest wait for a message, which Telegram's pace may keep back for a minute.
const PATIENCE: Duration = Duration::from_mins(4);

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
    /// Refusals of the next messages and edits: code, description, seconds to wait.
    refusals: VecDeque<(u16, &'static str, Option<u32>)>,
    /// Folder of this disk that files are said to lie in, as a server with `--local` does.
    folder: Option<String>,
}

/// Status and content of an answer.
type Answered = (u16, Value);

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
        let mut state = self.state();
        if let Some(folder) = &state.folder {
            std::fs::write(Path::new(folder).join(id), &bytes).expect("written");
        }
        state.files.insert(id.to_owned(), bytes);
    }

    /// Puts the files into this folder, and says so.
    pub(crate) fn keep_on_disk(&self, folder: &Path) {
        self.state().folder = Some(folder.display().to_string());
    }

    /// Refuses the next message or edit.
    pub(crate) fn refuse(&self, code: u16, why: &'static str, pause: Option<u32>) {
        self.state().refusals.push_back((code, why, pause));
    }

    /// Tells whether all refusals were made.
    pub(crate) fn has_refused(&self) -> bool {
        self.state().refusals.is_empty()
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

    /// Tells whether a message of the bot holds this text.
    pub(crate) fn has_said(&self, text: &str) -> bool {
        self.state().messages.values().any(|message| message.to_string().contains(text))
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
        let until = Instant::now() + PATIENCE;
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
        // Clients keep their connections.
        while let Some(request) = Request::read(&mut reader)? {
            if !self.serve_one(&mut stream, &request)? {
                break;
            }
        }
        Ok(())
    }

    /// Answers a request; false if the answer is lost, with the connection.
    fn serve_one(&self, stream: &mut TcpStream, request: &Request) -> io::Result<bool> {
        if let Some(path) = request.path.strip_prefix(&format!("/file/bot{TOKEN}/photos/")) {
            // A server with `--local` hands no file out.
            let state = self.state();
            let file = state.files.get(path).filter(|_| state.folder.is_none()).cloned();
            drop(state);
            match file {
                Some(bytes) => written(stream, 200, "application/octet-stream", &bytes)?,
                None => written(stream, 404, "application/json", b"{\"ok\":false,\"error_code\":404}")?,
            }
            return Ok(true);
        }
        let answered = match request.path.strip_prefix(&format!("/bot{TOKEN}/")) {
            Some(method) => self.answer(method, &request.fields, &request.files),
            None => Some(refused(401, "Unauthorized")),
        };
        let Some((status, answer)) = answered else { return Ok(false) };
        written(stream, status, "application/json", answer.to_string().as_bytes())?;
        Ok(true)
    }

    /// Carries a call out; `None` where the answer is lost.
    fn answer(&self, method: &str, fields: &Value, files: &[usize]) -> Option<Answered> {
        if method == "getUpdates" {
            return Some(ok(&self.updates(fields)));
        }
        let mut state = self.state();
        let is_send = method.starts_with("send") || method.starts_with("edit");
        if let Some((code, why, pause)) = is_send.then(|| state.refusals.pop_front()).flatten() {
            let (status, mut answer) = refused(code, why);
            if let Some(seconds) = pause {
                answer["parameters"] = json!({ "retry_after": seconds });
            }
            return Some((status, answer));
        }
        state.done.push(Done { method: method.to_owned(), files: files.to_vec() });
        let answer = state.answer(method, fields, files);
        if method.starts_with("send") && state.loses > 0 && state.seen.insert(fields.to_string()) {
            state.loses -= 1;
            self.state.1.notify_all();
            return None;
        }
        self.state.1.notify_all();
        Some(answer)
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

impl State {
    fn answer(&mut self, method: &str, fields: &Value, files: &[usize]) -> Answered {
        match method {
            "getMe" => ok(
                &json!({ "id": 123_456_789, "is_bot": true, "first_name": "L", "username": "likeness_bot" }),
            ),
            "setWebhook" => {
                self.webhook = Some(fields.clone());
                ok(&json!(true))
            }
            "deleteWebhook" => {
                self.webhook = None;
                ok(&json!(true))
            }
            "setMyCommands" | "answerCallbackQuery" => ok(&json!(true)),
            "getFile" => {
                let id = fields["file_id"].as_str().unwrap_or_default();
                match self.files.get(id) {
                    Some(bytes) if bytes.len() > 20_000_000 => refused(400, "Bad Request: file is too big"),
                    Some(bytes) => ok(&json!({
                        "file_id": id, "file_unique_id": id, "file_size": bytes.len(),
                        "file_path": format!("{}/{id}", self.folder.as_deref().unwrap_or("photos")),
                    })),
                    None => refused(400, "Bad Request: wrong file_id or the file is temporarily unavailable"),
                }
            }
            "editMessageText" => {
                let id = fields["message_id"].as_i64().unwrap_or_default();
                match self.messages.get(&id) {
                    None => refused(400, "Bad Request: message to edit not found"),
                    Some(known) if known == fields => refused(
                        400,
                        "Bad Request: message is not modified: specified new message content and reply markup are \
                         exactly the same as a current content and reply markup of the message",
                    ),
                    Some(_) => {
                        self.messages.insert(id, fields.clone());
                        ok(&message(id, fields))
                    }
                }
            }
            "sendMessage" | "sendPhoto" | "sendDocument" | "sendMediaGroup" => {
                let sent: Vec<Value> = (0..files.len().max(1)).map(|_| self.sent(fields)).collect();
                ok(&if method == "sendMediaGroup" { sent.into() } else { sent[0].clone() })
            }
            _ => refused(404, "Not Found"),
        }
    }

    /// Puts a message of the bot's into the chat.
    fn sent(&mut self, fields: &Value) -> Value {
        self.last_message += 1;
        let mut kept = fields.clone();
        kept["message_id"] = self.last_message.into();
        let sent = message(self.last_message, &kept);
        self.messages.insert(self.last_message, kept);
        sent
    }
}

/// Describes a message of the bot's as the Bot API does.
fn message(id: i64, fields: &Value) -> Value {
    let mut message = json!({
        "message_id": id, "date": 1, "chat": { "id": PERSON, "type": "private", "first_name": "Anna" },
        "from": { "id": 123_456_789, "is_bot": true, "first_name": "L", "username": "likeness_bot" },
    });
    for name in ["text", "caption", "reply_markup"] {
        if let Some(value) = fields.get(name) {
            message[name] = value.clone();
        }
    }
    message
}

fn ok(result: &Value) -> Answered {
    (200, json!({ "ok": true, "result": result }))
}

fn refused(code: u16, description: &str) -> Answered {
    (code, json!({ "ok": false, "error_code": code, "description": description }))
}
