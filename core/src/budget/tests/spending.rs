//! Purchases, one by one.

use std::time::Duration;

use super::{admin, avatar, budget, content, id, invite_terms, start};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    budget::{Amount, Budget, BudgetError, DailyCaps, InviteTerms, Payer, PurchaseId, TokenText, Uses},
    ids::{AvatarId, OrderKey},
    time::Timestamp,
};

const CAPS: DailyCaps = DailyCaps { trainings: 2, pictures: 10 };

/// A budget, with one invite for 1 training and 4 pictures that avatar 1 redeemed.
struct Hand {
    budget: Budget,
    invite: TokenText,
    now: Timestamp,
}

impl Hand {
    fn new() -> Self {
        let (mut budget, now) = (budget(), start());
        let terms = InviteTerms { uses: Uses::new(9).expect("in range"), ..invite_terms(1, 4) };
        let invite = budget.mint_invite(&admin(), id("anna"), terms, now).expect("minted").token;
        budget.redeem(&invite, avatar(1), now).expect("redeemed");
        Self { budget, invite, now }
    }

    fn trains(&mut self, number: u128, payer: Payer) -> Result<(), BudgetError> {
        self.reserves(training(avatar(number)), 0, payer)
    }

    /// Checks that nothing changes on an error.
    fn reserves(&mut self, purchase: PurchaseId, pictures: u32, payer: Payer) -> Result<(), BudgetError> {
        let saved = self.budget.clone();
        let done = self.budget.reserve(purchase.avatar, content(purchase, pictures), payer, CAPS, self.now);
        assert!(done.is_ok() || self.budget == saved);
        done
    }

    fn passes(&mut self, hours: u64) {
        self.now = self.now.plus(Duration::from_hours(hours));
    }

    fn today(&self) -> (u32, u32) {
        let today = self.budget.view(CAPS, self.now).today;
        (today.trainings, today.pictures)
    }

    fn left(&self) -> (u32, u32) {
        let invite = &self.budget.invites(self.now)[0];
        let spent_by_one = invite.spent;
        (1 - spent_by_one.trainings, 4 - spent_by_one.pictures)
    }
}

fn training(avatar: AvatarId) -> PurchaseId {
    PurchaseId { avatar, order: OrderKey::Training(1) }
}

fn pictures(avatar: AvatarId, number: u32) -> PurchaseId {
    PurchaseId { avatar, order: OrderKey::Pictures(number) }
}

#[test]
fn purchases_are_written_and_read() {
    for (purchase, text) in [
        (training(avatar(1)), "00000000-0000-0000-0000-000000000001/training/1"),
        (pictures(avatar(1), 12), "00000000-0000-0000-0000-000000000001/pictures/12"),
    ] {
        assert_eq!((purchase.to_string(), text.parse()), (text.to_owned(), Ok(purchase)));
    }
    for wrong in ["", "1/training/1", "00000000-0000-0000-0000-000000000001/model/1"] {
        assert!(wrong.parse::<PurchaseId>().is_err(), "{wrong}");
    }
}

#[test]
fn a_server_spends_only_the_day() {
    let mut hand = Hand::new();
    for number in [1, 2] {
        assert_eq!(hand.trains(number, Payer::Server), Ok(()));
        assert_eq!(hand.trains(number, Payer::Server), Ok(()), "it counts once");
    }
    // 21:25:55.123 UTC.
    let retry_after = Duration::from_millis(9_244_877);
    let full = BudgetError::DailyCap { left: Amount { trainings: 0, pictures: 10 }, retry_after };
    assert_eq!(full.retry_after(), Some(retry_after));
    assert_eq!(hand.trains(3, Payer::Server), Err(full));
    assert_eq!((hand.today(), hand.left()), ((2, 0), (1, 4)));
    hand.now = hand.now.plus(retry_after);
    assert_eq!((hand.today(), hand.trains(3, Payer::Server)), ((0, 0), Ok(())));
    assert_eq!(hand.today(), (1, 0));
}

#[test]
fn an_invited_avatar_spends_its_allowance_as_well() {
    let mut hand = Hand::new();
    let one = avatar(1);
    assert_eq!(hand.trains(1, Payer::Avatar), Ok(()));
    assert_eq!(hand.trains(1, Payer::Server), Ok(()), "the same purchase, whoever asks");
    assert_eq!((hand.today(), hand.left()), ((1, 0), (0, 4)));
    let second = PurchaseId { avatar: one, order: OrderKey::Training(2) };
    let spent = |pictures| BudgetError::AllowanceSpent { left: Amount { trainings: 0, pictures } };
    assert_eq!(hand.reserves(second, 0, Payer::Avatar), Err(spent(4)));
    assert_eq!(hand.reserves(pictures(one, 1), 5, Payer::Avatar), Err(spent(4)));
    assert_eq!(hand.reserves(pictures(one, 1), 3, Payer::Avatar), Ok(()));
    assert_eq!(hand.reserves(pictures(one, 2), 2, Payer::Avatar), Err(spent(1)));
    assert_eq!(hand.reserves(pictures(one, 2), 0, Payer::Avatar), Ok(()), "none is one");
    assert_eq!((hand.today(), hand.left()), ((1, 4), (0, 0)));
    assert_eq!(hand.trains(2, Payer::Avatar), Err(BudgetError::NotInvited));
    let more = BudgetError::OtherPurchase { reserved: Amount { trainings: 0, pictures: 3 } };
    assert_eq!(hand.reserves(pictures(one, 1), 4, Payer::Avatar), Err(more));
}

#[test]
fn a_second_invite_adds_to_the_first() {
    let mut hand = Hand::new();
    let more = hand.budget.mint_invite(&admin(), id("more"), invite_terms(1, 0), hand.now).expect("minted");
    hand.budget.redeem(&more.token, avatar(1), hand.now).expect("redeemed");
    assert_eq!(hand.trains(1, Payer::Avatar), Ok(()));
    hand.budget.revoke_invite(&id("anna"), hand.now).expect("revoked");
    let second = PurchaseId { avatar: avatar(1), order: OrderKey::Training(2) };
    assert_eq!(hand.reserves(second, 0, Payer::Avatar), Ok(()));
    assert_eq!(hand.today(), (2, 0));
}

#[test]
fn an_invite_that_is_over_pays_for_nothing_new() {
    let mut hand = Hand::new();
    assert_eq!(hand.trains(1, Payer::Avatar), Ok(()));
    hand.budget.revoke_invite(&id("anna"), hand.now).expect("revoked");
    assert_eq!(hand.trains(1, Payer::Avatar), Ok(()), "it may have been ordered");
    assert_eq!(hand.reserves(pictures(avatar(1), 1), 1, Payer::Avatar), Err(BudgetError::InviteOver));
    assert_eq!(hand.reserves(pictures(avatar(1), 1), 1, Payer::Server), Ok(()));
    let view = &hand.budget.invites(hand.now)[0];
    assert_eq!((view.token.live, view.left, view.spent.trainings), (false, Amount::default(), 1));
}

#[test]
fn what_was_not_bought_is_given_back_once() {
    let mut hand = Hand::new();
    hand.reserves(pictures(avatar(1), 1), 4, Payer::Avatar).expect("reserved");
    hand.reserves(pictures(avatar(2), 1), 4, Payer::Server).expect("reserved");
    for _ in 0..2 {
        hand.budget.release(pictures(avatar(1), 1));
        assert_eq!((hand.today(), hand.left()), ((0, 4), (1, 4)));
    }
    assert_eq!(hand.reserves(pictures(avatar(1), 1), 2, Payer::Avatar), Ok(()), "it counts again");
    assert_eq!((hand.today(), hand.left()), ((0, 6), (1, 2)));
    hand.budget.settle(pictures(avatar(1), 1));
    hand.budget.release(pictures(avatar(1), 1));
    assert_eq!((hand.today(), hand.left()), ((0, 6), (1, 2)), "it was bought");
}

#[test]
fn the_day_is_given_back_on_the_same_day_and_the_allowance_always() {
    let mut hand = Hand::new();
    hand.trains(1, Payer::Avatar).expect("reserved");
    hand.passes(72);
    hand.trains(2, Payer::Server).expect("reserved");
    assert_eq!(
        hand.trains(1, Payer::Avatar),
        Ok(()),
        "an unclear order is remembered for as long as it takes"
    );
    assert_eq!((hand.today(), hand.left()), ((1, 0), (0, 4)));
    hand.budget.release(training(avatar(1)));
    assert_eq!((hand.today(), hand.left()), ((1, 0), (1, 4)));
}

#[test]
fn what_needs_no_memory_is_forgotten_after_a_day() {
    let mut hand = Hand::new();
    hand.reserves(pictures(avatar(1), 1), 1, Payer::Avatar).expect("reserved");
    hand.reserves(pictures(avatar(1), 2), 1, Payer::Avatar).expect("reserved");
    hand.reserves(pictures(avatar(2), 1), 1, Payer::Server).expect("reserved");
    hand.budget.settle(pictures(avatar(1), 1));
    hand.passes(24);
    hand.reserves(pictures(avatar(3), 1), 1, Payer::Server).expect("reserved");
    let remembered: Vec<_> = hand.budget.reservations.keys().copied().collect();
    assert_eq!(remembered, [pictures(avatar(1), 2), pictures(avatar(3), 1)]);
    // A repeat is taken for a new purchase then.
    hand.reserves(pictures(avatar(1), 1), 2, Payer::Avatar).expect("reserved");
    assert_eq!((hand.today(), hand.left()), ((0, 3), (1, 0)));
    // The invite is gone, so nothing waits for the other purchase.
    hand.budget.invites.clear();
    hand.passes(24);
    hand.trains(4, Payer::Server).expect("reserved");
    assert_eq!(hand.budget.reservations.len(), 1);
}

#[test]
fn a_later_invite_of_the_same_id_gets_nothing_back_for_an_earlier_one() {
    let mut hand = Hand::new();
    hand.trains(1, Payer::Avatar).expect("reserved");
    hand.budget.revoke_invite(&id("anna"), hand.now).expect("revoked");
    let terms = InviteTerms { uses: Uses::new(9).expect("in range"), ..invite_terms(1, 4) };
    let invite = hand.budget.mint_invite(&admin(), id("anna"), terms, hand.now).expect("minted").token;
    assert_ne!(invite, hand.invite);
    hand.budget.redeem(&invite, avatar(1), hand.now).expect("redeemed");
    let second = PurchaseId { avatar: avatar(1), order: OrderKey::Training(2) };
    hand.reserves(second, 0, Payer::Avatar).expect("reserved");
    hand.budget.release(training(avatar(1)));
    assert_eq!((hand.today(), hand.left()), ((1, 0), (0, 4)));
}

#[test]
fn an_erased_avatar_takes_its_purchases_along_and_what_it_spent_stays_spent() {
    let mut hand = Hand::new();
    hand.trains(1, Payer::Avatar).expect("reserved");
    hand.budget.forget(avatar(1));
    hand.budget.release(training(avatar(1)));
    assert_eq!((hand.today(), hand.budget.reservations.len()), ((1, 0), 0));
    let view = &hand.budget.invites(hand.now)[0];
    assert_eq!((view.redeemed, view.spent.trainings, view.left.trainings), (1, 1, 8));
    assert_eq!(hand.trains(1, Payer::Avatar), Err(BudgetError::NotInvited));
}

#[test]
fn a_clock_that_is_corrected_opens_no_spent_day_again() {
    let mut hand = Hand::new();
    hand.passes(24);
    for number in [1, 2] {
        hand.trains(number, Payer::Server).expect("reserved");
    }
    hand.now = start();
    assert_eq!(hand.today(), (2, 0));
    let retry_after = hand.trains(3, Payer::Server).expect_err("the later day is spent").retry_after();
    assert_eq!(retry_after, Some(Duration::from_millis(9_244_877 + 86_400_000)));
    hand.budget.release(training(avatar(1)));
    assert_eq!((hand.trains(3, Payer::Server), hand.today()), (Ok(()), (2, 0)));
    hand.budget.release(training(avatar(3)));
    assert_eq!(hand.today(), (1, 0), "counted on the later day, given back on it");
}
