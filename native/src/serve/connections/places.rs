//! A fair share of places: a limit in all, a limit for each key, and no newcomer is kept out by keys that have more.

use std::{
    collections::{BTreeMap, HashMap},
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

/// The places. Cheap to clone.
#[derive(Debug)]
pub(crate) struct Places<K>(Arc<Shared<K>>);

#[derive(Debug)]
struct Shared<K> {
    most: usize,
    most_of_one: usize,
    taken: Mutex<Taken<K>>,
}

#[derive(Debug)]
struct Taken<K> {
    next: u64,
    /// Places that are taken, by their age.
    places: BTreeMap<u64, (K, Arc<Notify>)>,
    of: HashMap<K, usize>,
}

/// A place, until it is dropped or taken away for a key that has fewer.
#[derive(Debug)]
pub(crate) struct Place<K: Copy + Eq + Hash> {
    places: Places<K>,
    number: u64,
    lost: Arc<Notify>,
}

impl<K> Clone for Places<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K: Copy + Eq + Hash> Places<K> {
    /// Sets the number of places in all, and for one key.
    pub(crate) fn new(most: usize, most_of_one: usize) -> Self {
        let taken = Taken { next: 0, places: BTreeMap::new(), of: HashMap::new() };
        Self(Arc::new(Shared { most, most_of_one, taken: Mutex::new(taken) }))
    }

    /// Takes a place for this key. When all are taken, the key with the most loses its newest one, if that is fair: it
    /// still has no fewer than the newcomer then. `None` otherwise.
    pub(crate) fn take(&self, key: K) -> Option<Place<K>> {
        let mut taken = self.taken();
        let own = taken.of.get(&key).copied().unwrap_or(0);
        if own >= self.0.most_of_one {
            return None;
        }
        if taken.places.len() >= self.0.most {
            let (fullest, most) = taken.of.iter().max_by_key(|(_, of)| **of).map(|(key, of)| (*key, *of))?;
            if most <= own + 1 {
                return None;
            }
            let last = taken.places.iter().rev().find(|(_, (key, _))| *key == fullest);
            let number = last.map(|(number, _)| *number)?;
            taken.remove(number)?.notify_one();
        }
        let (number, lost) = (taken.next, Arc::new(Notify::new()));
        taken.next += 1;
        taken.places.insert(number, (key, Arc::clone(&lost)));
        *taken.of.entry(key).or_default() += 1;
        Some(Place { places: self.clone(), number, lost })
    }

    /// Locks the places, also after a panic elsewhere: their content is right after every step.
    fn taken(&self) -> MutexGuard<'_, Taken<K>> {
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Copy + Eq + Hash> Taken<K> {
    fn remove(&mut self, number: u64) -> Option<Arc<Notify>> {
        let (key, lost) = self.places.remove(&number)?;
        if let Some(of) = self.of.get_mut(&key) {
            *of -= 1;
            if *of == 0 {
                self.of.remove(&key);
            }
        }
        Some(lost)
    }
}

impl<K: Copy + Eq + Hash> Place<K> {
    /// Returns once the place was taken away.
    pub(crate) async fn lost(&self) {
        self.lost.notified().await;
    }
}

impl<K: Copy + Eq + Hash> Drop for Place<K> {
    fn drop(&mut self) {
        drop(self.places.taken().remove(self.number));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Place, Places};

    fn is_lost(place: &Place<u8>) -> bool {
        let waits = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        waits.block_on(async { tokio::time::timeout(Duration::ZERO, place.lost()).await.is_ok() })
    }

    #[test]
    fn whoever_has_most_makes_room_until_all_have_as_many() {
        let places = Places::new(12, 8);
        let take = |key: u8, count: usize| -> Vec<_> { (0..count).map_while(|_| places.take(key)).collect() };
        let first = take(1, 20);
        assert_eq!(first.len(), 8, "one leaves places for others");
        let second = take(2, 20);
        assert_eq!(second.len(), 6);
        let lost = |of: &[Place<u8>]| of.iter().filter(|place| is_lost(place)).count();
        // All are taken: the third gets the places that the others have in excess.
        let third = take(3, 20);
        assert_eq!(third.len(), 4);
        let (first_lost, second_lost) = (lost(&first), lost(&second));
        assert_eq!((8 - first_lost, 6 - second_lost), (4, 4));
        assert!(!is_lost(&first[0]), "the one that is furthest stays");
        for key in 4..=20 {
            assert!(places.take(key).is_some(), "{key}");
        }
        drop((first, second, third));
        assert!(places.taken().of.is_empty() && places.taken().places.is_empty());
    }

    #[test]
    fn nobody_is_sent_away_for_one_who_has_as_many() {
        let places = Places::new(3, 2);
        let all: Vec<_> = [1_u8, 2, 3].map(|key| places.take(key).expect("a place")).into();
        assert!(places.take(4).is_none() && places.take(1).is_none());
        assert!(!all.iter().any(is_lost));
    }
}
