//! The choice between two stored states of an avatar: its row in a database, and its own record, which lies beside its
//! files.
//!
//! A shell numbers every state, and has the record on the disk before it commits the row. So the record is as new as
//! the row or newer, unless one of the two was lost, broken, or taken from a backup. The newer one counts. Where only
//! one of the two is left, something newer may have been lost with the other: what is not ordered in it may have been
//! ordered since, and is called off.

use super::{Avatar, Event, Moment, Stored, StoredError};

/// The newest state of an avatar that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Newest {
    avatar: Avatar,
    revision: u64,
    found: Found,
}

/// The place where a state was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Row,
    /// In the record: the row is older, and has to be written.
    Record,
    /// In one of the two, and the other cannot be read.
    OneOfTwo,
}

/// The number of an avatar's first state. Every later state has a higher one.
const FIRST: u64 = 1;

impl Newest {
    /// Finds the newest state of an avatar that has a row.
    pub fn of(row: &str, record: Option<&str>) -> Result<Self, StoredError> {
        let revision = Stored::revision(row);
        let (revision, avatar) = match revision.and_then(|revision| Ok((revision, Stored::read(row)?))) {
            Ok(read) => read,
            Err(StoredError::Newer) => return Err(StoredError::Newer),
            Err(error) => return Self::instead_of(error, record),
        };
        let of_row = |found| Self { avatar: avatar.clone(), revision, found };
        let Some(record) = record else {
            // A row from before there were records has none, and neither has that of a forgotten person.
            let has_none = revision == 0 || avatar.person().is_none();
            return Ok(of_row(if has_none { Found::Row } else { Found::OneOfTwo }));
        };
        match Stored::revision(record) {
            Err(StoredError::Newer) => Err(StoredError::Newer),
            Ok(newer) if newer > revision => Ok(match Stored::read(record) {
                Ok(avatar) => Self { avatar, revision: newer, found: Found::Record },
                Err(_) => of_row(Found::OneOfTwo),
            }),
            Ok(_) => Ok(of_row(Found::Row)),
            Err(StoredError::Unreadable(_)) => Ok(of_row(Found::OneOfTwo)),
        }
    }

    /// Reads the record of an avatar that has no row. `None` for a first state: the row was to follow, and nothing was
    /// done.
    pub fn of_record_alone(record: &str) -> Result<Option<Self>, StoredError> {
        let revision = Stored::revision(record)?;
        if revision <= FIRST {
            return Ok(None);
        }
        let avatar = Stored::read(record)?;
        Ok(Some(Self { avatar, revision, found: Found::OneOfTwo }))
    }

    fn instead_of(error: StoredError, record: Option<&str>) -> Result<Self, StoredError> {
        let Some(record) = record else { return Err(error) };
        match (Stored::revision(record), Stored::read(record)) {
            (Ok(revision), Ok(avatar)) => Ok(Self { avatar, revision, found: Found::OneOfTwo }),
            (Err(StoredError::Newer), _) => Err(StoredError::Newer),
            _ => Err(error),
        }
    }

    /// Tells whether a newer state may have been lost: see [`Self::cautious`].
    #[must_use]
    pub fn is_doubtful(&self) -> bool {
        self.found == Found::OneOfTwo
    }

    /// Tells whether the row has to be written, though nothing changed.
    #[must_use]
    pub fn is_to_be_written(&self) -> bool {
        self.found != Found::Row
    }

    /// Returns the number of the state that follows this one. An avatar without a number is not taken for a new one.
    #[must_use]
    pub fn next_revision(&self) -> u64 {
        self.revision.max(FIRST).saturating_add(1)
    }

    /// Returns the number of a new avatar's first state.
    #[must_use]
    pub fn first_revision() -> u64 {
        FIRST
    }

    /// Returns the avatar as it was found.
    #[must_use]
    pub fn avatar(&self) -> &Avatar {
        &self.avatar
    }

    /// Returns the avatar. Where a newer state may have been lost, an order that was being placed is unclear, and one
    /// that was not placed yet is called off.
    #[must_use]
    pub fn cautious(self, moment: &Moment) -> Avatar {
        if self.is_doubtful() {
            self.avatar.after(Event::Restarted, moment).without_unplaced_orders(moment)
        } else {
            self.avatar
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Newest, Stored, StoredError};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        avatar::{Avatar, AvatarId, Command, Event, Moment, Name, Person},
        time::Timestamp,
    };

    fn moment() -> Moment {
        let now = Timestamp::from_millis(1_800_000_000_000);
        Moment { now, poll: Duration::from_secs(30), photo_slots: 1, entropy: [0; 16] }
    }

    fn avatar(name: &str) -> Avatar {
        let text = |text| Name::new(text).expect("a name");
        let person = Person { user: text("u"), name: text(name), gender: None };
        let id = AvatarId::new(uuid::Uuid::from_u128(1));
        Avatar::new(id, person, false, "http://fal.test".to_owned(), &moment())
    }

    fn text(name: &str, revision: u64) -> String {
        Stored::write_revision(&avatar(name), revision).expect("a text")
    }

    fn newest(row: &str, record: Option<&str>) -> (String, bool, bool) {
        let newest = Newest::of(row, record).expect("a state");
        let name = newest.avatar().person().expect("a person").name.to_string();
        (name, newest.is_to_be_written(), newest.is_doubtful())
    }

    #[test]
    fn the_newer_of_the_two_counts() {
        let of = |row, record| newest(&text("Row", row), Some(&text("Record", record)));
        assert_eq!(of(3, 3), ("Row".to_owned(), false, false));
        assert_eq!(of(4, 3), ("Row".to_owned(), false, false));
        assert_eq!(of(3, 4), ("Record".to_owned(), true, false));
        // The row of a version without numbers.
        assert_eq!(of(0, 2), ("Record".to_owned(), true, false));
    }

    #[test]
    fn where_one_is_left_something_may_be_lost() {
        let row = text("Row", 3);
        assert_eq!(newest(&row, None), ("Row".to_owned(), true, true));
        assert_eq!(newest(&row, Some("half a rec")), ("Row".to_owned(), true, true));
        assert_eq!(newest("half a r", Some(&text("Record", 2))), ("Record".to_owned(), true, true));
        assert!(matches!(Newest::of("half a r", None), Err(StoredError::Unreadable(_))));
        // A row from before there were records has none, and neither has that of a forgotten person.
        assert_eq!(newest(&text("Row", 0), None), ("Row".to_owned(), false, false));
        let forgotten = avatar("Row").after(Event::Asked(Command::Erase), &moment());
        let forgotten = Stored::write_revision(&forgotten, 5).expect("a text");
        assert!(!Newest::of(&forgotten, None).expect("a state").is_doubtful());
    }

    #[test]
    fn what_a_newer_version_wrote_is_said_to_be_newer() {
        let newer = text("Row", 9).replacen(r#""version":"1""#, r#""version":"2""#, 1);
        let other = r#"{"version":"2","revision":9,"avatar":{"no":"such"}}"#;
        for newer in [newer.as_str(), other] {
            assert!(matches!(Stored::read(newer), Err(StoredError::Newer)));
            assert!(matches!(Newest::of(newer, Some(&text("Record", 2))), Err(StoredError::Newer)));
            assert!(matches!(Newest::of(&text("Row", 2), Some(newer)), Err(StoredError::Newer)));
            assert!(matches!(Newest::of("half", Some(newer)), Err(StoredError::Newer)));
            assert!(matches!(Newest::of_record_alone(newer), Err(StoredError::Newer)));
        }
    }

    #[test]
    fn a_first_state_whose_row_never_came_is_nothing() {
        let first = Newest::first_revision();
        assert_eq!(Newest::of_record_alone(&text("Record", first)).expect("read"), None);
        let second = Newest::of_record_alone(&text("Record", first + 1)).expect("read").expect("a state");
        assert!(second.is_doubtful());
        // A state that had no number is never taken for a first one.
        let unnumbered = Newest::of(&text("Row", 0), None).expect("a state");
        assert!(unnumbered.next_revision() > first);
    }

    #[test]
    fn a_number_is_found_at_the_start() {
        let text = text("Row", 17);
        assert_eq!(Stored::revision_at_start(&text[..64]), Some(17));
        assert_eq!(Stored::revision(&text).expect("a number"), 17);
        let plain = Stored::write(&avatar("Row")).expect("a text");
        assert_eq!((Stored::revision_at_start(&plain), Stored::revision(&plain).ok()), (None, Some(0)));
    }
}
