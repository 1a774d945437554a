//! `likeness token` and `likeness doctor --edge`, at a deployment of the command line's own.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
};

use serde_json::Value;

use crate::{
    Ending, Place,
    running::Running,
    serve::{ADMIN, listening},
};

struct Operator {
    place: Place,
    url: String,
    _running: Running,
}

impl Operator {
    fn new() -> Self {
        let place = Place::new();
        let mut serve = place.command(&["serve", "--test", "--listen", "127.0.0.1:0"]);
        let running = Running::start(serve.env("ADMIN_TOKEN", ADMIN));
        let url = format!("http://{}", listening(&running));
        Self { place, url, _running: running }
    }

    fn run(&self, words: &[&str]) -> Ending {
        let mut command = self.place.command(words);
        Ending::of(command.env("ADMIN_TOKEN", ADMIN).env("LIKENESS_URL", &self.url))
    }
}

#[test]
fn tokens_are_made_shown_again_listed_and_ended() {
    let operator = Operator::new();
    let token = operator.run(&["token", "server", "web"]).ended(0).text().to_owned();
    assert!(token.starts_with("lks_") && token.lines().count() == 1, "{token}");
    assert_eq!(operator.run(&["token", "server", "web"]).ended(0).text(), token);
    let refused = operator.run(&["token", "server", "web", "--label", "another"]).ended(2);
    assert!(refused.stderr.contains("on other terms"), "{}", refused.stderr);
    let invite = ["token", "invite", "anna", "--trainings", "2", "--pictures", "5", "--uses", "3"];
    let made = operator.run(&invite).ended(0);
    let invite = made.text().trim().to_owned();
    assert!(invite.starts_with("lki_"), "{invite}");
    assert!(made.stderr.contains(&format!("{}/#{invite}", operator.url)), "{}", made.stderr);
    let many = ["token", "invite", "ben", "--steps", "4000", "--json"];
    let many = &operator.run(&many).ended(0).documents()[0];
    assert!(many["link"].as_str().is_some_and(|link| link.contains("/#lki_")), "{many}");
    let all = operator.run(&["token", "list", "--json"]).ended(0).documents();
    let steps = |invite: &&Value| invite["id"] == "ben" && invite["steps"] == 4000;
    let invites = all[0]["invites"]["invites"].as_array().expect("invites");
    assert_eq!(invites.iter().filter(steps).count(), 1, "{all:?}");
    operator.run(&["token", "revoke", "ben", "--invite"]).ended(0);
    let listed = operator.run(&["token", "list"]).ended(0).text().to_owned();
    for part in ["web", "anna", "6 trainings and 15 pictures left", "Today: 0 of 20 trainings"] {
        assert!(listed.contains(part), "{listed}");
    }
    assert!(!listed.contains("lks_") && !listed.contains("lki_"), "{listed}");
    operator.run(&["token", "revoke", "anna"]).ended(2);
    operator.run(&["token", "revoke", "anna", "--invite"]).ended(0);
    operator.run(&["token", "revoke", "web"]).ended(0);
    let listed = operator.run(&["token", "list", "--json"]).ended(0).documents();
    let ended = |kind: &str| listed[0][kind][kind][0]["live"] == false;
    assert!(ended("tokens") && ended("invites"), "{listed:?}");
}

#[test]
fn whoever_is_not_the_operator_is_told_what_is_missing() {
    let operator = Operator::new();
    let other = |name: &str, value: &str| {
        let mut command = operator.place.command(&["token", "list"]);
        command.env("ADMIN_TOKEN", ADMIN).env("LIKENESS_URL", &operator.url).env(name, value);
        Ending::of(&mut command).ended(2).stderr
    };
    assert!(other("ADMIN_TOKEN", "another one").contains("HTTP 401"));
    assert!(other("ADMIN_TOKEN", "").contains("ADMIN_TOKEN is not set"));
    assert!(other("LIKENESS_URL", "").contains("--url"));
}

#[test]
fn the_doctor_looks_at_a_deployment() {
    let operator = Operator::new();
    let healthy = operator.run(&["doctor", "--edge", &operator.url]).ended(0).text().to_owned();
    let photo = "one of 12 megapixels was taken, cleaned and stored";
    for part in ["it runs", "test mode", "let in; 20 of 20 trainings", "/webhooks/fal", photo] {
        assert!(healthy.contains(part), "{healthy}");
    }
    // Nothing is left that grants or holds anything.
    let listed = operator.run(&["token", "list", "--json"]).ended(0).documents();
    assert_eq!(listed[0]["tokens"]["tokens"][0]["live"], false, "{listed:?}");
    assert!(listed[0].to_string().contains("likeness-doctor-"), "{listed:?}");
    let stranger =
        operator.place.command(&["doctor", "--edge", &operator.url]).env("ADMIN_TOKEN", "").output();
    let stranger = String::from_utf8(stranger.expect("it runs").stdout).expect("text");
    assert!(stranger.contains("none was put through it"), "{stranger}");
    let dead = operator.run(&["doctor", "--edge", "http://127.0.0.1:1"]).ended(4);
    assert!(dead.text().contains("does not answer") && !dead.text().contains("\\n"), "{}", dead.text());
    let open = operator.run(&["doctor", "--edge", "http://[::1]:1"]);
    assert!(open.text().contains("is not https"), "{}", open.text());
}

#[test]
fn who_is_not_known_to_be_likeness_gets_no_token() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let other = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a call");
        let mut head = [0; 4096];
        let length = stream.read(&mut head).expect("a request");
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
        stream.write_all(answer).expect("an answer");
        // No further call comes.
        listener.set_nonblocking(true).expect("a listener");
        (String::from_utf8_lossy(&head[..length]).to_ascii_lowercase(), listener)
    });
    let place = Place::new();
    let mut doctor = place.command(&["doctor", "--edge", &url]);
    let looked = Ending::of(doctor.env("ADMIN_TOKEN", ADMIN)).ended(4);
    assert!(looked.text().contains("is not Likeness"), "{}", looked.text());
    let (head, listener) = other.join().expect("a call");
    assert!(head.starts_with("get /health ") && !head.contains("authorization"), "{head}");
    assert!(listener.accept().is_err(), "it was asked for more");
}
