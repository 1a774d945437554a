//! The moments at which an avatar behind the API needs work though no call arrives. A shell stores them beside the
//! state, so that its start need not read every avatar.

use super::{Avatar, PhotoState, hosted::Tidying};
use crate::time::Timestamp;

/// The moments from which an avatar behind the API needs work. `None`: nothing to do in its present state.
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
}
