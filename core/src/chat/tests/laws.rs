//! Laws that hold whatever goes wrong; and shells that break one on purpose, which must be noticed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{
    script::{Hardship, talk},
    telegram::Fate,
    world::Reckless,
};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    api::Caller,
    chat::{ApiCall, Chat, pace},
    config::Quality,
    http::Answer,
    ids::AvatarId,
    telegram::{BotCall, BotError, Happening},
    time::Timestamp,
};

/// A law that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Violation {
    /// Something was bought that nobody confirmed, or more than was confirmed.
    BoughtUnasked(String),
    /// A photo was fetched before anybody confirmed that it may be.
    FetchedBeforeConsent,
    /// Something was sent to a person who blocked the bot, after Telegram had said so.
    SentToBlocked,
    /// A message was sent a third time, of which it is not known if it arrived.
    SentTooOften(String),
    /// More messages and edits than a chat takes in a minute.
    TooManyMessages,
}

/// The person's deeds and what happened, as far as the laws ask for it.
#[derive(Debug, Default)]
pub(super) struct Books {
    confirmed_trainings: BTreeSet<String>,
    confirmed_portraits: BTreeSet<String>,
    trainings: BTreeSet<u32>,
    portraits: BTreeSet<u32>,
    consented: bool,
    /// True after Telegram said that the bot is blocked, until the person acts.
    told_of_block: bool,
    unanswered: BTreeMap<String, u32>,
    sent_at: VecDeque<Timestamp>,
    called: BTreeSet<String>,
}

impl Books {
    pub(super) fn person_acts(&mut self, happening: &Happening) {
        if let Happening::Pressed { data, .. } = happening {
            self.consented |= data == "consent";
            if data.starts_with("train_now:") {
                self.confirmed_trainings.insert(data.clone());
            } else if data.starts_with("portraits:") {
                self.confirmed_portraits.insert(data.clone());
            }
        }
        if !matches!(happening, Happening::Blocked) {
            self.told_of_block = false;
        }
    }

    /// Judges a call of the API before it is made.
    pub(super) fn calls(&mut self, call: &ApiCall) -> Result<(), Violation> {
        let line = format!("{call:?}");
        let number = || line.rsplit('/').next().and_then(|number| number.parse::<u32>().ok());
        let unasked = || Err(Violation::BoughtUnasked(line.clone()));
        if line.starts_with("PUT") && line.contains("/trainings/") {
            self.trainings.extend(number());
            if self.trainings.len() > self.confirmed_trainings.len() {
                return unasked();
            }
        } else if line.starts_with("PUT") && line.contains("/pictures/") {
            self.portraits.extend(number());
            // The first portraits are part of the training that was confirmed.
            if self.portraits.len() > self.confirmed_portraits.len() + self.confirmed_trainings.len() {
                return unasked();
            }
        } else if line.contains("/photos/") && !self.consented {
            return Err(Violation::FetchedBeforeConsent);
        }
        Ok(())
    }

    /// Judges how many trainings fal.ai accepted.
    pub(super) fn trainings(&self, at_fal: usize) -> Result<(), Violation> {
        if at_fal > self.confirmed_trainings.len() {
            return Err(Violation::BoughtUnasked(format!("{at_fal} trainings at fal.ai")));
        }
        Ok(())
    }

    /// Judges a call of the Bot API before it is made.
    pub(super) fn asks(&mut self, call: &BotCall) -> Result<(), Violation> {
        if matches!(call, BotCall::GetFile(_)) {
            return if self.consented { Ok(()) } else { Err(Violation::FetchedBeforeConsent) };
        }
        if self.told_of_block {
            return Err(Violation::SentToBlocked);
        }
        let sends = !matches!(call, BotCall::EditMessageText(_) | BotCall::AnswerCallbackQuery(_));
        let text = call.fields().to_string();
        if sends && self.unanswered.get(&text).is_some_and(|times| *times >= 2) {
            return Err(Violation::SentTooOften(text));
        }
        Ok(())
    }

    /// Notes the answer to a message.
    pub(super) fn sent(
        &mut self,
        call: &BotCall,
        files: usize,
        answer: &Answer,
        now: Timestamp,
    ) -> Result<(), Violation> {
        if matches!(call, BotCall::GetFile(_) | BotCall::AnswerCallbackQuery(_)) {
            return Ok(());
        }
        let text = call.fields().to_string();
        match BotError::of(answer.clone()) {
            Err(BotError::Blocked) => self.told_of_block = true,
            Err(BotError::Unclear) => *self.unanswered.entry(text).or_default() += 1,
            Err(BotError::NotSent) => return Ok(()),
            _ => {
                self.unanswered.remove(&text);
            }
        }
        self.sent_at.retain(|at| now.since(*at) < pace::SPAN);
        self.sent_at.extend(std::iter::repeat_n(now, files.max(1)));
        if self.sent_at.len() > pace::MOST { Err(Violation::TooManyMessages) } else { Ok(()) }
    }

    /// Tells whether a call is made for the first time.
    pub(super) fn is_first(&mut self, call: &ApiCall) -> bool {
        self.called.insert(format!("{call:?} {}", String::from_utf8_lossy(&call.body)))
    }

    /// Makes the call of a reckless shell that orders the next training.
    pub(super) fn next_training(call: &ApiCall) -> Option<ApiCall> {
        let line = format!("{call:?}");
        let (path, number) = line.strip_prefix("PUT /v1/avatars/")?.split_once("/trainings/")?;
        let (avatar, number): (AvatarId, u32) = (path.parse().ok()?, number.parse().ok()?);
        Some(ApiCall::train(avatar, call.caller, number + 1, Quality::Fast, false))
    }

    /// Makes the call of a reckless shell that orders a training that nobody confirmed.
    pub(super) fn unasked_training(chat: &Chat) -> ApiCall {
        let session = chat.scene.session();
        let avatar = session.map_or(AvatarId::new(uuid::Uuid::nil()), |session| session.avatar);
        let caller = session.map_or(Caller::Anyone, |session| session.caller);
        ApiCall::train(avatar, caller, 1, Quality::Fast, false)
    }
}

/// A conversation in which all laws could be broken.
const STORY: &str = "
> /start INVITE
> (photo)
> [I confirm]
> [Anna]
> [she]
> (album 10)
. 90s
> [Train]
> [Fast · about 4 minutes · 2.54 USD]
> [Train for about 2.54 USD] twice
. 3s
> (blocks)
. 600s
> /status
> (sticker)
> (video)
. 60s
";

#[test]
fn an_honest_shell_breaks_no_law() {
    talk(STORY, Hardship::default()).expect("no law is broken");
    let lost = Hardship { fates: vec![Fate::Lost; 12], ..Hardship::default() };
    talk(STORY, lost).expect("no law is broken where no answer comes");
}

#[test]
fn reckless_shells_are_noticed() {
    let caught = |reckless, hardship: Hardship| {
        let hardship = Hardship { reckless: Some(reckless), ..hardship };
        talk(STORY, hardship).map(|_| ()).expect_err(&format!("{reckless:?} is not noticed"))
    };
    let of = |violation: &Violation| std::mem::discriminant(violation);
    let unasked = of(&Violation::BoughtUnasked(String::new()));
    let lost = Hardship { fates: vec![Fate::Lost; 60], ..Hardship::default() };
    assert_eq!(of(&caught(Reckless::TrainsUnderTheNextNumber, Hardship::default())), unasked);
    assert_eq!(of(&caught(Reckless::BuysUnasked, Hardship::default())), unasked);
    assert_eq!(caught(Reckless::FetchesBeforeConsent, Hardship::default()), Violation::FetchedBeforeConsent);
    assert_eq!(caught(Reckless::InsistsWhenBlocked, Hardship::default()), Violation::SentToBlocked);
    assert_eq!(caught(Reckless::SendsWithoutPause, Hardship::default()), Violation::TooManyMessages);
    let often = of(&Violation::SentTooOften(String::new()));
    assert_eq!(of(&caught(Reckless::SendsUntilAnswered, lost)), often);
}

/// Two rules show in what the person reads, not in what is bought.
#[test]
fn a_shell_that_forgets_says_things_twice() {
    let honest = talk(STORY, Hardship { twice: true, ..Hardship::default() }).expect("a conversation");
    let reckless = Some(Reckless::ForgetsUpdates);
    let forgetful = talk(STORY, Hardship { twice: true, reckless, ..Hardship::default() });
    assert_ne!(forgetful.expect("a conversation"), honest);
    let forgets = Some(Reckless::ForgetsItsState);
    let differs = (1..60).any(|cut_at| {
        let [honest, forgetful] = [None, forgets]
            .map(|reckless| talk(STORY, Hardship { cut_at: Some(cut_at), reckless, ..Hardship::default() }));
        honest != forgetful
    });
    assert!(differs);
}
