//! Reckless twins of the budget, whose faults the schedules must find.

use super::{content, id, schedules::CAPS};
use crate::{
    budget::{Budget, BudgetError, Payer, PurchaseId, TokenText},
    ids::AvatarId,
    time::Timestamp,
};

/// The budget under test, or a reckless twin of it.
pub(super) trait Purse {
    fn budget(&mut self) -> &mut Budget;

    fn reserve(
        &mut self,
        id: PurchaseId,
        pictures: u32,
        payer: Payer,
        now: Timestamp,
    ) -> Result<(), BudgetError> {
        self.budget().reserve(id.avatar, content(id, pictures), payer, CAPS, now)
    }

    fn release(&mut self, id: PurchaseId) {
        self.budget().release(id);
    }

    fn redeem(&mut self, invite: &TokenText, avatar: AvatarId, now: Timestamp) -> bool {
        self.budget().redeem(invite, avatar, now).is_ok()
    }
}

impl Purse for Budget {
    fn budget(&mut self) -> &mut Budget {
        self
    }
}

/// A twin that takes a repeat for another purchase.
pub(super) struct Forgetful(pub(super) Budget);

impl Purse for Forgetful {
    fn budget(&mut self) -> &mut Budget {
        &mut self.0
    }

    fn reserve(
        &mut self,
        id: PurchaseId,
        pictures: u32,
        payer: Payer,
        now: Timestamp,
    ) -> Result<(), BudgetError> {
        self.0.reservations.remove(&id);
        self.0.reserve(id.avatar, content(id, pictures), payer, CAPS, now)
    }
}

/// A twin that gives back as often as it is asked to.
pub(super) struct Refunding(pub(super) Budget);

impl Purse for Refunding {
    fn budget(&mut self) -> &mut Budget {
        &mut self.0
    }

    fn release(&mut self, id: PurchaseId) {
        let kept = self.0.reservations.get(&id).cloned();
        self.0.release(id);
        self.0.reservations.extend(kept.map(|kept| (id, kept)));
    }
}

/// A twin that looks at no allowance.
pub(super) struct Generous(pub(super) Budget);

impl Purse for Generous {
    fn budget(&mut self) -> &mut Budget {
        &mut self.0
    }

    fn reserve(
        &mut self,
        id: PurchaseId,
        pictures: u32,
        _: Payer,
        now: Timestamp,
    ) -> Result<(), BudgetError> {
        self.0.reserve(id.avatar, content(id, pictures), Payer::Server, CAPS, now)
    }
}

/// A twin that admits everybody who has the invite.
pub(super) struct Hospitable(pub(super) Budget);

impl Purse for Hospitable {
    fn budget(&mut self) -> &mut Budget {
        &mut self.0
    }

    fn redeem(&mut self, _: &TokenText, avatar: AvatarId, _: Timestamp) -> bool {
        if self.0.grant(avatar, &id("all")).is_none() {
            self.0.let_in(avatar, &id("all"));
        }
        true
    }
}
