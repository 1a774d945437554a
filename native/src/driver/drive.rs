//! The driver of one avatar until a goal is reached: asks the core for the next step, does it, reports the outcome.
//! Everything is saved before it has an effect; a later process carries on from there.

use std::{sync::Arc, time::Duration};

use likeness_core::{
    avatar::{Avatar, AvatarId, Command, Event, Goal, Outcome, Step, Task, TaskId, TaskKind, TaskRecord},
    time::Timestamp,
};
use tokio::{
    sync::{Notify, watch},
    task::{JoinError, JoinSet},
};

use super::{
    ending::{given_up, resolvable},
    shell::{Connection, Shell},
    work,
};
use crate::{
    clock,
    failure::{self, Exit, Failure},
    files::store::Lock,
    interrupt::Interrupt,
    moment::moment,
    output::log::{current_job, of_job},
    transport::moving,
};

/// Interval at which changes of another process are looked for, such as a cancel.
const TICK: Duration = Duration::from_millis(500);

/// The longest time between two looks for work that is due by the clock, which may be set meanwhile.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_mins(1);

/// The shortest pause for which an avatar behind the API is let go of.
const SOON: Duration = Duration::from_secs(2);

/// Drives the avatar, telling `watcher` after every change. Where another process drives it already, this one only
/// watches, and carries on if the other goes away.
pub(crate) async fn drive(
    shell: &Shell,
    interrupt: &Interrupt,
    id: AvatarId,
    goal: Goal,
    watcher: &mut dyn FnMut(&Avatar) -> Result<(), Failure>,
) -> Result<Avatar, Failure> {
    // The first Ctrl-C is answered here: not before an order that is being placed is answered, and with a word on how
    // things stand.
    let _hold = interrupt.hold().await;
    let _lock = if let Some(lock) = shell.store.lock(id).map_err(failure::storage)? {
        lock
    } else {
        log::info!("another process is at work on this job; this one only watches");
        match watch(shell, interrupt, id, goal, watcher).await? {
            Watched::Ended(avatar) => return Ok(*avatar),
            Watched::Alone(lock) => lock,
        }
    };
    let avatar = shell.load(id)?;
    let connection = shell.connection_of(&avatar)?;
    shell.tell(id, Event::Restarted)?;
    if let Some(order) = goal.order() {
        // A command that asks wants the present state, without the pause between looks.
        shell.ask(id, Command::Look(order))?;
    }
    let mut driver = Driver::new(shell, connection, id);
    let outcome = driver.run(interrupt, goal, watcher).await;
    driver.leave(outcome).await
}

/// The reason why an avatar behind the API is let go of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pause {
    /// A pause until this moment, unless something happens.
    Until(Timestamp),
    /// A pause until something happens.
    Idle,
    /// The end of the program.
    Stopped,
}

/// The signals that make the driver of an avatar behind the API look again, or end.
#[derive(Debug)]
pub(crate) struct Wakeup<'a> {
    /// Signal that something happened to the avatar.
    pub(crate) woken: &'a Notify,
    /// True once the program is to end.
    pub(crate) stop: watch::Receiver<bool>,
}

/// Does all work that there is for an avatar behind the API and is `wanted`, telling `watcher` after every change. The
/// avatar's lock must be held.
pub(crate) async fn attend(
    shell: &Shell,
    connection: Connection,
    id: AvatarId,
    wakeup: Wakeup<'_>,
    wanted: impl Fn(TaskKind) -> bool,
    watcher: &mut (dyn FnMut(&Avatar) + Send),
) -> Result<Pause, Failure> {
    shell.tell_at(id, Event::Restarted, connection.poll)?;
    let mut driver = Driver::new(shell, connection, id);
    let outcome = driver.attend(wakeup, wanted, watcher).await;
    driver.leave(outcome).await
}

struct Driver<'a> {
    shell: &'a Shell,
    connection: Connection,
    id: AvatarId,
    tasks: JoinSet<(TaskId, Outcome)>,
    under_way: Vec<UnderWay>,
}

/// A task, and the wakeup that breaks it off.
struct UnderWay {
    mark: TaskRecord,
    stop: Arc<Notify>,
}

impl<'a> Driver<'a> {
    fn new(shell: &'a Shell, connection: Connection, id: AvatarId) -> Self {
        Self { shell, connection, id, tasks: JoinSet::new(), under_way: Vec::new() }
    }

    /// Ends with this outcome, but not before the answer to a purchase that is under way is saved.
    async fn leave<T>(mut self, outcome: Result<T, Failure>) -> Result<T, Failure> {
        let saved = self.await_submits().await;
        self.tasks.shutdown().await;
        // An answer that could not be saved is worse news than the reason for ending: it may name a request that was
        // paid for.
        saved.and(outcome)
    }

    async fn attend(
        &mut self,
        mut wakeup: Wakeup<'_>,
        wanted: impl Fn(TaskKind) -> bool,
        watcher: &mut (dyn FnMut(&Avatar) + Send),
    ) -> Result<Pause, Failure> {
        while !*wakeup.stop.borrow() {
            let (avatar, step) = self.advance(|_, task_kind| wanted(task_kind))?;
            watcher(&avatar);
            self.break_off(&avatar);
            let until = match step {
                Step::Begin(task) => {
                    self.begin(*task);
                    continue;
                }
                Step::Wait(until) => Some(until),
                Step::Idle => None,
            };
            let pause = until.map(|until| until.since(clock::now()));
            if self.tasks.is_empty() && pause.is_none_or(|pause| pause > SOON) {
                return Ok(until.map_or(Pause::Idle, Pause::Until));
            }
            tokio::select! {
                ended = self.tasks.join_next(), if !self.tasks.is_empty() => {
                    ended.map_or(Ok(()), |ended| self.ended(ended))?;
                }
                () = wakeup.woken.notified() => {}
                () = tokio::time::sleep(pause.unwrap_or(SOON).clamp(Duration::from_millis(1), LOOK_AGAIN)) => {}
                _ = wakeup.stop.changed() => {}
            }
        }
        Ok(Pause::Stopped)
    }

    async fn run(
        &mut self,
        interrupt: &Interrupt,
        goal: Goal,
        watcher: &mut dyn FnMut(&Avatar) -> Result<(), Failure>,
    ) -> Result<Avatar, Failure> {
        loop {
            let (avatar, step) = self.advance(|avatar, task_kind| goal.allows(avatar, task_kind))?;
            let (begins, idle) = (matches!(step, Step::Begin(_)), matches!(step, Step::Idle));
            let wait = match step {
                // The task begins before anything is told: a task that is saved as begun must be under way.
                Step::Begin(task) => {
                    self.begin(*task);
                    Duration::ZERO
                }
                Step::Wait(until) => until.since(clock::now()).min(TICK),
                Step::Idle => TICK,
            };
            watcher(&avatar)?;
            self.break_off(&avatar);
            if goal.is_reached(&avatar) && self.tasks.is_empty() {
                return Ok(avatar);
            }
            if begins {
                continue;
            }
            if self.tasks.is_empty() {
                if let Some(failure) = given_up(self.shell, goal, &avatar) {
                    return Err(failure);
                }
                if idle || goal.is_a_glance() && !goal.wants_another_look(&avatar) {
                    return Ok(avatar);
                }
            }
            self.wait(interrupt, wait).await?;
        }
    }

    fn begin(&mut self, task: Task) {
        let (shell, connection, id) = (self.shell.clone(), self.connection.clone(), self.id);
        let Task { mark, work } = task;
        let stop = Arc::new(Notify::new());
        self.under_way.push(UnderWay { mark: mark.clone(), stop: Arc::clone(&stop) });
        self.tasks.spawn(of_job(current_job().unwrap_or_default(), async move {
            let moving = shell.transfers.begin();
            let work = work::perform(&shell, &connection, id, work, &moving);
            let outcome = match mark.latest {
                None => work.await,
                Some(latest) => {
                    let at_most = latest.since(clock::now());
                    let tell = || still_awaited(&shell, id, mark.id, connection.poll);
                    let done = moving::transfer(work, at_most, &moving, &stop, tell).await;
                    done.unwrap_or_else(|why| work::broken_off(mark.task_kind, why))
                }
            };
            (mark.id, outcome)
        }));
    }

    /// Breaks off the transfers whose outcome is no longer awaited.
    fn break_off(&self, avatar: &Avatar) {
        for task in &self.under_way {
            if task.mark.latest.is_some() && !avatar.awaits(task.mark.id) {
                task.stop.notify_one();
            }
        }
    }

    /// Lets time pass for the avatar, and takes the next task if there is one. Both are saved as one.
    fn advance(&self, wanted: impl Fn(&Avatar, TaskKind) -> bool) -> Result<(Avatar, Step), Failure> {
        let moment = moment(self.connection.poll)?;
        let advanced = self.shell.store.update(self.id, |avatar| {
            let Some(avatar) = avatar else { return (None, None) };
            let (avatar, step) = avatar.advance(&self.connection.account, &moment, wanted);
            (Some(avatar.clone()), Some((avatar, step)))
        });
        advanced.map_err(failure::storage)?.ok_or_else(|| failure::no_avatar(self.id))
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
        let (id, outcome) = ended.map_err(|error| {
            Failure::new(Exit::Internal, "internal.task", "a task of this program ended unexpectedly")
                .why(error.to_string())
                .next("run the same command again: it carries on")
        })?;
        let place = self.under_way.iter().position(|task| task.mark.id == id);
        let mark = place.map(|place| self.under_way.remove(place).mark);
        let accepted = mark.as_ref().and_then(|mark| mark.accepted(&outcome));
        let task_kind = mark.map(|mark| mark.task_kind);
        let told = self.shell.tell_outcome(self.id, id, outcome, task_kind, self.connection.poll).map(drop);
        match (told, accepted) {
            (Err(failure), Some(request_id)) => {
                let job =
                    task_kind.and_then(TaskKind::order).map(|order| resolvable(self.shell, self.id, order));
                let job = job.unwrap_or_else(|| self.id.to_string());
                Err(failure
                    .why(format!("fal.ai took the order as {request_id}, and that could not be saved"))
                    .next(format!("then tell it: likeness resolve {job} --request-id {request_id}")))
            }
            (told, _) => told,
        }
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
        let mut saved = Ok(());
        while self.awaits_a_submit() {
            let Some(ended) = self.tasks.join_next().await else { break };
            let told = self.ended(ended);
            // The first error is returned; the other answers are awaited all the same.
            saved = saved.and(told);
        }
        saved
    }

    fn awaits_a_submit(&self) -> bool {
        self.under_way.iter().any(|task| task.mark.is_submit())
    }
}

/// Reports that bytes of a transfer move, and tells whether the transfer is still awaited.
fn still_awaited(shell: &Shell, id: AvatarId, task: TaskId, poll: Duration) -> bool {
    match shell.tell_at(id, Event::Progressed(task), poll) {
        Ok(avatar) => avatar.awaits(task),
        Err(failure) => {
            log::warn!("that a transfer moves could not be saved: {}", failure.brief());
            true
        }
    }
}

/// The end of watching another process.
enum Watched {
    /// The goal was reached.
    Ended(Box<Avatar>),
    /// The other process went away before that: this one carries on.
    Alone(Lock),
}

async fn watch(
    shell: &Shell,
    interrupt: &Interrupt,
    id: AvatarId,
    goal: Goal,
    watcher: &mut dyn FnMut(&Avatar) -> Result<(), Failure>,
) -> Result<Watched, Failure> {
    loop {
        let avatar = shell.load(id)?;
        watcher(&avatar)?;
        if goal.is_reached(&avatar) || goal.is_a_glance() {
            return Ok(Watched::Ended(Box::new(avatar)));
        }
        if let Some(failure) = given_up(shell, goal, &avatar) {
            return Err(failure);
        }
        tokio::select! {
            failure = interrupt.wait() => return Err(failure),
            () = tokio::time::sleep(TICK) => {}
        }
        if let Some(lock) = shell.store.lock(id).map_err(failure::storage)? {
            return Ok(Watched::Alone(lock));
        }
    }
}
