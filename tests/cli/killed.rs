//! kill -9 at fifty random moments of a training, and the same command after each: never a second order, and
//! always the model in the end.
//!
//! Each moment has a seed of its own, and a failure names it: `LIKENESS_KILL_SEED=17` takes that one again.

use std::{
    any::Any,
    fs,
    hash::{BuildHasher as _, RandomState},
    panic::{AssertUnwindSafe, catch_unwind},
    process::Command,
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use likeness_core::{avatar::Sha256Sum, random::Random};
use serde_json::{Value, json};

use crate::{
    Ending, Place,
    address::quiet_address,
    running::{PATIENCE, Running, Server},
};

const KILLS: u64 = 50;
/// The number of kills side by side. Most of a training is waiting, so there may be more than cores.
const WORKERS: usize = 6;
const TRAINING: &str = "600ms";

/// The ways in which fal answers the order: at once, or a while after fal took it, so that more moments lie in
/// between.
const WAYS: [&[&str]; 2] = [&[], &["submit-late"]];

/// The duration of an uninterrupted run, for each way.
#[derive(Default)]
struct Durations([Mutex<Duration>; WAYS.len()]);

/// A training that is ordered in a place of its own.
struct Job {
    place: Place,
    server: Server,
    address: String,
}

/// The choices that a seed makes.
struct Moment {
    way: usize,
    /// Share of the run after which it is killed: from 0, less than 1.
    share: f64,
    /// True to wait for an unclear order with a webhook, false to look for it again in fal's list.
    listens: bool,
}

impl Moment {
    fn of(seed: u64) -> Self {
        let z = Random::new(seed).next_u64();
        let share = f64::from(u32::try_from(z >> 32).expect("32 bits")) / (f64::from(u32::MAX) + 1.0);
        Self { way: usize::from(z & 1 != 0), share, listens: z & 2 != 0 }
    }
}

impl Durations {
    fn of(&self, way: usize) -> Duration {
        *self.0[way].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, way: usize, duration: Duration) {
        *self.0[way].lock().unwrap_or_else(PoisonError::into_inner) = duration;
    }

    /// Measures with all workers at work, as the machine will be used.
    fn measured() -> Self {
        let durations = Self::default();
        thread::scope(|scope| {
            for worker in 0..WORKERS {
                let durations = &durations;
                scope.spawn(move || {
                    let way = worker % WAYS.len();
                    let job = Job::new(way);
                    let begun = Instant::now();
                    job.run(&[]).ended(0);
                    durations.set(way, begun.elapsed());
                });
            }
        });
        durations
    }
}

impl Job {
    fn new(way: usize) -> Self {
        let place = Place::new();
        let server = Server::start(&place, TRAINING, WAYS[way]);
        place.small_training();
        Self { place, server, address: quiet_address() }
    }

    /// Builds the command, always the same but for what is added in the end.
    fn command(&self, extra: &[&str]) -> Command {
        let webhook = format!("http://{}/", self.address);
        let words = ["train", "set", "--name", "Zebulon", "--min-photos", "4", "--yes", "--webhook-url"];
        let mut command = self.place.buying(&self.server, &words);
        command.arg(webhook).args(extra);
        command
    }

    fn run(&self, extra: &[&str]) -> Ending {
        Ending::of(&mut self.command(extra))
    }

    /// Runs the same command, and what it says to do, until the model is there.
    fn recover(&self, listens: bool) {
        let listening = ["--listen-webhook", &self.address];
        let again: &[&str] = if listens { &listening } else { &[] };
        let until = Instant::now() + PATIENCE;
        let mut ending = self.run(&[]);
        while ending.code == 7 {
            assert!(
                ending.stderr.contains("it is unclear whether fal.ai took the order"),
                "{}",
                ending.stderr
            );
            assert!(Instant::now() < until, "it stays unclear: {}", ending.stderr);
            ending = if self.server.orders() > 0 {
                self.run(again)
            } else {
                // The run died before its order left, which only a person can know; this ends the attempt.
                let settle = ["resolve", "Zebulon", "--not-accepted"];
                Ending::of(&mut self.place.buying(&self.server, &settle)).ended(0);
                self.run(&["--again"])
            };
        }
        let ending = ending.ended(0);
        assert!(ending.text().contains("Zebulon's model is ready."), "{}", ending.text());
    }

    /// Checks that there is one order, one purchase, one model, and nothing half-done.
    fn is_whole(&self) {
        let orders = (self.server.orders(), self.server.purchases());
        assert_eq!(orders, (1, 1), "{:#?}", self.server.log().all());
        let status = self.place.buying(&self.server, &["status", "Zebulon", "--json"]).output();
        let status: Value = serde_json::from_slice(&status.expect("started").stdout).expect("a status");
        assert_eq!((&status["status"], &status["code"]), (&"completed".into(), &Value::Null));
        let model = fs::read(status["model"]["path"].as_str().expect("a path")).expect("a model");
        let file = &status["model"]["file"];
        assert_eq!((&file["length"], &file["sha256"]), (&model.len().into(), &json!(Sha256Sum::of(&model))));
        for half in ["working", ".part"] {
            assert_eq!(self.place.kept_named(half), Vec::<String>::new());
        }
    }
}

/// Kills a run at its moment and lets the same command carry on.
fn kill_and_recover(moment: &Moment, durations: &Durations) {
    loop {
        let job = Job::new(moment.way);
        let begun = Instant::now();
        let running = Running::start(&mut job.command(&[]));
        if running.stderr.end_within(durations.of(moment.way).mul_f64(moment.share)) {
            // The run was over before its moment came: it takes less time than was measured. Another one is killed.
            durations.set(moment.way, begun.elapsed());
            running.ended().ended(0);
            continue;
        }
        running.kill();
        job.recover(moment.listens);
        return job.is_whole();
    }
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref().copied()).unwrap_or("it panicked")
}

#[test]
fn killed_at_any_moment_it_orders_once_and_the_same_command_brings_the_model() {
    let given = std::env::var("LIKENESS_KILL_SEED").ok().map(|seed| seed.parse::<u64>().expect("a number"));
    let first = given.unwrap_or_else(|| RandomState::new().hash_one(0) % 1_000_000);
    let left = Mutex::new(first..first + given.map_or(KILLS, |_| 1));
    let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
    let durations = Durations::measured();
    let broken = Mutex::new(Vec::new());
    let work = || {
        while let Some(seed) = next() {
            let moment = Moment::of(seed);
            let killed = catch_unwind(AssertUnwindSafe(|| kill_and_recover(&moment, &durations)));
            if let Err(panic) = killed {
                let percent = moment.share * 100.0;
                broken.lock().unwrap_or_else(PoisonError::into_inner).push(format!(
                    "LIKENESS_KILL_SEED={seed} cargo test -p likeness --test cli killed_at_any\n    killed after \
                     {percent:.1} % of {:?} (faults: {:?}): {}",
                    durations.of(moment.way),
                    WAYS[moment.way],
                    said(panic.as_ref())
                ));
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(work);
        }
    });
    let broken = broken.into_inner().unwrap_or_else(PoisonError::into_inner);
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
