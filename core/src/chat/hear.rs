//! Deeds of a person, and what follows from each at once.
//!
//! | Message | Step of the person | Effect |
//! |---|---|---|
//! | `/start CODE`, an invite, a link with one | any, unless it is the present one | the API is asked what it gives; then the question for consent. The step before is kept until the person confirms, and goes on if the invite is refused |
//! | anything | a stranger on the operator's list | the question for consent |
//! | anything but `/help`, `/language`, `/delete` | another stranger | an invite is needed |
//! | “I confirm” | asked for consent | its time is noted; the question for the name; an avatar that was kept is left |
//! | “Back” | asked for consent, with an avatar that is kept | that avatar goes on |
//! | a line of text, or the button with the account's name | asked for the name | the question how to speak of the person |
//! | she, he, they | asked for that | the avatar is created, with consent; photos are fetched |
//! | anything else | asked something | the question again |
//! | a photo or document | asked, or with an avatar | it is noted, fetched once there is an avatar, and accounted for on the board |
//! | a photo | the set is closed, or there is a model | it is not in the set; it counts for a further training |
//! | a video, a sticker, a voice, a file that is too large or not a photo | takes photos | the reason, once for an album |
//! | “Train”, `/train` | enough good photos | presets with time and price |
//! | “Train”, `/train` | too few, or no training left | the reason |
//! | a preset; “Back” | choosing | the question whether to buy; the board as before |
//! | “Train for about …” | asked that | the set is closed and the training ordered, once |
//! | “Stop the training” | a training is under way | it is stopped |
//! | a style, `/imagine`, some text | there is a model | the question how many, with prices |
//! | `/imagine` alone, a text that is too long, no model yet | with an avatar | a word about that |
//! | some text, an unknown command | no model yet | the help |
//! | a number of portraits | asked that | they are ordered, once |
//! | “As files” | the order is there | its files are sent, once |
//! | `/status` | any | where things stand, asked anew of the API |
//! | `/photos` | with an avatar | what makes a good photo |
//! | `/new` | with an avatar | consent is asked for another person, of people on the list; others need an invite |
//! | `/delete`, then “Erase everything” | there is something | everything is erased, as the API erases it |
//! | `/delete` | only questions were answered | the answers are forgotten |
//! | `/language`, then a language | any | it is spoken from then on; a question is asked again in it |
//! | `/help` | any | the help |
//! | a press of yesterday's button | any | nothing, and a word about that |
//! | the bot is blocked; unblocked | any | nothing is sent any more; what waits is sent |
//! | anything | a group | once, that the bot is for private chats |
//! | an edited message, one of a channel or of a bot, an update of an unknown kind | any | nothing |

mod pressed;
mod said;

use super::{
    Chat, ChatContext,
    door::{Door, InviteText},
    note::Note,
    scene::Scene,
    session::Plan,
};
use crate::{
    ids::Name,
    telegram::{Happening, Sender, Update},
};

impl Chat {
    /// Carries out an update, unless it came before.
    #[must_use]
    pub fn updated(mut self, update: &Update, context: &ChatContext<'_>) -> Self {
        if !self.seen.note(update.id, context.now) {
            return self;
        }
        match &update.happening {
            Happening::Blocked => self.fall_silent(),
            Happening::Unblocked => self.blocked = false,
            Happening::Said(_) if !update.is_private => {
                self.blocked = false;
                self.heard_from(&update.sender);
                if !std::mem::replace(&mut self.group_told, true) {
                    self.say(Note::Group);
                }
            }
            Happening::Pressed { .. } if !update.is_private => {}
            Happening::Said(message) => {
                self.present(&update.sender, context);
                self.said(message, &update.sender, context);
            }
            Happening::Pressed { id, data, .. } => {
                self.present(&update.sender, context);
                self.pressed(id, data, &update.sender, context);
            }
        }
        self
    }

    /// Sends nothing until the person writes again: what waits would come too late.
    pub(super) fn fall_silent(&mut self) {
        self.blocked = true;
        self.outbox.keep_portraits();
        self.presses.clear();
        self.board.forget();
    }

    /// Notes that the person is there.
    fn present(&mut self, sender: &Sender, context: &ChatContext<'_>) {
        self.heard_from(sender);
        let was_blocked = std::mem::take(&mut self.blocked);
        if let Some(session) = self.scene.session_mut().filter(|_| was_blocked) {
            session.look_soon(context.now);
            self.post_board();
        }
    }

    /// Begins with a person who was let in.
    fn begin(&mut self, door: Door) {
        self.put_aside();
        self.scene = Scene::Consent(door);
        self.say(Note::Consent);
    }

    /// Asks the API what an invite gives. An invite that is in use changes nothing: links are opened twice.
    fn knock(&mut self, invite: InviteText, context: &ChatContext<'_>) {
        let is_present = match &self.scene {
            Scene::Session(session) => session.invite.is_some() && session.invite == invite.hash(),
            Scene::Consent(door) | Scene::Name { door, .. } | Scene::Gender { door, .. } => {
                matches!(door, Door::Invited(invitation) if invitation.invite == invite)
            }
            Scene::Knocking(known) => *known == invite,
            Scene::Admitting(_) | Scene::Erasing(_) => true,
            Scene::Stranger => false,
        };
        if is_present {
            self.say_where_things_stand(None, context);
            return;
        }
        self.put_aside();
        self.scene = Scene::Knocking(invite);
    }

    /// Says what is expected of the person, or how the avatar stands. `sender` is known where the person just wrote.
    pub(super) fn say_where_things_stand(&mut self, sender: Option<&Sender>, context: &ChatContext<'_>) {
        match &mut self.scene {
            Scene::Stranger => self.say(Note::Closed),
            Scene::Knocking(_) | Scene::Admitting(_) => self.say(Note::OneMoment),
            Scene::Consent(_) => self.say(Note::Consent),
            Scene::Name { .. } => self.say(Note::AskName(sender.and_then(own_name))),
            Scene::Gender { .. } => self.say(Note::AskGender),
            Scene::Erasing(_) => self.say(Note::Erasing),
            Scene::Session(session) => {
                if matches!(session.plan, Plan::Choosing | Plan::Confirming(_)) {
                    session.plan = Plan::Free;
                }
                // The page and the operator may have changed something.
                session.look_soon(context.now);
                self.post_board();
            }
        }
    }
}

/// Returns the name of the Telegram account, where it can be a person's name.
fn own_name(sender: &Sender) -> Option<String> {
    let name = Name::new(&sender.first_name).ok()?;
    // Telegram takes at most 64 characters on a button.
    (name.as_str().chars().count() <= 64).then(|| name.to_string())
}
