//! The single slot for work on a photo.
//!
//! An isolate serves many requests at once, and its memory is enough for one photo. So there is one slot with one
//! buffer, and a waiting request looks again and again until the slot is free. It is not woken by another request: in
//! Workers all work that a request starts ends with that request, so each must be carried on by its own timer.
//!
//! Workers stop a cancelled request without running destructors. The slot therefore owns the buffer, and waiters
//! reclaim a slot whose heartbeat stopped.

use std::{cell::RefCell, pin::pin, time::Duration};

use futures_util::future::{Either, select};
use js_sys::Date;
use worker::Delay;

/// Pause between two looks of a waiting request.
const LOOK: Duration = Duration::from_millis(50);

/// The longest wait, in milliseconds.
const PATIENCE: f64 = 20_000.0;

/// Interval of the heartbeat of the request that holds the slot.
const BEAT: Duration = Duration::from_secs(1);

/// Number of looks without a heartbeat after which the slot is reclaimed: 8 seconds. Looks are counted and no clock is
/// read, since all timers stand still while a photo is worked on.
const LOOKS_WITHOUT_A_BEAT: u32 = 160;

/// The error when all places are taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Full;

#[derive(Default)]
struct PhotoSlot {
    holder: Option<u64>,
    last: u64,
    beats: u64,
    bytes: Vec<u8>,
}

thread_local! {
    static SLOT: RefCell<PhotoSlot> = RefCell::default();
}

/// A hold on the slot.
#[derive(Debug)]
pub(crate) struct PhotoSlotGuard {
    number: u64,
}

impl PhotoSlotGuard {
    /// Waits for the slot.
    async fn take() -> Result<Self, Full> {
        let (mut seen, mut silent) = (None, 0);
        // In Workers the clock shows the time of the last timer or answer, which is exact enough here.
        let begun = Date::now();
        while Date::now() - begun < PATIENCE {
            let now = SLOT.with_borrow(|slot| slot.holder.map(|holder| (holder, slot.beats)));
            silent = if now == seen { silent + 1 } else { 0 };
            if now.is_none() || silent > LOOKS_WITHOUT_A_BEAT {
                return Ok(Self::free());
            }
            seen = now;
            Delay::from(LOOK).await;
        }
        Err(Full)
    }

    fn free() -> Self {
        SLOT.with_borrow_mut(|slot| {
            slot.last += 1;
            slot.holder = Some(slot.last);
            slot.bytes = Vec::new();
            Self { number: slot.last }
        })
    }

    /// Works with the buffer, in one go. `None` when the slot was reclaimed by another request.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut Vec<u8>) -> T) -> Option<T> {
        SLOT.with_borrow_mut(|slot| {
            (slot.holder == Some(self.number)).then(|| {
                slot.beats += 1;
                work(&mut slot.bytes)
            })
        })
    }

    /// Takes the buffer's bytes out, and leaves it empty.
    pub(crate) fn clear(&self) -> Vec<u8> {
        self.with(std::mem::take).unwrap_or_default()
    }

    async fn beat(&self) {
        while self.with(|_| ()).is_some() {
            Delay::from(BEAT).await;
        }
    }
}

impl Drop for PhotoSlotGuard {
    fn drop(&mut self) {
        SLOT.with_borrow_mut(|slot| {
            if slot.holder == Some(self.number) {
                slot.holder = None;
                slot.bytes = Vec::new();
            }
        });
    }
}

/// Works at the slot, once it is free. `Full` also when the slot was reclaimed meanwhile.
pub(crate) async fn at_the_desk<T>(work: impl AsyncFnOnce(&PhotoSlotGuard) -> Option<T>) -> Result<T, Full> {
    let place = PhotoSlotGuard::take().await?;
    let (work, beat) = (pin!(work(&place)), pin!(place.beat()));
    match select(work, beat).await {
        Either::Left((Some(done), _)) => Ok(done),
        Either::Left((None, _)) | Either::Right(_) => Err(Full),
    }
}

#[cfg(all(test, target_arch = "wasm32"))]
mod tests {
    use std::cell::RefCell;

    use futures_util::future::join;
    use wasm_bindgen_test::wasm_bindgen_test as test;
    use worker::Delay;

    use super::{LOOK, PhotoSlotGuard, at_the_desk};

    #[test]
    async fn there_is_one_place() {
        let seen = RefCell::new(Vec::new());
        let work = async |name: &'static str| {
            let done = at_the_desk(async |place| {
                place.with(|bytes| bytes.extend(name.bytes()))?;
                seen.borrow_mut().push(name);
                Delay::from(LOOK * 2).await;
                seen.borrow_mut().push(name);
                Some(place.clear())
            });
            done.await.ok()
        };
        let (first, second) = join(work("first"), work("second")).await;
        assert_eq!((first, second), (Some(b"first".to_vec()), Some(b"second".to_vec())));
        assert_eq!(*seen.borrow(), ["first", "first", "second", "second"]);
    }

    #[test]
    async fn whoever_lost_the_place_finds_nothing_there() {
        let lost = at_the_desk(async |place| {
            place.with(|bytes| bytes.push(1))?;
            // As if the holder's heartbeat had stopped long ago.
            let next = PhotoSlotGuard::free();
            next.with(|bytes| bytes.push(2))?;
            assert!(place.with(|_| ()).is_none());
            assert!(place.clear().is_empty());
            assert_eq!(next.clear(), [2]);
            place.with(|_| ())
        });
        assert!(lost.await.is_err());
        assert!(at_the_desk(async |_| Some(())).await.is_ok(), "it is free again");
    }
}
