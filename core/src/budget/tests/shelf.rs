//! The budget in rows: each question sees only what it asks for, and answers as if it saw everything.

use std::{collections::BTreeMap, time::Duration};

use super::{admin, avatar, budget, content, id, invite_terms, server_terms, start};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    api::{Inquiry, MessageId, Recent},
    budget::{
        Budget, DailyCaps, InviteTerms, Payer, PurchaseId, Question, Stored, TokenText, Uses,
        rows::{Change, Rows},
    },
    ids::OrderKey,
    limits::{MESSAGES_REMEMBERED_FOR, MOST_INVITED},
    time::Timestamp,
};

const CAPS: DailyCaps = DailyCaps { trainings: 30, pictures: 300 };

/// Rows as a shell stores them.
#[derive(Default)]
struct Shelf {
    rows: BTreeMap<String, String>,
    /// Number of rows read and written for the last question.
    touched: usize,
}

impl Shelf {
    fn of(changes: Vec<Change>) -> Self {
        let mut shelf = Self::default();
        shelf.apply(changes);
        shelf
    }

    fn apply(&mut self, changes: Vec<Change>) {
        for (name, value) in changes {
            match value {
                Some(value) => drop(self.rows.insert(name, value)),
                None => assert!(self.rows.remove(&name).is_some(), "{name} is not there"),
            }
        }
    }

    fn ask<T>(&mut self, question: Question, now: Timestamp, work: impl FnOnce(&mut Budget) -> T) -> T {
        self.hear(question, None, now, |mut budget, _| {
            let told = work(&mut budget);
            (budget, told)
        })
    }

    fn hear<T>(
        &mut self,
        question: Question,
        message: Option<MessageId>,
        now: Timestamp,
        work: impl FnOnce(Budget, &mut Recent) -> (Budget, T),
    ) -> T {
        let mut inquiry = Inquiry::new(question, message, now);
        self.touched = 0;
        while let Some(want) = inquiry.wanted() {
            let most = usize::try_from(want.most).expect("small");
            for (name, value) in self.rows.range(want.from..want.below).take(most) {
                self.touched += 1;
                inquiry.found(name.clone(), value.clone());
            }
        }
        let (told, changes) = inquiry.answer([7; 32], work).expect("rows");
        self.touched += changes.len();
        self.apply(changes);
        told
    }

    fn whole(&self) -> Budget {
        Rows(self.rows.clone()).budget().expect("rows").unwrap_or_else(budget)
    }
}

fn purchase(number: u128, order: OrderKey) -> PurchaseId {
    PurchaseId { avatar: avatar(number), order }
}

/// Takes two hundred random steps, on rows and on a budget that is seen whole.
fn schedule(seed: u64) {
    let mut state = seed;
    let mut chance = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let (mut whole, mut now) = (budget(), start());
    let mut shelf = Shelf::of(Rows::of(&whole).expect("rows").into_changes());
    let mut invites: Vec<TokenText> = Vec::new();
    for step in 0..200 {
        let (name, owner) =
            (id(["a", "b", "c"][usize::try_from(chance(3)).expect("small")]), chance(5).into());
        let number = u32::try_from(chance(4)).expect("small");
        let order = if chance(3) == 0 { OrderKey::Training(number) } else { OrderKey::Pictures(number) };
        let bought = purchase(owner, order);
        let terms = InviteTerms { uses: Uses::new(3).expect("in range"), ..invite_terms(3, 30) };
        // Each budget gets the same call.
        macro_rules! both {
            ($question:expr, $work:expr) => {{
                let (seen, told) = ($work(&mut whole), shelf.ask($question, now, $work));
                assert_eq!(told, seen, "seed {seed}, step {step}");
                told
            }};
        }
        macro_rules! alike {
            ($question:expr, $work:expr) => {{
                let _ = both!($question, $work);
            }};
        }
        match chance(24) {
            0 => alike!(Question::Servers, |budget: &mut Budget| {
                budget.mint_server(&admin(), name.clone(), server_terms(), now)
            }),
            1 | 2 => {
                let minted = both!(Question::Invites, |budget: &mut Budget| {
                    budget.mint_invite(&admin(), name.clone(), terms.clone(), now)
                });
                invites.extend(minted.ok().map(|minted| minted.token));
            }
            3 => alike!(Question::Server(name.clone()), |budget: &mut Budget| {
                budget.revoke_server(&name, now)
            }),
            4 if chance(3) == 0 => alike!(Question::Invite(name.clone()), |budget: &mut Budget| {
                budget.revoke_invite(&name, now)
            }),
            5..=7 if !invites.is_empty() => {
                let at = usize::try_from(chance(invites.len() as u64)).expect("small");
                let invite = &invites[at];
                let question = Question::Redeem(invite.hash(), avatar(owner));
                alike!(question, |budget: &mut Budget| budget.redeem(invite, avatar(owner), now));
            }
            8 => alike!(Question::TurnAway(name.clone(), avatar(owner)), |budget: &mut Budget| {
                budget.turn_away(&name, avatar(owner));
                true
            }),
            9..=15 => {
                let payer = if chance(3) == 0 { Payer::Server } else { Payer::Avatar };
                alike!(Question::Reserve(bought, payer), |budget: &mut Budget| {
                    budget.reserve(bought.avatar, content(bought, 2), payer, CAPS, now)
                });
            }
            16 | 17 => alike!(Question::Spent(bought), |budget: &mut Budget| {
                budget.release(bought);
                true
            }),
            18 => alike!(Question::Spent(bought), |budget: &mut Budget| {
                budget.settle(bought);
                true
            }),
            19 if chance(5) == 0 => alike!(Question::Forget(avatar(owner)), |budget: &mut Budget| {
                budget.forget(avatar(owner));
                true
            }),
            20 => alike!(Question::Sums, |budget: &mut Budget| budget.view(CAPS, now)),
            21 => alike!(Question::Invites, |budget: &mut Budget| budget.invites(now)),
            22 => alike!(Question::Servers, |budget: &mut Budget| budget.tokens(now)),
            _ => now = now.plus(Duration::from_mins(chance(900))),
        }
        assert_eq!(shelf.whole(), whole, "seed {seed}, step {step}");
    }
}

#[test]
fn a_question_that_sees_its_own_rows_answers_as_one_that_sees_all() {
    for seed in 0..300 {
        schedule(seed);
    }
}

/// Buys fifty thousand times: a question sees no purchase but its own.
#[test]
fn what_is_touched_does_not_grow_with_what_was_bought() {
    let (mut whole, now) = (budget(), start());
    let many = DailyCaps { trainings: u32::MAX, pictures: u32::MAX };
    let invite = whole.mint_invite(&admin(), id("anna"), invite_terms(5, 50), now).expect("minted").token;
    let server = whole.mint_server(&admin(), id("web"), server_terms(), now).expect("minted").token;
    whole.redeem(&invite, avatar(1), now).expect("redeemed");
    let mut shelf = Shelf::of(Rows::of(&whole).expect("rows").into_changes());
    for number in 0..50_000 {
        let bought = purchase(2 + number % 1000, OrderKey::Pictures(u32::try_from(number).expect("small")));
        let question = Question::Reserve(bought, Payer::Server);
        shelf
            .ask(question, now, |budget| {
                budget.reserve(bought.avatar, content(bought, 1), Payer::Server, many, now)
            })
            .expect("allowed");
    }
    assert!(shelf.rows.len() > 100_000);
    let mut touches = |question: Question, most: usize, work: &dyn Fn(&mut Budget)| {
        shelf.ask(question.clone(), now, work);
        assert!(shelf.touched <= most, "{question:?} touches {} rows", shelf.touched);
    };
    let made_up = TokenText::new(crate::budget::Kind::Server, [1; 32]);
    touches(Question::Who(made_up.hash()), 1, &|budget| assert!(budget.who(&made_up.hash(), now).is_none()));
    touches(Question::Who(server.hash()), 3, &|budget| assert!(budget.who(&server.hash(), now).is_some()));
    touches(Question::Redeem(made_up.hash(), avatar(1)), 1, &|budget| {
        budget.redeem(&made_up, avatar(1), now).expect_err("made up");
    });
    let own = purchase(1, OrderKey::Training(1));
    touches(Question::Reserve(own, Payer::Avatar), 8, &|budget| {
        budget.reserve(own.avatar, content(own, 1), Payer::Avatar, many, now).expect("allowed");
    });
    touches(Question::Spent(own), 5, &|budget| budget.settle(own));
    touches(Question::Forget(avatar(1)), 11, &|budget| budget.forget(avatar(1)));
    touches(Question::Invites, 2, &|budget| assert_eq!(budget.invites(now).len(), 1));
    touches(Question::Sums, 1, &|budget| assert_eq!(budget.view(many, now).today.pictures, 50_000));
    // A day later old purchases go, a few with each new one.
    let (mut later, before) = (now.plus(Duration::from_hours(24)), shelf.rows.len());
    for number in 0..100 {
        later = later.plus(Duration::from_secs(1));
        let bought = purchase(7000 + number, OrderKey::Training(1));
        shelf
            .ask(Question::Reserve(bought, Payer::Server), later, |budget| {
                budget.reserve(bought.avatar, content(bought, 1), Payer::Server, many, later)
            })
            .expect("allowed");
        assert!(shelf.touched <= 24, "{} rows", shelf.touched);
    }
    assert_eq!(shelf.rows.len(), before - 600);
}

/// Asks a new budget, which stores nothing; the first change stores all that there is.
#[test]
fn a_budget_that_was_only_asked_is_not_stored() {
    let mut shelf = Shelf::default();
    let invite = TokenText::new(crate::budget::Kind::Invite, [1; 32]);
    shelf.ask(Question::Who(invite.hash()), start(), |budget| budget.who(&invite.hash(), start()));
    shelf.ask(Question::Redeem(invite.hash(), avatar(1)), start(), |budget| {
        budget.redeem(&invite, avatar(1), start()).expect_err("made up");
    });
    assert!(shelf.rows.is_empty());
    let minted = shelf
        .ask(Question::Servers, start(), |budget| {
            budget.mint_server(&admin(), id("web"), server_terms(), start())
        })
        .expect("minted");
    assert_eq!(shelf.rows.len(), 3, "{:?}", shelf.rows);
    let knows = |budget: &mut Budget| budget.who(&minted.token.hash(), start());
    assert!(shelf.ask(Question::Who(minted.token.hash()), start(), knows).is_some());
}

/// Takes over a text that a version before rows stored, and goes on as if it had always been rows.
#[test]
fn a_budget_that_was_one_text_goes_on_in_rows() {
    let text = include_str!("../fixtures/stored_1.json");
    let mut shelf = Shelf::of(Stored::rows(text).expect("rows").into_changes());
    let mut whole = Stored::read(text).expect("a budget");
    let now = start().plus(Duration::from_mins(1));
    let open = purchase(1, OrderKey::Pictures(1));
    shelf.ask(Question::Spent(open), now, |budget| budget.release(open));
    whole.release(open);
    let next = purchase(1, OrderKey::Pictures(2));
    let reserve =
        |budget: &mut Budget| budget.reserve(next.avatar, content(next, 20), Payer::Avatar, CAPS, now);
    assert_eq!(shelf.ask(Question::Reserve(next, Payer::Avatar), now, reserve), Ok(()));
    assert_eq!(reserve(&mut whole), Ok(()));
    shelf.ask(Question::Forget(avatar(1)), now, |budget| budget.forget(avatar(1)));
    whole.forget(avatar(1));
    assert_eq!(shelf.whole(), whole);
    assert!(shelf.rows.keys().all(|name| !name.contains(&avatar(1).to_string())));
}

/// Looks at all invites only where there may be too many.
#[test]
fn the_number_of_invited_avatars_is_counted_where_it_may_be_too_large() {
    let (mut shelf, now) = (Shelf::default(), start());
    let many = InviteTerms { uses: Uses::new(1000).expect("in range"), ..invite_terms(1, 0) };
    let mint = |shelf: &mut Shelf, name: &str| {
        let mint = |budget: &mut Budget| budget.mint_invite(&admin(), id(name), many.clone(), now);
        shelf.ask(Question::Invites, now, mint).expect("minted").token
    };
    let redeem = |shelf: &mut Shelf, invite: &TokenText, number| {
        let question = Question::Redeem(invite.hash(), avatar(number));
        shelf.ask(question, now, |budget| budget.redeem(invite, avatar(number), now).is_ok())
    };
    let mut number = 0;
    for name in ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"] {
        let invite = mint(&mut shelf, name);
        for _ in 0..MOST_INVITED / 10 {
            number += 1;
            assert!(redeem(&mut shelf, &invite, number));
            assert!(shelf.touched <= 6, "{}", shelf.touched);
        }
    }
    let invite = mint(&mut shelf, "k");
    assert!(!redeem(&mut shelf, &invite, 0));
    shelf.ask(Question::Invite(id("a")), now, |budget| budget.revoke_invite(&id("a"), now)).expect("revoked");
    assert!(redeem(&mut shelf, &invite, 0));
}

#[test]
fn a_message_is_a_row_and_is_forgotten_a_little_later() {
    let (mut shelf, now) = (Shelf::default(), start());
    let mut done = 0;
    let mut hears = |shelf: &mut Shelf, number: u8, now: Timestamp| {
        shelf.hear(Question::Sums, Some(MessageId::new([number; 16])), now, |budget, recent| {
            let work = || {
                done += 1;
                Ok::<_, serde_json::Error>(done)
            };
            let told = recent.once(Some(MessageId::new([number; 16])), now, work).expect("an answer");
            (budget, told)
        })
    };
    assert_eq!([1, 1, 2, 1].map(|number| hears(&mut shelf, number, now)), [1, 1, 2, 1]);
    for number in 3..100 {
        hears(&mut shelf, number, now);
        assert!(shelf.touched <= 2, "{}", shelf.touched);
    }
    assert_eq!(shelf.rows.len(), 2 * 99);
    let later = now.plus(MESSAGES_REMEMBERED_FOR);
    assert_eq!(hears(&mut shelf, 1, later), 100, "it is over");
    for number in 100..140 {
        hears(&mut shelf, number, later);
    }
    assert_eq!(shelf.rows.len(), 2 * 41);
}
