//! The operator's overview of the avatars behind the API.

use likeness_core::{
    error::StorageError,
    ledger::{Fold, Overview},
    time::Timestamp,
};

use super::{Store, first_text};

impl Store {
    /// Folds the stored avatars into an overview. The rows pass one by one, beside changes, and none is locked.
    pub(crate) fn overview(&self, now: Timestamp) -> Result<Overview, StorageError> {
        self.database.look(|connection| {
            let mut query = connection.prepare_cached("SELECT state FROM avatars ORDER BY rowid DESC")?;
            let mut fold = Fold::new(now);
            // An avatar that cannot be read does not hide the others.
            for text in query.query_map([], first_text)?.filter_map(Result::ok) {
                let avatar = self.read(&text).map_err(|error| log::error!("{error}")).ok();
                if let Some((avatar, entry)) =
                    avatar.and_then(|avatar| Some((avatar.id(), avatar.entry(now)?)))
                {
                    fold.add(avatar, entry);
                }
            }
            Ok(fold.overview())
        })
    }
}
