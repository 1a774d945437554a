//! An HTTP proxy, as offices have them, under a test's control: calls go on to their address, and the answer comes
//! back, or never does.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    process::Command,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

/// The fate of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Forwarded,
    /// Forwarded and answered; then the connection is closed, and the caller learns nothing.
    Swallowed,
    /// Forwarded; the answer breaks off after so many bytes, headers included.
    CutAfter(usize),
    /// Answered by the proxy itself with a status and JSON, as fal would.
    Answered(&'static str, &'static str),
}

/// A call that came through.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Method and path, such as `POST /fal-ai/flux-lora`, without the query.
    pub(crate) what: String,
    /// Bytes of the request as they arrived.
    request: Vec<u8>,
    /// Answer of the receiver; the caller did not get it if it was swallowed.
    pub(crate) answer: String,
}

impl Call {
    /// Tells whether the request has a header of this name.
    pub(crate) fn has(&self, header: &str) -> bool {
        let request = String::from_utf8_lossy(&self.request).to_ascii_lowercase();
        let head = request.split("\r\n\r\n").next().unwrap_or_default();
        head.lines().any(|line| line.strip_prefix(header).is_some_and(|rest| rest.starts_with(':')))
    }
}

/// A proxy that listens until the test program ends.
pub(crate) struct Proxy {
    url: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Proxy {
    /// Starts a proxy. `fate` gets the method and path of each call, such as `GET /v1/models/pricing`.
    pub(crate) fn start(fate: impl Fn(&str) -> Fate + Send + Sync + 'static) -> Self {
        let fate: Arc<dyn Fn(&str) -> Fate + Send + Sync> = Arc::new(fate);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let calls = Arc::default();
        let all = Arc::clone(&calls);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (all, fate) = (Arc::clone(&all), Arc::clone(&fate));
                // A caller that goes away in the middle is not an error of the proxy's.
                thread::spawn(move || serve(stream, fate.as_ref(), &all).ok());
            }
        });
        Self { url, calls }
    }

    /// Leads a command's calls through here.
    pub(crate) fn between<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("HTTP_PROXY", &self.url)
    }

    /// Returns all calls, in the order in which they were answered.
    pub(crate) fn all(&self) -> Vec<Call> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the calls with this method and path, in the order in which they were answered.
    pub(crate) fn calls(&self, what: &str) -> Vec<Call> {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.iter().filter(|call| call.what == what).cloned().collect()
    }

    /// Posts the very same bytes once more, as a client does that repeats when no answer comes. Returns the answer.
    pub(crate) fn repeat(&self, call: &Call) -> String {
        let mut stream = TcpStream::connect(self.url.trim_start_matches("http://")).expect("a connection");
        stream.write_all(&call.request).expect("sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("the end");
        String::from_utf8_lossy(&answer).into_owned()
    }
}

fn serve(mut client: TcpStream, fate: &dyn Fn(&str) -> Fate, calls: &Mutex<Vec<Call>>) -> io::Result<()> {
    let (head, body) = receive(&client)?;
    let malformed = || io::Error::from(io::ErrorKind::InvalidData);
    // A proxy is asked for whole addresses: `POST http://127.0.0.1:8089/fal-ai/flux-lora?a=b HTTP/1.1`.
    let (method, rest) = head.split_once(" http://").ok_or_else(malformed)?;
    let (host, rest) = rest.split_once('/').ok_or_else(malformed)?;
    let path = rest.split(['?', ' ']).next().unwrap_or_default();
    let what = format!("{method} /{path}");
    let fate = fate(&what);
    let answer = if let Fate::Answered(status, json) = fate {
        let length = json.len();
        let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}");
        format!("{head}\r\nconnection: close\r\n\r\n{json}").into_bytes()
    } else {
        let mut server = TcpStream::connect(host)?;
        // One call for each connection, so that the end of the connection is the end of the answer.
        let rest = rest.replacen("\r\n", "\r\nconnection: close\r\n", 1);
        server.write_all(format!("{method} /{rest}").as_bytes())?;
        server.write_all(&body)?;
        let mut answer = Vec::new();
        server.read_to_end(&mut answer)?;
        answer
    };
    let request = [head.as_bytes(), &body].concat();
    let said = String::from_utf8_lossy(&answer).into_owned();
    // Before the caller gets its answer, so that a test which sees the answer finds the call here.
    calls.lock().unwrap_or_else(PoisonError::into_inner).push(Call { what, request, answer: said });
    match fate {
        Fate::Swallowed => {}
        Fate::CutAfter(bytes) => client.write_all(answer.get(..bytes).unwrap_or(&answer))?,
        Fate::Forwarded | Fate::Answered(..) => client.write_all(&answer)?,
    }
    client.shutdown(Shutdown::Both)
}

/// Reads the head of a request with the empty line that ends it, and its body.
fn receive(client: &TcpStream) -> io::Result<(String, Vec<u8>)> {
    let mut reader = BufReader::new(client);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let start = head.len();
        if reader.read_line(&mut head)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = head[start..].trim_end().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().map_err(|_| io::ErrorKind::InvalidData)?;
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok((head, body))
}
