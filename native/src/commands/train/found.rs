//! Lookup of the job that a request for a training means.

use likeness_core::avatar::{Avatar, AvatarId, Identity, OnRecord};
use uuid::Uuid;

use super::photos::Named;
use crate::{
    context::Context,
    driver::shell::Shell,
    failure::{self, Failure},
};

/// The job that a request means.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job {
    pub(super) id: AvatarId,
    /// Identity of the training: see [`Identity`].
    pub(super) identity: Uuid,
    found: Found,
    given: Option<AvatarId>,
}

/// The place of the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// A job on record, under the identity that is stored there, or one that the caller named.
    Job(AvatarId, Uuid),
    /// No job on record. Where the caller named an avatar, the training will be one of it.
    New,
    /// Some job, perhaps: that depends on photos that were not looked at yet.
    Unknown,
}

impl Job {
    /// Finds the job. Known sums need no decoding; a new training is named by its good photos, and only decoding shows
    /// which those are.
    pub(super) async fn find(
        shell: &Shell,
        wanted: &Identity<'_>,
        named: &mut Named,
        given: Option<AvatarId>,
        context: &Context,
    ) -> Result<Self, Failure> {
        let mut found = Found::look(shell, wanted, named, given)?;
        if found == Found::Unknown {
            named.judge(wanted.config.photos(), shell, context).await?;
            found = Found::look(shell, wanted, named, given)?;
        }
        if let Found::Job(id, identity) = found {
            return Ok(Self { id, identity, found, given });
        }
        named.judge(wanted.config.photos(), shell, context).await?;
        let identity = wanted.of_photos(named.set());
        Ok(Self { id: given.unwrap_or_else(|| AvatarId::new(identity)), identity, found, given })
    }

    /// Tells whether the job would still be found there, when these are all avatars on record.
    pub(super) fn is_still_there(&self, avatars: &[Avatar], wanted: &Identity<'_>, named: &Named) -> bool {
        if self.given.is_some() || matches!(self.found, Found::Job(..)) {
            return true;
        }
        let listed = AvatarId::new(as_listed(wanted, named));
        let others: Vec<_> = avatars.iter().filter(|avatar| avatar.id() != self.id).cloned().collect();
        others.iter().all(|avatar| avatar.id() != listed)
            && OnRecord::among(&others, wanted, named.set()) == OnRecord::No
    }
}

impl Found {
    /// Looks in this order: the avatar that the caller named; the one whose id releases before this one made from the
    /// list as it was typed, which finds erased ones as well; one whose good photos and captions are those of the list.
    fn look(
        shell: &Shell,
        wanted: &Identity<'_>,
        named: &Named,
        given: Option<AvatarId>,
    ) -> Result<Self, Failure> {
        if let Some(id) = given {
            let known = shell.store.load(id).map_err(failure::storage)?;
            return Ok(known.map_or(Self::New, |avatar| OnRecord::of(&avatar, wanted, named.set()).into()));
        }
        let listed = as_listed(wanted, named);
        let id = AvatarId::new(listed);
        if let Some(avatar) = shell.store.load(id).map_err(failure::storage)? {
            return Ok(match OnRecord::of(&avatar, wanted, named.set()) {
                OnRecord::Yes(id, identity) => Self::Job(id, identity),
                // Of an avatar whose person was forgotten only the id is left.
                OnRecord::No | OnRecord::Unknown => Self::Job(id, listed),
            });
        }
        let avatars = shell.store.load_all().map_err(failure::storage)?;
        Ok(OnRecord::among(&avatars, wanted, named.set()).into())
    }
}

impl From<OnRecord> for Found {
    fn from(on_record: OnRecord) -> Self {
        match on_record {
            OnRecord::Yes(id, identity) => Self::Job(id, identity),
            OnRecord::No => Self::New,
            OnRecord::Unknown => Self::Unknown,
        }
    }
}

fn as_listed(wanted: &Identity<'_>, named: &Named) -> Uuid {
    let photos = named.set().photos().iter();
    let listed: Vec<_> = photos.map(|photo| (photo.sha256, photo.caption.as_deref())).collect();
    wanted.as_listed(&listed)
}
