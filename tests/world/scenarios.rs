//! The rules of buying, one by one.

use std::time::Duration;

use likeness_core::{
    avatar::{Command, Event, OrderKey, Stage, Stored},
    simulator::{Fault, Plan},
    time::Timestamp,
};

use super::{
    HOUR, ORIGIN, calm,
    life::{Happening, World},
    people::Act,
    random::Random,
};

/// Makes a calm world with one avatar, whose training was just ordered, and these faults at fal.
fn ordered(faults: &[&str]) -> World {
    let mut plan = Plan::new(ORIGIN.parse().expect("an address"));
    plan.lora_width = 8;
    plan.faults = faults.iter().map(|fault| fault.parse::<Fault>().expect("a fault")).collect();
    let mut world = World::new(Random::new(7), plan, 1, calm());
    act(&mut world, Act::Train { home: 0, set: 0, webhook: false, again: false });
    world
}

fn act(world: &mut World, act: Act) {
    world.plan(Duration::ZERO, Happening::Acted(act));
}

/// Lets an hour pass.
fn pass(world: &mut World) {
    let until: Timestamp = world.now.plus(HOUR);
    world.live(until).expect("no law is broken");
}

fn stage(world: &World) -> Stage<likeness_core::fal::result::TrainedModel> {
    let avatar = world.load(0);
    avatar.trainings().last().expect("a training").order.stage().clone()
}

fn bought(world: &World) -> usize {
    world.fal.accepted().count()
}

#[test]
fn a_429_is_sent_again() {
    let mut world = ordered(&["rate-limited=3"]);
    pass(&mut world);
    assert!(matches!(stage(&world), Stage::Done { .. }));
    assert_eq!(bought(&world), 1);
}

#[test]
fn a_503_is_never_sent_again() {
    let mut world = ordered(&["submit-unavailable"]);
    pass(&mut world);
    assert!(matches!(stage(&world), Stage::Unclear { .. }));
    assert_eq!(bought(&world), 0);
}

#[test]
fn a_502_is_found_in_the_list_and_never_sent_again() {
    let mut world = ordered(&["submit-accepted-then-failed"]);
    pass(&mut world);
    assert!(matches!(stage(&world), Stage::Done { .. }));
    assert_eq!(bought(&world), 1);
}

/// Sets the faults that fal still has in store.
fn faults(world: &mut World, faults: &[&str]) {
    let mut fal = serde_json::to_value(&world.fal).expect("JSON");
    fal["faults"] = serde_json::json!(faults);
    world.fal = serde_json::from_value(fal).expect("a simulator");
}

#[test]
fn a_refusal_without_a_reason_ends_it_and_a_later_look_adopts_the_model() {
    let mut world = ordered(&["result-bare=3"]);
    pass(&mut world);
    for _ in 0..2 {
        assert!(matches!(stage(&world), Stage::Failed { doubt: Some(_), .. }), "{:?}", stage(&world));
        act(&mut world, Act::Look { home: 0 });
        pass(&mut world);
    }
    // The third refusal answered the second look.
    assert!(matches!(stage(&world), Stage::Failed { doubt: Some(_), .. }), "{:?}", stage(&world));
    act(&mut world, Act::Look { home: 0 });
    pass(&mut world);
    assert!(matches!(stage(&world), Stage::Done { .. }), "{:?}", stage(&world));
    assert_eq!(bought(&world), 1);
}

#[test]
fn pages_of_a_stranger_end_it_only_when_they_come_for_ten_minutes() {
    let mut world = ordered(&["result-foreign=1000"]);
    let (mut began, mut ended) = (None, None);
    for minute in 0..60 {
        world.live(world.now.plus(Duration::from_mins(1))).expect("no law is broken");
        match stage(&world) {
            Stage::Accepted(accepted) if accepted.unexplained.is_some() => {
                began.get_or_insert(minute);
            }
            Stage::Failed { doubt: Some(_), .. } => {
                ended.get_or_insert(minute);
            }
            _ => {}
        }
    }
    let (began, ended) = (began.expect("refused"), ended.expect("an end"));
    assert!((10..20).contains(&(ended - began)), "{began} to {ended}");
    faults(&mut world, &[]);
    act(&mut world, Act::Look { home: 0 });
    pass(&mut world);
    assert!(matches!(stage(&world), Stage::Done { .. }), "{:?}", stage(&world));
    assert_eq!(bought(&world), 1);

    // Five results are spoilt, and later ones are good.
    let mut world = ordered(&["result-foreign=5"]);
    pass(&mut world);
    assert!(matches!(stage(&world), Stage::Done { .. }), "{:?}", stage(&world));
}

/// Adopts the attempt that ended without a reason, beside the one that was bought after it.
#[test]
fn a_look_adopts_an_earlier_attempt_and_orders_nothing() {
    let mut world = ordered(&["result-bare"]);
    pass(&mut world);
    act(&mut world, Act::Train { home: 0, set: 0, webhook: false, again: true });
    pass(&mut world);
    assert_eq!(bought(&world), 2);
    world.tell(0, Event::Asked(Command::Look(OrderKey::Training(1)))).expect("told");
    pass(&mut world);
    let avatar = world.load(0);
    let done =
        |attempt| avatar.training(attempt).is_some_and(|one| matches!(one.order.stage(), Stage::Done { .. }));
    assert!(done(1) && done(2));
    assert_eq!(bought(&world), 2);
}

#[test]
fn a_request_that_is_named_while_fals_list_is_away_is_adopted_later() {
    let mut world = ordered(&["submit-accepted-then-dropped", "list-unavailable=20"]);
    world.live(world.now.plus(Duration::from_secs(30))).expect("no law is broken");
    let named = world.books.purchase(0, OrderKey::Training(1)).expect("bought").parse().expect("an id");
    world.tell(0, Event::Asked(Command::Resolve(OrderKey::Training(1), named))).expect("told");
    world.live(world.now.plus(Duration::from_secs(2))).expect("no law is broken");
    assert!(
        matches!(stage(&world), Stage::Unclear { candidate: Some(_), compared: false, .. }),
        "{:?}",
        stage(&world)
    );
    pass(&mut world);
    assert!(matches!(stage(&world), Stage::Done { .. }), "{:?}", stage(&world));
    assert_eq!(bought(&world), 1);
}

#[test]
fn a_lost_answer_is_found_in_the_list() {
    let mut world = ordered(&["submit-accepted-then-dropped"]);
    pass(&mut world);
    assert!(matches!(stage(&world), Stage::Done { .. }));
    assert_eq!(bought(&world), 1);
}

#[test]
fn a_cancel_that_comes_too_late_keeps_the_model() {
    let mut world = ordered(&["cancel-too-late"]);
    world.plan(Duration::from_secs(15), Happening::Acted(Act::Cancel { home: 0 }));
    pass(&mut world);
    assert!(matches!(stage(&world), Stage::Done { .. }));
}

#[test]
fn a_cancel_in_time_stops_it() {
    let mut world = ordered(&[]);
    world.plan(Duration::from_secs(15), Happening::Acted(Act::Cancel { home: 0 }));
    pass(&mut world);
    assert!(matches!(stage(&world), Stage::Cancelled { request_id: Some(_), .. }));
}

#[test]
fn a_finished_job_is_printed_not_bought_again() {
    let mut world = ordered(&[]);
    pass(&mut world);
    let saved = world.homes[0].saved.clone();
    act(&mut world, Act::Train { home: 0, set: 0, webhook: false, again: false });
    pass(&mut world);
    assert_eq!((bought(&world), &world.homes[0].saved), (1, &saved));
    act(&mut world, Act::Train { home: 0, set: 0, webhook: false, again: true });
    pass(&mut world);
    assert_eq!(bought(&world), 2);
}

#[test]
fn an_attempt_that_failed_before_the_purchase_is_reopened() {
    let mut world = ordered(&["balance-exhausted"]);
    pass(&mut world);
    assert!(matches!(stage(&world), Stage::Failed { .. }));
    act(&mut world, Act::Train { home: 0, set: 0, webhook: false, again: false });
    pass(&mut world);
    assert!(matches!(stage(&world), Stage::Done { .. }));
    assert_eq!((bought(&world), world.load(0).trainings().len()), (1, 1));
}

/// Places an order again under its number when it ended without a purchase, and never when it was bought or may
/// have been.
#[test]
fn a_number_is_asked_for_again_until_something_was_ordered() {
    let again = Act::Again { home: 0, set: 1, webhook: false };
    let of = |world: &World| (world.load(0).trainings().len(), bought(world));
    // Refused by fal, and then taken.
    let mut world = ordered(&["balance-exhausted=2"]);
    for _ in 0..3 {
        pass(&mut world);
        act(&mut world, again);
    }
    pass(&mut world);
    assert!(matches!(stage(&world), Stage::Done { .. }), "{:?}", stage(&world));
    assert_eq!(of(&world), (1, 1));

    // Cancelled while its photos were prepared, or its archive was on the way.
    for seconds in [0, 1, 2, 3, 5, 8] {
        let mut world = ordered(&[]);
        world.weather.latency = Duration::from_secs(2);
        world.live(world.now.plus(Duration::from_secs(seconds))).expect("no law is broken");
        act(&mut world, Act::Cancel { home: 0 });
        world.live(world.now.plus(Duration::from_millis(1))).expect("no law is broken");
        act(&mut world, again);
        act(&mut world, again);
        pass(&mut world);
        assert_eq!(world.load(0).trainings().len(), 1, "after {seconds} s");
        assert!(bought(&world) <= 1, "after {seconds} s");
        assert!(matches!(stage(&world), Stage::Done { .. } | Stage::Cancelled { request_id: Some(_), .. }));
    }

    // Perhaps ordered: a person says that it was not, though fal took it.
    let mut world = ordered(&["submit-dropped"]);
    pass(&mut world);
    act(&mut world, again);
    pass(&mut world);
    assert!(matches!(stage(&world), Stage::Unclear { .. }), "{:?}", stage(&world));
    act(&mut world, Act::NotAccepted { home: 0 });
    act(&mut world, again);
    pass(&mut world);
    assert!(matches!(stage(&world), Stage::Failed { .. }), "{:?}", stage(&world));
    assert_eq!(of(&world), (1, 0));
}

#[test]
fn photos_that_are_still_prepared_for_a_cancelled_attempt_do_not_reach_the_next() {
    let mut world = ordered(&[]);
    world.weather.latency = Duration::from_secs(5);
    world.live(world.now.plus(Duration::from_millis(1))).expect("no law is broken");
    act(&mut world, Act::Cancel { home: 0 });
    act(&mut world, Act::Train { home: 0, set: 1, webhook: false, again: true });
    pass(&mut world);
    assert!(matches!(stage(&world), Stage::Done { .. }));
}

#[test]
fn pictures_of_the_same_seed_are_told_apart_in_the_list() {
    let mut world = ordered(&[]);
    pass(&mut world);
    act(&mut world, Act::Pictures { home: 0, wish: 1 });
    pass(&mut world);
    world.fal = {
        let mut fal = serde_json::to_value(&world.fal).expect("JSON");
        fal["faults"] = serde_json::json!(["submit-accepted-then-dropped"]);
        serde_json::from_value(fal).expect("a simulator")
    };
    act(&mut world, Act::Pictures { home: 0, wish: 1 });
    pass(&mut world);
    let avatar = world.load(0);
    let second = avatar.generation(2).expect("ordered").order.request_id().map(ToString::to_string);
    assert_eq!(second.as_deref(), world.books.purchase(0, OrderKey::Pictures(2)));
    assert!(avatar.ended());
}

/// Refuses to adopt a stranger's finished training under the same key, which does not show where ours is.
#[test]
fn a_request_with_another_input_is_not_adopted_though_a_person_names_it() {
    let mut world = ordered(&[]);
    pass(&mut world);
    act(&mut world, Act::Train { home: 0, set: 0, webhook: false, again: true });
    let named = world.books.purchase(0, OrderKey::Training(1)).expect("bought").parse().expect("an id");
    // The state is as if another machine had bought the first: no avatar here holds it.
    let mut other = serde_json::to_value(&world.fal).expect("JSON");
    other["faults"] = serde_json::json!(["submit-dropped"]);
    world.fal = serde_json::from_value(other).expect("a simulator");
    let fresh = World::new(Random::new(8), world.fal.plan().clone(), 1, calm());
    world.homes = fresh.homes;
    world.flights.clear();
    world.books = super::laws::Books::default();
    pass(&mut world);
    assert!(matches!(stage(&world), Stage::Unclear { .. }));
    world.tell(0, Event::Asked(Command::Resolve(OrderKey::Training(1), named))).expect("told");
    pass(&mut world);
    assert!(matches!(stage(&world), Stage::Unclear { candidate: None, .. }));
}

#[test]
fn a_late_answer_to_a_submit_is_kept_after_a_person_gave_it_up() {
    let mut world = ordered(&["submit-late"]);
    let mut fal = serde_json::to_value(&world.fal).expect("JSON");
    fal["plan"]["late"] = serde_json::json!({ "secs": 200, "nanos": 0 });
    world.fal = serde_json::from_value(fal).expect("a simulator");
    world.weather.latency = Duration::from_mins(10);
    world.plan(Duration::from_mins(40), Happening::Acted(Act::NotAccepted { home: 0 }));
    pass(&mut world);
    pass(&mut world);
    assert_eq!(bought(&world), 1);
    world.weather.latency = Duration::ZERO;
    pass(&mut world);
    assert!(matches!(stage(&world), Stage::Done { .. }), "{:?}", stage(&world));
}

/// Loads what an earlier version wrote, since trainings outlive upgrades.
#[test]
fn what_was_stored_by_an_earlier_version_still_loads() {
    let avatar = Stored::read(include_str!("stored-1.json")).expect("version 1");
    let (done, unclear) = (avatar.training(1).expect("one"), avatar.training(2).expect("two"));
    assert!(matches!(done.order.stage(), Stage::Done { kept, .. } if kept.len() == 1));
    assert!(matches!(unclear.order.stage(), Stage::Unclear { .. }));
    assert!(
        matches!(avatar.generation(2).expect("pictures").order.stage(), Stage::Done { kept, .. } if kept.len() == 2)
    );
}
