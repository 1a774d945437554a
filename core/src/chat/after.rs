//! Consequences of a task's outcome.

use std::time::Duration;

use super::{
    Chat, ChatContext, ChatOutcome, FileTrouble, NoReply,
    note::Note,
    outbox::{Item, MOST_TRIES, Outgoing},
    pause::Pause,
    replied::Again,
    task::{Asked, Doing},
};
use crate::{
    api::Reply,
    http::Answer,
    ids::{PhotoId, TaskId},
    telegram::{BotError, FilePath, MessageId, located, sent_message},
};

/// The pause after Telegram said that it does not know the bot's token: only the operator can mend that.
const WITHOUT_TOKEN: Duration = Duration::from_mins(5);

/// Number of failures in a row of calls of the API after which the person is told: about a quarter of a minute.
const TRIES_IN_SILENCE: u32 = 4;

/// Number of tries to get our own files for a message.
const MOST_TRIES_OF_FILES: u32 = 10;

impl Chat {
    /// Notes the outcome of a task. One of a task that is not under way any more changes nothing.
    #[must_use]
    pub fn after(mut self, task: TaskId, outcome: ChatOutcome, context: &ChatContext<'_>) -> Self {
        let Some(place) = self.running.iter().position(|running| running.id == task) else { return self };
        let doing = self.running.remove(place).doing;
        match (doing, outcome) {
            (Doing::Press, ChatOutcome::Answered(answer)) => self.press_answered(answer, context),
            (Doing::Send(outgoing), ChatOutcome::Answered(answer)) => self.sent(outgoing, answer, context),
            (Doing::Send(outgoing), ChatOutcome::NoFiles) => self.without_files(outgoing, context),
            (Doing::Edit(shown), ChatOutcome::Answered(answer)) => {
                let edited = self.edited(answer, context);
                match edited {
                    Edited::Done => self.board.shown = Some(shown),
                    // The board was erased by hand: it is sent anew.
                    Edited::Gone if self.board.message.is_some() => {
                        self.board.forget_message();
                        self.show_board();
                    }
                    Edited::Gone | Edited::NotYet => {}
                }
            }
            (Doing::Strip(message), ChatOutcome::Answered(answer)) => {
                if self.edited(answer, context) != Edited::NotYet {
                    self.board.left.retain(|(left, _)| *left != message);
                }
            }
            (Doing::Call(asked), ChatOutcome::Replied(reply)) => self.replied(asked, reply, context),
            (Doing::Locate(photo), ChatOutcome::Answered(answer)) => self.located(&photo, answer, context),
            (Doing::Bring(photo), ChatOutcome::Brought(reply)) => self.brought(&photo, reply, context),
            // An outcome of another kind says no more than that the task is over.
            (doing, _) => self.lost(doing, context),
        }
        self
    }

    /// Notes that the answer to a task is lost.
    pub(super) fn lost(&mut self, doing: Doing, context: &ChatContext<'_>) {
        match doing {
            Doing::Send(outgoing) => self.not_sent(outgoing, &BotError::Unclear, context),
            // These are done again, but for the answer to a press: the circle on a button ends by itself. A person may
            // wait for an edit.
            Doing::Edit(_) => self.pace.hurry(),
            Doing::Press | Doing::Strip(_) | Doing::Call(_) | Doing::Locate(_) => {}
            Doing::Bring(photo) => {
                if let Some(photo) = self.photos.find(&photo) {
                    photo.path = None;
                }
            }
        }
    }

    fn press_answered(&mut self, answer: Answer, context: &ChatContext<'_>) {
        match BotError::of(answer) {
            Err(BotError::Blocked) => self.fall_silent(),
            Err(BotError::TooMany(pause)) => self.pace.rest(pause, context.now),
            _ => {}
        }
    }

    fn sent(&mut self, outgoing: Outgoing, answer: Answer, context: &ChatContext<'_>) {
        match BotError::of(answer) {
            Ok(result) => {
                if outgoing.item == Item::Board {
                    self.board_is_sent(sent_message(&result), outgoing);
                }
            }
            Err(error) => self.not_sent(outgoing, &error, context),
        }
    }

    fn board_is_sent(&mut self, message: Option<MessageId>, outgoing: Outgoing) {
        // A board that was sent before an erase was confirmed, or is not the last one.
        if self.scene.session().is_none() {
            return;
        }
        self.board.leave(None);
        self.board.message = message;
        self.board.shown = outgoing.shown;
    }

    fn not_sent(&mut self, mut outgoing: Outgoing, error: &BotError, context: &ChatContext<'_>) {
        match error {
            BotError::Blocked => {
                // Portraits are paid for: they are sent when the person comes back.
                if matches!(outgoing.item, Item::Album(_) | Item::Files(_)) {
                    self.outbox.put_back(Outgoing { pause: None, ..outgoing });
                }
                self.fall_silent();
            }
            BotError::TooMany(pause) => {
                self.pace.rest(*pause, context.now);
                self.outbox.put_back(outgoing);
            }
            BotError::BadToken => {
                self.pace.rest(WITHOUT_TOKEN, context.now);
                self.outbox.put_back(outgoing);
            }
            // Sent twice at most: a third time might be the second copy that arrives.
            BotError::Unclear if outgoing.may_be_there => {}
            BotError::NotSent | BotError::Unclear => {
                outgoing.may_be_there |= *error == BotError::Unclear;
                let pause = Pause::after(outgoing.pause, None, context.seed(), context.now);
                outgoing.pause = Some(pause);
                if pause.tries <= MOST_TRIES {
                    self.outbox.put_back(outgoing);
                }
            }
            // Telegram would refuse it again.
            _ => {}
        }
    }

    fn without_files(&mut self, mut outgoing: Outgoing, context: &ChatContext<'_>) {
        let pause = Pause::after(outgoing.pause, None, context.seed(), context.now);
        outgoing.pause = Some(pause);
        if pause.tries <= MOST_TRIES_OF_FILES {
            self.outbox.put_back(outgoing);
        } else {
            if let (Item::Files(number), Some(session)) = (&outgoing.item, self.scene.session_mut()) {
                session.filed.remove(number);
            }
            self.say(Note::PicturesFailed);
        }
    }

    fn edited(&mut self, answer: Answer, context: &ChatContext<'_>) -> Edited {
        let error = match BotError::of(answer) {
            Ok(_) | Err(BotError::NotModified) => {
                self.board.pause = None;
                return Edited::Done;
            }
            Err(error) => error,
        };
        match error {
            BotError::Gone => return Edited::Gone,
            BotError::Blocked => self.fall_silent(),
            BotError::TooMany(pause) => self.pace.rest(pause, context.now),
            BotError::BadToken => self.pace.rest(WITHOUT_TOKEN, context.now),
            BotError::NotSent | BotError::Unclear => {
                self.board.pause = Some(Pause::after(self.board.pause, None, context.seed(), context.now));
            }
            // Telegram would refuse it again: what changes next is shown.
            _ => return Edited::Done,
        }
        Edited::NotYet
    }

    fn located(&mut self, photo: &PhotoId, answer: Answer, context: &ChatContext<'_>) {
        let error = match BotError::of(answer) {
            Ok(result) => {
                // Only the operator's own server is believed where it names files of this disk.
                let believed =
                    |path: &FilePath| path.on_disk().is_none() || context.telegram.has_own_server();
                let (path, now) = (located(&result).filter(believed), context.now);
                match (path, self.photos.find(photo)) {
                    (Some(path), Some(photo)) => photo.path = Some(path),
                    (None, Some(found)) => {
                        if !found.failed(None, context.seed(), now) {
                            self.give_up(photo, Note::PhotoLost);
                        }
                    }
                    (_, None) => {}
                }
                return;
            }
            Err(error) => error,
        };
        match error {
            BotError::FileTooBig => self.give_up(photo, Note::TooBig),
            BotError::TooMany(pause) => self.photo_failed(photo, Some(pause), context),
            BotError::NotSent | BotError::Unclear | BotError::BadToken => {
                self.photo_failed(photo, None, context);
            }
            _ => self.give_up(photo, Note::PhotoLost),
        }
    }

    fn brought(&mut self, photo: &PhotoId, brought: Result<Reply, FileTrouble>, context: &ChatContext<'_>) {
        match brought {
            Ok(reply) => self.photo_replied(photo, &reply, context),
            Err(FileTrouble::TooBig) => self.give_up(photo, Note::TooBig),
            Err(FileTrouble::Moved | FileTrouble::Broken) => self.photo_failed(photo, None, context),
        }
    }

    pub(super) fn photo_failed(
        &mut self,
        photo: &PhotoId,
        asked: Option<Duration>,
        context: &ChatContext<'_>,
    ) {
        let (seed, now) = (context.seed(), context.now);
        if self.photos.find(photo).is_some_and(|found| !found.failed(asked, seed, now)) {
            self.give_up(photo, Note::PhotoLost);
        }
    }

    pub(super) fn give_up(&mut self, photo: &PhotoId, note: Note) {
        if self.photos.find(photo).is_some() {
            self.photos.remove(photo);
            self.say(note);
        }
    }

    /// Notes that the API could not be asked, or not now.
    pub(super) fn call_failed(&mut self, asked: Option<Duration>, context: &ChatContext<'_>) {
        let pause = Pause::after(self.api_pause, asked, context.seed(), context.now);
        self.api_pause = Some(pause);
        // Once: the call goes on being tried.
        if pause.tries == TRIES_IN_SILENCE {
            self.say(Note::TryLater);
        }
    }

    fn replied(&mut self, asked: Asked, reply: Result<Reply, NoReply>, context: &ChatContext<'_>) {
        let Ok(reply) = reply else {
            self.call_failed(None, context);
            return;
        };
        if let Some(Again { after }) = Again::of(&reply) {
            self.call_failed(after, context);
            return;
        }
        self.api_pause = None;
        self.understood(asked, &reply, context);
    }
}

/// The result of an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edited {
    Done,
    /// The message is not there any more.
    Gone,
    NotYet,
}
