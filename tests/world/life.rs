//! The world: a clock, fal in a box, and avatars whose shell may die at any moment.

use std::{collections::BTreeMap, time::Duration};

use likeness_core::{
    avatar::{
        Avatar, AvatarId, Event, Moment, Newest, Step, Stored, StoredError, TaskKind, TaskRecord, addressee,
    },
    fal::{Account, account::Origins},
    secret::Secret,
    simulator::{DeliveryOutcome, Plan, Simulator},
    time::Timestamp,
};

use super::{
    ORIGIN, Reckless,
    laws::{Books, Violation},
    people::Act,
    person,
    random::Random,
    shell::{self, Flight},
    weather::Weather,
};

pub(super) struct World {
    pub(super) now: Timestamp,
    pub(super) random: Random,
    pub(super) fal: Simulator,
    pub(super) account: Account,
    pub(super) homes: Vec<Home>,
    pub(super) weather: Weather,
    pub(super) reckless: Option<Reckless>,
    pub(super) books: Books,
    agenda: BTreeMap<(Timestamp, u64), Happening>,
    pub(super) flights: BTreeMap<u64, Flight>,
    counter: u64,
    /// True while the process lives.
    pub(super) awake: bool,
    /// True if the process begins anew, after a power cut, from an old copy of the records, without a database.
    pub(super) from_copies: bool,
    /// Events so far, if they are wanted.
    pub(super) trace: Option<Vec<String>>,
}

/// The storage of one avatar, which survives a power cut.
pub(super) struct Home {
    pub(super) id: AvatarId,
    /// Record of the avatar, which is saved first.
    pub(super) saved: String,
    /// Every row that was ever saved. The last one is in the database, until an older one is put back.
    rows: Vec<String>,
    revision: u64,
    /// Avatar as read from the record.
    avatar: Avatar,
    /// Prepared photos and models, by name.
    pub(super) files: BTreeMap<String, Vec<u8>>,
    pub(super) wake: Option<Timestamp>,
    /// Task of the last submit with its token's hash: all that a reckless shell needs to believe any webhook.
    pub(super) token: Option<TaskRecord>,
}

pub(super) enum Happening {
    /// A task's work reaches its server.
    Reached(u64),
    /// Bytes of a transfer move.
    Progressed(u64),
    /// The outcome of a task reaches the shell.
    Returned(u64),
    /// A person or a stranger does something.
    Acted(Act),
    /// The machine was asleep for so long.
    Slept(Duration),
    /// The process starts again after a power cut.
    Booted,
}

/// The reason why the story stops: the process died, or a law was broken.
#[derive(Debug)]
pub(super) enum Stop {
    Dead,
    Broken(Violation),
}

impl From<Violation> for Stop {
    fn from(violation: Violation) -> Self {
        Self::Broken(violation)
    }
}

/// The pause between two reports that a transfer moves.
pub(super) const PROGRESS: Duration = Duration::from_mins(5);

/// A number of steps beyond any schedule that comes to rest.
const MOST_STEPS: u32 = 20_000;

impl World {
    pub(super) fn new(random: Random, plan: Plan, homes: usize, weather: Weather) -> Self {
        let now = Timestamp::from_millis(1_800_000_000_000);
        let key = Secret::new("world:secret").expect("a key");
        let origins = Origins::single(&ORIGIN.parse().expect("an address")).expect("an origin");
        let mut world = Self {
            now,
            random,
            fal: Simulator::new(plan),
            account: Account::new(key, origins).expect("an account"),
            homes: Vec::new(),
            weather,
            reckless: None,
            books: Books::default(),
            agenda: BTreeMap::new(),
            flights: BTreeMap::new(),
            counter: 0,
            awake: true,
            from_copies: false,
            trace: None,
        };
        for home in 0..homes {
            let id: AvatarId =
                format!("00000000-0000-4000-8000-{home:012}").parse().expect("an id of an avatar");
            let moment = world.moment();
            let avatar = Avatar::new(id, person::person(home), false, ORIGIN.to_owned(), &moment);
            let revision = Newest::first_revision();
            let saved = Stored::write_revision(&avatar, revision).expect("JSON");
            world.homes.push(Home {
                id,
                rows: vec![saved.clone()],
                saved,
                revision,
                avatar,
                files: BTreeMap::new(),
                wake: None,
                token: None,
            });
        }
        world
    }

    pub(super) fn moment(&mut self) -> Moment {
        Moment {
            now: self.now,
            poll: self.weather.poll,
            photo_slots: self.weather.slots,
            entropy: self.random.bytes(),
        }
    }

    pub(super) fn note(&mut self, what: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{} {}", self.now, what()));
        }
    }

    pub(super) fn plan(&mut self, after: Duration, happening: Happening) {
        self.counter += 1;
        self.agenda.insert((self.now.plus(after), self.counter), happening);
    }

    pub(super) fn load(&self, home: usize) -> Avatar {
        self.homes[home].avatar.clone()
    }

    /// Begins the process anew, with a database that may be older than the records beside it.
    pub(super) fn reload(&mut self) -> Result<(), Violation> {
        let from_rows = self.reckless == Some(Reckless::TrustsTheDatabase);
        for home in &mut self.homes {
            // Chosen by the time: drawing a random number here would change every other story.
            let older = usize::try_from(self.now.millis() / 1000).unwrap_or(0) % home.rows.len();
            home.rows.truncate(older + 1);
            let unreadable = |error: StoredError| Violation(error.to_string());
            let record = (home.avatar.person().is_some() && !from_rows).then_some(home.saved.as_str());
            let newest = Newest::of(&home.rows[older], record).map_err(unreadable)?;
            if home.avatar.person().is_none() {
                // There is no record of a forgotten person, and nobody puts an erased one back.
                home.rows.push(home.saved.clone());
                continue;
            }
            if !from_rows && (newest.is_doubtful() || *newest.avatar() != home.avatar) {
                return Err(Violation("an older row counted".to_owned()));
            }
            home.avatar = newest.avatar().clone();
        }
        Ok(())
    }

    /// Begins the process anew with old records, and nothing else. People ask for nothing more.
    pub(super) fn take_up_copies(&mut self) -> Result<(), Violation> {
        self.agenda.retain(|_, happening| !matches!(happening, Happening::Acted(_)));
        self.books.forget_progress();
        let moment = self.moment();
        for number in 0..self.homes.len() {
            let home = &mut self.homes[number];
            let orders = |avatar: &Avatar| (avatar.trainings().len(), avatar.pictures().len());
            let unreadable = |error: StoredError| Violation(error.to_string());
            // The oldest row with all orders: orders that an older row lacks would be placed again by people, which
            // is their right.
            for row in &home.rows {
                let found = Newest::of_record_alone(row).map_err(unreadable)?;
                let Some(found) = found.filter(|found| orders(found.avatar()) == orders(&home.avatar)) else {
                    continue;
                };
                home.avatar = if self.reckless == Some(Reckless::TrustsCopies) {
                    found.avatar().clone()
                } else {
                    found.cautious(&moment)
                };
                break;
            }
        }
        Ok(())
    }

    /// Lives until `until`, or until nothing more would ever happen.
    pub(super) fn live(&mut self, until: Timestamp) -> Result<(), Violation> {
        for _ in 0..MOST_STEPS {
            let next = [
                self.agenda.keys().next().map(|(at, _)| *at),
                self.homes.iter().filter_map(|home| home.wake).min(),
                self.fal.next_due(),
            ];
            let Some(at) = next.into_iter().flatten().min().filter(|at| *at <= until) else {
                self.now = self.now.max(until);
                return Ok(());
            };
            self.now = self.now.max(at);
            match self.step() {
                Ok(()) | Err(Stop::Dead) => {}
                Err(Stop::Broken(violation)) => return Err(violation),
            }
        }
        Err(Violation("it does not come to rest".to_owned()))
    }

    fn step(&mut self) -> Result<(), Stop> {
        for delivery in self.fal.due(self.now) {
            let arrives = self.awake && !self.random.per_mille(self.weather.transport);
            let told = if arrives && let Some((avatar, token)) = addressee(&delivery.url) {
                let home = self.homes.iter().position(|home| home.id == avatar).expect("one of ours");
                let body: serde_json::Value = serde_json::from_slice(&delivery.body).expect("JSON");
                let request_id = body["request_id"].as_str().expect("an id").parse().expect("an id");
                self.tell(home, Event::Webhook { request_id, token: Some(token) })
            } else {
                Err(Stop::Dead)
            };
            let outcome =
                if told.is_ok() { DeliveryOutcome::Answered(200) } else { DeliveryOutcome::NoAnswer };
            self.fal.delivered(delivery.id, outcome, self.now);
            if let Err(Stop::Broken(violation)) = told {
                return Err(violation.into());
            }
        }
        while let Some(entry) = self.agenda.first_entry().filter(|entry| entry.key().0 <= self.now) {
            match entry.remove() {
                Happening::Reached(flight) => self.reached(flight)?,
                Happening::Progressed(flight) => self.progressed(flight)?,
                Happening::Returned(flight) => self.returned(flight)?,
                // A person who finds the process dead comes back later.
                Happening::Acted(act) if !self.awake => {
                    self.plan(Duration::from_mins(5), Happening::Acted(act));
                }
                Happening::Acted(act) => self.act(&act)?,
                Happening::Slept(long) => {
                    self.now = self.now.plus(long);
                    self.note(|| format!("the machine was asleep for {long:?}"));
                }
                Happening::Booted => self.boot()?,
            }
        }
        for home in 0..self.homes.len() {
            if self.homes[home].wake.is_some_and(|wake| wake <= self.now) {
                self.drive(home)?;
                // An alarm may run more than once: no platform promises otherwise.
                if self.counter.is_multiple_of(3) {
                    self.drive(home)?;
                }
            }
        }
        Ok(())
    }

    /// Passes an event to an avatar, saves the avatar, and does what follows.
    pub(super) fn tell(&mut self, home: usize, event: Event) -> Result<(), Stop> {
        self.note(|| format!("home {home}: {}", shell::in_short(&event)));
        self.settle(home, |avatar, moment| (avatar.after(event, moment), ()))?;
        self.drive(home)
    }

    /// Makes one change: loads, applies, saves. The power may fail before the save, or after.
    pub(super) fn settle<T>(
        &mut self,
        home: usize,
        change: impl FnOnce(Avatar, &Moment) -> (Avatar, T),
    ) -> Result<T, Stop> {
        let moment = self.moment();
        let before = self.load(home);
        let (after, what) = change(before.clone(), &moment);
        self.power_may_fail()?;
        self.save(home, &before, &after)?;
        self.power_may_fail()?;
        Ok(what)
    }

    fn save(&mut self, home: usize, before: &Avatar, after: &Avatar) -> Result<(), Violation> {
        if before != after {
            let home = &mut self.homes[home];
            home.revision += 1;
            let text = Stored::write_revision(after, home.revision);
            let text = text.map_err(|error| Violation(error.to_string()))?;
            let read = Stored::read(&text).map_err(|error| Violation(error.to_string()))?;
            if read != *after {
                return Err(Violation(format!("what was saved does not read back: {text}")));
            }
            home.rows.push(text.clone());
            (home.saved, home.avatar) = (text, read);
        }
        self.books.look(home, before, after, self.now)
    }

    /// Begins every task that can be begun.
    pub(super) fn drive(&mut self, home: usize) -> Result<(), Stop> {
        self.homes[home].wake = None;
        for _ in 0..100 {
            let account = self.account.clone();
            let skips = self.reckless == Some(Reckless::SkipsTheSave);
            let step = self.settle(home, |avatar, moment| {
                let unsaved = skips.then(|| avatar.clone().after(Event::Woke, moment));
                match (avatar.advance(&account, moment, |_, _| true), unsaved) {
                    ((_, Step::Begin(task)), Some(unsaved)) if task.mark.is_submit() => {
                        (unsaved, Step::Begin(task))
                    }
                    (advanced, _) => advanced,
                }
            })?;
            match step {
                Step::Begin(task) => {
                    let mark = task.mark;
                    self.note(|| format!("home {home}: begins {:?} as {}", mark.task_kind, mark.id));
                    self.begins(home, &mark)?;
                    if mark.is_submit() {
                        self.homes[home].token = Some(mark.clone());
                    }
                    self.counter += 1;
                    let (id, flight) = (self.counter, Flight::new(home, mark, task.work));
                    self.flights.insert(id, flight);
                    let after = self.random.up_to(self.weather.latency);
                    self.plan(after, Happening::Reached(id));
                    if skips {
                        return Ok(());
                    }
                }
                Step::Wait(until) => {
                    self.homes[home].wake = Some(until);
                    return self.nobody_waits_for_nothing(home).map_err(Stop::Broken);
                }
                Step::Idle => return self.nobody_waits_for_nothing(home).map_err(Stop::Broken),
            }
        }
        Err(Violation("it begins tasks without end".to_owned()).into())
    }

    fn begins(&mut self, home: usize, mark: &TaskRecord) -> Result<(), Violation> {
        let avatar = self.load(home);
        let careless = self.reckless == Some(Reckless::SkipsTheSave);
        Books::begins(home, &avatar, mark.task_kind, careless, self.now)
    }

    /// Plans the return of a task that has reached its server: the outcome arrives later.
    pub(super) fn returns(&mut self, flight: u64, after: Duration) {
        let after = after + self.random.up_to(self.weather.latency);
        self.plan(after, Happening::Returned(flight));
        // Some shells report the progress of a transfer, others do not.
        if self.flights.get(&flight).is_some_and(Flight::is_a_transfer) && self.random.per_mille(500) {
            self.plan(PROGRESS, Happening::Progressed(flight));
        }
    }

    pub(super) fn candidate_held_elsewhere(&self, home: usize, task_kind: TaskKind) -> bool {
        let avatar = self.load(home);
        avatar.candidate(task_kind).is_some_and(|candidate| {
            (0..self.homes.len())
                .filter(|other| *other != home)
                .any(|other| self.load(other).request_ids().any(|held| held == candidate))
        })
    }
}
