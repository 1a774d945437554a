//! Erases that are not over, and the room that they need on a full disk.

use likeness_core::{
    avatar::AvatarId,
    error::{StorageError, StorageErrorKind},
};

use super::{Store, first_text, texts};

impl Store {
    /// Lists the avatars whose person was forgotten and whose files may not all be deleted.
    pub(crate) fn half_erased(&self) -> Result<Vec<AvatarId>, StorageError> {
        let texts = self.database.look(|connection| {
            let mut query = connection.prepare_cached("SELECT avatar FROM erasures")?;
            texts(query.query_map([], first_text)?)
        })?;
        self.ids(&texts)
    }

    /// Tells whether the person of this avatar was forgotten, and files of theirs may still be here.
    pub(crate) fn is_half_erased(&self, id: AvatarId) -> Result<bool, StorageError> {
        self.database.look(|connection| {
            connection
                .prepare_cached("SELECT 1 FROM erasures WHERE avatar = ?1 AND gone = 0")?
                .exists([id.to_string()])
        })
    }

    /// Notes that no file of this avatar's person is here any more.
    pub(crate) fn gone(&self, id: AvatarId) -> Result<(), StorageError> {
        self.execute("UPDATE erasures SET gone = 1 WHERE avatar = ?1", id)
    }

    /// Notes that nothing is left to delete of this avatar's person, neither here nor elsewhere.
    pub(crate) fn erased(&self, id: AvatarId) -> Result<(), StorageError> {
        self.execute("DELETE FROM erasures WHERE avatar = ?1 AND gone = 1", id)
    }

    /// Forgets the simulator's state of this avatar, and clears deleted and replaced content out of all files of the
    /// database. No trace is left once this has succeeded.
    pub(crate) fn forget(&self, id: AvatarId) -> Result<(), StorageError> {
        self.execute("UPDATE avatars SET simulator = NULL WHERE id = ?1", id)?;
        self.with_room(|| self.database.empty())
    }

    fn execute(&self, query: &str, id: AvatarId) -> Result<(), StorageError> {
        self.with_room(|| {
            self.database.change(|transaction| {
                let done = transaction.execute(query, [id.to_string()]).and_then(|_| transaction.commit());
                done.map_err(|error| self.database.error(&error))
            })
        })
    }

    /// Takes a step of an erase, on a full disk with the room that is kept for that. That is lent only once there is none, and
    /// a little at a time, since others may take it.
    pub(crate) fn with_room<T>(&self, step: impl Fn() -> Result<T, StorageError>) -> Result<T, StorageError> {
        let mut done = step();
        while done.as_ref().is_err_and(may_be_full) && self.reserve.lend(ROOM_FOR_A_STEP) {
            done = step();
        }
        self.reserve.take_back();
        done
    }
}

/// Tells whether a full disk may be the reason. A quota that is used up looks like a broken disk to `SQLite`.
pub(super) fn may_be_full(error: &StorageError) -> bool {
    matches!(error.kind, StorageErrorKind::Full | StorageErrorKind::Broken)
}

/// The bytes of the reserve that a step of an erase is lent at a time.
const ROOM_FOR_A_STEP: u64 = 32 << 10;
