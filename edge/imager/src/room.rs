//! Room for a photo in the linear memory. The memory never shrinks, and the linker lets it grow no further than
//! [`likeness_core::limits::IMAGER_MEMORY`]: beyond that an allocation fails, and code that cannot go on without one
//! traps.

use std::hint::black_box;

use likeness_core::limits::IMAGER_MEMORY;

/// The step in which free memory is measured, in bytes.
const STEP: u64 = 1 << 20;

/// Makes sure that so many bytes can be had in one piece; else returns how many can. The free pieces between those in
/// use decide: after a photo of one size a larger one may not fit any more, though either does in a fresh instance.
pub(crate) fn make(needed: u64) -> Result<(), u64> {
    if block(needed).is_some() {
        return Ok(());
    }
    // The allocator asks for as much new memory as it is asked for, however much is free at the end of the old. So the
    // largest free piece is taken first, and only the rest is new.
    let largest = largest();
    let taken = block(largest);
    let rest = block(needed.saturating_sub(largest) + STEP);
    drop((taken, rest));
    if block(needed).is_some() { Ok(()) } else { Err(self::largest()) }
}

/// Allocates so many bytes in one piece.
fn block(bytes: u64) -> Option<Vec<u8>> {
    let mut block = Vec::new();
    block.try_reserve_exact(usize::try_from(bytes).ok()?).ok()?;
    // An allocation that is never read would be optimised away.
    Some(black_box(block))
}

/// Finds how many bytes can be had in one piece without new memory, or with as much of it in one piece.
fn largest() -> u64 {
    let (mut there, mut missing) = (0, IMAGER_MEMORY / STEP + 1);
    while missing - there > 1 {
        let middle = there.midpoint(missing);
        if block(middle * STEP).is_some() {
            there = middle;
        } else {
            missing = middle;
        }
    }
    there * STEP
}

#[cfg(all(test, target_arch = "wasm32"))]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::{IMAGER_MEMORY, STEP, block, largest, make};

    #[test]
    fn there_is_room_for_little_and_not_for_everything() {
        assert_eq!(make(0), Ok(()));
        assert_eq!(make(STEP), Ok(()));
        assert!(block(1 << 32).is_none() && block(u64::MAX).is_none());
    }

    /// Compares the two limits: the linker is told by a build script that cannot ask the core.
    #[test]
    fn the_linker_knows_the_limit() {
        assert_eq!(IMAGER_MEMORY, 112_000_000);
        assert!(include_str!("../build.rs").contains("const MOST: u64 = 112_000_000 / 65_536 * 65_536;"));
    }

    #[test]
    fn memory_grows_by_what_is_missing() {
        drop(block(20 << 20));
        let before = likeness_platform::memory();
        assert!(largest() >= 20 << 20, "{before:?}");
        assert_eq!(make(24 << 20), Ok(()));
    }
}
