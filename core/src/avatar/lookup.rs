//! Lookup of the training on record that a request means, and of the same person's other trainings.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{Avatar, AvatarId, Bought, Identity, Order, Person, PhotoSet, SamePhotos, Stage, TrainingJob};

/// The answer to whether a training that is asked for is on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnRecord {
    /// The last training of this avatar, under this identity.
    Yes(AvatarId, Uuid),
    /// No training on record.
    No,
    /// Some training, perhaps: the answer depends on photos that were not looked at yet.
    Unknown,
}

/// Another training of the same person: under way, done, unclear, or paid for and failed.
#[derive(Clone, Copy, Debug)]
pub struct OtherTraining<'a> {
    /// The avatar.
    pub avatar: &'a Avatar,
    /// The last such training of this avatar.
    pub training: &'a TrainingJob,
}

impl OnRecord {
    /// Looks for the training of these photos among avatars that are not behind the API, where the caller's number
    /// names a training. One that is not over goes first; else the first in order.
    #[must_use]
    pub fn among(avatars: &[Avatar], wanted: &Identity<'_>, listed: &PhotoSet) -> Self {
        let (mut found, mut unknown) = (Vec::new(), false);
        for avatar in avatars.iter().filter(|avatar| !avatar.is_hosted()) {
            match Self::is_that_of(avatar, wanted, listed) {
                (SamePhotos::Yes, Some(training)) => found.push((avatar, training)),
                (SamePhotos::Unknown, _) => unknown = true,
                _ => {}
            }
        }
        let first = found.iter().find(|(_, training)| !training.order.ended()).or(found.first());
        match first {
            Some((avatar, training)) => Self::Yes(avatar.id(), training.identity),
            None if unknown => Self::Unknown,
            None => Self::No,
        }
    }

    /// Looks into one avatar only.
    #[must_use]
    pub fn of(avatar: &Avatar, wanted: &Identity<'_>, listed: &PhotoSet) -> Self {
        match Self::is_that_of(avatar, wanted, listed) {
            (SamePhotos::Yes, Some(training)) => Self::Yes(avatar.id(), training.identity),
            (SamePhotos::Unknown, _) => Self::Unknown,
            _ => Self::No,
        }
    }

    fn is_that_of<'a>(
        avatar: &'a Avatar,
        wanted: &Identity<'_>,
        listed: &PhotoSet,
    ) -> (SamePhotos, Option<&'a TrainingJob>) {
        match avatar.trainings().last().filter(|training| wanted.is_that_of(avatar, training)) {
            Some(training) => (SamePhotos::between(listed, avatar.photos()), Some(training)),
            None => (SamePhotos::No, None),
        }
    }
}

impl<'a> OtherTraining<'a> {
    /// Finds the trainings of this person, done or under way, beside the avatar that is asked for: under the same name
    /// whatever its case, at the same place and in the same mode. Unclear purchases go first.
    #[must_use]
    pub fn among(avatars: &'a [Avatar], wanted: &Identity<'_>, asked_for: AvatarId) -> Vec<Self> {
        let name = wanted.name.folded();
        let is_same = |one: &Person| one.user == *wanted.user && one.name.folded() == name;
        let mut others: Vec<Self> = avatars
            .iter()
            .filter(|avatar| avatar.id() != asked_for && avatar.person().is_some_and(is_same))
            .filter(|avatar| avatar.test_mode() == wanted.test_mode && avatar.origin() == wanted.origin)
            .filter_map(|avatar| {
                let counts = |training: &&TrainingJob| may_cost(&training.order);
                let training = avatar.trainings().iter().rev().find(counts)?;
                Some(Self { avatar, training })
            })
            .collect();
        others.sort_by_key(|other| !other.is_unclear());
        others
    }

    /// Tells whether fal may have taken the order, and may not. An order whose process died while it was placed is
    /// found to be unclear when it is looked at next.
    #[must_use]
    pub fn is_unclear(&self) -> bool {
        matches!(self.training.order.stage(), Stage::Submitting { .. } | Stage::Unclear { .. })
    }

    /// Names the settings that fal sees and that differ, each with its value there and the one wanted here.
    #[must_use]
    pub fn other_settings(&self, wanted: &Identity<'_>) -> Vec<(String, String, String)> {
        let (there, here) = (self.training.config.seen_by_fal(), wanted.config.seen_by_fal());
        let Some(settings) = there.as_object() else { return Vec::new() };
        let value = |value: Option<&serde_json::Value>| match value {
            None | Some(serde_json::Value::Null) => "none".to_owned(),
            Some(serde_json::Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        let differ = settings.iter().filter(|(name, there)| here.get(name) != Some(there));
        differ.map(|(name, there)| (name.clone(), value(Some(there)), value(here.get(name)))).collect()
    }

    /// Counts the photos that only the other training has, and those that only the listed ones have.
    #[must_use]
    pub fn other_photos(&self, listed: &PhotoSet) -> (usize, usize) {
        let sums =
            |set: &PhotoSet| -> BTreeSet<_> { set.that_count().filter_map(|photo| photo.sha256).collect() };
        let (there, here) = (sums(self.avatar.photos()), sums(listed));
        (there.difference(&here).count(), here.difference(&there).count())
    }

    /// Counts the photos that went in, or are to go in.
    #[must_use]
    pub fn photos(&self) -> usize {
        self.avatar.photos().that_count().count()
    }
}

/// Tells whether the order was paid for, or may be, or will be once it is carried on.
fn may_cost<G>(order: &Order<G>) -> bool {
    match order.stage() {
        Stage::Failed { bought, .. } => matches!(bought, Bought::Ran(_)),
        Stage::Cancelled { request_id, .. } => request_id.is_some(),
        _ => true,
    }
}

#[cfg(test)]
mod tests;
