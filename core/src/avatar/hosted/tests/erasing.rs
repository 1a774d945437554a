//! Deletion of an avatar behind the API.

use std::time::Duration;

use super::super::super::{Command, Event, FolderPart, Outcome, PrepareError, Step, Stored, Work};
use super::{Hand, storage};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    error::{NetworkError, StorageErrorKind},
    http::NoAnswer,
    limits::{SIGNED_FOR, TRANSFER_CEILING, TRANSFER_TIMEOUT},
};

#[test]
fn photos_of_which_nothing_was_trained_are_deleted_after_the_retention() {
    let mut hand = Hand::new();
    hand.upload("a");
    hand.prepared(1);
    hand.passes(Duration::from_hours(24 * 30 - 1));
    assert!(matches!(hand.step(), Step::Wait(_)));
    hand.passes(Duration::from_hours(1));
    let task = hand.begins();
    assert!(matches!(task.work, Work::Clear { what: FolderPart::Everything, .. }));
    // A bucket that is out of order at that moment is asked again.
    hand.cleared(task, Err(storage(StorageErrorKind::Unreachable)));
    assert!(matches!(hand.step(), Step::Wait(_)));
    hand.passes(Duration::from_mins(10));
    let task = hand.begins();
    hand.cleared(task, Ok(()));
    assert!(hand.avatar.photos().photos().is_empty() && hand.avatar.person().is_some());
    assert!(matches!(hand.step(), Step::Idle));
}

#[test]
fn an_erase_deletes_at_once_and_again_when_nothing_signed_can_be_written_any_more() {
    let mut hand = Hand::new();
    hand.upload("a");
    hand.happens(Event::Asked(Command::Erase));
    let task = hand.begins();
    assert!(matches!(task.work, Work::Clear { what: FolderPart::Everything, .. }));
    hand.cleared(task, Ok(()));
    assert_eq!(hand.avatar.bucket_folders().len(), 1);
    let Step::Wait(until) = hand.step() else { panic!("it is not looked at again") };
    assert_eq!(until.since(hand.moment.now), SIGNED_FOR + TRANSFER_TIMEOUT);
    hand.passes(SIGNED_FOR + TRANSFER_TIMEOUT);
    let task = hand.begins();
    hand.cleared(task, Ok(()));
    assert!(hand.avatar.bucket_folders().is_empty());
    assert!(matches!(hand.step(), Step::Idle));
    assert!(!Stored::write(&hand.avatar).expect("a text").contains("Anna"));
}

/// Fetches a model while everything else is deleted: a transfer may run for hours, and its last bytes may arrive late.
#[test]
fn what_a_late_transfer_writes_is_deleted_as_well() {
    let mut hand = Hand::new();
    let fetch = hand.fetches();
    for _ in 0..20 {
        hand.passes(Duration::from_mins(5));
        hand.happens(Event::Progressed(fetch.mark.id));
    }
    hand.happens(Event::Asked(Command::Erase));
    assert!(!hand.avatar.awaits(fetch.mark.id));
    let deleting = hand.begins();
    // The transfer was broken off too late, or not at all, and that is known before the deletion ends.
    let sent = NetworkError::NoAnswer(NoAnswer::Interrupted).into();
    hand.happens(Event::Ended(fetch.mark.id, Outcome::Fetched(Err(sent))));
    hand.cleared(deleting, Ok(()));
    assert_eq!(hand.avatar.bucket_folders().len(), 1);
    let Step::Wait(until) = hand.step() else { panic!("it is not looked at again") };
    hand.passes(until.since(hand.moment.now));
    let task = hand.begins();
    hand.cleared(task, Ok(()));
    assert!(hand.avatar.bucket_folders().is_empty());
}

/// Loses a transfer without a word: it may go on writing until the latest end of its lease.
#[test]
fn what_a_lost_transfer_may_write_is_deleted_when_its_time_is_over() {
    let mut hand = Hand::new();
    let fetch = hand.fetches();
    let begun = hand.moment.now;
    hand.happens(Event::Asked(Command::Erase));
    hand.passes(Duration::from_mins(12));
    assert!(!hand.avatar.awaits(fetch.mark.id));
    let task = hand.begins();
    hand.cleared(task, Ok(()));
    let Step::Wait(until) = hand.step() else { panic!("it is not looked at again") };
    assert!(until.since(begun) >= TRANSFER_CEILING, "{until}");
    hand.passes(until.since(hand.moment.now));
    let task = hand.begins();
    hand.cleared(task, Ok(()));
    assert!(hand.avatar.bucket_folders().is_empty());
}

/// Deletes where the bucket is near, which takes no time: without a pause no other task would ever have a turn.
#[test]
fn an_erase_waits_between_looks_for_whoever_still_writes() {
    let mut hand = Hand::new();
    hand.upload("a");
    let photo = hand.begins();
    hand.happens(Event::Asked(Command::Erase));
    let task = hand.begins();
    hand.cleared(task, Ok(()));
    let Step::Wait(until) = hand.step() else { panic!("at once again") };
    assert!((1..=2).contains(&until.since(hand.moment.now).as_secs()));
    hand.happens(Event::Ended(photo.mark.id, Outcome::Prepared(Err(PrepareError::Busy))));
    hand.passes(Duration::from_secs(2));
    let task = hand.begins();
    hand.cleared(task, Ok(()));
    let Step::Wait(until) = hand.step() else { panic!("it is not looked at again") };
    assert!(until.since(hand.moment.now) > Duration::from_mins(1));
}
