//! Refusals of fal without a reason, and a list of requests that is away: the command ends with what there is to
//! say, nothing is ordered again, and later results of fal's are taken.

use crate::{
    Ending, Place,
    proxy::{Fate, Proxy},
    running::Server,
};

#[test]
fn a_refusal_without_a_reason_ends_it_also_when_quiet_and_status_asks_again() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "100ms", &["result-bare=2"]);
    let ending = Ending::of(place.buying(&server, &words).arg("--quiet")).ended(5);
    let reason =
        "error: fal gives no result, and no reason that can be read. Its answer has HTTP status 422.\n";
    assert!(ending.stderr.contains(reason), "{}", ending.stderr);
    let next = ending.stderr.lines().find(|line| line.contains("`likeness status ")).expect(&ending.stderr);
    let (_, job) = next.split_once("`likeness status ").expect("a command");
    let (job, _) = job.split_once('`').expect("its end");
    // The same command shows how the training ended, and buys nothing.
    let ending = Ending::of(&mut place.buying(&server, &words)).ended(5);
    assert!(ending.stderr.contains(reason), "{}", ending.stderr);

    // In vain at first.
    let ending = Ending::of(place.buying(&server, &["status", job]).arg("--json")).ended(0);
    let status = ending.documents().pop().expect("a status");
    assert_eq!(
        (&status["status"], &status["code"]),
        (&"error".into(), &"fal.unexplained".into()),
        "{status}"
    );
    let ending = Ending::of(&mut place.buying(&server, &["status", job])).ended(0);
    assert!(ending.text().contains("Zebulon's model is ready.\n"), "{}", ending.text());
    Ending::of(&mut place.buying(&server, &words)).ended(0);
    assert_eq!(server.orders(), 1);
}

/// Shows a training that ended without a reason also where fal cannot be asked.
#[test]
fn a_status_without_a_key_shows_what_is_known() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "100ms", &["result-bare"]);
    Ending::of(&mut place.buying(&server, &words)).ended(5);
    let ending = Ending::of(&mut place.command(&["status", "Zebulon"])).ended(0);
    assert!(ending.text().contains("fal gives no result"), "{}", ending.text());
}

#[test]
fn pages_that_are_not_fals_pass() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "100ms", &["result-foreign=3"]);
    Ending::of(&mut place.buying(&server, &words)).ended(0);
    assert_eq!(server.orders(), 1);
}

const ORDER: &str = "POST /fal-ai/flux-lora-portrait-trainer";
const LIST: &str = "GET /v1/models/requests/by-endpoint";

/// Loses the answer to the order, while fal's list has a problem of its own.
fn loses_the_order(what: &str) -> Fate {
    match what {
        ORDER => Fate::Swallowed,
        LIST => Fate::Answered("503 Service Unavailable", "{}"),
        _ => Fate::Forwarded,
    }
}

#[test]
fn that_fals_list_is_away_is_said_at_once_and_the_named_request_is_adopted_later() {
    for later in [&["status", "Zebulon"][..], &["resolve", "Zebulon", "--request-id", "ID"]] {
        let place = Place::new();
        let words = place.small_training();
        let server = Server::start(&place, "100ms", &[]);
        let proxy = Proxy::start(loses_the_order);
        let run = |words: &[&str]| Ending::of(proxy.between(&mut place.buying(&server, words)));
        run(&words).ended(7);
        let answer = &proxy.calls(ORDER)[0].answer;
        let (_, id) = answer.split_once("\"request_id\":\"").expect("an id");
        let (id, _) = id.split_once('"').expect("its end");
        let looked = proxy.calls(LIST).len();
        let ending = run(&["resolve", "Zebulon", "--request-id", id, "--quiet"]).ended(7);
        let sentence =
            format!("error: request {id} is not adopted yet: fal.ai's list of requests cannot be read now\n");
        assert!(ending.stderr.contains(&sentence), "{}", ending.stderr);
        assert!(
            ending.stderr.contains("HTTP 503") && ending.stderr.contains("likeness status "),
            "{}",
            ending.stderr
        );
        // At once: nothing is tried again before it is reported.
        assert_eq!(proxy.calls(LIST).len(), looked + 1);

        let later: Vec<&str> = later.iter().map(|word| if *word == "ID" { id } else { word }).collect();
        Ending::of(&mut place.buying(&server, &later)).ended(0);
        let ending = Ending::of(&mut place.buying(&server, &words)).ended(0);
        assert!(ending.text().contains("Zebulon's model is ready.\n"), "{}", ending.text());
        assert_eq!(server.orders(), 1);
    }
}
