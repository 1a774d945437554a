//! The parts of a JPEG that the encoder made, which [`super::encode`] joins.

use std::ops::Range;

use likeness_jpeg::marker::{DRI, EOI, SOF0, SOF2, SOS, Segments};

/// The beginning of a JPEG's scan, and the range of its data.
pub(super) struct Scan {
    pub(super) begins: usize,
    pub(super) data: Range<usize>,
}

/// Finds the scan of a JPEG that the encoder made: one scan, up to EOI, which is the last thing in the file.
pub(super) fn scan(bytes: &[u8]) -> Option<Scan> {
    let mut segments = Segments::of(bytes).ok()?;
    loop {
        let begins = segments.at;
        if segments.read().ok()?.marker == SOS {
            let end = bytes.len().checked_sub(2).filter(|end| bytes.get(*end..) == Some(&[0xff, EOI]))?;
            return Some(Scan { begins, data: segments.at..end });
        }
    }
}

/// Writes the picture's height into the frame header.
pub(super) fn set_height(head: &mut [u8], height: usize) -> Option<()> {
    let mut segments = Segments::of(head).ok()?;
    let frame = loop {
        let begins = segments.at;
        if matches!(segments.read().ok()?.marker, SOF0..=SOF2) {
            break begins;
        }
    };
    // The marker, the segment's length and the precision come before the height (B.2.2).
    let height = u16::try_from(height).ok()?;
    head.get_mut(frame + 5..frame + 7)?.copy_from_slice(&height.to_be_bytes());
    Some(())
}

/// Returns the segment that has the scan restarted after so many units (B.2.4.4).
pub(super) fn restart_interval(units: u16) -> [u8; 6] {
    let [high, low] = units.to_be_bytes();
    [0xff, DRI, 0, 4, high, low]
}
