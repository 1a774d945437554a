//! Obstacles between the program and fal.ai: each is named by its own sentence and advice, in the error and by
//! `doctor`. Nothing is ordered through any of them, and nothing counts as ordered.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    process::Command,
    sync::Arc,
    thread,
};

use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer},
};

use crate::{Ending, Place};

macro_rules! certificate {
    ($name:literal) => {
        (
            include_bytes!(concat!("certificates/", $name, ".der")).as_slice(),
            include_bytes!(concat!("certificates/", $name, ".key.der")).as_slice(),
        )
    };
}

type Certificate = (&'static [u8], &'static [u8]);

/// Returns the address of a server that does this with each connection, until the test program ends.
fn serving(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let serve = Arc::clone(&serve);
            thread::spawn(move || serve(stream));
        }
    });
    address
}

/// Reads a request's head, answers with these bytes, and closes the connection.
fn answering(answer: &'static str) -> String {
    serving(move |stream| {
        let mut reader = BufReader::new(&stream);
        let mut line = String::new();
        while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
            line.clear();
        }
        // A caller that goes away early is not waited for.
        let _ = (&stream).write_all(answer.as_bytes());
        let _ = stream.shutdown(Shutdown::Both);
    })
}

/// Speaks TLS with this certificate, and answers nothing.
fn certified((certificate, key): Certificate) -> String {
    let key = PrivateKeyDer::try_from(key).expect("a key").clone_key();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(certificate.to_vec())], key)
        .expect("a certificate");
    let config = Arc::new(config);
    serving(move |stream| {
        let connection = ServerConnection::new(Arc::clone(&config)).expect("a connection");
        let mut stream = StreamOwned::new(connection, stream);
        let mut request = [0; 1024];
        if stream.read(&mut request).is_ok_and(|read| read > 0) {
            let _ = stream.write_all(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n");
        }
    })
}

/// Returns what `doctor` says of fal.ai: the sentence and the advice.
fn doctor(settings: &[(&str, &str)]) -> (String, String) {
    let place = Place::new();
    let mut command = place.command(&["doctor", "--json"]);
    let ending = run(&mut command, settings);
    let documents = ending.documents();
    let checks = documents[0]["checks"].as_array().expect("a list").clone();
    let fal = checks.iter().find(|check| check["name"] == "fal.ai").expect("a look at fal.ai");
    assert_eq!(fal["state"], "fail", "{fal}");
    let text = |name: &str| fal[name].as_str().expect("a text").to_owned();
    (text("text"), text("advice"))
}

fn run(command: &mut Command, settings: &[(&str, &str)]) -> Ending {
    Ending::of(command.env("FAL_KEY", "kid:hush").envs(settings.iter().copied()))
}

/// Expects that doctor, `whoami` and a purchase name the obstacle, and that the order is known not to have left.
#[track_caller]
fn named(settings: &[(&str, &str)], sentence: &str, advice: &str) {
    let (text, told) = doctor(settings);
    assert!(text.contains(sentence) && told.contains(advice), "{text}\n{told}");
    let place = Place::new();
    let ending = run(&mut place.command(&["whoami"]), settings);
    assert!(matches!(ending.code, 4 | 5), "{}", ending.stderr);
    assert!(ending.stderr.contains(sentence) && ending.stderr.contains(advice), "{}", ending.stderr);
    assert!(!ending.stderr.contains("hush"), "{}", ending.stderr);
}

#[test]
fn a_name_that_nobody_knows() {
    named(&[("FAL_BASE_URL", "http://fal.invalid")], "cannot be looked up (DNS)", "DNS server");
}

#[test]
fn a_proxy_that_is_not_there() {
    named(&[("HTTPS_PROXY", "http://127.0.0.1:9")], "the proxy that is set cannot be reached", "NO_PROXY");
    let plain = [("HTTP_PROXY", "http://127.0.0.1:9"), ("FAL_BASE_URL", "http://127.0.0.1:8")];
    named(&plain, "the proxy that is set cannot be reached", "NO_PROXY");
}

#[test]
fn a_proxy_that_asks_for_a_password() {
    let answer = "HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n";
    let proxy = format!("http://{}", answering(answer));
    named(&[("HTTPS_PROXY", &proxy)], "asks for a name and a password", "NAME:PASSWORD@");
    let plain = [("HTTP_PROXY", proxy.as_str()), ("FAL_BASE_URL", "http://127.0.0.1:8")];
    named(&plain, "asks for a name and a password", "NAME:PASSWORD@");
}

#[test]
fn a_proxy_that_refuses_or_is_none() {
    for answer in ["HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n", "SSH-2.0-OpenSSH_9.6\r\n"] {
        let proxy = format!("http://{}", answering(answer));
        named(&[("HTTPS_PROXY", &proxy)], "the proxy does not lead there", "HTTPS_PROXY");
    }
    let proxy = format!("http://{}", answering("SSH-2.0-OpenSSH_9.6\r\n"));
    let plain = [("HTTP_PROXY", proxy.as_str()), ("FAL_BASE_URL", "http://127.0.0.1:8")];
    named(&plain, "does not speak HTTP", "HTTP_PROXY");
}

#[test]
fn a_proxy_whose_address_is_none() {
    let settings = [("HTTP_PROXY", "ftp://nonsense here"), ("FAL_BASE_URL", "http://127.0.0.1:9")];
    named(&settings, "its address cannot be read", "http://HOST:PORT");
}

#[test]
fn a_network_that_shows_its_login_page() {
    for answer in [
        "HTTP/1.1 302 Found\r\nlocation: http://login.portal.example/\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 22\r\n\r\n<p>Please log in.</p>\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 29\r\n\r\n<!DOCTYPE html><p>Welcome</p>",
        "HTTP/1.1 511 Network Authentication Required\r\ncontent-length: 0\r\n\r\n",
    ] {
        let base = format!("http://{}", answering(answer));
        let (text, advice) = doctor(&[("FAL_BASE_URL", &base)]);
        assert!(text.contains("login"), "{text}");
        assert!(advice.contains("log in to the network"), "{advice}");
        named(&[("FAL_BASE_URL", &base)], "login", "log in to the network");
    }
}

#[test]
fn certificates_that_cannot_be_used() {
    let authority = format!("{}/../tests/cli/certificates/authority.pem", env!("CARGO_MANIFEST_DIR"));
    for (certificate, sentence, advice) in [
        (certificate!("expired"), "not valid at the time that the clock shows here", "Set date and time"),
        (certificate!("early"), "not valid at the time that the clock shows here", "Set date and time"),
        (certificate!("portal"), "the certificate of another server", "log in to the network"),
    ] {
        let base = format!("https://{}", certified(certificate));
        named(&[("FAL_BASE_URL", &base), ("SSL_CERT_FILE", &authority)], sentence, advice);
    }
    let base = format!("https://{}", certified(certificate!("valid")));
    named(&[("FAL_BASE_URL", &base)], "from nobody who is trusted here", "SSL_CERT_FILE");
    // A caller that trusts the certificate's authority gets through, to a server that answers nothing.
    let place = Place::new();
    let settings = [("FAL_BASE_URL", base.as_str()), ("SSL_CERT_FILE", authority.as_str())];
    let ending = run(&mut place.command(&["whoami"]), &settings).ended(5);
    assert!(ending.stderr.contains("503"), "{}", ending.stderr);
}

#[test]
fn a_server_that_does_not_speak_tls() {
    let base = format!("https://{}", answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
    named(&[("FAL_BASE_URL", &base)], "does not speak TLS", "FAL_BASE_URL");
}

/// Reports an obstacle to an order before the question, and leaves nothing behind.
#[test]
fn an_order_that_could_not_leave_is_not_asked_about() {
    let place = Place::new();
    let words = place.small_training();
    let server = crate::running::Server::start(&place, "100ms", &[]);
    let mut command = place.buying(&server, &words[..6]);
    let ending = Ending::of(command.env("HTTP_PROXY", "http://127.0.0.1:9")).ended(4);
    assert!(ending.stderr.contains("the proxy that is set cannot be reached"), "{}", ending.stderr);
    assert!(ending.stderr.contains("nothing was ordered"), "{}", ending.stderr);
    assert_eq!(place.kept_named(".jpg"), Vec::<String>::new());
    assert_eq!(server.orders(), 0);
    Ending::of(&mut place.buying(&server, &words)).ended(0);
    assert_eq!(server.orders(), 1);
}

/// Reads the other side's clock from the date of its answers, which shows that this machine's is wrong.
#[test]
fn doctor_compares_the_clocks() {
    let answer = "HTTP/1.1 503 Service Unavailable\r\ndate: Tue, 24 Nov 1998 21:25:55 GMT\r\ncontent-length: 0\r\n\r\n";
    let base = format!("http://{}", answering(answer));
    let place = Place::new();
    let ending = run(&mut place.command(&["doctor"]), &[("FAL_BASE_URL", &base)]);
    assert!(ending.text().contains(" days ahead of the other side's"), "{}", ending.text());
}
