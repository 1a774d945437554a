//! A server between two others, which notes every call and treats it as the test wants.

use std::{
    io::{self, BufReader, Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Instant,
};

use crate::http::{PATIENCE, read_head};

/// A call that passed the gate.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// Method and target.
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    /// Body, unless it is long.
    pub(crate) body: Vec<u8>,
}

/// The fate of a call.
#[derive(Clone)]
pub(crate) enum Fate {
    /// Passed on.
    Forward,
    /// Passed on; the answer waits until this function returns.
    Late(Arc<dyn Fn() + Send + Sync>),
    /// Answered by the gate with this status.
    Answer(u16),
    /// Answered by the gate with this status and document.
    Document(u16, String),
    /// Not answered: the connection breaks.
    Refuse,
    /// Passed on; the answer is lost.
    Swallow,
}

type Rule = Arc<dyn Fn(&Seen) -> Option<Fate> + Send + Sync>;

/// A gate. It listens for as long as the process lives.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) address: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    upstream: Option<String>,
    rules: Vec<Rule>,
    seen: Vec<Seen>,
    /// Lines of the calls that were passed on and answered.
    done: Vec<String>,
}

/// The longest body that is noted, in bytes.
const SHORT: usize = 64 << 10;

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }
}

impl Gate {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let gate = Self { address, shared: Arc::default() };
        let own = gate.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let gate = own.clone();
                thread::spawn(move || {
                    // Closing both ends together lets either side see that the other broke off.
                    drop(gate.pass(&stream));
                    drop(stream.shutdown(Shutdown::Both));
                });
            }
        });
        gate
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the server to which calls are passed on.
    pub(crate) fn lead_to(&self, server: &str) {
        self.state().upstream = Some(server.to_owned());
    }

    /// Adds a rule for each call from now on, asked before the older ones. A rule may take its time.
    pub(crate) fn rule(&self, rule: impl Fn(&Seen) -> Option<Fate> + Send + Sync + 'static) {
        self.state().rules.insert(0, Arc::new(rule));
    }

    /// Lists the calls so far that `wanted` accepts.
    pub(crate) fn seen(&self, wanted: impl Fn(&Seen) -> bool) -> Vec<Seen> {
        self.state().seen.iter().filter(|seen| wanted(seen)).cloned().collect()
    }

    /// Writes all calls so far, one line each.
    pub(crate) fn lines(&self) -> String {
        self.state().seen.iter().flat_map(|seen| [seen.line.as_str(), "\n"]).collect()
    }

    /// Waits until so many calls have come that `wanted` accepts.
    #[track_caller]
    pub(crate) fn wait_for(&self, count: usize, wanted: impl Fn(&Seen) -> bool) -> Vec<Seen> {
        let until = Instant::now() + PATIENCE;
        let mut state = self.state();
        loop {
            let found: Vec<_> = state.seen.iter().filter(|seen| wanted(seen)).cloned().collect();
            if found.len() >= count {
                return found;
            }
            let left = until.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{} of {count} calls came: {:#?}", found.len(), state.seen);
            state = self.shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until a call with this text in its line was passed on and answered.
    #[track_caller]
    pub(crate) fn wait_until_done(&self, part: &str) {
        let until = Instant::now() + PATIENCE;
        let mut state = self.state();
        while !state.done.iter().any(|line| line.contains(part)) {
            let left = until.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "no call with {part} was answered: {:#?}", state.done);
            state = self.shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn pass(&self, client: &TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(client.try_clone()?);
        let (first, headers) = read_head(&mut reader)?;
        let line = first.rsplit_once(' ').ok_or(io::ErrorKind::InvalidData)?.0.to_owned();
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length: usize = length.and_then(|(_, length)| length.parse().ok()).unwrap_or(0);
        let mut body = vec![0; if length <= SHORT { length } else { 0 }];
        reader.read_exact(&mut body)?;
        let seen = Seen { line, headers, body };
        let rules = {
            let mut state = self.state();
            state.seen.push(seen.clone());
            state.rules.clone()
        };
        self.shared.changed.notify_all();
        let fate = rules.iter().find_map(|rule| rule(&seen)).unwrap_or(Fate::Forward);
        match fate {
            Fate::Refuse => Ok(()),
            Fate::Answer(status) => answer(client, status, ""),
            Fate::Document(status, document) => {
                // All of a call is read first: unread bytes would break the connection.
                let unread = if length > SHORT { length } else { 0 };
                io::copy(&mut reader.take(unread as u64), &mut io::sink())?;
                answer(client, status, &document)
            }
            Fate::Forward | Fate::Swallow | Fate::Late(_) => {
                self.forward(&seen, reader, client, &fate)?;
                self.state().done.push(seen.line);
                self.shared.changed.notify_all();
                Ok(())
            }
        }
    }

    /// Passes on one call for each connection, so that every call is seen.
    fn forward(
        &self,
        seen: &Seen,
        mut rest: BufReader<TcpStream>,
        mut client: &TcpStream,
        fate: &Fate,
    ) -> io::Result<()> {
        let upstream = self.state().upstream.clone().ok_or(io::ErrorKind::NotConnected)?;
        let mut server = TcpStream::connect(upstream)?;
        let mut head = format!("{} HTTP/1.1\r\nconnection: close\r\n", seen.line);
        for (name, value) in seen.headers.iter().filter(|(name, _)| name != "connection") {
            for part in [name.as_str(), ": ", value, "\r\n"] {
                head.push_str(part);
            }
        }
        head.push_str("\r\n");
        server.write_all(head.as_bytes())?;
        server.write_all(&seen.body)?;
        let mut to = server.try_clone()?;
        thread::spawn(move || io::copy(&mut rest, &mut to).ok());
        match fate {
            Fate::Swallow => drop(io::copy(&mut server, &mut io::sink())?),
            Fate::Late(wait) => {
                let mut answer = Vec::new();
                server.read_to_end(&mut answer)?;
                wait();
                client.write_all(&answer)?;
            }
            _ => drop(io::copy(&mut server, &mut client)?),
        }
        server.shutdown(Shutdown::Both)
    }
}

fn answer(mut client: &TcpStream, status: u16, document: &str) -> io::Result<()> {
    let length = document.len();
    let answer =
        format!("HTTP/1.1 {status} It\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{document}");
    client.write_all(answer.as_bytes())
}

/// An event that happens once, and that others wait for.
#[derive(Clone, Default)]
pub(crate) struct Flag(Arc<(Mutex<bool>, Condvar)>);

impl Flag {
    pub(crate) fn set(&self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.1.notify_all();
    }

    pub(crate) fn is_set(&self) -> bool {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the event, and tells whether it happened in time.
    pub(crate) fn wait(&self) -> bool {
        let set = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.0.1.wait_timeout_while(set, PATIENCE, |set| !*set);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}
