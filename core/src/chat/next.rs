//! The next action for a chat.

use super::{
    Chat, ChatContext, ChatStep, ChatTask, ChatWork, Lane,
    api_call::ApiCall,
    board::Drawing,
    door::Door,
    outbox::{Item, Outgoing},
    scene::{Applicant, Scene},
    session::{Plan, Session},
    task::{Asked, Doing, Running},
};
use crate::{
    telegram::{
        AnswerCallbackQuery, BotCall, EditMessageText, GetFile, MediaKind, SendDocument, SendMediaGroup,
        SendMessage, SendPhoto,
    },
    time::Timestamp,
};

/// The work that a lane has: some now, some later, or none.
type Due = Result<(Doing, ChatWork), Option<Timestamp>>;

impl Chat {
    /// Says what to do next. The chat is saved before the task is begun.
    #[must_use]
    pub fn advance(mut self, context: &ChatContext<'_>) -> (Self, ChatStep) {
        let mut next: Option<Timestamp> = None;
        for lane in [Lane::Messages, Lane::Api, Lane::Photos] {
            if self.running.iter().any(|running| running.doing.lane() == lane) {
                continue;
            }
            let due = match lane {
                Lane::Messages => self.next_message(context),
                Lane::Api => self.next_call(context),
                Lane::Photos => self.next_photo(context),
            };
            match due {
                Ok((doing, work)) => {
                    let id = self.new_task();
                    self.running.push(Running { id, doing });
                    return (self, ChatStep::Begin(ChatTask { id, lane, work }));
                }
                Err(until) => next = [next, until].into_iter().flatten().min(),
            }
        }
        let step = next.map_or(ChatStep::Idle, ChatStep::Wait);
        (self, step)
    }

    /// Returns the moment from which the chat must be driven, also by a process that begins anew: at once while a task is
    /// under way, whose outcome may be lost. `None` where nothing is to be done until an update comes.
    #[must_use]
    pub fn due(&self, step: &ChatStep, now: Timestamp) -> Option<Timestamp> {
        match step {
            ChatStep::Wait(until) if self.running.is_empty() => Some(*until),
            ChatStep::Idle if self.running.is_empty() => None,
            _ => Some(now),
        }
    }

    /// Finds the next message: answers to presses first, which are late in seconds, then what waits, then edits.
    fn next_message(&mut self, context: &ChatContext<'_>) -> Due {
        if self.blocked {
            return Err(None);
        }
        if let Some(until) = self.pace.rests_until(context.now) {
            return Err(Some(until).filter(|_| self.has_something_to_say(context)));
        }
        if !self.presses.is_empty() {
            let pressed = self.presses.remove(0);
            let answer = AnswerCallbackQuery { callback_query_id: pressed.id, text: pressed.toast };
            return Ok((Doing::Press, ChatWork::Bot(BotCall::AnswerCallbackQuery(answer))));
        }
        let waits = match self.next_outgoing(context) {
            Err(None) => None,
            Err(until) => return Err(until),
            due => return due,
        };
        self.next_edit(context).map_err(|until| [waits, until].into_iter().flatten().min())
    }

    fn has_something_to_say(&self, context: &ChatContext<'_>) -> bool {
        let differs = || self.draw_board(context).is_some_and(|drawing| self.board.differs_from(&drawing));
        !self.presses.is_empty()
            || self.outbox.first().is_some()
            || !self.board.left.is_empty()
            || self.board.message.is_some() && differs()
    }

    fn next_outgoing(&mut self, context: &ChatContext<'_>) -> Due {
        loop {
            let Some(first) = self.outbox.first() else { return Err(None) };
            if let Some(until) = first.pause.and_then(|pause| pause.lasts_until(context.now)) {
                return Err(Some(until));
            }
            let item = first.item.clone();
            let Some((drawing, work, messages)) = self.compose(&item, context) else {
                // What it was about is gone, such as an avatar that was erased.
                drop(self.outbox.take());
                continue;
            };
            self.pace.may_send(messages, context.now).map_err(Some)?;
            match item {
                // What changes in the next seconds is shown by one edit.
                Item::Board => self.pace.edited(context.now),
                _ => self.pace.sent(messages, context.now),
            }
            let Some(outgoing) = self.outbox.take() else { return Err(None) };
            let shown = drawing.map(|drawing| drawing.shown());
            return Ok((Doing::Send(Outgoing { shown, ..outgoing }), work));
        }
    }

    /// Writes a message, and counts the messages that it is in the chat.
    fn compose(&self, item: &Item, context: &ChatContext<'_>) -> Option<(Option<Drawing>, ChatWork, usize)> {
        let message = |drawing: &Drawing| {
            let message = SendMessage::new(self.id, drawing.text.clone()).with(drawing.keyboard());
            ChatWork::Bot(BotCall::SendMessage(message))
        };
        match item {
            Item::Note(note) => Some((None, message(&self.draw_note(note, context)), 1)),
            Item::Board => {
                let drawing = self.draw_board(context)?;
                let work = message(&drawing);
                Some((Some(drawing), work, 1))
            }
            Item::Album(number) => self.portraits(*number, MediaKind::Photo),
            Item::Files(number) => self.portraits(*number, MediaKind::Document),
        }
    }

    fn portraits(&self, number: u32, kind: MediaKind) -> Option<(Option<Drawing>, ChatWork, usize)> {
        let session = self.scene.session()?;
        let visible = session.known.order(number)?.visible();
        let count = visible.len();
        let call = match (count, kind) {
            (0, _) => return None,
            (1, MediaKind::Photo) => BotCall::SendPhoto(SendPhoto::attached(self.id, None)),
            (1, MediaKind::Document) => BotCall::SendDocument(SendDocument::attached(self.id, None)),
            (count, kind) => BotCall::SendMediaGroup(SendMediaGroup::attached(self.id, kind, count, None)),
        };
        let picture = |file| ApiCall::picture(session.avatar, session.caller, number, file);
        Some((None, ChatWork::Deliver { files: visible.into_iter().map(picture).collect(), call }, count))
    }

    /// Finds an edit: buttons of earlier boards are taken away, and the board shows what is.
    fn next_edit(&mut self, context: &ChatContext<'_>) -> Due {
        let rests = self.board.pause.and_then(|pause| pause.lasts_until(context.now));
        let edit = |message, text: String, keyboard| {
            ChatWork::Bot(BotCall::EditMessageText(EditMessageText::new(self.id, message, text, keyboard)))
        };
        let differs = |drawing: &Drawing| self.board.message.is_some() && self.board.differs_from(drawing);
        // A person waits for what a button does: that goes before the buttons of earlier boards.
        let waits =
            self.pace.is_hurried() && self.draw_board(context).is_some_and(|drawing| differs(&drawing));
        if let Some((message, text)) = self.board.left.first().cloned().filter(|_| !waits) {
            if let Some(until) = rests {
                return Err(Some(until));
            }
            let work = edit(message, text, None);
            self.pace.may_edit(context.now).map_err(Some)?;
            self.pace.edited(context.now);
            return Ok((Doing::Strip(message), work));
        }
        let (Some(message), Some(drawing)) = (self.board.message, self.draw_board(context)) else {
            return Err(None);
        };
        if !self.board.differs_from(&drawing) {
            return Err(None);
        }
        if let Some(until) = rests {
            return Err(Some(until));
        }
        let work = edit(message, drawing.text.clone(), drawing.keyboard());
        self.pace.may_edit(context.now).map_err(Some)?;
        self.pace.edited(context.now);
        Ok((Doing::Edit(drawing.shown()), work))
    }

    /// Finds the next call of the API.
    fn next_call(&self, context: &ChatContext<'_>) -> Due {
        let (asked, call) = match &self.scene {
            Scene::Knocking(invite) => (Asked::Invite, ApiCall::show_invite(invite)),
            Scene::Admitting(applicant) => (Asked::Admit, self.admission(applicant)),
            Scene::Erasing(erasing) => match erasing.left.first() {
                Some(former) => (Asked::Erase(former.avatar), ApiCall::erase(former.avatar, former.caller)),
                None => return Err(None),
            },
            Scene::Session(session) => {
                self.call_of(session, context).map_err(|until| until.filter(|_| !self.blocked))?
            }
            _ => return Err(None),
        };
        if let Some(until) = self.api_pause.and_then(|pause| pause.lasts_until(context.now)) {
            return Err(Some(until));
        }
        Ok((Doing::Call(asked), ChatWork::Api(call)))
    }

    fn admission(&self, applicant: &Applicant) -> ApiCall {
        let Applicant { door, name, gender, avatar, .. } = applicant;
        match door {
            Door::Allowed => ApiCall::create(self.id, *avatar, name, *gender),
            Door::Invited(invitation) => {
                let dearest = Session::dearest(invitation.steps);
                ApiCall::redeem(&invitation.invite, *avatar, name, *gender, dearest)
            }
        }
    }

    fn call_of(
        &self,
        session: &Session,
        context: &ChatContext<'_>,
    ) -> Result<(Asked, ApiCall), Option<Timestamp>> {
        let (avatar, caller) = (session.avatar, session.caller);
        match &session.plan {
            Plan::Stopping(number) => return Ok((Asked::Stop, ApiCall::stop(avatar, caller, *number))),
            // The set is closed once every photo of it is looked at.
            Plan::Ordered(order) if self.photos.is_empty() && session.known.waiting() == 0 => {
                if let Some(photo) = session.surplus() {
                    let call = ApiCall::remove_photo(avatar, caller, &photo);
                    return Ok((Asked::Remove(photo), call));
                }
                let call = ApiCall::train(avatar, caller, order.number, order.quality, order.again);
                return Ok((Asked::Train, call));
            }
            _ => {}
        }
        if let Some(order) = &session.order {
            let call = ApiCall::order(avatar, caller, order.number, &order.prompt, order.count);
            return Ok((Asked::Order, call));
        }
        match session.look_at {
            // A person who blocked the bot is told the news when they come back.
            Some(_) if self.blocked => Err(None),
            Some(at) if !crate::retry::has_come(at, super::session::LONGEST_LOOK, context.now) => {
                Err(Some(at))
            }
            Some(_) => Ok((Asked::Show, ApiCall::show(avatar, caller))),
            None => Err(None),
        }
    }

    /// Finds the next photo to fetch. There is an avatar only after the person's consent.
    fn next_photo(&self, context: &ChatContext<'_>) -> Due {
        let Some(session) = self.scene.session() else { return Err(None) };
        let photo = self.photos.due(context.now)?;
        let Some(path) = photo.path.clone() else {
            let call = BotCall::GetFile(GetFile { file_id: photo.file_id.clone() });
            return Ok((Doing::Locate(photo.id.clone()), ChatWork::Bot(call)));
        };
        let caption = photo.caption.as_deref();
        let call = ApiCall::upload(session.avatar, session.caller, &photo.id, &photo.name, caption);
        let (max_bytes, _) = context.largest_files();
        Ok((Doing::Bring(photo.id.clone()), ChatWork::Bring { file: path, call, max_bytes }))
    }
}
