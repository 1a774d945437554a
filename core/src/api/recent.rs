//! Memory of recent messages. A platform that repeats a request whose answer was lost may otherwise have it carried out
//! twice.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

use super::{call::Reply, problem::ApiProblem};
use crate::{
    budget::rows::{Rows, Want},
    http::{HeaderMap, StatusCode, wire},
    json,
    limits::MESSAGES_REMEMBERED_FOR,
    time::Timestamp,
};

/// The id of a message, chosen by its sender. A repeat of the message has the same id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(Uuid);

impl MessageId {
    /// Makes an id of random bytes.
    #[must_use]
    pub fn new(entropy: [u8; 16]) -> Self {
        Self(uuid::Builder::from_random_bytes(entropy).into_uuid())
    }

    /// Parses an id.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::parse_str(text).ok().map(Self)
    }

    pub(super) fn bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl std::fmt::Display for MessageId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The messages that a receiver has carried out lately, with its answers. A receiver saves this together with the
/// effects of the messages: either both are there after a power cut or neither.
///
/// Answers may name people, so all of them are forgotten when an avatar's person is. An answer with a token or a
/// signature is not kept but made again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Recent {
    /// Messages, the oldest first.
    messages: VecDeque<Message>,
}

/// A message, the time at which it came, and its answer as JSON; `None` where the answer holds a secret, which is made
/// again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Message(MessageId, Timestamp, Option<String>);

/// The most messages that are remembered.
const MOST: usize = 1000;

/// The most bytes of answers that are remembered.
const MOST_BYTES: usize = 256 << 10;

/// Number of expired messages that are forgotten with each new one, where each is a row: more than one, so that they do
/// not pile up.
const SWEPT: usize = 4;

/// The prefix of the names of rows: each message, with its expiry.
const MESSAGE: &str = "message/";
const OVER: &str = "over/";

/// The memory to keep of a call that was carried out.
pub(super) enum Memory {
    /// Nothing: a repeat has no effect, and is answered the same.
    Nothing,
    /// The fact alone, since the answer holds a secret.
    Done,
    /// The answer.
    Reply(Reply),
    /// Nothing of any call: the person whom they were about was forgotten.
    Gone,
}

/// The memory of a message.
#[derive(Debug, PartialEq, Eq)]
enum Known<'a> {
    /// None: the message is new.
    New,
    /// The answer to the message, which was carried out.
    Answered(&'a str),
    /// The fact alone that the message was carried out. Its answer was not kept.
    Done,
}

/// Storage with a row for each message.
impl Recent {
    /// Names the rows that a message needs: its own, and the oldest expired ones.
    pub(super) fn wants(id: MessageId, now: Timestamp) -> [Want; 2] {
        [Want::row(&format_args!("{MESSAGE}{id}")), Want::until(OVER, now, SWEPT)]
    }

    /// Reads the memory from these rows. An entry of another version of this program that cannot be read is ignored,
    /// not refused: it counts for ten minutes only.
    pub(super) fn of(rows: &Rows) -> Self {
        let message = |id: &str| {
            let (at, answer) = json::parse(rows.0.get(&format!("{MESSAGE}{id}"))?).ok()?;
            Some(Message(MessageId::parse(id)?, at, answer))
        };
        // Of an expired message only the name is needed.
        let over = |name: &str| {
            let (end, id) = name.strip_prefix(OVER)?.split_once('/')?;
            let (end, length) = (end.parse::<Timestamp>().ok()?, MESSAGES_REMEMBERED_FOR.as_millis());
            let at = end.millis().saturating_sub(i64::try_from(length).ok()?);
            Some(Message(MessageId::parse(id)?, Timestamp::from_millis(at), None))
        };
        let known = rows.0.keys().filter_map(|name| message(name.strip_prefix(MESSAGE)?));
        let mut messages: VecDeque<_> = known.collect();
        for old in rows.0.keys().filter_map(|name| over(name)) {
            if messages.iter().all(|message| message.0 != old.0) {
                messages.push_front(old);
            }
        }
        Self { messages }
    }

    /// Writes the whole memory as rows.
    pub fn rows(&self) -> Result<Rows, serde_json::Error> {
        let mut rows = Rows::default();
        for Message(id, at, answer) in &self.messages {
            rows.0.insert(format!("{MESSAGE}{id}"), serde_json::to_string(&(at, answer))?);
            rows.0.insert(format!("{OVER}{}/{id}", at.plus(MESSAGES_REMEMBERED_FOR)), String::new());
        }
        Ok(rows)
    }
}

impl Recent {
    /// Does the work of a message once: when the message comes again, only its answer is given again. Work that failed
    /// has changed nothing, and is tried again. Without an id the work is done each time.
    ///
    /// # Errors
    ///
    /// Errors of the work, and the failure to write its answer as JSON or to read it again.
    pub fn once<T: Serialize + DeserializeOwned, E: From<serde_json::Error>>(
        &mut self,
        id: Option<MessageId>,
        now: Timestamp,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let Some(id) = id else { return work() };
        if let Known::Answered(answer) = self.known(id, now) {
            return Ok(json::parse(answer)?);
        }
        let answer = work()?;
        self.note(id, Some(serde_json::to_string(&answer)?), now);
        Ok(answer)
    }

    /// Carries out a call once; `memory` chooses what to remember of it. A repeat gets the first answer. Where that
    /// answer held a secret the call is made again; if `stands` finds that its effect was undone since, there is
    /// nothing to show.
    pub(super) fn carry_out<S: Clone + PartialEq, A: From<Reply>>(
        &mut self,
        id: MessageId,
        now: Timestamp,
        before: S,
        ask: impl FnOnce(S) -> (S, A),
        memory: impl FnOnce(&S, &S, &A) -> Memory,
        stands: impl FnOnce(&S, &S) -> bool,
    ) -> (S, A) {
        match self.known(id, now) {
            Known::New => {
                let (after, answer) = ask(before.clone());
                match memory(&before, &after, &answer) {
                    Memory::Nothing => {}
                    Memory::Done => self.note(id, None, now),
                    Memory::Reply(reply) => self.note(id, reply.kept(), now),
                    Memory::Gone => self.messages.clear(),
                }
                (after, answer)
            }
            Known::Answered(text) => {
                // Never made again, even if the text is unreadable: the call has taken effect.
                let reply = Reply::of_kept(text).unwrap_or_else(|| ApiProblem::Repeated.into());
                (before, reply.into())
            }
            Known::Done => {
                let (after, answer) = ask(before.clone());
                if stands(&before, &after) {
                    (after, answer)
                } else {
                    (before, Reply::from(ApiProblem::Repeated).into())
                }
            }
        }
    }

    /// Tells whether a call was carried out whose answer holds a secret, and is made again.
    pub(super) fn was_done(&self, id: MessageId, now: Timestamp) -> bool {
        self.known(id, now) == Known::Done
    }

    fn known(&self, id: MessageId, now: Timestamp) -> Known<'_> {
        let found = self.messages.iter().find(|message| message.0 == id && !message.is_over(now));
        match found.map(|Message(_, _, answer)| answer.as_deref()) {
            None => Known::New,
            Some(Some(answer)) => Known::Answered(answer),
            Some(None) => Known::Done,
        }
    }

    /// Remembers a message, and forgets those that have expired or are too many.
    fn note(&mut self, id: MessageId, answer: Option<String>, now: Timestamp) {
        self.messages.retain(|message| message.0 != id && !message.is_over(now));
        let answer = answer.filter(|answer| answer.len() <= MOST_BYTES);
        self.messages.push_back(Message(id, now, answer));
        let mut bytes: usize = self.messages.iter().map(Message::bytes).sum();
        while self.messages.len() > MOST || bytes > MOST_BYTES {
            bytes -= self.messages.pop_front().map_or(0, |message| message.bytes());
        }
    }
}

impl Message {
    fn is_over(&self, now: Timestamp) -> bool {
        self.1.plus(MESSAGES_REMEMBERED_FOR) <= now
    }

    fn bytes(&self) -> usize {
        self.2.as_ref().map_or(0, String::len)
    }
}

/// A remembered reply, whose body is text.
#[derive(Serialize, Deserialize)]
struct Kept(
    #[serde(with = "wire::status")] StatusCode,
    #[serde(with = "wire::header_list")] HeaderMap,
    String,
);

impl Reply {
    /// Writes the reply as text; `None` where its body is not text.
    fn kept(&self) -> Option<String> {
        let body = String::from_utf8(self.body.clone()).ok()?;
        serde_json::to_string(&Kept(self.status, self.headers.clone(), body)).ok()
    }

    /// Reads a reply from its text.
    fn of_kept(text: &str) -> Option<Self> {
        let Kept(status, headers, body) = json::parse(text).ok()?;
        Some(Self { status, headers, body: body.into_bytes() })
    }
}

#[cfg(test)]
mod tests;
