//! What goes wrong around a purchase: it is made once all the same, as fal.ai counts.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use serde_json::json;

use crate::{
    fixture::{Mode::Bought, is_order},
    gate::{Fate, Flag, Seen},
    shell::Kind,
    world::{World, photo},
};

fn begun(world: &World) {
    world.create().is(201);
    world.upload(4);
    world.put(&world.of("/trainings/1"), &json!({})).is(202);
}

/// Kills the shell as a power cut would, and starts it with what it kept.
fn power_cut(world: &World) {
    let mut shell = world.fixture.shell.write().expect("a shell");
    let settings = shell.settings.clone();
    shell.restart(settings);
}

/// It carries on by itself, and whoever asks again is told how it stands.
#[track_caller]
fn carried_on(world: &World) {
    world.put(&world.of("/trainings/1"), &json!({})).is(202);
    world.until_done("/trainings/1");
    assert_eq!((world.fixture.orders(&world.avatar), world.fixture.purchases()), (1, 1));
    world.get(&world.of("/trainings/1/model")).is(200);
}

fn is_prepared_photo(seen: &Seen) -> bool {
    seen.line.starts_with("PUT ") && seen.line.contains("/normalised/")
}

pub(super) fn killed_while_preparing(world: &World) {
    let Some(world) = world.elsewhere(Bought, &[]) else { return };
    begun(&world);
    world.fixture.bucket.wait_for(1, is_prepared_photo);
    power_cut(&world);
    // Nobody has to ask. (At the edge neither, but it may take as long as what was under way was given.)
    if world.fixture.kind() == Kind::Native {
        world.fixture.fal.wait_for(1, is_order);
    }
    carried_on(&world);
}

pub(super) fn killed_while_training(world: &World) {
    let Some(world) = world.elsewhere(Bought, &[]) else { return };
    begun(&world);
    world.until(&world.of("/trainings/1"), |status| status["request_id"].is_string());
    power_cut(&world);
    carried_on(&world);
}

/// fal.ai took the order, and who placed it never learned of that.
pub(super) fn killed_before_the_answer(world: &World) {
    let Some(world) = world.elsewhere(Bought, &[]) else { return };
    let (taken, dead) = (Flag::default(), Flag::default());
    let (take, die) = (taken.clone(), dead.clone());
    world.fixture.fal.rule(move |seen| {
        let (take, die) = (take.clone(), die.clone());
        is_order(seen).then(|| {
            Fate::Late(Arc::new(move || {
                take.set();
                die.wait();
            }))
        })
    });
    begun(&world);
    assert!(taken.wait(), "no order came: {}", world.fixture.shell.read().expect("a shell").log());
    power_cut(&world);
    dead.set();
    carried_on(&world);
}

/// The order left, and never arrived: only a person can know that.
pub(super) fn killed_before_the_order_arrived(world: &World) {
    let Some(world) = world.elsewhere(Bought, &[]) else { return };
    let dead = Flag::default();
    let die = dead.clone();
    world.fixture.fal.rule(move |seen| {
        (is_order(seen) && !die.is_set()).then(|| {
            die.wait();
            Fate::Refuse
        })
    });
    begun(&world);
    world.fixture.fal.wait_for(1, is_order);
    power_cut(&world);
    dead.set();
    world.put(&world.of("/trainings/1"), &json!({})).is(202);
    world.until(&world.of("/trainings/1"), |status| status["stage"] == "submission_unclear");
    assert_eq!(world.fixture.purchases(), 0);
    let settled = json!({ "not_accepted": true });
    world.post(&world.of("/trainings/1/resolve"), &settled).is(202);
    world.until(&world.of("/trainings/1"), |status| status["status"] == "error");
    world.put(&world.of("/trainings/2"), &json!({})).is(202);
    world.until_done("/trainings/2");
    assert_eq!(world.fixture.purchases(), 1);
}

/// The bucket is away for a while.
pub(super) fn outage(world: &World) {
    let Some(world) = world.elsewhere(Bought, &[]) else { return };
    let (down, refused) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let (is_down, counted) = (Arc::clone(&down), Arc::clone(&refused));
    world.fixture.bucket.rule(move |_| {
        is_down.load(Ordering::SeqCst).then(|| {
            counted.fetch_add(1, Ordering::SeqCst);
            Fate::Refuse
        })
    });
    world.create().is(201);
    world.upload(3);
    world.until(&world.of("/photos"), |list| {
        list["photos"].as_array().is_some_and(|all| all.iter().all(|photo| photo["state"] == "ready"))
    });
    down.store(true, Ordering::SeqCst);
    let last = world.of("/photos/last");
    let answer = world.call("PUT", &last, &[], &photo(3));
    assert!(answer.header("retry-after").is_some(), "{}", answer.text());
    answer.refused(503, "storage.unreachable");
    assert_eq!(world.get(&last).is(200).json()["state"], "expected");
    down.store(false, Ordering::SeqCst);
    world.call("PUT", &last, &[], &photo(3)).is(201);

    let before = refused.load(Ordering::SeqCst);
    down.store(true, Ordering::SeqCst);
    world.put(&world.of("/trainings/1"), &json!({})).is(202);
    world.eventually("a look at the bucket", || refused.load(Ordering::SeqCst) >= before + 2);
    let status = world.get(&world.of("/trainings/1")).is(200).json();
    assert_eq!(status["status"], "in_progress", "{status}");
    down.store(false, Ordering::SeqCst);
    carried_on(&world);
}

/// A prepared photo becomes another one before it is sent: it is prepared again.
pub(super) fn overwritten(world: &World) {
    let (fixture, avatar, done) = (Arc::downgrade(&world.fixture), world.avatar.clone(), Flag::default());
    let overwritten = done.clone();
    world.fixture.bucket.rule(move |seen| {
        let reads = seen.line.starts_with("GET ") && seen.header("if-match").is_some();
        if reads && seen.line.contains(&avatar) && seen.line.contains("/normalised/") && !done.is_set() {
            done.set();
            let fixture = fixture.upgrade()?;
            let path = seen.line.trim_start_matches("GET /").split('?').next()?;
            let (_, key) = path.split_once('/')?;
            fixture.store().put(key, b"something else");
        }
        None
    });
    world.create().is(201);
    world.upload(4);
    world.put(&world.of("/trainings/1"), &json!({})).is(202);
    let status = world.until_done("/trainings/1");
    assert!(overwritten.is_set(), "no prepared photo was read with If-Match");
    assert_eq!(world.fixture.orders(&world.avatar), 1);
    assert_eq!(status["rejected_photos"], json!([]), "{status}");
}

/// fal.ai's answer breaks off: its own list tells that it took the order.
pub(super) fn adopted(world: &World) {
    let avatar = world.avatar.clone();
    world
        .fixture
        .fal
        .rule(move |seen| (is_order(seen) && seen.line.contains(&avatar)).then_some(Fate::Swallow));
    begun(world);
    let status = world.until_done("/trainings/1");
    assert!(status["request_id"].is_string(), "{status}");
    assert_eq!(world.fixture.orders(&world.avatar), 1);
}
