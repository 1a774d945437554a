//! Reports of avatars, and the rows that a ledger keeps of them.
//!
//! | Name | Value |
//! |---|---|
//! | `day/2026-11-29/UUID` | the entry of an avatar whose newest order, or its end, was on that day |
//! | `avatar/UUID` | the day and the number of that avatar's last report, such as `2026-11-29 7` |
//! | `erased/2026-11-29` | how many avatars with such an entry were erased since |

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::remembered_since;
use crate::{
    avatar::{Avatar, AvatarId, Entry},
    budget::rows::{Change, Want},
    time::Timestamp,
};

/// Number of outdated rows that one report deletes, at most.
const SWEPT: u32 = 20;

/// The report of an avatar: the avatar's entry as it is now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "(AvatarId, u64, Entry)", into = "(AvatarId, u64, Entry)")]
pub struct Report {
    /// The avatar.
    pub avatar: AvatarId,
    /// Number of the report: a report replaces those of lower numbers.
    pub number: u64,
    /// The avatar's entry.
    pub entry: Entry,
}

// As a list: a struct that is read is two kilobytes of code, and the front may not have many.
impl From<(AvatarId, u64, Entry)> for Report {
    fn from((avatar, number, entry): (AvatarId, u64, Entry)) -> Self {
        Self { avatar, number, entry }
    }
}

impl From<Report> for (AvatarId, u64, Entry) {
    fn from(Report { avatar, number, entry }: Report) -> Self {
        (avatar, number, entry)
    }
}

impl Report {
    /// Makes the report of this number. `None` for an avatar that has nothing to report.
    #[must_use]
    pub fn of(avatar: &Avatar, number: u64, now: Timestamp) -> Option<Self> {
        Some(Self { avatar: avatar.id(), number, entry: avatar.entry(now)? })
    }

    /// Names the rows that the ledger looks up for the report.
    #[must_use]
    pub fn wants(&self, now: Timestamp) -> Vec<Want> {
        let before = day(remembered_since(now));
        vec![
            Want::row(&self.place()),
            Want::row(&erased(&day(self.entry.at))),
            Want::between("day/", &format!("day/{before}"), SWEPT),
            Want::between("erased/", &erased(&before), SWEPT),
        ]
    }

    /// Returns the rows that change, from those that were [wanted](Self::wants).
    ///
    /// An erased avatar's row is deleted, and counted where no name stands. A report that comes twice finds no row the
    /// second time, and is not counted again.
    #[must_use]
    pub fn changes(&self, found: &BTreeMap<String, String>, now: Timestamp) -> Vec<Change> {
        let before = day(remembered_since(now));
        let mut changes = BTreeMap::new();
        for name in found.keys().filter(|name| is_outdated(name, &before)) {
            changes.insert(name.clone(), None);
            changes.extend(avatar_of(name).map(|avatar| (format!("avatar/{avatar}"), None)));
        }
        let known = found.get(&self.place()).and_then(|place| place.split_once(' '));
        let is_older =
            known.is_some_and(|(_, number)| number.parse().is_ok_and(|known: u64| known > self.number));
        if !is_older {
            self.replace(known.map(|(day, _)| day), found, &mut changes, now);
        }
        changes.into_iter().collect()
    }

    fn replace(
        &self,
        known: Option<&str>,
        found: &BTreeMap<String, String>,
        changes: &mut BTreeMap<String, Option<String>>,
        now: Timestamp,
    ) {
        let Self { avatar, number, entry } = self;
        let day = day(entry.at);
        let row = |day: &str| format!("day/{day}/{avatar}");
        if let Some(known) = known {
            changes.insert(row(known), None);
            changes.insert(self.place(), None);
        }
        if entry.erased && known.is_some() && entry.at >= remembered_since(now) {
            let counted = found.get(&erased(&day)).and_then(|count| count.parse().ok()).unwrap_or(0_u32);
            changes.insert(erased(&day), Some(counted.saturating_add(1).to_string()));
        }
        if entry.erased || entry.is_empty() {
            return;
        }
        if let Ok(value) = serde_json::to_string(entry) {
            changes.insert(row(&day), Some(value));
            changes.insert(self.place(), Some(format!("{day} {number}")));
        }
    }

    fn place(&self) -> String {
        format!("avatar/{}", self.avatar)
    }
}

/// Writes the day of a moment, such as `2026-11-29`: days sort as text.
pub(super) fn day(moment: Timestamp) -> String {
    moment.to_string().chars().take_while(|letter| *letter != 'T').collect()
}

/// Names the row that counts erased avatars of a day.
pub(super) fn erased(day: &str) -> String {
    format!("erased/{day}")
}

/// Returns the avatar whose entry is in the row of this name.
pub(super) fn avatar_of(name: &str) -> Option<AvatarId> {
    name.strip_prefix("day/")?.split_once('/')?.1.parse().ok()
}

/// Tells whether a row is of a day before this one.
fn is_outdated(name: &str, before: &str) -> bool {
    let day = name.strip_prefix("day/").or_else(|| name.strip_prefix("erased/"));
    day.is_some_and(|day| day < before)
}
