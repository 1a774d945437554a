//! Reservation, release and settlement of purchases.

use super::{
    Amount, Budget, BudgetError, DailyCaps, REMEMBERED_FOR,
    purchase::{PaidBy, Payer, Purchase, PurchaseId, Reservation},
    start_of_day,
};
use crate::{ids::AvatarId, time::Timestamp};

/// Number of old reservations that are checked with each new one: more than one, so that they do not pile up.
pub(super) const SWEPT: usize = 4;

impl Budget {
    /// Reserves a purchase before it is ordered. A repeat of the purchase is allowed and counts once, for any
    /// payer and whatever became of its invite since: it may have been ordered.
    pub fn reserve(
        &mut self,
        avatar: AvatarId,
        purchase: Purchase,
        payer: Payer,
        caps: DailyCaps,
        now: Timestamp,
    ) -> Result<(), BudgetError> {
        let (id, amount) = (PurchaseId { avatar, order: purchase.order() }, purchase.amount());
        let earlier = self.reservations.get(&id).filter(|earlier| self.remembers(earlier, now));
        if let Some(earlier) = earlier {
            let same = earlier.amount == amount;
            let reserved = earlier.amount;
            return if same { Ok(()) } else { Err(BudgetError::OtherPurchase { reserved }) };
        }
        // The allowance is checked first: a caller who has none left need not come back tomorrow.
        let invited = match payer {
            Payer::Server => None,
            Payer::Avatar => Some(self.allowed(avatar, amount, now)?),
        };
        let today = self.sums.today.at(now);
        let counted =
            today.spent.plus_within(amount, caps.amount()).ok_or_else(|| BudgetError::DailyCap {
                left: caps.amount().minus(today.spent),
                retry_after: today.ends_at().since(now),
            })?;
        // Only behind every check: a refusal must change nothing.
        self.forget_old(now);
        self.sums.today = today;
        self.sums.today.spent = counted;
        let invite = invited.map(|(paid_by, spent)| {
            self.set_spent(avatar, &paid_by.id, spent);
            paid_by
        });
        let at = now.max(today.since);
        let reservation = Reservation { at, amount, invite, settled: false, due: at.plus(REMEMBERED_FOR) };
        self.reservations.insert(id, reservation);
        Ok(())
    }

    /// Gives the reserved amount back, after it turned out that nothing was bought: to the invite always, to the day's
    /// cap while it is the same day. A settled or forgotten reservation gives nothing back.
    pub fn release(&mut self, purchase: PurchaseId) {
        if self.reservations.get(&purchase).is_none_or(|reservation| reservation.settled) {
            return;
        }
        let Some(reservation) = self.reservations.remove(&purchase) else { return };
        let today = &mut self.sums.today;
        if start_of_day(reservation.at) == today.since {
            today.spent = today.spent.minus(reservation.amount);
        }
        let Some(PaidBy { id, generation }) = reservation.invite else { return };
        let granted = self.grant(purchase.avatar, &id).filter(|grant| grant.generation == generation);
        if let Some(spent) = granted.map(|grant| grant.spent.minus(reservation.amount)) {
            self.set_spent(purchase.avatar, &id, spent);
        }
    }

    /// Notes that a purchase was made: it can no longer be released, and need not be remembered for longer than a day.
    pub fn settle(&mut self, purchase: PurchaseId) {
        if let Some(reservation) = self.reservations.get_mut(&purchase) {
            reservation.settled = true;
        }
    }

    /// Finds the invite that allows the amount, and the amount that the avatar has spent of it then.
    fn allowed(
        &self,
        avatar: AvatarId,
        amount: Amount,
        now: Timestamp,
    ) -> Result<(PaidBy, Amount), BudgetError> {
        let mut why = BudgetError::NotInvited;
        for (id, grant) in self.guests.get(&avatar).into_iter().flatten() {
            let Some(invite) = self.invites.get(id).filter(|invite| invite.gave(grant)) else { continue };
            if invite.issue.is_over(now) {
                if why == BudgetError::NotInvited {
                    why = BudgetError::InviteOver;
                }
            } else if let Some(spent) = grant.spent.plus_within(amount, invite.allowance) {
                return Ok((PaidBy { id: id.clone(), generation: grant.generation }, spent));
            } else {
                why = BudgetError::AllowanceSpent { left: invite.allowance.minus(grant.spent) };
            }
        }
        Err(why)
    }

    fn remembers(&self, reservation: &Reservation, now: Timestamp) -> bool {
        let granted = |paid_by: &PaidBy| {
            self.invites.get(&paid_by.id).is_some_and(|invite| invite.issue.generation == paid_by.generation)
        };
        now.since(reservation.at) < REMEMBERED_FOR
            || !reservation.settled && reservation.invite.as_ref().is_some_and(granted)
    }

    /// Forgets the oldest reservations, a few at a time. One that is still waited for is checked again later.
    fn forget_old(&mut self, now: Timestamp) {
        let due = self.reservations.iter().filter(|(_, reservation)| reservation.due <= now);
        let mut due: Vec<_> = due.map(|(id, reservation)| (reservation.due, id.to_string(), *id)).collect();
        due.sort();
        for (_, _, id) in due.into_iter().take(SWEPT) {
            let Some(mut reservation) = self.reservations.remove(&id) else { continue };
            if self.remembers(&reservation, now) {
                reservation.due = now.plus(REMEMBERED_FOR);
                self.reservations.insert(id, reservation);
            }
        }
    }
}
