//! Drivers of chats with the bot: a task drives each chat that has something to do.

use std::{sync::Arc, time::Duration};

use likeness_core::{
    api::{ApiProblem, Problem},
    chat::{Chat, ChatContext, ChatOutcome, ChatStep, ChatTask},
    ids::TaskId,
    limits::POLL_INTERVAL,
    telegram::{ChatId, TelegramSettings, Update},
    time::Timestamp,
};
use tokio::{
    sync::Notify,
    task::{JoinError, JoinSet},
};

use super::{chats::Leaving, server::Server};
use crate::{clock, failure::Failure, files::store::Store, moment::entropy};

/// The pause after the store failed.
const LATER: Duration = Duration::from_secs(5);

/// The longest sleep: a clock that is set forward is noticed then.
const LONGEST_SLEEP: Duration = Duration::from_mins(1);

/// The time that a message on its way is waited for once the server stops.
const GRACE: Duration = Duration::from_secs(10);

/// The end of a task.
type Done = Result<(TaskId, ChatOutcome), JoinError>;

/// The reason why a driver goes on.
enum Woken {
    Done(Done),
    Looks,
    Closes,
}

impl Server {
    /// Carries out an update, and saves the chat before it returns: Telegram may forget the update then.
    pub(super) async fn hear(self: &Arc<Self>, update: &Update) -> Result<(), Problem> {
        let now = clock::now();
        self.chat(update.chat, |chat, context| (chat.updated(update, context), Some(now), ())).await?;
        self.wake_chat(update.chat);
        Ok(())
    }

    /// Wakes the chats that have something to do, after a start.
    pub(super) async fn wake_chats(self: &Arc<Self>) {
        if self.deployment.telegram.is_none() {
            return;
        }
        match self.look(Store::chats_to_drive).await {
            Ok(chats) => chats.into_iter().for_each(|id| self.wake_chat(id)),
            Err(problem) => log::error!("unfinished chats could not be looked for: {}", problem.detail),
        }
    }

    fn wake_chat(self: &Arc<Self>, id: ChatId) {
        if *self.closing.borrow() {
            return;
        }
        if let Some(wakeup) = self.chats.wake(id) {
            drop(tokio::spawn(Arc::clone(self).drive_chat(id, wakeup)));
        }
    }

    async fn drive_chat(self: Arc<Self>, id: ChatId, wakeup: Arc<Notify>) {
        let leaving = Leaving::new(&self.chats, id);
        // A task of an earlier driver is lost with it.
        let restarted =
            |chat: Chat, context: &ChatContext<'_>| (chat.restarted(context), Some(context.now), ());
        while let Err(problem) = self.chat(id, restarted).await {
            log::error!("a chat could not be driven: {}; it is tried again", problem.detail);
            if self.closes_within(LATER).await {
                return;
            }
        }
        let mut tasks: JoinSet<(TaskId, ChatOutcome)> = JoinSet::new();
        loop {
            let woken = self.chats.woken(id);
            let until = match self.next_of_chat(id).await {
                Ok(ChatStep::Begin(ChatTask { id: task, work, .. })) => {
                    let server = Arc::clone(&self);
                    tasks.spawn(async move { (task, server.carry_out(work).await) });
                    continue;
                }
                Ok(ChatStep::Wait(until)) => Some(until),
                Ok(ChatStep::Idle) if tasks.is_empty() => {
                    if self.chats.leave(id, woken) {
                        leaving.left();
                        return;
                    }
                    continue;
                }
                Ok(ChatStep::Idle) => None,
                Err(problem) => {
                    log::error!("a chat could not be driven: {}; it is tried again", problem.detail);
                    Some(clock::now().plus(LATER))
                }
            };
            let sleep = until.map_or(LONGEST_SLEEP, |until| until.since(clock::now()).min(LONGEST_SLEEP));
            let mut closing = self.closing.clone();
            let woken = tokio::select! {
                Some(done) = tasks.join_next() => Woken::Done(done),
                () = wakeup.notified() => Woken::Looks,
                () = tokio::time::sleep(sleep) => Woken::Looks,
                _ = closing.wait_for(|closing| *closing) => Woken::Closes,
            };
            match woken {
                Woken::Done(done) => self.done(id, done).await,
                Woken::Looks => {}
                Woken::Closes => break,
            }
        }
        // What is on its way is waited for: a message whose answer is lost is sent twice.
        let rest = async {
            while let Some(done) = tasks.join_next().await {
                self.done(id, done).await;
            }
        };
        let _ = tokio::time::timeout(GRACE, rest).await;
    }

    async fn next_of_chat(&self, id: ChatId) -> Result<ChatStep, Problem> {
        let next = |chat: Chat, context: &ChatContext<'_>| {
            let (chat, step) = chat.advance(context);
            let due = chat.due(&step, context.now);
            (chat, due, step)
        };
        self.chat(id, next).await
    }

    /// Tells the chat the outcome of a task. A task that panicked has none, and counts as lost with all others.
    async fn done(&self, id: ChatId, done: Done) {
        let done = done.inspect_err(|error| log::error!("a chat's task could not be done: {error}"));
        let after = |chat: Chat, context: &ChatContext<'_>| {
            let chat = match done {
                Ok((task, outcome)) => chat.after(task, outcome, context),
                Err(_) => chat.restarted(context),
            };
            (chat, Some(context.now), ())
        };
        if let Err(problem) = self.chat(id, after).await {
            log::error!("the outcome of a chat's task could not be saved: {}", problem.detail);
        }
    }

    /// Lets the chat change, and saves it.
    async fn chat<T>(
        &self,
        id: ChatId,
        step: impl FnOnce(Chat, &ChatContext<'_>) -> (Chat, Option<Timestamp>, T),
    ) -> Result<T, Problem> {
        let telegram = self.telegram()?;
        let entropy = entropy().map_err(unusable)?;
        let page = self.deployment.page();
        let context = ChatContext {
            telegram,
            test_mode: self.deployment.test_mode,
            training_price: self.deployment.training_price.as_ref(),
            page: page.as_ref(),
            now: clock::now(),
            poll: self.connection.as_ref().map_or(POLL_INTERVAL, |connection| connection.poll),
            entropy,
        };
        self.change(|store| store.update_chat(id, |chat| step(chat, &context))).await
    }

    /// Returns the settings of the bot, without which there are no chats.
    pub(super) fn telegram(&self) -> Result<&TelegramSettings, Problem> {
        self.deployment.telegram.as_ref().ok_or_else(|| ApiProblem::NoRoute.into())
    }

    async fn closes_within(&self, time: Duration) -> bool {
        let mut closing = self.closing.clone();
        tokio::time::timeout(time, closing.wait_for(|closing| *closing)).await.is_ok()
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is an argument of map_err")]
fn unusable(failure: Failure) -> Problem {
    log::error!("{}", failure.brief());
    ApiProblem::Internal.into()
}
