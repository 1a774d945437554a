//! Both shells behind one handle.

use std::{
    env,
    io::{self, BufRead as _, BufReader, Read, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

use tempfile::TempDir;

use crate::{http::PATIENCE, shell_edge, shell_native};

/// The kind of a shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `likeness serve`.
    Native,
    /// The Workers, in Cloudflare's runtime.
    Edge,
}

/// A setting and its value.
pub(crate) type Settings = Vec<(&'static str, String)>;

/// A shell that runs, and its state. It is killed when this is dropped.
pub(crate) struct Shell {
    pub(crate) kind: Kind,
    pub(crate) address: String,
    pub(crate) settings: Settings,
    log: Log,
    child: Child,
    /// Folder of the state, which outlives the process.
    folder: TempDir,
}

/// The output of a shell so far.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<String>>);

impl Kind {
    /// Returns the shell that is asked for: `LIKENESS_SHELL=edge`, or the command line's.
    pub(crate) fn asked() -> Self {
        match env::var("LIKENESS_SHELL").as_deref() {
            Ok("edge") => Self::Edge,
            Ok("native") | Err(_) => Self::Native,
            Ok(other) => panic!("LIKENESS_SHELL must be native or edge, not {other}"),
        }
    }

    /// Returns the reason why the shell cannot be started on this machine, if there is one.
    pub(crate) fn missing(self) -> Option<String> {
        match self {
            Self::Native => None,
            Self::Edge => shell_edge::missing(),
        }
    }
}

/// Reports that tests are left out, past what the test runner captures. Where they must run, this fails instead.
pub(crate) fn skip(why: &str) {
    assert!(env::var_os("LIKENESS_REAL_SERVERS").is_none(), "{why}");
    writeln!(io::stderr(), "SKIPPED: {why}").expect("standard error");
}

/// Returns the folder into which the scripts install tools.
pub(crate) fn cache() -> PathBuf {
    env::var_os("LIKENESS_CACHE").map_or_else(|| root().join(".cache"), PathBuf::from)
}

pub(crate) fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

impl Shell {
    pub(crate) fn start(kind: Kind, settings: Settings) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (child, address, log) = begin(kind, &folder, &settings, 0);
        Self { kind, address, settings, log, child, folder }
    }

    /// Returns the folder of the state.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Ends the shell as a power cut would.
    pub(crate) fn kill(&mut self) {
        // The process may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts the shell anew at the same port, with its stored state and with these settings.
    pub(crate) fn restart(&mut self, settings: Settings) {
        self.kill();
        let port = self.address.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).expect("a port");
        let before = self.log.text();
        (self.child, self.address, self.log) = begin(self.kind, &self.folder, &settings, port);
        self.log.push(&before);
        self.settings = settings;
    }

    /// Lists the names of the stored files, but for those that come and go with a write.
    pub(crate) fn stored(&self) -> Vec<PathBuf> {
        let (mut found, mut folders) = (Vec::new(), vec![self.folder.path().to_owned()]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("a file").path();
                if path.is_dir() {
                    folders.push(path);
                } else if !["wal", "shm", "journal"].iter().any(|end| path.to_string_lossy().ends_with(end)) {
                    found.push(path);
                }
            }
        }
        found.sort();
        found
    }

    pub(crate) fn log(&self) -> String {
        self.log.text()
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        self.kill();
    }
}

fn begin(kind: Kind, folder: &TempDir, settings: &Settings, port: u16) -> (Child, String, Log) {
    let command = match kind {
        Kind::Native => shell_native::command(folder.path(), settings, port),
        Kind::Edge => shell_edge::command(folder.path(), settings, port),
    };
    let find = match kind {
        Kind::Native => shell_native::address,
        Kind::Edge => shell_edge::address,
    };
    start(command, find)
}

/// Starts a program, and waits until a line of its output tells its address.
pub(crate) fn start(mut command: Command, find: fn(&str) -> Option<String>) -> (Child, String, Log) {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let log = Log::default();
    let (heard, told) = mpsc::channel();
    log.follow(child.stderr.take().expect("a pipe"), |_| {});
    log.follow(child.stdout.take().expect("a pipe"), move |line| {
        if let Some(address) = find(line) {
            // The receiver takes the first address alone; later sends fail.
            let _ = heard.send(address);
        }
    });
    if let Ok(address) = told.recv_timeout(PATIENCE) {
        (child, address, log)
    } else {
        let _ = child.kill();
        let _ = child.wait();
        panic!("it does not listen: {}", log.text());
    }
}

impl Log {
    fn follow(&self, from: impl Read + Send + 'static, each: impl Fn(&str) + Send + 'static) {
        let log = self.clone();
        thread::spawn(move || {
            let mut reader = BufReader::new(from);
            let mut line = Vec::new();
            while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                let text = String::from_utf8_lossy(&line);
                log.push(&text);
                each(text.trim_end());
                line.clear();
            }
        });
    }

    fn push(&self, text: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_str(text);
    }

    pub(crate) fn text(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
