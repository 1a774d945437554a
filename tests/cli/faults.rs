//! Every fault of the simulator, met by a training: nothing is bought twice, and the same command ends well or says
//! what is unclear.

use likeness_core::simulator::Fault;

use crate::{Ending, Place, running::Server};

/// Returns what a training makes of a fault: its exit code, its message, and the exit code of the same command
/// again. `None` when the fault does not concern a training, or passes by itself.
fn expected(fault: &str) -> Option<(i32, &'static str, i32)> {
    let unclear = "it is unclear whether fal.ai took the order";
    Some(match fault {
        "balance-exhausted" => (5, "Top it up at fal.ai/dashboard/billing", 0),
        "submit-server-error" | "submit-unavailable" | "submit-dropped" => (7, unclear, 7),
        // fal's list names the request once it is finished: the same command later finds it there.
        "submit-accepted-then-dropped" | "submit-accepted-then-failed" => (7, unclear, 0),
        "training-failed" | "runner-lost" => (5, "fal does not charge for its own failures", 5),
        "result-bare" => (5, "no reason that can be read", 5),
        "invalid-archive" => (5, "could not open the archive", 5),
        _ => return None,
    })
}

/// Tries a group of all faults, so that the groups run side by side.
fn each_fault(group: usize) {
    let faults = Fault::ALL.iter().map(|fault| fault.kind.name());
    // This one never ends by itself: a cancel ends it, which has its own test.
    let faults = faults.filter(|fault| *fault != "stuck-in-queue");
    for (_, fault) in faults.enumerate().filter(|(index, _)| index % GROUPS == group) {
        meets(fault);
    }
}

fn meets(fault: &str) {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "100ms", &[fault]);
    let first = Ending::of(&mut place.buying(&server, &words));
    let orders = server.orders();
    let Some((code, sentence, again)) = expected(fault) else {
        let ending = first.ended(0);
        assert_eq!(orders, if fault == "rate-limited" { 2 } else { 1 }, "{fault}: {}", ending.stderr);
        return;
    };
    let first = first.ended(code);
    assert!(
        first.stderr.contains(sentence) && first.stderr.contains("\n next: "),
        "{fault}: {}",
        first.stderr
    );
    assert_eq!(orders, 1, "{fault}");
    let mut second = Ending::of(&mut place.buying(&server, &words));
    for _ in 0..40 {
        if again != 0 || second.code != 7 {
            break;
        }
        // The request still runs at fal, and so is not in fal's list.
        second = Ending::of(&mut place.buying(&server, &words));
    }
    let second = second.ended(again);
    let refused = code == 5 && again == 0;
    assert_eq!(server.orders(), if refused { 2 } else { 1 }, "{fault}: {}", second.stderr);
    if again == 0 {
        assert!(second.text().contains("Zebulon's model is ready.\n"), "{fault}: {}", second.text());
    }
}

const GROUPS: usize = 10;

macro_rules! groups {
    ($($name:ident $group:literal)*) => { $(#[test] fn $name() { each_fault($group); })* };
}

groups! {
    each_fault_0 0
    each_fault_1 1
    each_fault_2 2
    each_fault_3 3
    each_fault_4 4
    each_fault_5 5
    each_fault_6 6
    each_fault_7 7
    each_fault_8 8
    each_fault_9 9
}

#[test]
fn what_stays_in_the_queue_for_good_can_be_cancelled() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "100ms", &["stuck-in-queue"]);
    let mut detached = words.to_vec();
    detached.push("--detach");
    Ending::of(&mut place.buying(&server, &detached)).ended(0);
    Ending::of(&mut place.buying(&server, &["cancel", "Zebulon"])).ended(0);
    let ending = Ending::of(&mut place.buying(&server, &["status", "Zebulon", "--watch", "--json"])).ended(5);
    let documents = ending.documents();
    let last = documents.iter().rev().find(|document| document["status"].is_string()).expect("a status");
    assert_eq!((&last["status"], &last["code"]), (&"error".into(), &"cancelled".into()));
    assert_eq!(server.orders(), 1);
    assert_eq!(place.kept_named("working"), Vec::<String>::new());
}

/// Asks again before a second job beside an unclear one, which `check`'s advice on a bad photo would make.
#[test]
fn a_yes_to_a_price_is_no_yes_to_paying_twice() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "100ms", &["submit-dropped"]);
    Ending::of(&mut place.buying(&server, &words)).ended(7);
    place.write("set/99.jpg", crate::photo(99, 520));
    let ending = Ending::of(place.buying(&server, &words).arg("--json")).ended(7);
    let error = ending.documents().pop().expect("an error");
    assert_eq!(error["error"]["code"], "job.other_unclear", "{error}");
    assert_eq!(server.orders(), 1);
    Ending::of(place.buying(&server, &words).arg("--again")).ended(0);
    assert_eq!(server.orders(), 2);
}

#[test]
fn nothing_is_bought_unless_somebody_says_so() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "100ms", &[]);
    let ending = Ending::of(&mut place.buying(&server, &words[..6])).ended(8);
    assert!(ending.stderr.contains("about 2.40 USD") && ending.stderr.contains("--yes"), "{}", ending.stderr);
    let ending = Ending::of(&mut place.command(&words)).ended(2);
    for way in ["FAL_KEY", "--test"] {
        assert!(ending.stderr.contains(way), "{}", ending.stderr);
    }
    assert_eq!(server.orders(), 0);
}

#[test]
fn test_mode_and_money_never_mix() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "100ms", &[]);
    // A key and test mode together: the simulator inside, nothing leaves the machine.
    let calls = server.log().all().len();
    Ending::of(place.buying(&server, &words).args(["--test"]).env("FAL_MOCK_TRAINING_DURATION", "0.2"))
        .ended(0);
    assert_eq!(server.log().all().len(), calls);
    // The same photos for money are another job.
    let ending = Ending::of(place.buying(&server, &words).arg("--json")).ended(0);
    assert_eq!(ending.documents().last().expect("a status")["test_mode"], false);
    assert_eq!(server.orders(), 1);
    // An avatar in test mode never becomes a paid one, and the other way round.
    let id = "5f0c7d3e-6f0b-4a50-9d0c-0d6c5a3c1b2a";
    let testing = |extra: &[&str]| {
        Ending::of(
            place
                .buying(&server, &words)
                .args(["--avatar-id", id])
                .args(extra)
                .env("FAL_MOCK_TRAINING_DURATION", "0.2"),
        )
    };
    testing(&["--test"]).ended(0);
    let ending = testing(&[]).ended(2);
    assert!(ending.stderr.contains("test mode"), "{}", ending.stderr);
    let ending = testing(&["--again"]).ended(2);
    assert!(ending.stderr.contains("test mode"), "{}", ending.stderr);
    assert_eq!(server.orders(), 1);

    // An order that was bought at one server is not followed at another.
    let other = Server::start(&place, "100ms", &[]);
    let mut command = place.buying(&other, &words);
    Ending::of(command.args(["--avatar-id", "6f0c7d3e-6f0b-4a50-9d0c-0d6c5a3c1b2a"])).ended(0);
    let mut command = place.buying(&server, &words);
    let ending =
        Ending::of(command.args(["--avatar-id", "6f0c7d3e-6f0b-4a50-9d0c-0d6c5a3c1b2a", "--again"])).ended(2);
    assert!(ending.stderr.contains("FAL_BASE_URL"), "{}", ending.stderr);
    assert_eq!((server.orders(), other.orders()), (1, 1));
}
