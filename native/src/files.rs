//! Files in the data folder: the store of avatars, their photos, models and pictures.

pub(crate) mod album;
pub(crate) mod download;
pub(crate) mod kept;
pub(crate) mod look;
pub(crate) mod orphans;
pub(crate) mod store;
