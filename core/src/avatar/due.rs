//! The moments at which an avatar needs work, or a look, though no call arrives.

use std::time::Duration;

use super::{Avatar, Moment, PhotoState, Step, TaskKind, hosted::Tidying};
use crate::{fal::Account, time::Timestamp};

/// The moments from which an avatar behind the API needs work. `None`: nothing to do in its present state. A server
/// stores them beside the state, so that its start need not read every avatar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// Work on orders and photos, and deleting.
    pub work: Option<Timestamp>,
    /// Notices to the backend, which not every deployment has.
    pub notice: Option<Timestamp>,
}

/// The moment of work that can be done at once: always the same one, so that the stored number changes only with the
/// avatar.
const AT_ONCE: Timestamp = Timestamp::START;

/// Time until the next look while a task runs. Leases are far longer, so a dead worker would go unnoticed until one
/// expires.
const LOOK_AFTER: Duration = Duration::from_secs(20);

impl Avatar {
    /// Tells from when on the avatar needs work. An avatar of the command line waits for its person.
    #[must_use]
    pub fn due(&self, now: Timestamp) -> Due {
        let Some(hosted) = &self.hosted else { return Due::default() };
        let photos = self.photos.photos().iter().any(|photo| photo.state == PhotoState::Waiting);
        // Work that a dead process had under way is begun anew by the next process.
        let at_once = !self.ended()
            || !self.running.is_empty()
            || photos && self.person.is_some()
            || self.missing_copies().next().is_some();
        let tidying = || match self.tidying(now) {
            Tidying::None => None,
            Tidying::Later(until) => Some(until),
            Tidying::Now(..) | Tidying::Discard(_) | Tidying::Forget => Some(AT_ONCE),
        };
        let untold = hosted.notices.iter().map(|notice| notice.retry.as_ref());
        Due {
            work: if at_once { Some(AT_ONCE) } else { tidying() },
            notice: untold.map(|retry| retry.map_or(AT_ONCE, |retry| retry.until)).min(),
        }
    }

    /// Returns the time at which a sleeping object has to be woken. Work that can begin now or is under way is looked
    /// after soon: the process that does it may be gone by then without a trace.
    #[must_use]
    pub fn look_again(
        &self,
        account: &Account,
        moment: &Moment,
        wanted: impl Fn(&Self, TaskKind) -> bool,
    ) -> Option<Timestamp> {
        let soon = moment.now.plus(LOOK_AFTER);
        let busy = self.running_now(moment).next().is_some();
        match self.next_step(account, moment, wanted) {
            Step::Begin(_) => Some(soon),
            Step::Wait(until) if busy => Some(until.min(soon)),
            Step::Wait(until) => Some(until),
            Step::Idle => busy.then_some(soon),
        }
    }
}
