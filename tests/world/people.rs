//! The acts of people, and of strangers, upon an avatar.

use likeness_core::avatar::{Avatar, Bought, Command, Event, Opened, OrderKey, Stage, TokenHash};

use super::{
    Reckless,
    laws::Violation,
    life::{Stop, World},
    person,
};

/// An act of a person or a stranger.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    /// Orders a training from one of two sets of photos.
    Train {
        home: usize,
        set: usize,
        webhook: bool,
        again: bool,
    },
    /// Asks for the last training once more under its number.
    Again {
        home: usize,
        set: usize,
        webhook: bool,
    },
    /// Orders pictures, one of two wishes.
    Pictures {
        home: usize,
        wish: usize,
    },
    Look {
        home: usize,
    },
    Cancel {
        home: usize,
    },
    /// Names the request that the current training became, as fal's own page shows it.
    ResolveRightly {
        home: usize,
    },
    /// Says of the last pictures, while they are unclear, what became of them.
    SettlePictures {
        home: usize,
    },
    /// Names another request.
    ResolveWrongly {
        home: usize,
    },
    NotAccepted {
        home: usize,
    },
    Erase {
        home: usize,
    },
    /// A stranger calls the webhook's address, with some request of the account and a token of his own.
    Forge {
        home: usize,
    },
    /// Sweeps the prepared photos away.
    Sweep {
        home: usize,
    },
}

/// Returns the avatar as it would be, had its last training never been asked for.
fn without_last_training(avatar: &Avatar) -> Avatar {
    let mut document = serde_json::to_value(avatar).expect("JSON");
    document["trainings"].as_array_mut().expect("a list").pop();
    serde_json::from_value(document).expect("an avatar")
}

impl World {
    pub(super) fn act(&mut self, act: &Act) -> Result<(), Stop> {
        self.note(|| format!("{act:?}"));
        match *act {
            Act::Train { home, set, webhook, again } => {
                let request = person::training(home, set, webhook, again);
                self.settle(home, |avatar, moment| {
                    // A person who was forgotten does not come back under the same id here.
                    if avatar.person().is_none() {
                        (avatar, Opened::Busy)
                    } else {
                        avatar.open_training(request, moment)
                    }
                })?;
                self.tell(home, Event::Woke)
            }
            Act::Again { home, set, webhook } => {
                let (request, attempt) = (person::training(home, set, webhook, true), self.current(home));
                let forgets = self.reckless == Some(Reckless::ForgetsTheOrder);
                let reopened = self.settle(home, |avatar, moment| {
                    if forgets {
                        (without_last_training(&avatar).open_training(request, moment).0, true)
                    } else {
                        let reopens = avatar.may_reopen(attempt);
                        (avatar.reopen_training(attempt, request, moment), reopens)
                    }
                })?;
                if reopened {
                    self.books.asked_again(home, OrderKey::Training(attempt));
                }
                self.tell(home, Event::Woke)
            }
            Act::Pictures { home, wish } => {
                if self.load(home).person().is_some() {
                    // A person who asks for more pictures has received the earlier ones.
                    let numbers: Vec<u32> = self.load(home).pictures().iter().map(|one| one.number).collect();
                    for number in numbers {
                        self.tell(home, Event::Asked(Command::Delivered(number)))?;
                    }
                    let wish = person::wish(&self.load(home), wish);
                    self.settle(home, |avatar, moment| avatar.open_pictures(wish, moment))?;
                }
                self.tell(home, Event::Woke)
            }
            Act::Look { home } => self.ask(home, Command::Look(OrderKey::Training(self.current(home)))),
            Act::Cancel { home } => self.ask(home, Command::Cancel(OrderKey::Training(self.current(home)))),
            Act::ResolveRightly { home } => {
                let Some(attempt) = self.load(home).trainings().last().map(|training| training.attempt)
                else {
                    return Ok(());
                };
                match self.books.purchase(home, OrderKey::Training(attempt)).map(str::parse) {
                    Some(id) => self.ask(
                        home,
                        Command::Resolve(OrderKey::Training(attempt), id.expect("an id of fal's")),
                    ),
                    None => Ok(()),
                }
            }
            Act::SettlePictures { home } => {
                let avatar = self.load(home);
                let Some(pictures) = avatar.pictures().last() else { return Ok(()) };
                if !matches!(pictures.order.stage(), Stage::Unclear { .. }) {
                    return Ok(());
                }
                let key = OrderKey::Pictures(pictures.number);
                let bought = self.books.purchase(home, key).map(str::parse);
                self.ask(
                    home,
                    match bought {
                        Some(id) => Command::Resolve(key, id.expect("an id of fal's")),
                        None => Command::NotAccepted(key),
                    },
                )
            }
            Act::ResolveWrongly { home } => {
                let id = self.some_request(home);
                self.ask(
                    home,
                    Command::Resolve(OrderKey::Training(self.current(home)), id.parse().expect("an id")),
                )
            }
            Act::NotAccepted { home } => {
                self.ask(home, Command::NotAccepted(OrderKey::Training(self.current(home))))
            }
            Act::Erase { home } => self.ask(home, Command::Erase),
            Act::Forge { home } => {
                let request_id = self.some_request(home).parse().expect("an id");
                let trusted = self.homes[home]
                    .token
                    .as_ref()
                    .filter(|_| self.reckless == Some(Reckless::TrustsWebhooks));
                let token = trusted.map_or(Some(TokenHash::of("guessed")), |mark| mark.token);
                self.tell(home, Event::Webhook { request_id, token })
            }
            Act::Sweep { home } => {
                self.homes[home]
                    .files
                    .retain(|name, _| name.starts_with("picture") || name.starts_with("model"));
                Ok(())
            }
        }
    }

    /// Returns the number of the current training.
    fn current(&self, home: usize) -> u32 {
        self.load(home).trainings().last().map_or(1, |training| training.attempt)
    }

    fn ask(&mut self, home: usize, command: Command) -> Result<(), Stop> {
        let erases = command == Command::Erase;
        let cancels = erases || matches!(command, Command::Cancel(_));
        let avatar = self.load(home);
        let current = avatar.trainings().last().filter(|_| cancels);
        let unbought = current.filter(|one| matches!(one.order.stage(), Stage::Preparing | Stage::Planned));
        let unbought = unbought.map(|training| training.attempt);
        self.settle(home, |avatar, moment| (avatar.after(Event::Asked(command), moment), ()))?;
        if let Some(attempt) = unbought {
            self.books.called_off(home, OrderKey::Training(attempt));
        }
        self.tell(home, Event::Woke)
    }

    /// Picks a request other than the current training's: one of another training, or of none.
    fn some_request(&mut self, home: usize) -> String {
        let current = self.load(home).trainings().last().map(|training| training.attempt);
        let own = current.map(OrderKey::Training);
        let others: Vec<String> = self
            .books
            .purchases()
            .filter(|(of, key, _)| (*of, Some(*key)) != (home, own) && matches!(key, OrderKey::Training(_)))
            .filter(|(of, _, id)| self.load(*of).request_ids().any(|held| held.as_str() == *id))
            .map(|(_, _, id)| id.to_owned())
            .collect();
        if others.is_empty() || self.random.per_mille(200) {
            return "00000000-0000-0000-0000-000000000000".to_owned();
        }
        self.random.pick(&others).clone()
    }

    /// Checks what must be true when nothing more happens, and every fault is over.
    pub(super) fn at_rest(&self) -> Result<(), Violation> {
        for home in 0..self.homes.len() {
            let avatar = self.load(home);
            if avatar.person().is_none() {
                super::laws::forgotten(&self.homes[home].saved)?;
            }
            for training in avatar.trainings() {
                self.order_rests(home, OrderKey::Training(training.attempt), &training.order)?;
            }
            for pictures in avatar.pictures() {
                self.order_rests(home, OrderKey::Pictures(pictures.number), &pictures.order)?;
            }
        }
        if !self.flights.is_empty() {
            return Err(Violation("tasks are still under way".to_owned()));
        }
        Ok(())
    }

    fn order_rests<G: std::fmt::Debug>(
        &self,
        home: usize,
        key: OrderKey,
        order: &likeness_core::avatar::Order<G>,
    ) -> Result<(), Violation> {
        let bought = self.books.purchase(home, key);
        let wrong = |why: &str| {
            Err(Violation(format!("at rest, {key:?} of home {home} {why}: bought {bought:?}, {order:?}")))
        };
        match order.stage() {
            Stage::Failed { bought: Bought::Nothing, .. } | Stage::Cancelled { request_id: None, .. }
                if bought.is_some() =>
            {
                wrong("believes that nothing was bought")
            }
            Stage::Done { .. } | Stage::Failed { .. } | Stage::Cancelled { .. } => Ok(()),
            Stage::Unclear { .. } if bought.is_none() => Ok(()),
            Stage::Unclear { .. } => wrong("is unclear, though fal took it"),
            _ => wrong("has not ended"),
        }
    }
}
