//! Drivers of the avatars behind the API: a task for each that has unfinished business.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use likeness_core::{
    api::{ConnectionSettings, Deployment, Spent},
    avatar::{Avatar, AvatarId, Due, OrderKey},
    backoff,
    budget::Question,
    error::StorageError,
    fal::Account,
    time::Timestamp,
    words::Audience,
};
use tokio::sync::{Notify, Semaphore, watch};

use super::stored_budget::StoredBudget;
use crate::{
    clock,
    disk::remove_folder,
    driver::{
        drive::{self, LOOK_AGAIN, Pause, Wakeup},
        payloads::{self, Deleted},
        shell::{Connection, Shell},
        sweep,
    },
    failure::{self, Failure},
    files::album,
    jobs,
    output::{
        log::{in_job, of_job},
        narrate::JobLog,
    },
};

/// Number of avatars at work at a time. The others wait for their turn, and hold neither files nor connections.
const AT_WORK: usize = 128;

/// Pause before another look at an avatar that another process is at work on.
const LATER: Duration = Duration::from_secs(5);

/// The pause between two rounds that wake avatars. Measured by the monotonic clock, since the other may be set back.
pub(super) const ROUND: Duration = Duration::from_mins(1);

/// Distance of the next work beyond which a driver ends: the rounds wake its avatar again in time.
const LET_GO: Duration = ROUND.saturating_mul(5);

/// Pause before another try to make up for a failure: a copy of a model, the deletion of payloads.
const MUCH_LATER: Duration = Duration::from_mins(5);

/// The drivers of all avatars.
#[derive(Debug)]
pub(super) struct Drivers {
    shell: Shell,
    deployment: Arc<Deployment>,
    connection: Option<ConnectionSettings>,
    budget: StoredBudget,
    driven: Mutex<HashMap<AvatarId, Driven>>,
    /// Avatar for which a purchase is reserved and not ordered yet.
    buying: Mutex<Option<AvatarId>>,
    ended: Notify,
    at_work: Semaphore,
    stop: watch::Sender<bool>,
}

#[derive(Debug)]
struct Driven {
    wakeup: Arc<Notify>,
    /// Number of wake-ups: none is lost between the last look and the end of a driver.
    woken: u64,
}

/// The memory of a driver between two looks.
#[derive(Default)]
struct Memory {
    chronicles: BTreeMap<OrderKey, JobLog>,
    /// Reports that the budget was given, and the time of each order: a number whose order came to nothing may be
    /// ordered again.
    told: BTreeMap<OrderKey, (Spent, Timestamp)>,
    said_elsewhere: bool,
    /// Number of failures in a row to drive the avatar at all.
    failures: u32,
    /// Time at which not everything could be made up for, last.
    tidied_in_vain_at: Option<Instant>,
}

impl Drivers {
    pub(super) fn new(
        shell: Shell,
        deployment: Arc<Deployment>,
        connection: Option<ConnectionSettings>,
        budget: StoredBudget,
    ) -> Arc<Self> {
        Arc::new(Self {
            shell,
            deployment,
            connection,
            budget,
            driven: Mutex::default(),
            buying: Mutex::default(),
            ended: Notify::new(),
            at_work: Semaphore::new(AT_WORK),
            stop: watch::Sender::new(false),
        })
    }

    /// Wakes the driver of this avatar after something happened to it, or starts one.
    pub(super) fn wake(self: &Arc<Self>, id: AvatarId) {
        let mut driven = self.driven();
        if *self.stop.borrow() {
            return;
        }
        if let Some(driven) = driven.get_mut(&id) {
            driven.woken += 1;
            driven.wakeup.notify_one();
            return;
        }
        let wakeup = Arc::new(Notify::new());
        driven.insert(id, Driven { wakeup: Arc::clone(&wakeup), woken: 0 });
        drop(tokio::spawn(of_job(id.to_string(), Arc::clone(self).drive(id, wakeup))));
    }

    /// Has every driver end, and waits for that: answers to purchases that are under way are awaited and saved.
    pub(super) async fn stop(&self) {
        self.stop.send_replace(true);
        loop {
            let ended = self.ended.notified();
            if self.driven().is_empty() {
                return;
            }
            ended.await;
        }
    }

    /// Keeps the drivers from giving back a reservation that is being made for this avatar. One purchase is made at a
    /// time.
    pub(super) fn buying(self: &Arc<Self>, id: AvatarId) -> Buying {
        *self.buying.lock().unwrap_or_else(PoisonError::into_inner) = Some(id);
        Buying { drivers: Arc::clone(self), id }
    }

    fn driven(&self) -> MutexGuard<'_, HashMap<AvatarId, Driven>> {
        self.driven.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn woken(&self, id: AvatarId) -> u64 {
        self.driven().get(&id).map_or(0, |driven| driven.woken)
    }

    async fn drive(self: Arc<Self>, id: AvatarId, wakeup: Arc<Notify>) {
        // The end of the driver is noted, however it ends.
        let _leaving = Leaving { drivers: &self, id };
        let (mut memory, mut stop) = (Memory::default(), self.stop.subscribe());
        loop {
            let woken = self.woken(id);
            let attended = self.attend(id, &wakeup, &mut memory).await;
            memory.failures = if attended.is_ok() { 0 } else { memory.failures.saturating_add(1) };
            let pause = match attended {
                Ok(Pause::Stopped) => return,
                Ok(Pause::Idle) => {
                    let mut driven = self.driven();
                    if driven.get(&id).is_none_or(|driven| driven.woken == woken) {
                        driven.remove(&id);
                        return;
                    }
                    continue;
                }
                Ok(Pause::Until(until)) => until.since(clock::now()).min(LOOK_AGAIN),
                Err(failure) => {
                    log::error!("{}; it is tried again", failure.brief());
                    backoff::pause(memory.failures, id.uuid().as_u64_pair().1)
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = wakeup.notified() => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// Does the work that is due now.
    async fn attend(&self, id: AvatarId, wakeup: &Notify, memory: &mut Memory) -> Result<Pause, Failure> {
        let Ok(_permit) = self.at_work.acquire().await else { return Ok(Pause::Stopped) };
        let mut stop = self.stop.subscribe();
        if *stop.borrow() {
            return Ok(Pause::Stopped);
        }
        let Some(_lock) = self.shell.store.lock(id).map_err(failure::storage)? else {
            log::debug!("another process is at work on it");
            return Ok(Pause::Until(clock::now().plus(LATER)));
        };
        let avatar = self.shell.store.load(id).map_err(failure::storage)?;
        let Some(avatar) = avatar.filter(Avatar::is_hosted) else { return Ok(Pause::Idle) };
        if avatar.person().is_none() {
            self.shell.downloads.forget(&self.shell.folder(id));
            album::remove(&self.shell.folder(id)).map_err(failure::storage)?;
        }
        let Some(connection) = &self.connection else { return Ok(Pause::Idle) };
        if let Err(problem) = connection.carries(&avatar) {
            if !memory.said_elsewhere {
                log::warn!("it is left alone: {problem}");
                memory.said_elsewhere = true;
            }
            return Ok(Pause::Idle);
        }
        let connection = self.shell.connection_on(connection, &avatar)?;
        let wanted = |task_kind| self.deployment.wants(task_kind);
        let wakeup = Wakeup { woken: wakeup, stop: self.stop.subscribe() };
        let mut watcher = |avatar: &Avatar| self.watch(avatar, memory);
        let pause = drive::attend(&self.shell, connection.clone(), id, wakeup, wanted, &mut watcher).await?;
        if pause == Pause::Stopped {
            return Ok(pause);
        }
        let rests = memory.tidied_in_vain_at.is_some_and(|at| at.elapsed() < MUCH_LATER);
        let complete = !rests
            && tokio::select! {
                complete = self.tidy_up(id, &connection) => complete?,
                _ = stop.wait_for(|stop| *stop) => return Ok(Pause::Stopped),
            };
        if !rests {
            memory.tidied_in_vain_at = (!complete).then(Instant::now);
        }
        Ok(match pause {
            Pause::Idle if !complete => Pause::Until(clock::now().plus(MUCH_LATER)),
            Pause::Idle => {
                self.shell.store.erased(id).map_err(failure::storage)?;
                Pause::Idle
            }
            Pause::Until(until) if !complete => Pause::Until(until.min(clock::now().plus(MUCH_LATER))),
            Pause::Until(_) if self.is_far_off(id)? => Pause::Idle,
            pause => pause,
        })
    }

    /// Tells whether the next work is a long way off, and noted where the rounds see it.
    fn is_far_off(&self, id: AvatarId) -> Result<bool, Failure> {
        let now = clock::now();
        let Due { work, notice } = self.shell.load(id)?.due(now);
        let notice = notice.filter(|_| self.deployment.notify.is_some());
        Ok([work, notice].into_iter().flatten().min().is_some_and(|next| next > now.plus(LET_GO)))
    }

    /// Reports news to the log and to the budget.
    fn watch(&self, avatar: &Avatar, memory: &mut Memory) {
        let now = clock::now();
        for order in avatar.orders() {
            let key = order.key();
            // An order that was over before is not news.
            if order.ended() && !memory.chronicles.contains_key(&key) {
                continue;
            }
            let log = memory.chronicles.entry(key).or_default();
            in_job(jobs::order_name(avatar.id(), key), || match key {
                OrderKey::Training(attempt) => avatar
                    .status(attempt, now, Audience::Terminal)
                    .is_some_and(|status| log.training(&status)),
                OrderKey::Pictures(number) => {
                    avatar.pictures_status(number, now).is_some_and(|status| log.pictures(&status))
                }
            });
        }
        if let Err(error) = self.tell_budget(avatar, memory) {
            log::warn!("the budget could not be told what became of an order: {error}");
        }
    }

    /// Reports to the budget how orders ended, as far as that was not reported yet.
    fn tell_budget(&self, avatar: &Avatar, memory: &mut Memory) -> Result<(), StorageError> {
        if memory.spent(avatar, false).is_empty() {
            return Ok(());
        }
        let buying = self.buying.lock().unwrap_or_else(PoisonError::into_inner);
        // The driver is woken again when the purchase is made.
        let reserving = *buying == Some(avatar.id());
        // Loaded anew: a number whose order came to nothing may have been ordered again meanwhile.
        let Some(avatar) = self.shell.store.load(avatar.id())? else { return Ok(()) };
        let news = memory.spent(&avatar, reserving);
        for (order, (spent, at)) in news {
            self.budget.change(Question::spent(avatar.id(), order), |mut budget| {
                spent.tell(&mut budget, avatar.id(), order);
                (budget, ())
            })?;
            memory.told.insert(order, (spent, at));
        }
        Ok(())
    }

    /// Does the work that the core leaves to the shell once nothing is under way; tells whether all of it is done.
    async fn tidy_up(&self, id: AvatarId, connection: &Connection) -> Result<bool, Failure> {
        let avatar = self.shell.load(id)?;
        if !avatar.may_need_working_files() {
            remove_folder(&self.shell.working_folder(id));
        }
        if avatar.person().is_none() {
            return self.finish_erasing(&avatar, connection).await;
        }
        if let Some(objects) = &connection.objects
            && avatar.missing_copies().next().is_some()
        {
            sweep::copies(&self.shell, objects, &avatar).await;
            return Ok(self.shell.load(id)?.missing_copies().next().is_none());
        }
        Ok(true)
    }

    async fn finish_erasing(&self, avatar: &Avatar, connection: &Connection) -> Result<bool, Failure> {
        let id = avatar.id();
        album::remove(&self.shell.folder(id)).map_err(failure::storage)?;
        if !avatar.ended() || !self.shell.store.is_half_erased(id).map_err(failure::storage)? {
            return Ok(true);
        }
        if let Some(key) = self.deployment.admin_key.clone()
            && let Ok(admin) = Account::new(key, connection.account.origins().clone())
        {
            let requests: Vec<_> = avatar.request_ids().cloned().collect();
            if payloads::delete(&connection.transport, &admin, &requests).await == Deleted::NotYet {
                return Ok(false);
            }
        }
        let store = &self.shell.store;
        let forgotten = store.with_room(|| {
            self.budget.change(Question::Forget(id), |mut budget| {
                budget.forget(id);
                (budget, ())
            })
        });
        forgotten.map_err(failure::storage)?;
        // While a reader uses an older state the content is still there: then all of this is done again.
        store.forget(id).and_then(|()| store.gone(id)).map_err(failure::storage)?;
        log::info!("erased");
        Ok(true)
    }
}

impl Memory {
    /// Lists the ends of orders that were not reported yet.
    fn spent(&self, avatar: &Avatar, reserving: bool) -> Vec<(OrderKey, (Spent, Timestamp))> {
        let ended = avatar.orders().filter_map(|order| {
            let key = order.key();
            Some((key, (Spent::of(avatar, key, reserving)?, order.ordered_at())))
        });
        ended.filter(|(order, spent)| self.told.get(order) != Some(spent)).collect()
    }
}

/// A mark that keeps the avatar's reservations from being given back while it lives.
pub(super) struct Buying {
    drivers: Arc<Drivers>,
    id: AvatarId,
}

impl Drop for Buying {
    fn drop(&mut self) {
        *self.drivers.buying.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.drivers.wake(self.id);
    }
}

/// A guard that takes a driver off the list when it ends, also by a panic.
struct Leaving<'a> {
    drivers: &'a Drivers,
    id: AvatarId,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        // A driver that found nothing more to do has left the list already, and another one may have begun since.
        if std::thread::panicking() || *self.drivers.stop.borrow() {
            self.drivers.driven().remove(&self.id);
        }
        self.drivers.ended.notify_waiters();
    }
}
