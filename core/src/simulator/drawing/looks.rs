//! Looks that photos have given: a drawn portrait may take them in place of its seed's.

use serde::{Deserialize, Serialize};

use super::person::Hair;

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
