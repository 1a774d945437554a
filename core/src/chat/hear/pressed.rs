//! Presses of buttons. Each is answered, and each does its work once: a second press finds the work done.

use super::{Chat, ChatContext, Note, Plan, Scene};
use crate::{
    chat::{
        door::Door,
        outbox::Item,
        press::{Press, Pressed},
        scene::{Applicant, Erasing},
        session::{PictureOrder, Session, TrainingOrder},
    },
    config::Quality,
    fal::generate::IMAGES,
    ids::{AvatarId, Gender},
    telegram::Sender,
    words::{bilingual::Sentence, chat as say},
};

/// The most presses that wait for an answer.
const MOST: usize = 30;

/// The words that answer a press, for a moment; none where the board shows the effect.
type Toast = Option<&'static Sentence>;

impl Chat {
    pub(super) fn pressed(&mut self, id: &str, data: &str, sender: &Sender, context: &ChatContext<'_>) {
        self.pace.hurry();
        let toast = match Press::parse(data) {
            Some(press) => self.press(press, sender, context),
            None => Some(say::OUTDATED),
        };
        if self.presses.len() >= MOST {
            self.presses.remove(0);
        }
        let toast = toast.map(|toast| toast.text(self.language()).to_owned());
        self.presses.push(Pressed { id: id.to_owned(), toast });
    }

    fn press(&mut self, press: Press, sender: &Sender, context: &ChatContext<'_>) -> Toast {
        match press {
            Press::Consent => Some(self.consent(sender, context)),
            Press::OwnName => {
                let Scene::Name { .. } = self.scene else {
                    return Some(self.is_over(!matches!(self.scene, Scene::Consent(_))));
                };
                self.named(&sender.first_name);
                None
            }
            Press::Gender(gender) => self.apply(gender, sender, context),
            Press::Train | Press::Style(_) if self.scene.session().is_none() => Some(say::OUTDATED),
            Press::Train if self.scene.session().is_some_and(Session::is_closed) => Some(say::ALREADY),
            Press::Train => match self.choose(sender, context) {
                Ok(()) => None,
                Err(note) => {
                    self.say(note);
                    None
                }
            },
            Press::Quality(quality) => self.choose_quality(quality),
            Press::TrainNow(number, quality) => self.train(number, quality, sender, context),
            Press::Back if matches!(self.scene, Scene::Consent(_)) => {
                // Photos that came since were meant for another person.
                (!self.go_back(context)).then_some(say::OUTDATED)
            }
            Press::Back => {
                let session = self.scene.session_mut();
                let back =
                    session.filter(|session| matches!(session.plan, Plan::Choosing | Plan::Confirming(_)));
                let Some(session) = back else { return Some(say::OUTDATED) };
                session.plan = Plan::Free;
                None
            }
            Press::Stop(number) => self.stop(number),
            Press::Style(style) => {
                self.imagine(style.prompt());
                None
            }
            Press::Portraits { wish, count } => self.order(wish, count, sender, context),
            Press::Files(number) => self.files(number),
            Press::Erase(number) => Some(self.erase(number)),
            Press::Keep if matches!(self.scene, Scene::Erasing(_)) => Some(say::ERASING),
            Press::Keep if self.has_something() => Some(say::KEPT),
            Press::Keep => Some(say::OUTDATED),
            Press::Language(language) => {
                self.chosen = Some(language);
                // The board is edited; a question is asked again.
                if matches!(self.scene, Scene::Consent(_) | Scene::Name { .. } | Scene::Gender { .. }) {
                    self.say_where_things_stand(Some(sender), context);
                }
                Some(say::LANGUAGE_SET)
            }
        }
    }

    /// Answers a press under a question that is not asked now: `is_answered`, or given up.
    fn is_over(&self, is_answered: bool) -> &'static Sentence {
        match self.scene {
            Scene::Stranger | Scene::Knocking(_) | Scene::Erasing(_) => say::OUTDATED,
            _ if is_answered => say::ALREADY,
            _ => say::OUTDATED,
        }
    }

    /// Tells whether there is an avatar, the present one or another.
    fn has_something(&self) -> bool {
        self.scene.session().is_some() || self.keeps_avatar() || !self.former.is_empty()
    }

    fn consent(&mut self, sender: &Sender, context: &ChatContext<'_>) -> &'static Sentence {
        let Scene::Consent(door) = &self.scene else { return self.is_over(true) };
        self.scene = Scene::Name { door: door.clone(), consented_at: context.now };
        self.leave_aside();
        self.ask_name(sender);
        say::CONFIRMED
    }

    /// Has the avatar created.
    fn apply(&mut self, gender: Gender, sender: &Sender, context: &ChatContext<'_>) -> Toast {
        let Scene::Gender { door, consented_at, name } = &self.scene else {
            return Some(self.is_over(!matches!(self.scene, Scene::Consent(_) | Scene::Name { .. })));
        };
        if *door == Door::Allowed && !context.allows(self.id, sender) {
            self.scene = Scene::Stranger;
            self.photos.clear();
            self.say(Note::Closed);
            return None;
        }
        let avatar = AvatarId::new(uuid::Builder::from_random_bytes(context.entropy).into_uuid());
        let (door, name, consented_at) = (door.clone(), name.clone(), *consented_at);
        self.scene = Scene::Admitting(Applicant { door, consented_at, name, gender, avatar });
        None
    }

    fn choose_quality(&mut self, quality: Quality) -> Toast {
        let Some(session) = self.scene.session_mut() else { return Some(say::OUTDATED) };
        let offered = session.presets(None).iter().any(|preset| preset.quality == quality);
        match session.plan {
            Plan::Choosing | Plan::Confirming(_) if offered => {
                session.plan = Plan::Confirming(quality);
                None
            }
            _ => Some(say::OUTDATED),
        }
    }

    /// Buys a training: only here, and only for the number and preset that the person was asked about.
    fn train(&mut self, number: u32, quality: Quality, sender: &Sender, context: &ChatContext<'_>) -> Toast {
        let Some(session) = self.scene.session() else { return Some(say::OUTDATED) };
        let (next, again) = session.next_training();
        match session.plan {
            Plan::Confirming(asked) if asked == quality && number == next && session.has_enough() => {}
            Plan::Ordered(_) => return Some(say::ALREADY),
            _ if session.trains() => return Some(say::ALREADY),
            _ => return Some(say::OUTDATED),
        }
        let samples = session.samples();
        // Asked of a purchase alone: a second press would be told of the one that the first press bought.
        if let Err(note) = self.trainings_left(sender, context) {
            self.say(note);
        } else if let Some(session) = self.scene.session_mut() {
            session.plan = Plan::Ordered(TrainingOrder { number, quality, again, samples });
        }
        None
    }

    fn stop(&mut self, number: u32) -> Toast {
        let Some(session) = self.scene.session_mut() else { return Some(say::OUTDATED) };
        let is_present = session.known.training().is_some_and(|(present, _)| present == number);
        match session.plan {
            Plan::Stopping(_) | Plan::Stopped(_) => Some(say::ALREADY),
            Plan::Free if is_present && session.trains() => {
                session.plan = Plan::Stopping(number);
                None
            }
            _ => Some(say::OUTDATED),
        }
    }

    /// Buys portraits: only here, and only of a wish that the person was asked about. A wish is taken once.
    fn order(&mut self, wish: u32, count: u32, sender: &Sender, context: &ChatContext<'_>) -> Toast {
        if self.scene.session().is_some_and(|session| session.caller == crate::api::Caller::Server)
            && !context.allows(self.id, sender)
        {
            self.say(Note::NoLongerAllowed);
            return None;
        }
        let Some(session) = self.scene.session_mut() else { return Some(say::OUTDATED) };
        if session.order.is_some() {
            return Some(say::ONE_MOMENT);
        }
        if !IMAGES.contains(&count) {
            return Some(say::OUTDATED);
        }
        let was_there = wish < session.next_wish;
        let Some(wish) = session.take_wish(wish) else {
            return Some(if was_there { say::ALREADY } else { say::OUTDATED });
        };
        let number = session.known.next_order();
        session.order = Some(PictureOrder { number, prompt: wish.prompt, count, with_training: false });
        None
    }

    fn files(&mut self, number: u32) -> Toast {
        let waits = self.outbox.holds_files(number);
        let Some(session) = self.scene.session_mut() else { return Some(say::OUTDATED) };
        if session.known.order(number).is_none_or(|order| order.visible().is_empty()) {
            return Some(say::OUTDATED);
        }
        if waits || !session.filed.insert(number) {
            return Some(say::FILES_ABOVE);
        }
        self.outbox.push(Item::Files(number));
        None
    }

    /// Asks whether to erase everything.
    pub(super) fn ask_to_erase(&mut self) {
        let has_something = self.has_something();
        let note = match &mut self.scene {
            Scene::Admitting(_) => Note::OneMoment,
            Scene::Erasing(_) => Note::Erasing,
            Scene::Session(session) => {
                session.asked_to_erase = session.asked_to_erase.wrapping_add(1);
                Note::AskErase(session.asked_to_erase)
            }
            _ if has_something => Note::AskErase(0),
            Scene::Stranger => Note::NothingThere,
            // Nothing but answers to questions is kept yet.
            Scene::Knocking(_) | Scene::Consent(_) | Scene::Name { .. } | Scene::Gender { .. } => {
                self.scene = Scene::Stranger;
                self.aside = None;
                self.photos.clear();
                Note::Forgotten
            }
        };
        self.say(note);
    }

    fn erase(&mut self, number: u32) -> &'static Sentence {
        let asked = match &self.scene {
            Scene::Session(session) => session.asked_to_erase == number,
            Scene::Admitting(_) | Scene::Erasing(_) => return say::ALREADY,
            _ => self.has_something(),
        };
        if !asked {
            return say::OUTDATED;
        }
        self.leave_aside();
        if let Scene::Session(session) = std::mem::replace(&mut self.scene, Scene::Stranger) {
            self.leave(&session);
        }
        let left = std::mem::take(&mut self.former);
        self.scene = Scene::Erasing(Erasing { left, remains: Vec::new() });
        self.photos.clear();
        self.outbox.clear();
        self.album = None;
        // The words of the board may name the person.
        self.board.leave(Some(say::ERASING.text(self.language()).to_owned()));
        say::ERASING
    }
}
