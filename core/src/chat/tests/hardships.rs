//! The same conversation under hardships: what the person reads in the end, and what was bought, stays the same.

use super::{
    script::{Hardship, Talk},
    telegram::Fate,
};
use crate::avatar::OrderKey;
#[cfg(target_arch = "wasm32")]
use crate::test;

/// From an invite to portraits, with a double press of every button that costs money.
const STORY: &str = "
> /start INVITE
> (album 3)
> [I confirm]
> Anna
> [she]
> (album 7)
> (album 1 small)
. 30s
> [Train]
> [Fast · about 4 minutes · 2.54 USD]
> [Train for about 2.54 USD] twice
. 400s
> [Garden, late sun]
> [1 · about 0.035 USD] twice
. 60s
";

/// The facts that count in the end.
fn outcome(talk: &Talk) -> (usize, Vec<OrderKey>, usize, bool) {
    let mut bought = talk.world.backend.bought.clone();
    bought.dedup();
    let albums =
        talk.world.telegram.messages.values().filter(|message| message.text.starts_with('(')).count();
    let account = talk.read().contains("10 good, 1 too small, enough to train");
    (talk.world.backend.trainings_at_fal(), bought, albums, account)
}

fn told(hardship: &Hardship) -> Talk {
    let mut talk = Talk::new(hardship.clone());
    if let Err(violation) = talk.follow(STORY) {
        panic!("{violation:?} under {hardship:?}:\n{}", talk.read());
    }
    talk
}

fn expected() -> (usize, Vec<OrderKey>, usize, bool) {
    (1, vec![OrderKey::Training(1), OrderKey::Pictures(1), OrderKey::Pictures(2)], 2, true)
}

#[test]
fn nothing_goes_wrong() {
    let talk = told(&Hardship::default());
    assert_eq!(outcome(&talk), expected(), "{}", talk.read());
}

#[test]
fn the_power_fails_once_at_any_moment() {
    let moments = told(&Hardship::default()).world.moments;
    assert!(moments > 150, "{moments}");
    for cut_at in 1..=moments {
        let talk = told(&Hardship { cut_at: Some(cut_at), ..Hardship::default() });
        let (trainings, bought, albums, account) = outcome(&talk);
        // An album whose answer was lost with the power is sent once more.
        assert!((2..=3).contains(&albums), "{cut_at}: {albums}\n{}", talk.read());
        assert_eq!((trainings, bought, account), (1, expected().1, true), "{cut_at}:\n{}", talk.read());
    }
}

#[test]
fn every_update_comes_three_times() {
    let talk = told(&Hardship { twice: true, ..Hardship::default() });
    assert_eq!(outcome(&talk), expected(), "{}", talk.read());
    let words = |talk: &Talk| talk.read().lines().filter(|line| line.starts_with('<')).count();
    assert_eq!(words(&talk), words(&told(&Hardship::default())));
}

#[test]
fn albums_come_in_any_order() {
    let talk = told(&Hardship { shuffled: true, ..Hardship::default() });
    assert_eq!(outcome(&talk), expected(), "{}", talk.read());
}

#[test]
fn the_answer_to_every_message_is_lost() {
    let talk = told(&Hardship { loses_answers: true, ..Hardship::default() });
    let (trainings, bought, albums, account) = outcome(&talk);
    assert_eq!((trainings, bought, account), (1, expected().1, true), "{}", talk.read());
    assert!((2..=4).contains(&albums), "each album at most twice");
}

#[test]
fn the_reply_to_every_call_is_lost() {
    let talk = told(&Hardship { loses_replies: true, ..Hardship::default() });
    assert_eq!(outcome(&talk), expected(), "{}", talk.read());
}

#[test]
fn telegram_asks_to_wait_or_is_not_there() {
    for fate in [Fate::TooMany(3), Fate::NotConnected, Fate::Swallowed] {
        let fates = (0..12).map(|number| if number % 3 == 0 { fate } else { Fate::Well }).collect();
        let talk = told(&Hardship { fates, ..Hardship::default() });
        assert_eq!(outcome(&talk), expected(), "{fate:?}\n{}", talk.read());
    }
}
