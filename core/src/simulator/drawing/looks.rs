//! Looks that photos have given: a drawn portrait may take them in place of its seed's.

use serde::{Deserialize, Serialize};

/// The looks of a person in photos, as far as a drawing can repeat them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::simulator) struct Looks {
    pub(in crate::simulator) skin: [u8; 3],
    pub(in crate::simulator) hair: [u8; 3],
    /// Colours that the person wore, one for each photo that shows them.
    pub(in crate::simulator) clothes: Vec<[u8; 3]>,
    pub(in crate::simulator) style: Hair,
    pub(in crate::simulator) beard: bool,
}

/// A way to wear hair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::simulator) enum Hair {
    Short,
    Bob,
    Long,
    Curly,
    Bun,
}

impl Hair {
    pub(in crate::simulator) const ALL: [Self; 5] =
        [Self::Short, Self::Bob, Self::Long, Self::Curly, Self::Bun];
}
