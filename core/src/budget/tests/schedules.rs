//! Thousands of random sequences of events, each held against a plain list of what was reserved.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    admin, avatar, budget, id, invite_terms, start,
    twins::{Forgetful, Generous, Hospitable, Purse, Refunding},
};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    budget::{Amount, Budget, DailyCaps, InviteTerms, Payer, PurchaseId, Uses},
    ids::{AvatarId, OrderKey},
    random::Random,
    time::Timestamp,
};

pub(super) const CAPS: DailyCaps = DailyCaps { trainings: 3, pictures: 12 };
const ALLOWANCE: Amount = Amount { trainings: 2, pictures: 7 };
const USES: u32 = 3;
/// In milliseconds.
const DAY: i64 = 86_400_000;

/// One purchase on the plain list.
#[derive(Clone, Copy)]
struct Line {
    day: i64,
    at: Timestamp,
    amount: Amount,
    payer: Payer,
    settled: bool,
}

/// The plain list: what was reserved and not released, and who was let in.
#[derive(Default)]
struct List {
    lines: BTreeMap<PurchaseId, Line>,
    /// Purchases that are on no line any more: an erased avatar's, or bought so long ago that the same id counts anew.
    past: Vec<(Option<AvatarId>, Line)>,
    invited: Vec<AvatarId>,
    uses: u32,
    /// The day of the last purchase that was allowed, and the day that it is.
    counted: i64,
    day: i64,
    /// True if the invite was revoked.
    over: bool,
    /// Every reason for which a request was refused.
    refused: BTreeSet<&'static str>,
}

impl List {
    fn today(&self) -> Amount {
        let lines = self.lines.values().chain(self.past.iter().map(|(_, line)| line));
        lines.filter(|line| line.day == self.day).fold(Amount::default(), |sum, line| sum.plus(line.amount))
    }

    fn spent_by(&self, avatar: AvatarId) -> Amount {
        let lines = self.lines.iter().map(|(id, line)| (Some(id.avatar), line));
        let lines = lines.chain(self.past.iter().map(|(owner, line)| (*owner, line)));
        let paid = lines.filter(|(owner, line)| *owner == Some(avatar) && line.payer == Payer::Avatar);
        paid.fold(Amount::default(), |sum, (_, line)| sum.plus(line.amount))
    }

    /// Tells whether the budget must allow a purchase that is not on the list.
    fn allows(&self, id: PurchaseId, amount: Amount, payer: Payer) -> bool {
        let invited = payer == Payer::Server
            || !self.over
                && self.invited.contains(&id.avatar)
                && self.spent_by(id.avatar).plus_within(amount, ALLOWANCE).is_some();
        invited && self.today().plus_within(amount, CAPS.amount()).is_some()
    }

    /// Tells whether the purchase is on the list, and a repeat is therefore free.
    fn remembers(&self, id: PurchaseId, now: Timestamp) -> bool {
        self.lines.get(&id).is_some_and(|line| {
            now.since(line.at) < Duration::from_hours(24) || !line.settled && line.payer == Payer::Avatar
        })
    }

    /// Adds a purchase that the budget allowed.
    fn add(&mut self, id: PurchaseId, amount: Amount, payer: Payer, now: Timestamp) {
        if self.remembers(id, now) {
            return;
        }
        let at = now.max(Timestamp::from_millis(self.day * DAY));
        let line = Line { day: self.day, at, amount, payer, settled: false };
        self.counted = self.day;
        self.past.extend(self.lines.insert(id, line).map(|old| (Some(id.avatar), old)));
    }

    fn erase(&mut self, avatar: AvatarId) {
        self.invited.retain(|invited| *invited != avatar);
        for (owner, _) in &mut self.past {
            owner.take_if(|owner| *owner == avatar);
        }
        let gone = self.lines.extract_if(.., |id, _| id.avatar == avatar);
        self.past.extend(gone.map(|(_, line)| (None, line)));
    }

    /// Checks the laws that hold after every step.
    fn holds(&self, budget: &Budget, now: Timestamp) -> Result<(), String> {
        let fits = |amount: Amount, limit| Amount::default().plus_within(amount, limit).is_some();
        let (view, invites) = (budget.view(CAPS, now), budget.invites(now));
        let complaint = |what: &str| Err(format!("{what}: {view:?} {invites:?}"));
        if !fits(self.today(), CAPS.amount()) {
            return complaint("the day's cap was exceeded");
        }
        if self.invited.iter().any(|avatar| !fits(self.spent_by(*avatar), ALLOWANCE)) {
            return complaint("an allowance was exceeded");
        }
        if self.uses > USES || invites[0].redeemed != self.uses {
            return complaint("not as many avatars redeemed the invite");
        }
        if view.today != self.today() {
            return complaint("the day was counted wrong");
        }
        let spent = |avatar: &AvatarId| budget.grant(*avatar, &id("all")).map(|grant| grant.spent);
        if self.invited.iter().any(|avatar| spent(avatar) != Some(self.spent_by(*avatar))) {
            return complaint("an allowance was counted wrong");
        }
        Ok(())
    }
}

/// Takes two hundred random steps.
fn schedule(purse: &mut impl Purse, seed: u64) -> Result<BTreeSet<&'static str>, String> {
    let mut random = Random::new(seed);
    let mut chance = |below: u64| random.next_u64() % below;
    let terms =
        InviteTerms { allowance: ALLOWANCE, uses: Uses::new(USES).expect("in range"), ..invite_terms(0, 0) };
    let invite = purse.budget().mint_invite(&admin(), id("all"), terms, start()).expect("minted").token;
    let (mut now, mut reached) = (start(), start());
    let mut list = List { day: now.millis().div_euclid(DAY), ..List::default() };
    for step in 0..200 {
        let owner = avatar(chance(6).into());
        let number = u32::try_from(chance(4)).expect("small");
        let order = if chance(3) == 0 { OrderKey::Training(number) } else { OrderKey::Pictures(number) };
        let purchase = PurchaseId { avatar: owner, order };
        match chance(20) {
            0..=8 => {
                let payer = if chance(2) == 0 { Payer::Server } else { Payer::Avatar };
                // Where a clock that went back makes it doubtful whether a purchase is remembered, either answer is
                // right.
                if list.remembers(purchase, now) != list.remembers(purchase, reached) {
                    continue;
                }
                reserves(purse, &mut list, purchase, payer, now)
                    .map_err(|why| format!("seed {seed}, step {step}: {why}"))?;
            }
            9..=12 => {
                purse.release(purchase);
                if list.lines.get(&purchase).is_some_and(|line| !line.settled) {
                    list.lines.remove(&purchase);
                }
            }
            13 | 14 => {
                purse.budget().settle(purchase);
                list.lines.entry(purchase).and_modify(|line| line.settled = true);
            }
            15 | 16 => {
                let known = list.invited.contains(&owner);
                let expected = !list.over && (known || list.uses < USES);
                if purse.redeem(&invite, owner, now) != expected {
                    return Err(format!("seed {seed}, step {step}: {owner} was let in, or was not, wrongly"));
                }
                if expected && !known {
                    list.invited.push(owner);
                    list.uses += 1;
                }
            }
            17 if chance(30) == 0 => {
                purse.budget().revoke_invite(&id("all"), now).expect("revoked");
                list.over = true;
            }
            17 if chance(10) == 0 => {
                purse.budget().forget(owner);
                list.erase(owner);
            }
            // A clock is set back a little, now and then.
            17 => now = Timestamp::from_millis(now.millis() - 60_000),
            _ => now = now.plus(Duration::from_mins(chance(400))),
        }
        reached = reached.max(now);
        list.day = list.counted.max(now.millis().div_euclid(DAY));
        list.holds(purse.budget(), now).map_err(|why| format!("seed {seed}, step {step}: {why}"))?;
    }
    Ok(list.refused)
}

fn reserves(
    purse: &mut impl Purse,
    list: &mut List,
    id: PurchaseId,
    payer: Payer,
    now: Timestamp,
) -> Result<(), String> {
    let amount = match id.order {
        OrderKey::Training(_) => Amount { trainings: 1, pictures: 0 },
        OrderKey::Pictures(number) => Amount { trainings: 0, pictures: number + 1 },
    };
    let expected = list.remembers(id, now) || list.allows(id, amount, payer);
    let before = purse.budget().clone();
    let done = purse.reserve(id, amount.pictures, payer, now);
    match (&done, expected) {
        (Ok(()), true) => list.add(id, amount, payer, now),
        (Err(why), false) if *purse.budget() == before => {
            list.refused.insert(why.code());
        }
        (Err(_), false) => return Err(format!("{id} was refused, and something changed")),
        (Ok(()), false) => return Err(format!("{id} was allowed, against caps or allowance")),
        (Err(why), true) => return Err(format!("{id} was refused: {why}")),
    }
    Ok(())
}

#[test]
fn nothing_is_overspent_in_any_order() {
    let refused = (0..2000).flat_map(|seed| schedule(&mut budget(), seed).expect("an honest budget"));
    let refused: BTreeSet<_> = refused.collect();
    let all = ["allowance_spent", "daily_cap", "invite_over", "not_invited"];
    assert!(refused.into_iter().eq(all.map(|code| format!("budget.{code}"))), "every refusal was met");
}

#[test]
fn reckless_twins_are_caught() {
    fn caught<P: Purse>(twin: impl Fn(Budget) -> P, says: &str) {
        let complaints: Vec<_> =
            (0..50).filter_map(|seed| schedule(&mut twin(budget()), seed).err()).collect();
        assert!(complaints.len() > 40, "{says}: {complaints:?}");
        assert!(complaints.iter().any(|complaint| complaint.contains(says)), "{says}: {complaints:?}");
    }
    caught(Forgetful, "the day was counted wrong");
    caught(Refunding, "the day was counted wrong");
    caught(Generous, "against caps or allowance");
    caught(Hospitable, "was let in");
}
