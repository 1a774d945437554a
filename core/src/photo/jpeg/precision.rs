//! The bits of a JPEG's coefficients that its scans have brought.

use super::frame::{Frame, Scan};

/// The number of low bits that are still missing, of each coefficient of each component.
pub(super) struct Precision {
    progressive: bool,
    missing: Vec<[u8; 64]>,
}

/// The precision of a coefficient that no scan has brought yet: more bits than any scan leaves out.
const ALL: u8 = u8::MAX;

impl Precision {
    /// Returns the precision before the first scan.
    pub(super) fn before(frame: &Frame) -> Self {
        Self { progressive: frame.progressive, missing: vec![[ALL; 64]; frame.components.len()] }
    }

    /// Takes a scan into account (G.1.1.1). A scan that refines a coefficient that no scan has brought adds
    /// nothing.
    pub(super) fn refine(&mut self, scan: &Scan) {
        let (first, last) = if self.progressive { scan.band } else { (0, 63) };
        for component in &scan.components {
            let Some(missing) = self.missing.get_mut(component.index) else { continue };
            for missing in missing.iter_mut().take(usize::from(last) + 1).skip(usize::from(first)) {
                if !self.progressive {
                    *missing = 0;
                } else if scan.high == 0 || *missing == scan.high {
                    *missing = scan.low;
                }
            }
        }
    }

    /// Tells whether every coefficient has all its bits.
    pub(super) fn is_full(&self) -> bool {
        self.missing.iter().flatten().all(|missing| *missing == 0)
    }
}
