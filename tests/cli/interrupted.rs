//! Ctrl-C, kill -9 and two at once: never a second order, and the same command carries on.

use crate::{
    Ending, Place,
    proxy::{Fate, Proxy},
    running::{Running, Server},
};

/// The lines after which a training is stopped.
const MOMENTS: [&str; 7] = [
    "The photos are being prepared.",
    "The upload to fal.ai is under way.",
    "The order is being placed at fal.ai.",
    "took the order",
    "works on it.",
    "is done with it.",
    "The result is being fetched.",
];

/// The lines that may be missing, since two looks at fal can lie before and after the moment.
const MAY_PASS_UNSEEN: [&str; 3] = ["works on it.", "is done with it.", "The result is being fetched."];

/// Runs the command until it ends well. An unclear order becomes clear once the request is over and listed.
#[track_caller]
fn carries_on(place: &Place, server: &Server, words: &[&str]) {
    let mut ending = Ending::of(&mut place.buying(server, words));
    let mut tries = 0;
    while ending.code == 7 && server.orders() == 1 && tries < 40 {
        ending = Ending::of(&mut place.buying(server, words));
        tries += 1;
    }
    // Killed before its order left: only a person can know that.
    if server.orders() == 0 && ending.code == 7 {
        let job = place.buying(server, &["resolve", "Zebulon", "--not-accepted"]).output().expect("started");
        assert!(job.status.success(), "{}", String::from_utf8_lossy(&job.stderr));
        ending = Ending::of(place.buying(server, words).arg("--again"));
    }
    assert_eq!(ending.code, 0, "{}", ending.stderr);
    assert_eq!((server.orders(), server.purchases()), (1, 1), "{:#?}", server.log().all());
    assert_eq!(place.kept_named("working"), Vec::<String>::new());
    assert_eq!(place.kept_named(".part"), Vec::<String>::new());
}

fn stopped_after(moment: &str, signal: &str) {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "300ms", &[]);
    let running = Running::start(&mut place.buying(&server, &words));
    if MAY_PASS_UNSEEN.contains(&moment) {
        // Without a match the run ends well.
        if running.stderr.find(moment).is_some() {
            running.signal(signal);
        }
    } else {
        running.stderr.wait_for(moment);
        running.signal(signal);
    }
    let ending = running.ended();
    if signal == "INT" && ending.code != 0 {
        let ending = ending.ended(130);
        assert!(ending.stderr.contains("the same command carries on"), "{}", ending.stderr);
        assert!(!place.kept().is_empty());
        // The answer to an order is waited for, so nothing is unclear after Ctrl-C.
        let ending = Ending::of(&mut place.buying(&server, &words)).ended(0);
        assert!(ending.text().contains("Zebulon's model is ready."), "{}", ending.text());
    }
    carries_on(&place, &server, &words);
}

macro_rules! moments {
    ($($killed:ident $interrupted:ident $at:literal)*) => { $(
        #[test] fn $killed() { stopped_after(MOMENTS[$at], "KILL"); }
        #[test] fn $interrupted() { stopped_after(MOMENTS[$at], "INT"); }
    )* };
}

moments! {
    killed_while_preparing interrupted_while_preparing 0
    killed_while_uploading interrupted_while_uploading 1
    killed_while_ordering interrupted_while_ordering 2
    killed_when_ordered interrupted_when_ordered 3
    killed_while_training interrupted_while_training 4
    killed_when_done interrupted_when_done 5
    killed_while_fetching interrupted_while_fetching 6
}

/// Delays the answer to the order: Ctrl-C waits for it, so that the purchase is not unclear.
#[test]
fn ctrl_c_waits_for_the_answer_to_an_order() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "1500ms", &["submit-late"]);
    let running = Running::start(&mut place.buying(&server, &words));
    running.stderr.wait_for("The order is being placed");
    running.signal("INT");
    let ending = running.ended().ended(130);
    assert_eq!(server.orders(), 1, "{}", ending.stderr);
    assert!(ending.stderr.contains("what was ordered goes on at fal.ai"), "{}", ending.stderr);
    let ending = Ending::of(&mut place.buying(&server, &["status", "Zebulon", "--json"])).ended(0);
    assert!(ending.documents()[0]["request_id"].is_string(), "{}", ending.text());
}

/// Kills the run while its order was under way, which fal took: the order is found in fal's list.
#[test]
fn an_order_whose_answer_was_lost_with_the_process_is_found_again() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "300ms", &["submit-late"]);
    let running = Running::start(&mut place.buying(&server, &words));
    running.stderr.wait_for("The order is being placed");
    // The photos are there: the order is what comes next.
    let ending = running.kill();
    assert_eq!(ending.code, -1);
    carries_on(&place, &server, &words);
}

#[test]
fn of_two_at_once_only_one_buys() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "300ms", &[]);
    let runs = [0; 3].map(|_| Running::start(&mut place.buying(&server, &words)));
    for run in runs {
        let ending = run.ended().ended(0);
        assert!(ending.text().contains("Zebulon's model is ready."), "{}", ending.text());
    }
    assert_eq!(server.orders(), 1);
}

#[test]
fn the_one_that_watches_carries_on_when_the_other_dies() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "1s", &[]);
    let first = Running::start(&mut place.buying(&server, &words));
    first.stderr.wait_for("took the order");
    let second = Running::start(&mut place.buying(&server, &words));
    second.stderr.wait_for("this one only watches");
    drop(first);
    second.ended().ended(0);
    assert_eq!(server.orders(), 1);
}

/// Delays the answer to the order: every signal that asks for an end waits for it.
fn waits_for_the_answer(signal: &str) {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "1500ms", &["submit-late"]);
    let running = Running::start(&mut place.buying(&server, &words));
    running.stderr.wait_for("The order is being placed");
    running.signal(signal);
    let ending = running.ended().ended(130);
    assert_eq!(server.orders(), 1, "{}", ending.stderr);
    let ending = Ending::of(&mut place.buying(&server, &["status", "Zebulon", "--json"])).ended(0);
    assert!(ending.documents()[0]["request_id"].is_string(), "{}", ending.text());
}

#[test]
fn a_closed_terminal_waits_for_the_answer_to_an_order() {
    waits_for_the_answer("HUP");
}

#[test]
fn a_quit_waits_for_the_answer_to_an_order() {
    waits_for_the_answer("QUIT");
}

#[test]
fn a_second_signal_ends_at_once_whatever_the_first_was() {
    for [first, second] in [["HUP", "HUP"], ["QUIT", "HUP"], ["HUP", "QUIT"], ["TERM", "INT"]] {
        let place = Place::new();
        let words = place.small_training();
        // A second signal ends the waiting: the answer comes only after ten seconds.
        let server = Server::start(&place, "60s", &["submit-late"]);
        let running = Running::start(&mut place.buying(&server, &words));
        running.stderr.wait_for("The order is being placed");
        running.signal(first);
        running.stderr.wait_for("waiting for fal.ai's answer to the order");
        running.signal(second);
        running.ended().ended(130);
        let jobs = Ending::of(&mut place.buying(&server, &["jobs", "--json"])).ended(0);
        assert!(jobs.documents()[0]["jobs"][0]["request_id"].is_null(), "{}", jobs.text());
    }
}

/// Starts with SIGHUP ignored, as `nohup` does: then the program goes on.
#[test]
fn a_hangup_that_was_ignored_at_the_start_stays_ignored() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "300ms", &[]);
    let train = place.buying(&server, &words);
    // A shell that ignores a signal hands that on to the program that replaces it.
    let mut command = std::process::Command::new("sh");
    command.args(["-c", r#"trap "" HUP; exec "$0" "$@""#]).arg(train.get_program()).args(train.get_args());
    command.current_dir(place.path("")).env_clear().stdin(std::process::Stdio::null());
    command.envs(train.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let running = Running::start(&mut command);
    for moment in ["The photos are being prepared.", "The order is being placed", "took the order"] {
        running.stderr.wait_for(moment);
        running.signal("HUP");
    }
    let ending = running.ended().ended(0);
    assert!(String::from_utf8_lossy(&ending.stdout).contains("Zebulon's model is ready."));
    assert_eq!(server.orders(), 1);
}

/// Drops an interrupted job when a person says so, and orders nothing.
#[test]
fn jobs_that_stopped_before_their_order_are_dropped_when_asked() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "100ms", &[]);
    let proxy = Proxy::start(|what| {
        if what.starts_with("POST /storage/upload") { Fate::CutAfter(0) } else { Fate::Forwarded }
    });
    let running = Running::start(proxy.between(&mut place.buying(&server, &words)));
    running.stderr.wait_for("The upload to fal.ai is under way.");
    // A job that a process is at work on is left alone.
    let ending = Ending::of(&mut place.buying(&server, &["jobs", "--prune", "--yes"])).ended(0);
    assert!(ending.text().contains("Nothing to drop"), "{}", ending.text());
    let _ = running.kill();
    let ending = Ending::of(&mut place.buying(&server, &["jobs", "--prune"])).ended(8);
    assert!(
        ending.stderr.contains("Zebulon") && ending.stderr.contains("Drop 1 job and "),
        "{}",
        ending.stderr
    );
    assert!(!place.kept_named("working").is_empty());
    let ending = Ending::of(&mut place.buying(&server, &["jobs", "--prune", "--yes"])).ended(0);
    assert!(ending.text().contains("Dropped: 1 job."), "{}", ending.text());
    assert_eq!(place.kept_named("working"), Vec::<String>::new());
    let ending = Ending::of(&mut place.buying(&server, &["jobs"])).ended(0);
    assert!(ending.text().contains("cancelled"), "{}", ending.text());
    assert_eq!(server.orders(), 0);
}
