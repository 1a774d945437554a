//! The steps that a person was at when another invite, or another person to make portraits of, came up. They are kept until
//! the person confirms: an invite may turn out to be used up, and `/new` lies beside `/help`.

use super::{
    Chat, ChatContext,
    scene::{Aside, Former, Scene},
    session::{Plan, Session},
};
use crate::api::Caller;

impl Chat {
    /// Keeps the present step, unless one is kept already.
    pub(super) fn put_aside(&mut self) {
        let scene = std::mem::replace(&mut self.scene, Scene::Stranger);
        self.board.leave(None);
        if self.aside.is_none() && !matches!(scene, Scene::Stranger | Scene::Knocking(_)) {
            self.aside = Some(Box::new(Aside { scene, photos: self.photos.take() }));
        }
    }

    /// Tells whether an avatar is kept, to which the person can go back.
    pub(super) fn keeps_avatar(&self) -> bool {
        self.aside.as_ref().is_some_and(|aside| aside.scene.session().is_some())
    }

    /// Goes back to the step that is kept; tells whether there is one.
    pub(super) fn go_back(&mut self, context: &ChatContext<'_>) -> bool {
        let Some(aside) = self.aside.take() else { return false };
        let Aside { scene, photos } = *aside;
        (self.scene, self.photos) = (scene, photos);
        if let Some(session) = self.scene.session_mut() {
            session.look_soon(context.now);
            self.post_board();
        }
        true
    }

    /// Gives the step up that is kept, unless an avatar is there to go back to.
    pub(super) fn drop_questions_aside(&mut self) {
        if !self.keeps_avatar()
            && let Some(aside) = self.aside.take()
        {
            // The same person sent these, and is asked the same questions again.
            let late = std::mem::replace(&mut self.photos, aside.photos);
            self.photos.append(late);
        }
    }

    /// Puts the avatar that is kept among those of before.
    pub(super) fn leave_aside(&mut self) {
        if let Some(aside) = self.aside.take()
            && let Scene::Session(session) = aside.scene
        {
            self.leave(&session);
        }
    }

    /// Puts an avatar among those of before.
    pub(super) fn leave(&mut self, session: &Session) {
        if session.caller == Caller::Server {
            // What may still be bought counts as bought.
            let ordered = u32::from(matches!(session.plan, Plan::Ordered(_)));
            self.bought = self.bought.saturating_add(session.known.bought()).saturating_add(ordered);
        }
        self.last_wish = self.last_wish.max(session.next_wish.saturating_sub(1));
        self.former.push(Former { avatar: session.avatar, caller: session.caller });
    }
}
