//! The world: a clock, a person at Telegram, the chat as it is stored, and a shell that may lose its power.

use std::time::Duration;

use super::{
    backend::{Answered, Backend},
    laws::{Books, Violation},
    telegram::Telegram,
};
use crate::{
    chat::{
        ApiCall, Chat, ChatContext, ChatOutcome, ChatStep, ChatTask, ChatWork, FileTrouble, NoReply, Stored,
    },
    http::StatusCode,
    random::Random,
    telegram::{BotCall, ChatId, TelegramSettings, Update},
    time::Timestamp,
};

pub(super) const ANNA: ChatId = ChatId(7);

/// A shell that breaks a rule on purpose: the laws must notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reckless {
    /// Repeats an update without the memory of updates.
    ForgetsUpdates,
    /// Orders a training again under the next number when its answer is lost.
    TrainsUnderTheNextNumber,
    /// Orders the training when the person only looks at presets.
    BuysUnasked,
    /// Sends a message again that was refused since the person blocked the bot.
    InsistsWhenBlocked,
    /// Sends a message again until an answer comes.
    SendsUntilAnswered,
    /// Fetches a photo as soon as it is there.
    FetchesBeforeConsent,
    /// Does not count messages.
    SendsWithoutPause,
    /// Begins anew from an older state.
    ForgetsItsState,
}

pub(super) struct World {
    pub(super) now: Timestamp,
    random: Random,
    settings: TelegramSettings,
    pub(super) backend: Backend,
    pub(super) telegram: Telegram,
    /// The chat as it was saved last.
    pub(super) saved: String,
    older: String,
    /// Moment that was saved with the chat, from which it must be driven.
    due: Option<Timestamp>,
    /// True after a power cut at which the chat was not due: it is driven again when an update comes.
    sleeps: bool,
    chat: Chat,
    /// Number of moments so far at which the power could fail.
    pub(super) moments: u32,
    /// Moment at which the power fails.
    pub(super) cut_at: Option<u32>,
    /// Number of calls of the API whose reply is lost.
    pub(super) lost_replies: bool,
    pub(super) reckless: Option<Reckless>,
    pub(super) books: Books,
}

const TOKEN: (&str, &str) = ("TELEGRAM_BOT_TOKEN", "123456789:AAFakeFakeFakeFakeFakeFakeFakeFakeF");

fn bot(settings: &[(&str, &str)]) -> TelegramSettings {
    let value =
        |name: &str| settings.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned());
    TelegramSettings::read(value).expect("settings").expect("a bot")
}

impl World {
    pub(super) fn new(settings: &[(&str, &str)], faults: &[&str]) -> Self {
        let given = settings;
        let settings: Vec<_> = settings.iter().copied().chain([TOKEN]).collect();
        let settings = bot(&settings);
        let now = Timestamp::from_millis(1_800_000_000_000);
        let chat = Chat::new(ANNA);
        let saved = Stored::write(&chat).expect("JSON");
        Self {
            now,
            random: Random::new(3),
            settings,
            backend: Backend::new(now, given, faults),
            telegram: Telegram::default(),
            older: saved.clone(),
            due: None,
            sleeps: false,
            saved,
            chat,
            moments: 0,
            cut_at: None,
            lost_replies: false,
            reckless: None,
            books: Books::default(),
        }
    }

    /// Takes the person off the operator's list.
    pub(super) fn list_nobody(&mut self) {
        self.settings = bot(&[TOKEN]);
    }

    fn with<T>(&mut self, step: impl FnOnce(Chat, &ChatContext<'_>) -> (Chat, T)) -> T {
        let mut entropy = [0; 16];
        entropy[..8].copy_from_slice(&self.random.next_u64().to_le_bytes());
        entropy[8..].copy_from_slice(&self.random.next_u64().to_le_bytes());
        let context = ChatContext {
            telegram: &self.settings,
            test_mode: false,
            training_price: None,
            page: None,
            now: self.now,
            poll: Duration::from_secs(30),
            entropy,
        };
        let (chat, told) = step(self.chat.clone(), &context);
        self.chat = chat;
        told
    }

    fn save(&mut self) {
        let text = Stored::write(&self.chat).expect("JSON");
        self.older = std::mem::replace(&mut self.saved, text);
        // What is stored is all that counts.
        self.chat = Stored::read(&self.saved).expect("what was saved");
    }

    /// A moment at which the power may fail; tells whether it does.
    fn power_fails(&mut self) -> bool {
        self.moments += 1;
        if self.cut_at != Some(self.moments) {
            return false;
        }
        let from = if self.reckless == Some(Reckless::ForgetsItsState) { &self.older } else { &self.saved };
        self.chat = Stored::read(from).expect("what was saved");
        self.with(|chat, context| (chat.restarted(context), ()));
        self.sleeps = self.due.is_none();
        self.save();
        true
    }

    /// Brings an update, which Telegram sends again when the power fails before it is answered.
    pub(super) fn update(&mut self, update: &Update) -> Result<(), Violation> {
        self.books.person_acts(&update.happening);
        if self.reckless == Some(Reckless::FetchesBeforeConsent) {
            self.books.asks(&BotCall::GetFile(crate::telegram::GetFile { file_id: "x".to_owned() }))?;
        }
        loop {
            if self.reckless == Some(Reckless::ForgetsUpdates) {
                let mut stored: serde_json::Value = serde_json::from_str(&self.saved).expect("JSON");
                stored["avatar"]["seen"] = serde_json::json!({});
                self.chat = Stored::read(&stored.to_string()).expect("a chat");
            }
            self.with(|chat, context| (chat.updated(update, context), ()));
            (self.due, self.sleeps) = (Some(self.now), false);
            if self.power_fails() {
                continue;
            }
            self.save();
            if !self.power_fails() {
                return Ok(());
            }
            // Saved, and not answered: the update comes again.
        }
    }

    /// Lets this much time pass.
    pub(super) fn run(&mut self, time: Duration) -> Result<(), Violation> {
        let end = self.now.plus(time);
        for _ in 0..5_000 {
            let driven = self.backend.drive_all(self.now);
            // A process that begins anew drives the chats that are noted as due, and no other.
            let step = if self.sleeps { ChatStep::Idle } else { self.with(Chat::advance) };
            if !self.sleeps {
                self.due = self.chat.due(&step, self.now);
            }
            let until = match step {
                ChatStep::Begin(task) => {
                    self.save();
                    self.carry_out(task)?;
                    continue;
                }
                ChatStep::Wait(until) => Some(until),
                ChatStep::Idle => None,
            };
            self.save();
            let next = [until, driven, Some(end)].into_iter().flatten().min().unwrap_or(end);
            if next >= end {
                self.now = end;
                return Ok(());
            }
            assert!(next > self.now || until != Some(next), "a chat that waits for what has come");
            self.now = next.max(self.now.plus(Duration::from_millis(1)));
        }
        panic!("the chat does not come to rest");
    }

    fn carry_out(&mut self, task: ChatTask) -> Result<(), Violation> {
        let ChatTask { id, work, .. } = task;
        if self.power_fails() {
            return Ok(());
        }
        let outcome = self.work(work)?;
        if self.power_fails() {
            return Ok(());
        }
        self.with(|chat, context| (chat.after(id, outcome, context), ()));
        self.due = Some(self.now);
        self.save();
        Ok(())
    }

    fn work(&mut self, work: ChatWork) -> Result<ChatOutcome, Violation> {
        Ok(match work {
            ChatWork::Bot(call) => ChatOutcome::Answered(self.send(&call, 0)?),
            ChatWork::Api(call) => {
                let reply = self.call(&call, None)?;
                let reply = match reply {
                    Answered::Reply(reply) => Ok(reply),
                    Answered::File(..) => Err(NoReply),
                };
                if self.lost_replies && self.books.is_first(&call) {
                    return Ok(ChatOutcome::Replied(Err(NoReply)));
                }
                ChatOutcome::Replied(reply)
            }
            ChatWork::Bring { file, call, max_bytes } => match self.telegram.file(&file) {
                None => ChatOutcome::Brought(Err(FileTrouble::Moved)),
                Some(bytes) if bytes.len() as u64 > max_bytes => {
                    ChatOutcome::Brought(Err(FileTrouble::TooBig))
                }
                Some(bytes) => match self.call(&call, Some(&bytes))? {
                    Answered::Reply(reply) => ChatOutcome::Brought(Ok(reply)),
                    Answered::File(..) => ChatOutcome::Brought(Err(FileTrouble::Broken)),
                },
            },
            ChatWork::Deliver { files, call } => {
                let mut names = Vec::new();
                for file in &files {
                    match self.call(file, None)? {
                        Answered::File(name, bytes) if !bytes.is_empty() => names.push(name),
                        _ => return Ok(ChatOutcome::NoFiles),
                    }
                }
                ChatOutcome::Answered(self.send(&call, names.len())?)
            }
        })
    }

    fn call(&mut self, call: &ApiCall, file: Option<&[u8]>) -> Result<Answered, Violation> {
        self.books.calls(call)?;
        let answered = self.backend.answer(call, file, self.now);
        self.books.trainings(self.backend.trainings_at_fal())?;
        if let Answered::Reply(reply) = &answered
            && reply.status == StatusCode::ACCEPTED
            && self.reckless == Some(Reckless::TrainsUnderTheNextNumber)
            && let Some(next) = Books::next_training(call)
        {
            self.books.calls(&next)?;
            drop(self.backend.answer(&next, None, self.now));
        }
        Ok(answered)
    }

    fn send(&mut self, call: &BotCall, files: usize) -> Result<crate::http::Answer, Violation> {
        let mut answer = self.send_once(call, files)?;
        for _ in 0..3 {
            let again = match self.reckless {
                Some(Reckless::SendsUntilAnswered) => answer.is_err(),
                Some(Reckless::InsistsWhenBlocked) => self.telegram.blocked,
                Some(Reckless::SendsWithoutPause) => {
                    matches!(call, BotCall::SendMessage(_))
                }
                _ => false,
            };
            if again {
                answer = self.send_once(call, files)?;
            }
        }
        Ok(answer)
    }

    fn send_once(&mut self, call: &BotCall, files: usize) -> Result<crate::http::Answer, Violation> {
        self.books.asks(call)?;
        let answer = self.telegram.answer(call, files);
        self.books.sent(call, files, &answer, self.now)?;
        Ok(answer)
    }

    /// A reckless shell buys what the person only looks at.
    pub(super) fn pressed(&mut self, data: &str) -> Result<(), Violation> {
        if self.reckless == Some(Reckless::BuysUnasked) && data == "train" {
            let unasked = Books::unasked_training(&self.chat);
            self.books.calls(&unasked)?;
        }
        Ok(())
    }
}
