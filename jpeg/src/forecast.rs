//! Memory and length of a recoded picture, predicted from its headers.

use crate::{
    error::Error,
    picture::Jpeg,
    recode::{Grey, Recoding, Route},
    regrid, turn,
};

impl Jpeg<'_> {
    /// Tells whether the picture can be recoded, as far as the headers show. The error is the one that
    /// [`Jpeg::recode`] would return.
    pub fn can_be_recoded(&self, recoding: Recoding) -> Result<(), Error> {
        self.route(recoding).map(drop)
    }

    /// Predicts the memory in bytes that the workspace grows to, from the headers alone: more than fixed buffers only if
    /// the picture is turned.
    #[must_use]
    pub fn memory(&self, recoding: Recoding) -> u64 {
        const FIXED: u64 = 1 << 20;
        let count = |(across, down): (u32, u32)| u64::from(across) * u64::from(down);
        let mcus = if self.interleaved {
            count(self.frame.mcus())
        } else {
            let of_components =
                self.frame.components.iter().map(|component| count(self.frame.blocks(*component)));
            of_components.max().unwrap_or(0)
        };
        match self.route(recoding) {
            Ok(Route::InOrder) | Err(_) => FIXED,
            Ok(Route::Turned) => FIXED + mcus * turn::INDEX_BYTES,
            Ok(Route::Regridded) => {
                let (across, _) = recoding.orientation.turned(self.frame.mcus());
                let blocks: u32 =
                    self.frame.components.iter().map(|component| component.h * component.v).sum();
                FIXED + mcus * turn::INDEX_BYTES + u64::from(across * blocks) * regrid::BLOCK_BYTES
            }
        }
    }

    /// Predicts a length in bytes that the new file hardly exceeds, if the stored one has this length. Where steps only
    /// become coarser, the typical Huffman tables alone can make it longer: by a few bits for a block that is nearly
    /// empty, by a few per cent otherwise. Only a file that is made for it has codes that gain more.
    ///
    /// On a new grid of blocks, with the steps of quality 95, a small file may grow to several times its length. A large
    /// one was made with steps that are as fine, and grows little. Noise takes seven bits for a sample.
    #[must_use]
    pub fn recoded_length(&self, recoding: Recoding, stored: u64) -> u64 {
        const HEADERS: u64 = 1 << 10;
        const SMALL: u64 = 24 << 20;
        let blocks = self.frame.all_blocks();
        let added = match recoding.grey {
            Grey::ThreeComponents if self.is_grey() => blocks,
            Grey::ThreeComponents | Grey::OneComponent => 0,
        };
        let stored = stored.min(1 << 40);
        let coded = match self.route(recoding) {
            Ok(Route::Regridded) => (stored * 4).min(SMALL).max(stored * 4 / 3).min(blocks * 56),
            Ok(Route::InOrder | Route::Turned) | Err(_) => stored + stored / 8 + blocks / 2,
        };
        HEADERS + coded + added
    }
}
