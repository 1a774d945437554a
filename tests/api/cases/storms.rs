//! Cases about failures around a purchase: it is made once all the same, by fal.ai's count.

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use serde_json::json;

use crate::{
    fixture::{Mode::Bought, is_order},
    gate::{Fate, Flag, Gate, Seen},
    world::{World, photo},
};

fn begun(world: &World) {
    world.create().is(201);
    world.upload(4);
    world.put(&world.of("/trainings/1"), &json!({})).is(202);
}

/// Kills the shell as a power cut would, and starts it with its stored state.
fn power_cut(world: &World) {
    let mut shell = world.fixture.shell.write().expect("a shell");
    let settings = shell.settings.clone();
    shell.restart(settings);
}

/// Checks that the shell carries on by itself: a repeated order is answered with the status, and one training is
/// bought.
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
    carried_on(&world);
}

/// Carries on without any call. At the edge an alarm resumes the work; if that is cut off too, the alarm runs once
/// more.
pub(super) fn killed_while_carrying_on(world: &World) {
    let Some(world) = world.elsewhere(Bought, &[]) else { return };
    begun(&world);
    world.fixture.bucket.wait_for(1, is_prepared_photo);
    world.fixture.shell.write().expect("a shell").kill();
    let (reached, dead) = (Flag::default(), Flag::default());
    let (reach, die) = (reached.clone(), dead.clone());
    world.fixture.bucket.rule(move |_| {
        let die = die.clone();
        (!reach.is_set()).then(|| {
            reach.set();
            Fate::Late(Arc::new(move || {
                die.wait();
            }))
        })
    });
    power_cut(&world);
    assert!(reached.wait(), "nothing is taken up: {}", world.fixture.shell.read().expect("a shell").log());
    power_cut(&world);
    dead.set();
    world.fixture.fal.wait_for(1, is_order);
    carried_on(&world);
}

pub(super) fn killed_while_training(world: &World) {
    let Some(world) = world.elsewhere(Bought, &[]) else { return };
    begun(&world);
    world.until(&world.of("/trainings/1"), |status| status["request_id"].is_string());
    power_cut(&world);
    carried_on(&world);
}

/// Finds an order that fal.ai took, though the shell was killed before it learned of that.
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

/// Leaves an order that never arrived to a person, who alone can know that.
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

/// Survives an outage of the bucket.
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
    world.get(&last).refused(404, "photos.not_found");
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

/// Prepares a photo again that was overwritten before it was sent.
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

/// Finds an order in fal.ai's own list, when fal.ai's answer broke off.
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

/// Cuts the power at every step once, after the step was carried out and before its answer arrives: from the first
/// photo on until nothing is left to do.
pub(super) fn killed_after_every_step(world: &World) {
    let Some(world) = world.elsewhere(Bought, &[]) else { return };
    let cuts = Cuts::after_every_step(&[&world.fixture.bucket, &world.fixture.fal, &world.fixture.backend]);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let cutter = scope.spawn(|| cuts.make(&world, &over));
        // A caller repeats a call that was not answered, with the same ids.
        let again = |method: &str, rest: &str, body: &[u8]| world.persist(method, &world.of(rest), body);
        let training = || again("GET", "/trainings/1", b"").json();
        let done = catch_unwind(AssertUnwindSafe(|| {
            again("PUT", "", world.person().to_string().as_bytes());
            for number in 0..4 {
                // The photo may be there already, if only the answer was lost.
                let put = again("PUT", &format!("/photos/p{number}"), &photo(number));
                assert!(matches!(put.status, 200 | 201), "{}", put.text());
            }
            again("PUT", "/trainings/1", b"{}").is(202);
            world.eventually("the end", || training()["status"] != "in_progress");
            let of_it = || world.fixture.store().keys_with(&world.avatar);
            world.eventually("a tidy bucket", || !of_it().iter().any(|key| key.contains("/normalised/")));
        }));
        over.store(true, Ordering::SeqCst);
        drop(cutter.join());
        if let Err(panic) = done {
            println!("cut off after:\n{}", cuts.lines());
            resume_unwind(panic);
        }
    });
    let status = world.until_done("/trainings/1");
    assert_eq!(status["rejected_photos"], json!([]), "{status}");
    assert_eq!((world.fixture.orders(&world.avatar), world.fixture.purchases()), (1, 1));
    world.get(&world.of("/trainings/1/model")).is(200);
    // Photos are put, looked at, read, prepared and read again; then there is an archive, an order and its end.
    let lines = cuts.lines();
    println!("the power failed {} times", lines.lines().count());
    for step in
        ["/upload-", "/normalised/", "POST /fal-ai/flux-lora-portrait-trainer", "/status", "POST /told"]
    {
        assert!(lines.contains(step), "it was not cut off after {step}:\n{lines}");
    }
}

/// The steps that were carried out and not yet answered, each of which ends the shell.
struct Cuts {
    /// A sender for each step that waits; the step goes on when its sender is dropped.
    waiting: Mutex<Option<mpsc::Receiver<mpsc::Sender<()>>>>,
    steps: Arc<Mutex<BTreeSet<String>>>,
}

impl Cuts {
    /// Holds every step the first time that it is made; the next time it is answered.
    fn after_every_step(gates: &[&Gate]) -> Self {
        let (sender, waiting) = mpsc::channel();
        let steps: Arc<Mutex<BTreeSet<String>>> = Arc::default();
        for gate in gates {
            let (sender, known) = (sender.clone(), Arc::clone(&steps));
            gate.rule(move |seen| {
                let step = step_of(seen);
                let told = step == "POST /told";
                if !known.lock().unwrap_or_else(PoisonError::into_inner).insert(step) {
                    return None;
                }
                let sender = sender.clone();
                let cut = move || {
                    let (alive, dead) = mpsc::channel();
                    // An error means that the test is over and nobody cuts the power any more.
                    if sender.send(alive).is_ok() {
                        let _ = dead.recv();
                    }
                };
                if told {
                    cut();
                    return Some(Fate::Answer(200));
                }
                Some(Fate::Late(Arc::new(cut)))
            });
        }
        Self { waiting: Mutex::new(Some(waiting)), steps }
    }

    /// Cuts the power whenever a step waits for that.
    fn make(&self, world: &World, over: &AtomicBool) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        let waiting = waiting.expect("one who cuts");
        loop {
            let Ok(first) = waiting.recv_timeout(Duration::from_millis(200)) else {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                continue;
            };
            power_cut(world);
            // Steps that ran at the same time are lost with the same power cut.
            std::iter::once(first).chain(waiting.try_iter()).for_each(drop);
        }
    }

    fn lines(&self) -> String {
        let steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        steps.iter().flat_map(|step| [step.as_str(), "\n"]).collect()
    }
}

/// Returns method and address, without the parts that differ from one attempt to the next.
fn step_of(seen: &Seen) -> String {
    let address = seen.line.split('?').next().unwrap_or_default();
    match address.split_once("/normalised/") {
        Some((folder, name)) => {
            let photo = name.split('-').next().unwrap_or_default();
            format!("{folder}/normalised/{photo}")
        }
        None => address.to_owned(),
    }
}
