//! How many photos may be on their way at a time: so many in all, and so many of one avatar, whose holder cannot keep all
//! others out.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use likeness_core::avatar::AvatarId;

const MOST: usize = 64;
/// A whole set at once.
const MOST_OF_ONE: usize = 20;

/// The places. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Uploads(Arc<Mutex<HashMap<AvatarId, usize>>>);

/// A place, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    uploads: Uploads,
    avatar: AvatarId,
}

impl Uploads {
    /// A place for a photo of this avatar; `None` while there is none.
    pub(super) fn take(&self, avatar: AvatarId) -> Option<Place> {
        let mut taken = self.taken();
        if taken.values().sum::<usize>() >= MOST || taken.get(&avatar).is_some_and(|of| *of >= MOST_OF_ONE) {
            return None;
        }
        *taken.entry(avatar).or_default() += 1;
        Some(Place { uploads: self.clone(), avatar })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<AvatarId, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.uploads.taken();
        if let Some(of) = taken.get_mut(&self.avatar) {
            *of = of.saturating_sub(1);
            if *of == 0 {
                taken.remove(&self.avatar);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use likeness_core::avatar::AvatarId;

    use super::{MOST, MOST_OF_ONE, Uploads};

    #[test]
    fn one_avatar_leaves_places_for_others_and_all_together_have_an_end() {
        let uploads = Uploads::default();
        let avatar = |number| AvatarId::new(uuid::Uuid::from_u128(number));
        let mut of_one: Vec<_> = std::iter::from_fn(|| uploads.take(avatar(0))).collect();
        assert_eq!(of_one.len(), MOST_OF_ONE);
        let others: Vec<_> = (1..100).filter_map(|number| uploads.take(avatar(number))).collect();
        assert_eq!(others.len(), MOST - MOST_OF_ONE);
        of_one.pop();
        assert!(uploads.take(avatar(0)).is_some());
        drop((of_one, others));
        assert!(uploads.taken().is_empty());
    }
}
