//! A run that is still going on: tests wait for its lines and send it signals.

use std::{
    io::{BufRead as _, BufReader, Read, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{Ending, Place};

/// A time limit beyond anything here on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// The lines that a run has written so far.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<(Mutex<Written>, Condvar)>);

#[derive(Default)]
struct Written {
    lines: Vec<String>,
    over: bool,
}

/// A run that is going on. It is killed when this is dropped.
pub(crate) struct Running {
    child: Child,
    pub(crate) stdout: Lines,
    pub(crate) stderr: Lines,
}

/// `likeness simulate` on a port of its own.
pub(crate) struct Server {
    running: Running,
    pub(crate) base: String,
}

impl Lines {
    fn of(reader: impl Read + Send + 'static) -> Self {
        let lines = Self::default();
        let to = lines.clone();
        thread::spawn(move || {
            let mut reader = BufReader::new(reader);
            let mut line = Vec::new();
            while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                to.change(|written| written.lines.push(String::from_utf8_lossy(&line).trim_end().to_owned()));
                line.clear();
            }
            to.change(|written| written.over = true);
        });
        lines
    }

    fn change(&self, change: impl FnOnce(&mut Written)) {
        change(&mut self.0.0.lock().unwrap_or_else(PoisonError::into_inner));
        self.0.1.notify_all();
    }

    /// Waits until a line holds this text, and returns that line. `None` when the run ended without one.
    #[track_caller]
    pub(crate) fn find(&self, text: &str) -> Option<String> {
        let until = Instant::now() + PATIENCE;
        let mut written = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(line) = written.lines.iter().find(|line| line.contains(text)) {
                return Some(line.clone());
            }
            if written.over {
                return None;
            }
            let left = until.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "`{text}` never came: {:#?}", written.lines);
            written = self.0.1.wait_timeout(written, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) -> String {
        self.find(text).unwrap_or_else(|| panic!("it ended without `{text}`: {:#?}", self.all()))
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).lines.clone()
    }

    /// Tells whether the run ends by itself within this time.
    pub(crate) fn end_within(&self, time: Duration) -> bool {
        let written = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.0.1.wait_timeout_while(written, time, |written| !written.over);
        waited.unwrap_or_else(PoisonError::into_inner).0.over
    }

    fn wait_for_end(&self) -> Vec<String> {
        let until = Instant::now() + PATIENCE;
        let mut written = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        while !written.over {
            let left = until.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "it does not end: {:#?}", written.lines);
            written = self.0.1.wait_timeout(written, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        written.lines.clone()
    }
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let stdout = Lines::of(child.stdout.take().expect("a pipe"));
        let stderr = Lines::of(child.stderr.take().expect("a pipe"));
        Self { child, stdout, stderr }
    }

    pub(crate) fn signal(&self, name: &str) {
        // Signalling a run that is over already is not an error.
        let kill = format!("kill -{name} {} 2>/dev/null || true", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().expect("sh").success());
    }

    /// Waits for the run's own end. A run that a signal killed has the code -1.
    pub(crate) fn ended(mut self) -> Ending {
        let (stdout, stderr) = (self.stdout.wait_for_end(), self.stderr.wait_for_end());
        let code = self.child.wait().expect("ended").code().unwrap_or(-1);
        let text = |lines: Vec<String>| lines.into_iter().map(|line| line + "\n").collect::<String>();
        Ending { code, stdout: text(stdout).into_bytes(), stderr: text(stderr) }
    }

    /// Ends the run as a power cut would.
    pub(crate) fn kill(mut self) -> Ending {
        self.child.kill().expect("killed");
        self.ended()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The process may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts a simulator whose trainings take this long.
    pub(crate) fn start(place: &Place, duration: &str, faults: &[&str]) -> Self {
        let mut words = vec!["simulate", "--listen", "127.0.0.1:0", "--duration", duration];
        words.extend(faults.iter().flat_map(|fault| ["--fault", fault]));
        Self::running(Running::start(&mut place.command(&words)))
    }

    /// Takes a simulator that was started, once it listens.
    pub(crate) fn running(running: Running) -> Self {
        let line = running.stdout.wait_for("listening on ");
        Self { running, base: line.trim_start_matches("listening on ").to_owned() }
    }

    /// Tells the simulator to end, and waits for that.
    pub(crate) fn stop(self, signal: &str) -> Ending {
        self.running.signal(signal);
        self.running.ended()
    }

    /// Ends the simulator as a power cut would.
    pub(crate) fn kill(self) -> Ending {
        self.running.kill()
    }

    /// Returns the process's id.
    pub(crate) fn id(&self) -> u32 {
        self.running.child.id()
    }

    /// Counts the orders for trainings that arrived whole, whatever became of them.
    pub(crate) fn orders(&self) -> usize {
        self.log_is_read();
        let order = "POST /fal-ai/flux-lora-portrait-trainer ";
        let lines = self.running.stderr.all();
        // The log calls a broken-off call "not whole"; nothing comes of such a call.
        lines.iter().filter(|line| line.contains(order) && !line.contains("whole")).count()
    }

    /// Counts the trainings that were ordered and are over, whether or not any caller learned of them.
    pub(crate) fn purchases(&self) -> usize {
        let trainer = "fal-ai%2Fflux-lora-portrait-trainer";
        let list = self.get(&format!("/v1/models/requests/by-endpoint?endpoint_id={trainer}"));
        let list: serde_json::Value = serde_json::from_str(&list).expect(&list);
        assert_eq!(list["has_more"], false, "{list}");
        list["items"].as_array().expect("a list").len()
    }

    /// Waits until the log is read up to now: a call is written there before it is answered, and this makes one
    /// more.
    fn log_is_read(&self) {
        static CALLS: AtomicU64 = AtomicU64::new(0);
        let path = format!("/seen/{}", CALLS.fetch_add(1, Ordering::Relaxed));
        self.get(&path);
        self.running.stderr.wait_for(&format!("GET {path} "));
    }

    fn get(&self, path: &str) -> String {
        let host = self.base.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host).expect("a connection");
        let headers = format!("host: {host}\r\nauthorization: Key kid:hush\r\nconnection: close");
        write!(stream, "GET {path} HTTP/1.1\r\n{headers}\r\n\r\n").expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer.split_once("\r\n\r\n").expect("a body").1.to_owned()
    }

    /// Returns the simulator's log of all calls that were answered, one line for each.
    pub(crate) fn answered(&self) -> Vec<String> {
        self.log_is_read();
        self.log().all()
    }

    /// Returns the simulator's log, one line for each call.
    pub(crate) fn log(&self) -> &Lines {
        &self.running.stderr
    }
}

/// Lists every file and folder below this one, with their permissions.
pub(crate) fn kept_in(home: &std::path::Path) -> Vec<(String, u32)> {
    use std::os::unix::fs::PermissionsExt as _;

    let (mut found, mut folders) = (Vec::new(), vec![home.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            // The file may be gone by now.
            let Ok(metadata) = entry.metadata() else { continue };
            let name = entry.path().strip_prefix(home).expect("inside").to_string_lossy().into_owned();
            found.push((name, metadata.permissions().mode() & 0o7777));
            if metadata.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

impl Place {
    /// Builds the command, told to buy at this server.
    pub(crate) fn buying(&self, server: &Server, words: &[&str]) -> Command {
        let mut command = self.command(words);
        command.env("FAL_KEY", "kid:hush").env("FAL_BASE_URL", &server.base);
        command
    }

    /// Builds the command in test mode, where a training takes a quarter of a second.
    pub(crate) fn testing(&self, words: &[&str]) -> Command {
        let mut command = self.command(words);
        command.env("AVATAR_TEST_MODE", "true").env("FAL_MOCK_TRAINING_DURATION", "0.25");
        command
    }

    /// Writes the photos of a small training, and returns the words of its command.
    pub(crate) fn small_training(&self) -> [&'static str; 7] {
        self.photos("set", 4);
        ["train", "set", "--name", "Zebulon", "--min-photos", "4", "--yes"]
    }

    /// Lists every file and folder of the program's own data, with their permissions.
    pub(crate) fn kept(&self) -> Vec<(String, u32)> {
        kept_in(&self.home())
    }

    /// Lists the files of the database that contain one of these words.
    pub(crate) fn database_files_with(&self, words: &[&str]) -> Vec<String> {
        let names = self.kept_named("likeness.db");
        let holds = |name: &String| {
            // The log goes when the last process ends.
            let bytes = std::fs::read(self.home().join(name)).unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes);
            words.iter().any(|word| text.contains(word))
        };
        names.into_iter().filter(holds).collect()
    }

    /// Lists the names of stored files that contain this text.
    pub(crate) fn kept_named(&self, part: &str) -> Vec<String> {
        self.kept().into_iter().map(|(name, _)| name).filter(|name| name.contains(part)).collect()
    }

    pub(crate) fn home(&self) -> std::path::PathBuf {
        self.path(".local/share/likeness")
    }
}
