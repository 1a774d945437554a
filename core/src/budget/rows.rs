//! The rows in which a budget is stored. Rows are ordered by name, and related ones share a prefix.
//!
//! | Name | Value |
//! |---|---|
//! | `sums` | the salt, how many tokens were minted, what today's purchases are together |
//! | `server/ID`, `invite/ID` | a token; of an invite also how many avatars redeemed it and what they spent |
//! | `hash/SHA256` | which of these a token's text is |
//! | `avatar/UUID` | what an avatar spent of each invite that it redeemed |
//! | `purchase/UUID/training/1` | a reservation |
//! | `due/MOMENT/UUID/training/1` | when it is looked at whether that reservation can be forgotten; no value |

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Serialize, de::DeserializeOwned, de::Error as _};

use super::{Budget, PurchaseId, TokenDigest, TokenId, purchase::Reservation};
use crate::{ids::AvatarId, json, time::Timestamp, versioned::StoredError};

/// Rows by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows(pub(crate) BTreeMap<String, String>);

/// A row to write, or to delete when there is no value.
pub type Change = (String, Option<String>);

/// A range of wanted rows: those whose names are `from` or after it and before `below`, the first `most` of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Want {
    /// The first name.
    pub from: String,
    /// The first name behind the range.
    pub below: String,
    /// Largest number of rows.
    pub most: u32,
}

impl Want {
    /// Makes the range of one name.
    pub(crate) fn row(name: &impl fmt::Display) -> Self {
        let from = name.to_string();
        Self { below: format!("{from}\0"), from, most: 1 }
    }

    /// Makes the range of the first names from one on and before another.
    pub(crate) fn between(from: &str, below: &str, most: u32) -> Self {
        Self { from: from.to_owned(), below: below.to_owned(), most }
    }

    /// Makes the range of all names with this prefix.
    pub(crate) fn under(beginning: &impl fmt::Display) -> Self {
        let from = beginning.to_string();
        Self { below: format!("{from}\u{7f}"), from, most: u32::MAX }
    }

    /// Makes the range of the first names with this prefix, up to a moment that follows the prefix.
    pub(crate) fn until(beginning: &str, moment: Timestamp, most: usize) -> Self {
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        Self { from: beginning.to_owned(), below: format!("{beginning}{moment}\u{7f}"), most }
    }
}

/// The name of a row.
pub(super) enum Name<'a> {
    Sums,
    Server(&'a TokenId),
    Invite(&'a TokenId),
    Hash(&'a TokenDigest),
    Avatar(AvatarId),
    Purchase(PurchaseId),
    Due(Timestamp, PurchaseId),
}

pub(super) const SERVERS: &str = "server/";
pub(super) const INVITES: &str = "invite/";
pub(super) const DUE: &str = "due/";

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sums => f.write_str("sums"),
            Self::Server(id) => write!(f, "{SERVERS}{id}"),
            Self::Invite(id) => write!(f, "{INVITES}{id}"),
            Self::Hash(digest) => write!(f, "hash/{}", digest.sum()),
            Self::Avatar(id) => write!(f, "avatar/{id}"),
            Self::Purchase(id) => write!(f, "purchase/{id}"),
            Self::Due(moment, id) => write!(f, "{DUE}{moment}/{id}"),
        }
    }
}

impl Rows {
    /// Writes the known part of a budget as rows.
    pub(crate) fn of(budget: &Budget) -> Result<Self, StoredError> {
        let Budget { sums, servers, invites, guests, reservations } = budget;
        let mut rows = Self::default();
        rows.put(&Name::Sums, sums)?;
        for (id, issue) in servers {
            rows.put(&Name::Server(id), issue)?;
            rows.0.insert(Name::Hash(&issue.hash).to_string(), Name::Server(id).to_string());
        }
        for (id, invite) in invites {
            rows.put(&Name::Invite(id), invite)?;
            rows.0.insert(Name::Hash(&invite.issue.hash).to_string(), Name::Invite(id).to_string());
        }
        for (id, guest) in guests {
            rows.put(&Name::Avatar(*id), guest)?;
        }
        for (id, reservation) in reservations {
            rows.put(&Name::Purchase(*id), reservation)?;
            rows.0.insert(Name::Due(reservation.due, *id).to_string(), String::new());
        }
        Ok(rows)
    }

    /// Reads the part of a budget that these rows tell; `None` before there is one.
    pub(crate) fn budget(&self) -> Result<Option<Budget>, StoredError> {
        let Some(sums) = self.value(&Name::Sums)? else { return Ok(None) };
        let mut budget = Budget::of(sums);
        for (name, text) in &self.0 {
            match name.split_once('/') {
                Some(("server", id)) => drop(budget.servers.insert(named(id)?, value(text)?)),
                Some(("invite", id)) => drop(budget.invites.insert(named(id)?, value(text)?)),
                Some(("avatar", id)) => drop(budget.guests.insert(named(id)?, value(text)?)),
                Some(("purchase", id)) => drop(budget.reservations.insert(named(id)?, value(text)?)),
                _ => {}
            }
        }
        Ok(Some(budget))
    }

    /// Lists the rows that differ in `after`.
    pub(crate) fn changes(self, after: Self) -> Vec<Change> {
        let Self(mut before) = self;
        let mut changes = Vec::new();
        for (name, value) in after.0 {
            if before.remove(&name).as_ref() != Some(&value) {
                changes.push((name, Some(value)));
            }
        }
        // Deleted rows come first: a written one may take their place.
        changes.splice(..0, before.into_keys().map(|name| (name, None)));
        changes
    }

    /// Turns the rows into changes for a store that has none.
    #[must_use]
    pub fn into_changes(self) -> Vec<Change> {
        Self::default().changes(self)
    }

    /// Reads the value of this row, if the row is there.
    pub(super) fn value<T: DeserializeOwned>(&self, name: &Name<'_>) -> Result<Option<T>, StoredError> {
        self.0.get(&name.to_string()).map(|text| value(text)).transpose()
    }

    /// Lists the purchases to check for whether they can be forgotten.
    pub(super) fn due(&self) -> impl Iterator<Item = PurchaseId> {
        let names = self.0.range(DUE.to_owned()..).map_while(|(name, _)| name.strip_prefix(DUE));
        names.filter_map(|name| name.split_once('/')?.1.parse().ok())
    }

    pub(super) fn reservation(&self, id: PurchaseId) -> Option<Reservation> {
        self.value(&Name::Purchase(id)).ok().flatten()
    }

    fn put(&mut self, name: &Name<'_>, value: &impl Serialize) -> Result<(), StoredError> {
        self.0.insert(name.to_string(), serde_json::to_string(value)?);
        Ok(())
    }
}

fn named<T: FromStr<Err: fmt::Display>>(text: &str) -> Result<T, StoredError> {
    text.parse().map_err(|error: T::Err| serde_json::Error::custom(error).into())
}

fn value<T: DeserializeOwned>(text: &str) -> Result<T, StoredError> {
    Ok(json::parse(text)?)
}
