//! Drives one avatar until what was asked for is reached: asks the core what to do, does it, tells what came of
//! it. Everything is saved before it has an effect; whoever comes later carries on from there.

use std::time::Duration;

use likeness_core::{
    avatar::{
        Avatar, AvatarId, Bought, Cancel, Chore, Command, Errand, Event, Generation, LOOKS_BEFORE_UNKNOWN,
        Mark, Order, Outcome, Stage, Step, Task, TaskId,
    },
    error::Class,
    fal::submit::{self, Submitted, Unclear},
};
use tokio::{
    sync::OwnedSemaphorePermit,
    task::{JoinError, JoinSet},
};

use crate::{
    clock,
    exit::{Exit, Failure},
    failures,
    interrupt::Interrupt,
    log::{current_job, of_job},
    shell::{Link, Shell, moment},
    store::Lock,
    work,
};

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    /// The end of a training.
    Trained(u32),
    /// The end of a training, however long it takes: an unclear purchase is waited for as well.
    Watched(u32),
    /// That fal took a training.
    Accepted(u32),
    /// One look at how a training stands; nothing is bought for it.
    Seen(u32),
    /// That the request that a person named is taken for a training's own, or is not.
    Resolved(u32),
    /// That fal was told to stop a training.
    CancelSent(u32),
    /// The end of some pictures.
    Pictures(u32),
    /// That nothing more happens.
    AllEnded,
}

/// How often another process's changes are looked for, such as a cancel.
const TICK: Duration = Duration::from_millis(500);

/// Tries before something that costs nothing yet is put off to another day.
const TRIES_BEFORE_PURCHASE: u32 = 5;
/// Tries of fetching what was paid for: some four minutes.
const TRIES_WHILE_KEEPING: u32 = 8;
/// Tries of what fal refuses in a way that does not pass by itself.
const TRIES_AFTER_REFUSAL: u32 = 3;

/// Drives the avatar, telling `watcher` after every change. Where another process drives it already, this one
/// only watches, and carries on should the other go away.
pub(crate) async fn drive(
    shell: &Shell,
    interrupt: &Interrupt,
    id: AvatarId,
    goal: Goal,
    watcher: &mut dyn FnMut(&Avatar) -> Result<(), Failure>,
) -> Result<Avatar, Failure> {
    let _lock = if let Some(lock) = shell.store.lock(id).map_err(failures::storage)? {
        lock
    } else {
        log::info!("another process is at work on this job; this one only watches");
        match watch(shell, id, goal, watcher).await? {
            Watched::Ended(avatar) => return Ok(*avatar),
            Watched::Alone(lock) => lock,
        }
    };
    let avatar = shell.load(id)?;
    let link = shell.link_of(&avatar)?;
    shell.tell(id, Event::Restarted)?;
    if let Some(attempt) = attempt_of(goal) {
        // Whoever asks wants to know how things stand now.
        shell.ask(id, Command::Look(attempt))?;
    }
    let mut driver = Driver { shell, link, id, tasks: JoinSet::new(), under_way: Vec::new() };
    let outcome = driver.run(interrupt, goal, watcher).await;
    // However it ended: the answer to a purchase that is under way is awaited and saved.
    let saved = driver.await_submits().await;
    driver.tasks.shutdown().await;
    outcome.and_then(|avatar| saved.map(|()| avatar))
}

struct Driver<'a> {
    shell: &'a Shell,
    link: Link,
    id: AvatarId,
    tasks: JoinSet<(TaskId, Outcome)>,
    under_way: Vec<(Mark, Option<OwnedSemaphorePermit>)>,
}

impl Driver<'_> {
    async fn run(
        &mut self,
        interrupt: &Interrupt,
        goal: Goal,
        watcher: &mut dyn FnMut(&Avatar) -> Result<(), Failure>,
    ) -> Result<Avatar, Failure> {
        loop {
            let (avatar, step) = self.advance(goal)?;
            let (begins, idle) = (matches!(step, Step::Begin(_)), matches!(step, Step::Idle));
            let wait = match step {
                // Before anything is told: what is saved as begun is begun.
                Step::Begin(task) => {
                    self.begin(*task, interrupt).await;
                    Duration::ZERO
                }
                Step::Wait(until) => until.since(clock::now()).min(TICK),
                Step::Idle => TICK,
            };
            watcher(&avatar)?;
            if is_reached(goal, &avatar) && self.tasks.is_empty() {
                return Ok(avatar);
            }
            if begins {
                continue;
            }
            if self.tasks.is_empty() {
                if let Some(failure) = given_up(goal, &avatar) {
                    return Err(failure);
                }
                if idle || is_a_glance(goal) && !is_worth_another_look(goal, &avatar) {
                    return Ok(avatar);
                }
            }
            self.wait(interrupt, wait).await?;
        }
    }

    async fn begin(&mut self, task: Task, interrupt: &Interrupt) {
        // Until the answer to a purchase is saved, the first Ctrl-C waits with us.
        let hold = if is_submit(&task.mark) { interrupt.hold().await } else { None };
        let (shell, link, id, task_id) = (self.shell.clone(), self.link.clone(), self.id, task.mark.id);
        self.under_way.push((task.mark, hold));
        self.tasks.spawn(of_job(current_job().unwrap_or_default(), async move {
            (task_id, work::perform(&shell, &link, id, task.work).await)
        }));
    }

    /// Lets time pass for the avatar, and takes the next task if there is one. Both are saved as one.
    fn advance(&self, goal: Goal) -> Result<(Avatar, Step), Failure> {
        let moment = moment(self.link.poll)?;
        let advanced = self.shell.store.settle(self.id, |avatar| {
            let Some(avatar) = avatar else { return (None, None) };
            let mut avatar = avatar.after(Event::Woke, &moment);
            let may = |errand| is_allowed(goal, &avatar, errand);
            let step = avatar.next_step_of(&self.link.account, &moment, may);
            if let Step::Begin(task) = &step {
                avatar = avatar.after(Event::Began(task.mark.clone()), &moment);
            }
            (Some(avatar.clone()), Some((avatar, step)))
        });
        advanced.map_err(failures::storage)?.ok_or_else(|| failures::no_avatar(self.id))
    }

    async fn wait(&mut self, interrupt: &Interrupt, at_most: Duration) -> Result<(), Failure> {
        tokio::select! {
            ended = self.tasks.join_next(), if !self.tasks.is_empty() => match ended {
                Some(ended) => self.ended(ended),
                None => Ok(()),
            },
            failure = interrupt.wait() => self.interrupted(failure).await,
            () = tokio::time::sleep(at_most.max(Duration::from_millis(1))) => Ok(()),
        }
    }

    fn ended(&mut self, ended: Result<(TaskId, Outcome), JoinError>) -> Result<(), Failure> {
        let (id, mut outcome) = ended.map_err(|error| {
            Failure::new(Exit::Internal, "internal.task", "a task of this program ended unexpectedly")
                .why(error.to_string())
                .next("run the same command again: it carries on")
        })?;
        let place = self.under_way.iter().position(|(mark, _)| mark.id == id);
        let (mark, _hold) = place.map(|place| self.under_way.remove(place)).unzip();
        let submitted = mark.as_ref().is_some_and(is_submit);
        if let (Some(mark), Outcome::Answered { held_elsewhere, .. }) = (mark, &mut outcome) {
            *held_elsewhere = self.is_held_elsewhere(mark.errand)?;
        }
        let accepted = match &outcome {
            Outcome::Answered { answer, .. } if submitted => match submit::parse(answer.clone()) {
                Submitted::Accepted(request_id) => Some(request_id),
                _ => None,
            },
            _ => None,
        };
        let told = self.shell.tell_at(self.id, Event::Ended(id, outcome), self.link.poll).map(drop);
        match (told, accepted) {
            (Err(failure), Some(request_id)) => Err(failure
                .why(format!("fal.ai took the order as {request_id}, and that could not be saved"))
                .next(format!("then tell it: likeness resolve {} --request-id {request_id}", self.id))),
            (told, _) => told,
        }
    }

    fn is_held_elsewhere(&self, errand: Errand) -> Result<bool, Failure> {
        let avatar = self.shell.load(self.id)?;
        let Some(candidate) = avatar.candidate(errand) else { return Ok(false) };
        let holder = self.shell.store.holder(candidate).map_err(failures::storage)?;
        Ok(holder.is_some_and(|holder| holder != self.id))
    }

    /// Ends, but not before the answer to a purchase is saved: without it the purchase would be unclear.
    async fn interrupted(&mut self, failure: Failure) -> Result<(), Failure> {
        if self.awaits_a_submit() {
            log::warn!("waiting for fal.ai's answer to the order; Ctrl-C again ends without it");
        }
        self.await_submits().await?;
        Err(failure)
    }

    async fn await_submits(&mut self) -> Result<(), Failure> {
        while self.awaits_a_submit() {
            match self.tasks.join_next().await {
                Some(ended) => self.ended(ended)?,
                None => break,
            }
        }
        Ok(())
    }

    fn awaits_a_submit(&self) -> bool {
        self.under_way.iter().any(|(mark, _)| is_submit(mark))
    }
}

/// How watching another process ended.
enum Watched {
    /// What was waited for is there.
    Ended(Box<Avatar>),
    /// The other process went away before that: this one carries on.
    Alone(Lock),
}

async fn watch(
    shell: &Shell,
    id: AvatarId,
    goal: Goal,
    watcher: &mut dyn FnMut(&Avatar) -> Result<(), Failure>,
) -> Result<Watched, Failure> {
    loop {
        let avatar = shell.load(id)?;
        watcher(&avatar)?;
        if is_reached(goal, &avatar) || is_a_glance(goal) {
            return Ok(Watched::Ended(Box::new(avatar)));
        }
        if let Some(failure) = given_up(goal, &avatar) {
            return Err(failure);
        }
        tokio::time::sleep(TICK).await;
        if let Some(lock) = shell.store.lock(id).map_err(failures::storage)? {
            return Ok(Watched::Alone(lock));
        }
    }
}

fn is_submit(mark: &Mark) -> bool {
    matches!(mark.errand, Errand::Training(_, Chore::Submit) | Errand::Pictures(_, Chore::Submit))
}

/// What is only looked at, not waited for.
fn is_a_glance(goal: Goal) -> bool {
    matches!(goal, Goal::Seen(_))
}

/// One lost answer is no news: a few looks in a row show whether fal can be reached.
fn is_worth_another_look(goal: Goal, avatar: &Avatar) -> bool {
    let trouble = attempt_of(goal).and_then(|attempt| avatar.training(attempt)?.order.trouble());
    trouble.is_some_and(|trouble| trouble.tries < LOOKS_BEFORE_UNKNOWN)
}

/// The training that it is about.
fn attempt_of(goal: Goal) -> Option<u32> {
    match goal {
        Goal::Trained(attempt)
        | Goal::Watched(attempt)
        | Goal::Accepted(attempt)
        | Goal::Seen(attempt)
        | Goal::Resolved(attempt)
        | Goal::CancelSent(attempt) => Some(attempt),
        Goal::Pictures(_) | Goal::AllEnded => None,
    }
}

/// The training that may be prepared, uploaded and bought for it: its person has said yes to that one.
fn bought_for(goal: Goal) -> Option<u32> {
    match goal {
        Goal::Trained(attempt) | Goal::Watched(attempt) | Goal::Accepted(attempt) => Some(attempt),
        Goal::Seen(_) | Goal::Resolved(_) | Goal::CancelSent(_) | Goal::Pictures(_) | Goal::AllEnded => None,
    }
}

/// What a goal allows. Looking at a job must not buy it; what is bought already is followed by everyone.
fn is_allowed(goal: Goal, avatar: &Avatar, errand: Errand) -> bool {
    let current = avatar.trainings().last().map(|training| training.attempt);
    match errand {
        Errand::Photo(_) => bought_for(goal).is_some() && bought_for(goal) == current,
        Errand::Training(attempt, Chore::Upload | Chore::Submit) => bought_for(goal) == Some(attempt),
        // Pictures that another command has ordered meanwhile need not wait for the end of a training.
        Errand::Pictures(number, Chore::Upload | Chore::Submit) => {
            goal == Goal::Pictures(number) || bought_for(goal).is_some()
        }
        Errand::Training(..) | Errand::Pictures(..) => true,
    }
}

fn is_reached(goal: Goal, avatar: &Avatar) -> bool {
    let training = |attempt: u32, reached: fn(&Order<_>) -> bool| {
        avatar.training(attempt).is_none_or(|training| reached(&training.order))
    };
    match goal {
        Goal::Trained(attempt) | Goal::Watched(attempt) => training(attempt, Order::ended),
        Goal::Accepted(attempt) => training(attempt, |order| order.ended() || order.request_id().is_some()),
        Goal::Resolved(attempt) => {
            training(attempt, |order| !matches!(order.stage(), Stage::Unclear { candidate: Some(_), .. }))
        }
        Goal::Seen(attempt) => training(attempt, |order| {
            order.ended() || matches!(order.stage(), Stage::Preparing | Stage::Planned)
        }),
        Goal::CancelSent(attempt) => {
            training(attempt, |order| order.ended() || order.cancel() == Cancel::Sent)
        }
        Goal::Pictures(number) => avatar.generation(number).is_none_or(|pictures| pictures.order.ended()),
        Goal::AllEnded => avatar.ended(),
    }
}

/// How long what was bought is followed while fal cannot be reached.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Patience {
    /// As long as it takes, also for an unclear purchase to become clear.
    Endless,
    /// As long as it takes once fal has taken it.
    Usual,
    /// A few tries: the wish is saved, and is carried out another day.
    Little,
}

/// Why going on makes no sense now. What was saved stays: the same command carries on another day.
fn given_up(goal: Goal, avatar: &Avatar) -> Option<Failure> {
    let training =
        |attempt: u32, patience| given_up_order(avatar.id(), "", &avatar.training(attempt)?.order, patience);
    let pictures =
        |pictures: &Generation, patience| given_up_order(avatar.id(), " pictures", &pictures.order, patience);
    match goal {
        Goal::Trained(attempt) | Goal::Accepted(attempt) => training(attempt, Patience::Usual),
        Goal::Watched(attempt) => training(attempt, Patience::Endless),
        Goal::CancelSent(attempt) | Goal::Resolved(attempt) => training(attempt, Patience::Little),
        Goal::Pictures(number) => pictures(avatar.generation(number)?, Patience::Usual),
        Goal::AllEnded => {
            let mut trainings = avatar.trainings().iter();
            let mut others = avatar.pictures().iter();
            trainings
                .find_map(|one| training(one.attempt, Patience::Little))
                .or_else(|| others.find_map(|one| pictures(one, Patience::Little)))
        }
        Goal::Seen(_) => None,
    }
}

fn given_up_order<G>(id: AvatarId, what: &str, order: &Order<G>, patience: Patience) -> Option<Failure> {
    if order.ended() {
        return None;
    }
    let trouble = order.trouble();
    if let Stage::Unclear { why, candidate, search, .. } = order.stage() {
        let in_vain = candidate.is_none() && search.rounds > 0;
        let gave_up = trouble.is_some_and(|trouble| trouble.tries >= TRIES_AFTER_REFUSAL);
        return ((in_vain || gave_up) && patience != Patience::Endless).then(|| unclear(id, what, *why));
    }
    let trouble = trouble?;
    let passes = trouble.error.may_pass();
    let bought = matches!(order.stage(), Stage::Accepted(_));
    let most = match trouble.error.class() {
        Class::Storage if !passes => 1,
        _ if passes && bought && patience != Patience::Little => return None,
        _ if passes && matches!(order.stage(), Stage::Keeping { .. }) => TRIES_WHILE_KEEPING,
        _ if passes => TRIES_BEFORE_PURCHASE,
        _ => TRIES_AFTER_REFUSAL,
    };
    (trouble.tries >= most).then(|| failures::of(&trouble.error))
}

/// The ending of a command whose purchase fal may or may not have taken. `what` is empty for a training.
fn unclear(id: AvatarId, what: &str, why: Unclear) -> Failure {
    let failure =
        Failure::new(Exit::Unclear, "submission_unclear", "it is unclear whether fal.ai took the order")
            .why(why.to_string())
            .why("it is not placed again, so that it is never paid for twice")
            .next("run the same command later: it looks again in fal.ai's list of requests");
    if !what.is_empty() {
        return failure.next("or look at https://fal.ai/dashboard/requests: what fal.ai made is there");
    }
    failure
        .next(format!(
            "or look at https://fal.ai/dashboard/requests and settle it: likeness resolve {id} --request-id ID"
        ))
        .next(format!("or, if fal.ai does not have it: likeness resolve {id} --not-accepted"))
}

/// The ending that a finished order means for the command that waited for it.
pub(crate) fn ending<G>(id: AvatarId, order: &Order<G>) -> Result<(), Failure> {
    match order.stage() {
        Stage::Failed { error, bought, .. } => {
            let failure = failures::of(error);
            Err(match bought {
                Bought::Nothing => failure,
                Bought::Ran(_) | Bought::NotAccepted { .. } => failure.next("`--again` buys another attempt"),
            })
        }
        Stage::Cancelled { .. } => {
            Err(Failure::new(Exit::Api, "cancelled", "it was cancelled")
                .next("`--again` buys another attempt"))
        }
        Stage::Unclear { why, .. } => Err(unclear(id, "", *why)),
        _ => Ok(()),
    }
}
