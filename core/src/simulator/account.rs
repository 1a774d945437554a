//! Callers, told apart by their keys.

use super::{
    FaultKind, Simulator,
    call::Call,
    random,
    reply::{self, Stop},
};

/// The owner of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Account {
    /// Id, made from the key's id; the key itself is kept nowhere.
    pub(super) id: String,
    /// True if the key may delete payloads. In the simulator that is a key whose id begins with `admin`.
    pub(super) admin: bool,
}

impl Simulator {
    /// Returns the owner of the call's key. Any key of the right form has an owner.
    pub(super) fn account(&mut self, call: &Call<'_>, missing: &str) -> Result<Account, Stop> {
        if self.faults.take(FaultKind::Unauthorized) {
            return Err(reply::refusal(401, "No user found for Key ID and Secret").into());
        }
        if call.proxied {
            return Ok(self.owner("proxy"));
        }
        let Some(value) = call.header("authorization") else {
            return Err(reply::refusal(401, missing).into());
        };
        let key = value.strip_prefix("Key ").and_then(|key| key.trim().split_once(':'));
        let Some((id, _)) = key.filter(|(id, secret)| !id.is_empty() && !secret.is_empty()) else {
            let text = "Invalid Key Authorization header format. Expected '<key_id>:<key_secret>'.";
            return Err(reply::refusal(401, text).into());
        };
        Ok(self.owner(id))
    }

    fn owner(&self, key_id: &str) -> Account {
        Account {
            id: random::token(self.plan.seed, "account", key_id, 24),
            admin: key_id.starts_with("admin"),
        }
    }
}
