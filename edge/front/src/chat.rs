//! The object of one chat with the Telegram bot: it holds the chat, takes updates, and drives the chat by its alarm.

mod work;

use std::{cell::Cell, pin::pin, rc::Rc, time::Duration};

use futures_util::{
    StreamExt as _,
    future::{Either, select},
    stream::FuturesUnordered,
};
use likeness_core::{
    api::Deployment,
    chat::{Chat, ChatContext, ChatStep, Stored},
    telegram::{ChatId, Update},
    time::Timestamp,
};
use worker::{
    Delay, DurableObject, Env, Error, Request, Response, ResponseBuilder, Result, State, durable_object,
};

use self::work::Hands;
use crate::{
    durable::{AGAIN, Durable, UNDER_OTHER_SETTINGS},
    rpc::{ChatUpdate, heard, object_answer},
    settings,
};

/// The name of the row with the chat.
const CHAT: &str = "chat";

/// The name of the row with the front's origin, under which the chat's calls are made.
const ORIGIN: &str = "origin";

/// Wake the object this soon while a task runs, or is about to: a new instance then finds the tasks of the old one lost.
const WATCH: Duration = Duration::from_secs(2);

/// The time after which a task without an outcome counts as lost: longer than any task may take.
const LOST_AFTER: Duration = Duration::from_mins(15);

/// The longest time for which one call or alarm begins tasks. Cloudflare ends an alarm after 15 minutes (its limits
/// page), and says nothing.
const DRIVES_FOR: Duration = Duration::from_mins(2);

/// The longest that an object waits for its tasks before it looks for other work that is due.
const LOOK_AGAIN: Duration = Duration::from_mins(1);

/// The shortest such wait.
const SOONEST: Duration = Duration::from_millis(50);

/// The chat's object.
#[durable_object]
#[expect(missing_debug_implementations, reason = "the platform's handles have none")]
pub struct ChatObject {
    keeper: Rc<Keeper>,
}

impl DurableObject for ChatObject {
    fn new(state: State, env: Env) -> Self {
        let durable = Durable::new(state, env);
        let keeper = Keeper { durable, has_lost_tasks: Cell::new(true), moved_at: Cell::new(None) };
        Self { keeper: Rc::new(keeper) }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        if request.path() != "/update" {
            return Response::error("no such message", 404);
        }
        let update: ChatUpdate = heard(&mut request).await?;
        self.keeper.take(&update)?;
        // Saved: Telegram may forget it.
        let keeper = Rc::clone(&self.keeper);
        self.keeper.durable.beside(async move { keeper.run().await });
        object_answer(&())
    }

    /// Runs the alarm and never fails: the platform would give up after six tries.
    async fn alarm(&self) -> Result<Response> {
        self.keeper.durable.alarm_went_off();
        self.keeper.run().await;
        ResponseBuilder::new().ok("")
    }
}

/// The keeper of the chat, which updates, alarm and tasks share.
struct Keeper {
    durable: Durable,
    /// True until the chat is told that tasks which count as under way are lost: those of an earlier instance, and those
    /// of a failure.
    has_lost_tasks: Cell<bool>,
    /// Time at which this instance last began a task or noted an outcome.
    moved_at: Cell<Option<Timestamp>>,
}

impl Keeper {
    /// Carries out an update, and saves the chat.
    fn take(&self, message: &ChatUpdate) -> Result<()> {
        let Ok(Some(update)) = Update::parse(message.update.as_bytes()) else { return Ok(()) };
        let deployment = self.durable.deployment()?;
        let rows = self.durable.rows();
        if rows.text(ORIGIN)?.as_deref() != Some(&message.origin) {
            rows.set_text(ORIGIN, &message.origin)?;
        }
        let now = settings::now();
        self.change(&deployment, Some(update.chat), |chat, context| {
            (chat.updated(&update, context), Some(now), ())
        })?;
        Ok(())
    }

    /// Drives the chat and never fails: errors are logged, and the alarm comes again.
    async fn run(&self) {
        if let Err(error) = self.drive().await {
            worker::console_error!("[FAL AI] ERROR a chat could not be driven: {error}");
            self.has_lost_tasks.set(true);
            drop(self.durable.arm(settings::now().plus(AGAIN)));
        }
    }

    async fn drive(&self) -> Result<()> {
        let deployment = self.durable.deployment()?;
        let Some(telegram) = &deployment.telegram else {
            return self.durable.arm(settings::now().plus(UNDER_OTHER_SETTINGS));
        };
        let origin = self.durable.rows().text(ORIGIN)?.unwrap_or_default();
        let hands = Hands { env: &self.durable.env, deployment: &deployment, telegram, origin: &origin };
        let (mut tasks, begun) = (FuturesUnordered::new(), settings::now());
        loop {
            let is_late = settings::now().since(begun) >= DRIVES_FOR;
            let until = match if is_late { None } else { self.next(&deployment)? } {
                Some(ChatStep::Begin(task)) => {
                    let hands = &hands;
                    tasks.push(async move { (task.id, hands.carry_out(task.work).await) });
                    continue;
                }
                Some(ChatStep::Wait(until)) => Some(until),
                Some(ChatStep::Idle) | None => None,
            };
            if tasks.is_empty() {
                // The alarm is set for later work.
                return if is_late { self.durable.arm(settings::now()) } else { Ok(()) };
            }
            let pause = until.map_or(LOOK_AGAIN, |until| until.since(settings::now()));
            let pause = pin!(Delay::from(pause.clamp(SOONEST, LOOK_AGAIN)));
            if let Either::Left((Some((task, outcome)), _)) = select(tasks.next(), pause).await {
                self.moved_at.set(Some(settings::now()));
                self.change(&deployment, None, |chat, context| {
                    (chat.after(task, outcome, context), Some(context.now), ())
                })?;
            }
        }
    }

    /// Takes the next step of the chat; `None` where there is no chat.
    fn next(&self, deployment: &Deployment) -> Result<Option<ChatStep>> {
        let step = self.change(deployment, None, |chat, context| {
            let (chat, step) = chat.advance(context);
            let due = chat.due(&step, context.now);
            (chat, due, step)
        })?;
        if matches!(step, Some(ChatStep::Begin(_))) {
            self.moved_at.set(Some(settings::now()));
        }
        Ok(step)
    }

    /// Loads the chat, lets it change, saves it and sets the alarm, with no other event in between. `None` where there is
    /// no chat, unless one is begun under `newcomer`.
    fn change<T>(
        &self,
        deployment: &Deployment,
        newcomer: Option<ChatId>,
        step: impl FnOnce(Chat, &ChatContext<'_>) -> (Chat, Option<Timestamp>, T),
    ) -> Result<Option<T>> {
        let telegram = deployment.telegram.as_ref().ok_or_else(|| Error::from("there is no bot"))?;
        let (rows, page) = (self.durable.rows(), deployment.page());
        let context = ChatContext {
            telegram,
            test_mode: deployment.test_mode,
            training_price: deployment.training_price.as_ref(),
            page: page.as_ref(),
            now: settings::now(),
            poll: deployment.poll(),
            entropy: settings::entropy()?,
        };
        // Nothing is awaited from here on: the platform lets other events in at each await.
        let before = rows.text(CHAT)?;
        let unreadable = |error: &dyn std::fmt::Display| Error::from(error.to_string());
        let chat = before.as_deref().map(Stored::read).transpose().map_err(|error| unreadable(&error))?;
        let Some(mut chat) = chat.or_else(|| newcomer.map(Chat::new)) else { return Ok(None) };
        let silent = self.moved_at.get().is_some_and(|at| context.now.since(at) >= LOST_AFTER);
        if silent || self.has_lost_tasks.get() {
            chat = chat.restarted(&context);
        }
        let (chat, due, told) = step(chat, &context);
        let after = Stored::write(&chat).map_err(|error| unreadable(&error))?;
        // Each row that is written is paid for.
        if before.as_deref() != Some(after.as_str()) {
            rows.set_text(CHAT, &after)?;
        }
        self.has_lost_tasks.set(false);
        if silent {
            self.moved_at.set(None);
        }
        if let Some(due) = due {
            self.durable.arm(if due <= context.now { context.now.plus(WATCH) } else { due })?;
        }
        Ok(Some(told))
    }
}
