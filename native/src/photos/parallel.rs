//! Photos side by side: as many as there are cores, but never more at once than memory has room for.

use std::{
    collections::BTreeMap,
    num::NonZero,
    ops::ControlFlow,
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use super::memory;

/// Memory that the jobs of one run share. What a job takes is given back when its [`Share`] is dropped.
#[derive(Debug)]
pub(crate) struct MemoryPool {
    total: u64,
    free: Mutex<u64>,
    given_back: Condvar,
}

/// A part of the [`MemoryPool`].
#[derive(Debug)]
pub(crate) struct Share<'a> {
    memory: &'a MemoryPool,
    bytes: u64,
}

impl MemoryPool {
    /// Makes a pool of this many bytes; of an empty one, one job at a time gets all that it wants.
    pub(crate) fn new(total: u64) -> Self {
        let total = total.max(1);
        Self { total, free: Mutex::new(total), given_back: Condvar::new() }
    }

    /// Takes half of the memory that the system says is available, so that other programs keep room.
    pub(crate) fn of_this_machine() -> Self {
        Self::new(memory::available().unwrap_or(DEFAULT_AVAILABLE) / 2)
    }

    /// Returns the number of bytes in all.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Waits until so many bytes are free. A job that wants more than there is in all gets all, and then runs alone. A
    /// job takes once: two half-filled jobs could otherwise wait for each other.
    pub(crate) fn take(&self, bytes: u64) -> Share<'_> {
        let bytes = bytes.min(self.total);
        let mut free = self
            .given_back
            .wait_while(self.free(), |free| *free < bytes)
            .unwrap_or_else(PoisonError::into_inner);
        *free -= bytes;
        Share { memory: self, bytes }
    }

    /// Locks the number, also after a panic elsewhere: it is right after every step.
    fn free(&self) -> MutexGuard<'_, u64> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        *self.memory.free() += self.bytes;
        self.memory.given_back.notify_all();
    }
}

/// Does `work` for every item on all cores and hands the results to `done` in the items' order, on this
/// thread. `Break` from `done`, or `true` from `stop`, begins no further item; those that run are finished.
/// Returns what `done` broke with.
///
/// A result may have to wait for an earlier one: it should be small, with large data written to a file.
pub(crate) fn in_order<T: Sync, R: Send, B>(
    items: &[T],
    stop: impl Fn() -> bool + Sync,
    work: impl Fn(usize, &T) -> R + Sync,
    done: impl FnMut(usize, R) -> ControlFlow<B>,
) -> Option<B> {
    in_order_with(items, stop, || (), |(), index, item| work(index, item), done)
}

/// Does as [`in_order`], with a value for each thread that `start` makes and `work` uses from item to item.
pub(crate) fn in_order_with<T: Sync, R: Send, B, W>(
    items: &[T],
    stop: impl Fn() -> bool + Sync,
    start: impl Fn() -> W + Sync,
    work: impl Fn(&mut W, usize, &T) -> R + Sync,
    mut done: impl FnMut(usize, R) -> ControlFlow<B>,
) -> Option<B> {
    let (next, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (send, receive) = mpsc::channel();
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(items.len());
    thread::scope(|scope| {
        for _ in 0..threads {
            let (send, next, stopped) = (send.clone(), &next, &stopped);
            let (stop, start, work) = (&stop, &start, &work);
            let job = crate::output::log::current_job();
            let run = move || {
                let mut own = start();
                while !stopped.load(Ordering::Relaxed) && !stop() {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    if send.send((index, work(&mut own, index, item))).is_err() {
                        break;
                    }
                }
            };
            scope.spawn(move || match job {
                Some(job) => crate::output::log::in_job(job, run),
                None => run(),
            });
        }
        drop(send);
        let (mut waiting, mut expected) = (BTreeMap::new(), 0);
        for (index, result) in receive {
            waiting.insert(index, result);
            while let Some(result) = waiting.remove(&expected) {
                if let ControlFlow::Break(value) = done(expected, result) {
                    stopped.store(true, Ordering::Relaxed);
                    return Some(value);
                }
                expected += 1;
            }
        }
        None
    })
}

const DEFAULT_AVAILABLE: u64 = 2 << 30;

#[cfg(test)]
mod tests {
    use std::{
        ops::ControlFlow,
        sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    };

    use super::{MemoryPool, in_order};

    #[test]
    fn results_come_in_order_whatever_finishes_first() {
        let items: Vec<u64> = (0..200).collect();
        let mut results = Vec::new();
        let work = |_: usize, item: &u64| {
            // Uneven work, so that threads overtake each other.
            let rounds = if item.is_multiple_of(7) { 20_000 } else { 10 };
            (0..rounds).fold(*item, |sum, round| std::hint::black_box(sum ^ round ^ round))
        };
        let broke = in_order(
            &items,
            || false,
            work,
            |index, result| {
                results.push((index as u64, result));
                ControlFlow::<()>::Continue(())
            },
        );
        assert_eq!(broke, None);
        assert_eq!(results, items.iter().map(|item| (*item, *item)).collect::<Vec<_>>());
    }

    #[test]
    fn an_end_in_the_middle_begins_nothing_further() {
        let items = vec![(); 10_000];
        let begun = AtomicUsize::new(0);
        let work = |index, (): &()| {
            begun.fetch_add(1, Ordering::Relaxed);
            index
        };
        let broke = in_order(
            &items,
            || false,
            work,
            |_, index| {
                if index == 3 { ControlFlow::Break("enough") } else { ControlFlow::Continue(()) }
            },
        );
        assert_eq!(broke, Some("enough"));
        assert!(begun.load(Ordering::Relaxed) >= 4);

        let begun = AtomicUsize::new(0);
        let stop = || begun.load(Ordering::Relaxed) >= 5;
        let work = |_, (): &()| begun.fetch_add(1, Ordering::Relaxed);
        assert_eq!(in_order(&items, stop, work, |_, _| ControlFlow::<()>::Continue(())), None);
        assert!(begun.load(Ordering::Relaxed) < items.len());
    }

    #[test]
    fn together_they_never_take_more_than_there_is() {
        let (memory, used, most) = (MemoryPool::new(100), AtomicU64::new(0), AtomicU64::new(0));
        let wishes = [60, 60, 30, 100, 500, 10, 90, 45, 45, 45];
        let work = |_, wish: &u64| {
            let _share = memory.take(*wish);
            let now = used.fetch_add((*wish).min(100), Ordering::SeqCst) + (*wish).min(100);
            most.fetch_max(now, Ordering::SeqCst);
            std::thread::yield_now();
            used.fetch_sub((*wish).min(100), Ordering::SeqCst);
        };
        in_order(&wishes.repeat(50), || false, work, |_, ()| ControlFlow::<()>::Continue(()));
        assert!((1..=100).contains(&most.load(Ordering::SeqCst)), "{most:?}");
        assert_eq!(*memory.free(), 100, "everything was given back");
    }
}
