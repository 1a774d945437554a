//! Random numbers from a seed.

use std::time::Duration;

/// The choices of one schedule.
#[derive(Clone, Debug)]
pub(super) struct Random(likeness_core::random::Random);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(likeness_core::random::Random::new(seed.wrapping_mul(0x2545_F491_4F6C_DD1D)))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Returns a number below `end`, which is not 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).expect("less than a usize")
    }

    pub(super) fn per_mille(&mut self, chance: u64) -> bool {
        self.next() % 1000 < chance
    }

    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// Returns a duration from nothing to `most`.
    pub(super) fn up_to(&mut self, most: Duration) -> Duration {
        let most = u64::try_from(most.as_millis()).expect("short");
        Duration::from_millis(self.next() % (most + 1))
    }

    pub(super) fn bytes(&mut self) -> [u8; 16] {
        let (one, two) = (self.next().to_le_bytes(), self.next().to_le_bytes());
        std::array::from_fn(|index| if index < 8 { one[index] } else { two[index - 8] })
    }
}
