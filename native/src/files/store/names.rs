//! The names in the data folder.

/// The name of the database in the data folder.
pub(crate) const DATABASE: &str = "likeness.db";

/// The name of the folder that holds a folder for each avatar.
pub(super) const FOLDERS: &str = "avatars";

/// The name of the folder of locks.
pub(super) const LOCKS: &str = "locks";

/// The name of the folder of prepared photos inside an avatar's own.
pub(crate) const WORKING: &str = "working";
