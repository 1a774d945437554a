//! Consequences of the API's replies.

use std::time::Duration;

use serde::Deserialize;

use super::{
    Chat, ChatContext,
    door::{Door, Invitation},
    known::{Known, Standing},
    note::Note,
    outbox::Item,
    scene::{Applicant, Remaining, Scene},
    session::{PictureOrder, Plan, Session, TrainingOrder},
    styles::Style,
    task::Asked,
};
use crate::{
    api::{Caller, Reply},
    budget::TokenText,
    http::StatusCode,
    ids::{AvatarId, PhotoId},
    json,
};

/// The refusal of a call, as far as the chat needs it.
#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    code: String,
    #[serde(default)]
    detail: String,
}

impl Refusal {
    fn of(reply: &Reply) -> Self {
        json::parse(&reply.body).unwrap_or_default()
    }

    fn note(self) -> Note {
        Note::Refused { code: self.code, detail: self.detail }
    }
}

/// The fact that a call is made again as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Again {
    /// Pause that the API asks for.
    pub(super) after: Option<Duration>,
}

impl Again {
    /// Judges a reply; `None` for one that a repeat would not change. The day's cap is not waited for: the person is
    /// told.
    pub(super) fn of(reply: &Reply) -> Option<Self> {
        let refused_as = |code: &str| Refusal::of(reply).code == code;
        let passes = match reply.status {
            StatusCode::TOO_MANY_REQUESTS => !refused_as("budget.daily_cap"),
            StatusCode::CONFLICT => refused_as("photos.in_use"),
            status => status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED,
        };
        let asked = || {
            let seconds = reply.headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
            Some(Duration::from_secs(seconds))
        };
        passes.then(|| Self { after: asked() })
    }
}

/// Tells whether the API says that there is no such avatar (any more), for this caller.
fn is_of_no_avatar(reply: &Reply) -> bool {
    match reply.status {
        StatusCode::GONE | StatusCode::UNAUTHORIZED => true,
        StatusCode::NOT_FOUND => Refusal::of(reply).code == "avatar.not_found",
        _ => false,
    }
}

impl Chat {
    pub(super) fn understood(&mut self, asked: Asked, reply: &Reply, context: &ChatContext<'_>) {
        let is_of_avatar = !matches!(asked, Asked::Invite | Asked::Admit | Asked::Erase(_));
        if is_of_avatar && is_of_no_avatar(reply) {
            self.avatar_is_gone();
            return;
        }
        match asked {
            Asked::Invite => self.invite_shown(reply, context),
            Asked::Admit => self.admitted(reply, context),
            Asked::Show => self.shown(reply, context),
            Asked::Remove(photo) => self.removed(&photo, reply, context),
            Asked::Train => self.training_replied(reply, context),
            Asked::Stop => self.stop_replied(reply, context),
            Asked::Order => self.order_replied(reply, context),
            Asked::Erase(avatar) => self.erased(avatar, reply),
        }
    }

    fn invite_shown(&mut self, reply: &Reply, context: &ChatContext<'_>) {
        #[derive(Deserialize)]
        struct Shown {
            allowance: Allowance,
            uses_left: u32,
            steps: u32,
        }

        #[derive(Deserialize)]
        struct Allowance {
            trainings: u32,
            pictures: u32,
        }

        let Scene::Knocking(invite) = &self.scene else { return };
        let invite = invite.clone();
        let shown = reply.status.is_success().then(|| json::parse::<Shown>(&reply.body).ok()).flatten();
        match shown {
            Some(Shown { allowance, uses_left: 1.., steps }) => {
                let Allowance { trainings, pictures } = allowance;
                self.scene = Scene::Consent(Door::Invited(Invitation { invite, steps, trainings, pictures }));
                self.drop_questions_aside();
                self.say(Note::Consent);
            }
            Some(_) => self.invite_refused("budget.invite_taken".to_owned(), context),
            None => self.invite_refused(Refusal::of(reply).code, context),
        }
    }

    fn invite_refused(&mut self, code: String, context: &ChatContext<'_>) {
        let late = self.photos.take();
        self.scene = Scene::Stranger;
        self.say(Note::InviteRefused(code));
        if !self.go_back(context) {
            return;
        }
        self.photos.append(late);
        if self.scene.session().is_none() {
            self.say_where_things_stand(None, context);
        }
    }

    fn admitted(&mut self, reply: &Reply, context: &ChatContext<'_>) {
        #[derive(Deserialize)]
        struct Redeemed {
            capability: String,
        }

        let Scene::Admitting(applicant) = &self.scene else { return };
        let Applicant { door, consented_at, name, gender, avatar } = applicant.clone();
        let capability = || {
            let redeemed: Redeemed = json::parse(&reply.body).ok()?;
            TokenText::parse(&redeemed.capability).ok().map(|token| Caller::Capability(token.hash()))
        };
        let caller = match &door {
            _ if !reply.status.is_success() => None,
            Door::Allowed => Some(Caller::Server),
            Door::Invited(_) => capability(),
        };
        let Some(caller) = caller else {
            self.scene = Scene::Stranger;
            self.photos.clear();
            let refusal = Refusal::of(reply);
            self.say(match refusal.code.as_str() {
                code if code.starts_with("budget.invite_") => Note::InviteRefused(refusal.code),
                // The avatar's id is random: the same id means that everything was erased meanwhile.
                "avatar.erased" | "avatar.taken" => Note::TryLater,
                _ => refusal.note(),
            });
            return;
        };
        let (invite, steps, pictures) = match door {
            Door::Allowed => (None, None, None),
            Door::Invited(Invitation { invite, steps, pictures, .. }) => {
                (invite.hash(), Some(steps), Some(pictures))
            }
        };
        let session = Session {
            avatar,
            caller,
            name,
            gender,
            consented_at,
            invite,
            steps,
            pictures,
            known: Known::default(),
            plan: Plan::Free,
            look_at: Some(context.now),
            quiet: 0,
            wishes: Vec::new(),
            next_wish: self.last_wish.saturating_add(1),
            order: None,
            samples_due: 0,
            told_training: 0,
            told_pictures: std::collections::BTreeSet::new(),
            filed: std::collections::BTreeSet::new(),
            asked_to_erase: 0,
        };
        self.scene = Scene::Session(Box::new(session));
        self.say(Note::SendPhotos);
        if !self.photos.is_empty() {
            self.show_board();
        }
    }

    /// Compares what the API shows with what was known, and tells the person what is new.
    fn shown(&mut self, reply: &Reply, context: &ChatContext<'_>) {
        let Some(session) = self.scene.session_mut() else { return };
        let known = reply.status.is_success().then(|| Known::read(&reply.body)).flatten();
        let Some(known) = known else {
            session.look_at = None;
            return;
        };
        let news = known != session.known;
        session.known = known;
        if matches!(session.plan, Plan::Stopped(_)) && !session.trains() {
            session.plan = Plan::Free;
        }
        session.plan_look(news, &self.photos, context.poll, context.now);
        self.tell_news();
    }

    /// The operator or the page erased the avatar, or gave its capability to somebody else.
    fn avatar_is_gone(&mut self) {
        // The call may have been for an avatar that is kept aside: it is found out when the person goes back.
        if self.scene.session().is_none() {
            return;
        }
        self.leave_quietly();
        self.say(Note::Refused {
            code: "avatar.erased".to_owned(),
            detail: "Everything here was erased.".to_owned(),
        });
    }

    fn leave_quietly(&mut self) {
        if let Scene::Session(session) = std::mem::replace(&mut self.scene, Scene::Stranger) {
            self.bought = match session.caller {
                Caller::Server => self.bought.saturating_add(session.known.bought()),
                _ => self.bought,
            };
            self.last_wish = self.last_wish.max(session.next_wish.saturating_sub(1));
        }
        self.photos.clear();
        self.board.leave(None);
    }

    fn tell_news(&mut self) {
        let Some(session) = self.scene.session_mut() else { return };
        let ended = session.known.training().map(|(number, training)| (number, training.status));
        let news = ended
            .filter(|(number, status)| *status != Standing::InProgress && *number > session.told_training);
        if let Some((number, status)) = news {
            session.told_training = number;
            if status == Standing::Completed {
                self.model_is_ready();
            } else {
                // Sent anew: an edit is not noticed.
                let ended = self.training_ended();
                self.board.leave(ended);
                self.post_board();
            }
        }
        self.tell_of_portraits();
    }

    fn model_is_ready(&mut self) {
        let trained = self.trained();
        self.board.leave(Some(trained));
        let Some(session) = self.scene.session_mut() else { return };
        let samples = std::mem::take(&mut session.samples_due);
        if samples > 0 && session.order.is_none() {
            let number = session.known.next_order();
            let prompt = Style::FIRST.prompt().to_owned();
            session.order = Some(PictureOrder { number, prompt, count: samples, with_training: true });
            self.say(Note::Ready(samples));
        } else {
            self.post_board();
        }
    }

    fn tell_of_portraits(&mut self) {
        let Some(session) = self.scene.session_mut() else { return };
        let ended: Vec<_> = session
            .known
            .pictures
            .iter()
            .filter(|order| {
                order.status != Standing::InProgress && !session.told_pictures.contains(&order.number)
            })
            .cloned()
            .collect();
        session.told_pictures.extend(ended.iter().map(|order| order.number));
        for order in ended {
            let visible = order.visible().len();
            if order.status == Standing::Error {
                self.say(Note::PicturesFailed);
                self.say(Note::Styles(None));
                continue;
            }
            if visible > 0 {
                self.outbox.push(Item::Album(order.number));
            }
            if visible == 0 && !order.blanked.is_empty() {
                self.say(Note::AllBlanked);
            } else if !order.blanked.is_empty() {
                self.say(Note::Blanked(u32::try_from(order.blanked.len()).unwrap_or(u32::MAX)));
            }
            self.say(Note::Styles(Some(order.number).filter(|_| visible > 0)));
        }
    }

    /// Notes what became of a photo that was brought to the API.
    pub(super) fn photo_replied(&mut self, photo: &PhotoId, reply: &Reply, context: &ChatContext<'_>) {
        let refusal = Refusal::of(reply);
        if reply.status.is_success() {
            self.photos.remove(photo);
            if let Some(session) = self.scene.session_mut() {
                session.known.note_photo(&reply.body);
                session.look_soon(context.now);
            }
            self.show_board();
            return;
        }
        match refusal.code.as_str() {
            "photos.in_use" => self.give_up(photo, Note::SetClosed),
            "photos.too_many" => self.give_up(photo, Note::TooManyPhotos),
            "api.body_too_large" => self.give_up(photo, Note::TooBig),
            "avatar.erased" | "avatar.not_found" => {
                self.photos.remove(photo);
                // The avatar that was erased may be one that the person has left.
                if let Some(session) = self.scene.session_mut() {
                    session.look_soon(context.now);
                }
            }
            code if code.starts_with("photo.") => self.give_up(photo, Note::PhotoRefused(code.to_owned())),
            _ => match Again::of(reply) {
                Some(Again { after }) => self.photo_failed(photo, after, context),
                // A connection that broke looks like a body that is too short.
                None if refusal.code == "api.body" => self.photo_failed(photo, None, context),
                None => self.give_up(photo, refusal.note()),
            },
        }
    }

    fn removed(&mut self, photo: &PhotoId, reply: &Reply, context: &ChatContext<'_>) {
        let Some(session) = self.scene.session_mut() else { return };
        if reply.status.is_success() || reply.status == StatusCode::NOT_FOUND {
            session.known.photos.retain(|known| known.id.as_ref() != Some(photo));
            session.look_soon(context.now);
        } else {
            session.plan = Plan::Free;
            self.say(Refusal::of(reply).note());
        }
    }

    fn training_replied(&mut self, reply: &Reply, context: &ChatContext<'_>) {
        let Some(session) = self.scene.session_mut() else { return };
        let Plan::Ordered(order) = session.plan.clone() else { return };
        session.look_soon(context.now);
        if reply.status.is_success() {
            session.plan = Plan::Free;
            session.samples_due = order.samples;
            session.known.note_training(order.number, &reply.body);
            // The number's earlier end was told; the new one is news.
            session.told_training = session.told_training.min(order.number.saturating_sub(1));
            return;
        }
        let refusal = Refusal::of(reply);
        if refusal.code == "order.not_again" && order.again {
            // The number was bought after all: the training that the person confirmed is the next one.
            let number = order.number + 1;
            session.plan = Plan::Ordered(TrainingOrder { number, again: false, ..order });
            return;
        }
        session.plan = Plan::Free;
        self.say(refusal.note());
    }

    fn stop_replied(&mut self, reply: &Reply, context: &ChatContext<'_>) {
        let Some(session) = self.scene.session_mut() else { return };
        let Plan::Stopping(number) = session.plan else { return };
        session.plan = Plan::Free;
        session.look_soon(context.now);
        if reply.status.is_success() {
            session.known.note_training(number, &reply.body);
            if session.trains() {
                session.plan = Plan::Stopped(number);
            }
        } else {
            self.say(Refusal::of(reply).note());
        }
    }

    fn order_replied(&mut self, reply: &Reply, context: &ChatContext<'_>) {
        let Some(session) = self.scene.session_mut() else { return };
        let Some(order) = session.order.take() else { return };
        session.look_soon(context.now);
        if reply.status.is_success() {
            session.known.note_pictures(&reply.body);
            if !order.with_training {
                self.say(Note::PicturesBegun(order.count));
            }
        } else {
            self.say(Refusal::of(reply).note());
            if order.with_training {
                self.post_board();
            }
        }
    }

    fn erased(&mut self, avatar: AvatarId, reply: &Reply) {
        #[derive(Default, Deserialize)]
        struct Erased {
            #[serde(default)]
            remains_at_fal: Vec<Remaining>,
        }

        let Scene::Erasing(erasing) = &mut self.scene else { return };
        erasing.left.retain(|former| former.avatar != avatar);
        let erased: Erased = json::parse(&reply.body).unwrap_or_default();
        erasing.remains.extend(erased.remains_at_fal);
        if erasing.left.is_empty() {
            let remains = std::mem::take(&mut erasing.remains);
            self.scene = Scene::Stranger;
            self.say(Note::Erased(remains));
        }
    }
}
