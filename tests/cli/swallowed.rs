//! Orders behind a proxy that swallows fal's answer: fal took the order, and the program was not told. It is
//! ordered once, reported as unclear, and found again by a person's word or by fal's own report.

use std::fs;

use serde_json::Value;

use crate::{
    Ending, Place,
    address::quiet_address,
    proxy::{Call, Fate, Proxy},
    running::Server,
};

const ORDER: &str = "POST /fal-ai/flux-lora-portrait-trainer";
const LIST: &str = "GET /v1/models/requests/by-endpoint";
const KEYS: &str = "GET /.well-known/jwks.json";
const UNCLEAR: &str = "error: it is unclear whether fal.ai took the order\n";

/// Loses the answer to the order, and refuses fal's list, which would settle the matter.
fn refuses_the_list(what: &str) -> Fate {
    match what {
        ORDER => Fate::Swallowed,
        LIST => Fate::Answered("403 Forbidden", r#"{"detail": "This key may not see it."}"#),
        _ => Fate::Forwarded,
    }
}

/// Loses the answer to the order, and lets fal's list name nothing.
fn empties_the_list(what: &str) -> Fate {
    match what {
        LIST => Fate::Answered("200 OK", r#"{"items": [], "has_more": false, "next_cursor": null}"#),
        _ => refuses_the_list(what),
    }
}

/// Returns the id of the request that fal made of the order, which only the proxy has seen.
fn request_id(order: &Call) -> String {
    let (head, body) = order.answer.split_once("\r\n\r\n").expect("an answer");
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let body: Value = serde_json::from_str(body).expect("JSON");
    body["request_id"].as_str().expect("an id").to_owned()
}

struct Office {
    place: Place,
    server: Server,
    proxy: Proxy,
}

impl Office {
    fn open(fate: fn(&str) -> Fate, training: &str) -> Self {
        let place = Place::new();
        let server = Server::start(&place, training, &[]);
        Self { place, server, proxy: Proxy::start(fate) }
    }

    fn run(&self, words: &[&str]) -> Ending {
        Ending::of(self.proxy.between(&mut self.place.buying(&self.server, words)))
    }

    /// Returns the only order there is, for the proxy and for the simulator.
    #[track_caller]
    fn order(&self) -> Call {
        assert_eq!(self.server.orders(), 1, "{:#?}", self.server.log().all());
        let orders = self.proxy.calls(ORDER);
        assert_eq!(orders.len(), 1);
        orders[0].clone()
    }

    /// Runs the command, which must report that the order is unclear, after looking in vain.
    #[track_caller]
    fn is_unclear(&self, words: &[&str]) -> Ending {
        let looked = self.proxy.calls(LIST).len();
        let ending = self.run(words).ended(7);
        assert!(ending.stderr.contains(UNCLEAR), "{}", ending.stderr);
        assert!(self.proxy.calls(LIST).len() > looked, "it did not look in fal's list");
        self.order();
        ending
    }

    /// Checks that the training is over and whole, and was ordered once.
    #[track_caller]
    fn is_done(&self, words: &[&str], order: &Call) {
        let ending = self.run(words).ended(0);
        assert!(ending.text().contains("Zebulon's model is ready."), "{}", ending.text());
        let status = self.run(&["status", "Zebulon", "--json"]).ended(0);
        let status = status.documents().pop().expect("a status");
        assert_eq!((&status["status"], &status["progress"]), (&"completed".into(), &100.into()));
        assert_eq!(status["request_id"], request_id(order).as_str());
        let model = fs::metadata(status["model"]["path"].as_str().expect("a path")).expect("a model");
        assert_eq!(status["model"]["file"]["length"], model.len());
        assert_eq!(self.order().answer, order.answer);
        assert_eq!(self.place.kept_named("working"), Vec::<String>::new());
    }
}

#[test]
fn an_order_whose_answer_is_swallowed_is_placed_once_and_settled_by_a_person() {
    let office = Office::open(refuses_the_list, "300ms");
    let words = office.place.small_training();
    for _ in 0..2 {
        office.is_unclear(&words);
    }
    let ending = office.is_unclear(&words);
    // The test follows the command's own advice.
    let next = ending.stderr.lines().find(|line| line.ends_with(" --request-id ID")).expect(&ending.stderr);
    let (_, command) = next.split_once("likeness ").expect("a command");
    let order = office.order();
    let id = request_id(&order);
    let command: Vec<&str> =
        command.split(' ').map(|word| if word == "ID" { id.as_str() } else { word }).collect();
    office.run(&command).ended(0);
    office.is_done(&words, &order);
}

#[test]
fn another_request_is_not_taken_for_it_though_a_person_names_it() {
    let office = Office::open(empties_the_list, "300ms");
    let words = office.place.small_training();
    office.is_unclear(&words);
    let another = ["resolve", "Zebulon", "--request-id", "00000000-0000-4000-8000-000000000000"];
    let ending = office.run(&another).ended(7);
    assert!(ending.stderr.contains("error: this request was not adopted\n"), "{}", ending.stderr);
    office.is_unclear(&words);
}

#[test]
fn an_order_whose_answer_is_swallowed_is_placed_once_and_settled_by_fals_report() {
    // The report usually comes when it is listened for. If it does not, fal comes again after ten seconds.
    let office = Office::open(empties_the_list, "4s");
    let address = quiet_address();
    let url = format!("http://{address}/");
    let train = office.place.small_training();
    let words = [&train[..], &["--webhook-url", &url]].concat();
    for _ in 0..3 {
        office.is_unclear(&words);
    }
    // No command has listened so far.
    assert_eq!(office.proxy.calls(KEYS).len(), 0);
    let order = office.order();
    office.is_done(&[&words[..], &["--listen-webhook", &address]].concat(), &order);
    assert!(!office.proxy.calls(KEYS).is_empty(), "the report's signature was not checked");
}

/// Needs no second run where the command listens from the beginning.
#[test]
fn who_listens_for_fals_report_waits_for_it_when_the_order_is_unclear() {
    let office = Office::open(empties_the_list, "300ms");
    let address = quiet_address();
    let train = office.place.small_training();
    let words = [&train[..], &["--listen-webhook", &address]].concat();
    let ending = office.run(&words).ended(0);
    let unclear = ending.stderr.find("(submission_unclear)").expect(&ending.stderr);
    let taken = ending.stderr.find("took the order: request ").expect(&ending.stderr);
    assert!(unclear < taken, "{}", ending.stderr);
    office.is_done(&train, &office.order());
}

/// Shows what a second placing would look like: the same bytes once more are a second order, and a second purchase.
#[test]
fn a_client_that_posts_again_buys_twice_and_is_seen_to() {
    let office = Office::open(empties_the_list, "300ms");
    office.is_unclear(&office.place.small_training());
    let order = office.order();
    assert_eq!(office.proxy.repeat(&order), "", "it learns nothing either");
    assert_eq!(office.server.orders(), 2);
    let orders = office.proxy.calls(ORDER);
    assert_eq!(orders.len(), 2);
    assert_ne!(request_id(&orders[0]), request_id(&orders[1]));
}
