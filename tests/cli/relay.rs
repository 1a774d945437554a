//! A server between two others that loses answers on command.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::Arc,
    thread,
};

/// The fate of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Forwarded,
    /// Answered with this status and content type; the server never receives the request.
    Answered(&'static str, &'static str, String),
    /// Answered by the server; the answer breaks off after so many bytes, its headers included.
    CutAfter(usize),
}

/// Listens for as long as the process lives. `fate` gets each request's first line.
pub(crate) fn to(server: &str, fate: impl Fn(&str) -> Fate + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let (server, fate) = (server.to_owned(), Arc::new(fate));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, server, fate) = (stream.expect("a connection"), server.clone(), Arc::clone(&fate));
            // An error on either side closes both connections.
            thread::spawn(move || relay(stream, &server, fate.as_ref()).ok());
        }
    });
    address
}

fn relay(mut client: TcpStream, server: &str, fate: &dyn Fn(&str) -> Fate) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n") {
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let fate = fate(String::from_utf8_lossy(&head).trim_end());
    if let Fate::Answered(status, kind, body) = fate {
        while !head.ends_with(b"\r\n\r\n") {
            client.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        let length = body.len();
        let kind = if kind.is_empty() { String::new() } else { format!("Content-Type: {kind}\r\n") };
        write!(
            client,
            "HTTP/1.1 {status}\r\n{kind}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )?;
        return client.shutdown(Shutdown::Write);
    }
    let mut server = TcpStream::connect(server)?;
    server.write_all(&head)?;
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || std::io::copy(&mut from, &mut to));
    match fate {
        Fate::Forwarded | Fate::Answered(..) => std::io::copy(&mut server, &mut client),
        Fate::CutAfter(bytes) => std::io::copy(&mut (&mut server).take(bytes as u64), &mut client),
    }?;
    server.shutdown(Shutdown::Both).and_then(|()| client.shutdown(Shutdown::Both))
}
