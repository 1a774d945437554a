//! The names in the data folder.

/// The name of the database in the data folder.
pub(crate) const DATABASE: &str = "likeness.db";

/// The name of the folder in which each avatar has one.
pub(super) const FOLDERS: &str = "avatars";

/// The name of the folder of locks.
pub(super) const LOCKS: &str = "locks";

/// The folder of prepared photos inside an avatar's own.
pub(crate) const WORKING: &str = "working";
