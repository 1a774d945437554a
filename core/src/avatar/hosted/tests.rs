//! An avatar behind the API, driven by hand.

mod erasing;

use std::time::Duration;

use serde_json::json;
use uuid::Uuid;

use super::super::{
    Avatar, AvatarId, AvatarTerms, Bought, Consent, Due, Event, Means, Moment, Name, OrderKey, Outcome,
    Person, PhotoId, PhotoState, PrepareError, Prepared, Sha256Sum, Stage, Step, Stored, Task, TaskKind,
    TrainingRequest, TrainingSettings, UploadSource, Work,
};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    error::{Error, StorageError, StorageErrorKind},
    fal::{Account, account::Origins},
    http::{NoAnswer, Response, StatusCode},
    ids::TaskId,
    language::Audience,
    limits::{SIGNED_FOR, TRANSFER_TIMEOUT},
    photo::PhotoProblem,
    secret::Secret,
    storage::{Access, Bucket, BucketFolder},
    time::Timestamp,
};

const RETENTION: Duration = Duration::from_hours(24 * 30);

struct Hand {
    avatar: Avatar,
    moment: Moment,
    account: Account,
}

fn id(text: &str) -> PhotoId {
    PhotoId::new(text).expect("an id")
}

impl Hand {
    fn new() -> Self {
        let secret = || Secret::new("kid:hush").expect("text");
        let origins = Origins::single(&"http://fal.test".parse().expect("an address")).expect("an origin");
        let access = Access { key: secret(), secret: secret(), region: "us-east-1".to_owned() };
        let endpoint = "http://minio.test".parse().expect("an address");
        let bucket = Bucket::new(&endpoint, "photos", &access, None).expect("a bucket");
        let now = Timestamp::from_millis(1_800_000_000_000);
        let moment = Moment { now, poll: Duration::from_secs(30), photo_slots: 2, entropy: [7; 16] };
        let avatar = AvatarId::new(Uuid::from_u128(7));
        let name = |text| Name::new(text).expect("a name");
        let person = Person { user: name("u"), name: name("Anna"), gender: None };
        let bucket_folder = Some(BucketFolder::new(&bucket, &person.user, avatar));
        let settings = TrainingSettings { min_photos: Some(2), ..TrainingSettings::default() };
        let terms = AvatarTerms {
            settings,
            capability: None,
            consent: Consent::NotAsked,
            bucket_folder,
            retention: RETENTION,
        };
        let avatar = Avatar::new(avatar, person, false, "http://fal.test".to_owned(), &moment);
        let avatar = avatar.hosted(terms, &moment);
        Self { avatar, moment, account: Account::new(secret(), origins).expect("an account") }
    }

    fn passes(&mut self, time: Duration) {
        self.moment.now = self.moment.now.plus(time);
        self.happens(Event::Woke);
    }

    /// Applies an event, then writes and reads the state.
    fn happens(&mut self, event: Event) {
        let avatar = self.avatar.clone().after(event, &self.moment);
        self.avatar = Stored::read(&Stored::write(&avatar).expect("a text")).expect("an avatar");
        assert_eq!(self.avatar, avatar);
        self.is_found_when_due();
    }

    /// Checks that the stored due moments lead back in time: a process that starts now, or sleeps until then, misses
    /// nothing.
    fn is_found_when_due(&self) {
        let Due { work, notice } = self.avatar.due(self.moment.now);
        let avatar = self.avatar.clone().after(Event::Restarted, &self.moment);
        let told = [(work, false), ([work, notice].into_iter().flatten().min(), true)];
        for (due, notices) in told {
            // A shell that looks into the store when it starts keeps no ledger.
            let wanted = |_: &Avatar, task_kind| match task_kind {
                TaskKind::Notify(_) => notices,
                TaskKind::Report(_) => false,
                _ => true,
            };
            let step = |moment: &Moment| avatar.next_step(&self.account, moment, wanted);
            match step(&self.moment) {
                Step::Begin(task) => assert!(due <= Some(self.moment.now) && due.is_some(), "{task:?}"),
                Step::Wait(until) => assert!(due.is_some_and(|due| due <= until), "{until} {due:?}"),
                Step::Idle => {}
            }
            if let Some(due) = due.filter(|due| *due > self.moment.now) {
                let before = Timestamp::from_millis(due.millis() - 1);
                assert!(!matches!(step(&Moment { now: before, ..self.moment }), Step::Begin(_)), "{due}");
                assert!(matches!(step(&Moment { now: due, ..self.moment }), Step::Begin(_)), "{due}");
            }
        }
    }

    fn step(&self) -> Step {
        let tells = |task_kind| matches!(task_kind, TaskKind::Notify(_) | TaskKind::Report(_));
        self.avatar.next_step(&self.account, &self.moment, |_, task_kind| !tells(task_kind))
    }

    fn begins(&mut self) -> Task {
        let Step::Begin(task) = self.step() else { panic!("nothing to do: {:?}", self.avatar) };
        self.happens(Event::Began(task.mark.clone()));
        *task
    }

    fn upload(&mut self, name: &str) -> String {
        let (avatar, expected) =
            self.avatar.clone().expect_photo(&id(name), name.to_owned(), None, Means::Upload, &self.moment);
        self.avatar = avatar.photo_arrived(&id(name), &self.moment);
        expected.expect("a place").source
    }

    /// Ends a photo's task with a clean JPEG; `number` makes its bytes differ.
    fn prepared(&mut self, number: u32) {
        let task = self.begins();
        let Work::Prepare { file, .. } = task.work else { panic!("no photo") };
        let original = Some(Sha256Sum::of(&number.to_be_bytes()));
        let jpeg = Prepared {
            file,
            etag: None,
            length: 9,
            crc32: number,
            sha256: None,
            width: 512,
            height: 512,
            way: None,
            changes: Vec::new(),
            report: None,
            original,
        };
        self.happens(Event::Ended(task.mark.id, Outcome::Prepared(Ok(jpeg))));
    }

    fn order(&mut self) {
        let config = self.avatar.settings().expect("settings").check().expect("in range");
        let person = self.avatar.person().cloned().expect("a person");
        let bucket_folder = self.avatar.bucket_folders().last().cloned();
        let request = TrainingRequest {
            identity: Uuid::nil(),
            person,
            config,
            photos: None,
            bucket_folder,
            again: true,
        };
        self.avatar = self.avatar.clone().open_training(request, &self.moment).0;
        self.happens(Event::Woke);
    }

    fn answered(&mut self, answer: &serde_json::Value) {
        let task = self.begins();
        let answer = Ok(Response::json(StatusCode::OK, answer));
        self.happens(Event::Ended(task.mark.id, Outcome::Answered { answer, held_elsewhere: false }));
    }

    /// Goes on to where the model of a training is being fetched.
    fn fetches(&mut self) -> Task {
        for (number, name) in [(1, "a"), (2, "b")] {
            self.upload(name);
            self.prepared(number);
        }
        self.order();
        let task = self.begins();
        let sent = Ok("https://fal.test/photos.zip".parse().expect("an address"));
        self.happens(Event::Ended(task.mark.id, Outcome::Sent(sent)));
        self.answered(&json!({ "request_id": "764cabcf-b745-4b3e-ae38-1200304cf45b" }));
        self.answered(&json!({ "status": "COMPLETED" }));
        self.answered(&json!({ "diffusers_lora_file": { "url": "https://fal.test/lora" } }));
        loop {
            let task = self.begins();
            match task.work {
                Work::Fetch { .. } => return task,
                Work::Clear { .. } => self.cleared(task, Ok(())),
                _ => panic!("{task:?}"),
            }
        }
    }

    fn state(&self, name: &str) -> &PhotoState {
        &self.avatar.photo(&id(name)).expect("a photo").state
    }

    fn cleared(&mut self, task: Task, result: Result<(), StorageError>) {
        let Work::Clear { bucket_folder, what } = task.work else { panic!("not tidying: {task:?}") };
        self.happens(Event::Ended(task.mark.id, Outcome::Cleared { bucket_folder, what, result }));
    }
}

fn storage(kind: StorageErrorKind) -> StorageError {
    StorageError::new(kind, "s3://photos/x")
}

#[test]
fn photos_are_looked_at_as_they_come_and_a_training_takes_them_as_they_are() {
    let mut hand = Hand::new();
    assert!(matches!(hand.step(), Step::Idle));
    let (first, second) = (hand.upload("a"), hand.upload("b"));
    assert_ne!(first, second);
    assert!(first.starts_with("s3://photos/likeness/u/"), "{first}");
    hand.prepared(1);
    hand.prepared(2);
    assert!(matches!(hand.state("a"), PhotoState::Ready(_)));
    assert_eq!(
        hand.avatar.photo(&id("a")).expect("a photo").sha256,
        Some(Sha256Sum::of(&1_u32.to_be_bytes()))
    );
    hand.order();
    assert!(matches!(hand.avatar.training(1).expect("a training").order.stage(), Stage::Planned));
    assert!(matches!(hand.begins().work, Work::Send { .. }));
    assert!(hand.avatar.photos_in_use());
}

#[test]
fn a_duplicate_is_told_and_never_ordered() {
    let mut hand = Hand::new();
    for name in ["a", "b", "c"] {
        hand.upload(name);
    }
    hand.prepared(1);
    hand.prepared(1);
    hand.prepared(2);
    let told = |hand: &Hand| hand.avatar.photos().left_out();
    let duplicate = |of: &str| Some(PhotoProblem::Duplicate { of: of.to_owned(), other_caption: false });
    assert_eq!(told(&hand), [None, duplicate("a"), None]);
    hand.order();
    let Work::Send { upload_source: UploadSource::Archive(dataset), .. } = hand.begins().work else {
        panic!("no archive")
    };
    assert_eq!(dataset.parts.len(), 2);
    let status = hand.avatar.status(1, hand.moment.now, Audience::Api).expect("a status");
    let [rejected] = &*status.rejected_photos else { panic!("{status:?}") };
    assert_eq!((rejected.photo.as_str(), rejected.code), ("b", "photo.duplicate"));
    assert_eq!(rejected.duplicate_of.as_deref(), Some("a"));
}

#[test]
fn a_photo_stands_in_for_the_one_that_it_was_a_duplicate_of() {
    let mut hand = Hand::new();
    hand.upload("a");
    hand.upload("b");
    hand.prepared(1);
    hand.prepared(1);
    let left_out = |hand: &Hand| hand.avatar.photos().left_out().iter().flatten().count();
    assert_eq!(left_out(&hand), 1);
    hand.avatar = hand.avatar.clone().without_photo(&id("a"), &hand.moment);
    assert_eq!(left_out(&hand), 0);
}

#[test]
fn photos_that_wait_decide_without_an_order_once_it_is_known() {
    let mut hand = Hand::new();
    for number in 0..23 {
        hand.upload(&format!("p{number}"));
    }
    // These photos were never read, so twenty may be enough or not.
    hand.order();
    for number in 0..20 {
        hand.prepared(number);
    }
    let stage = |hand: &Hand| hand.avatar.training(1).expect("a training").order.stage().clone();
    assert!(matches!(stage(&hand), Stage::Preparing));
    hand.prepared(19);
    assert!(matches!(stage(&hand), Stage::Preparing), "one of them twice");
    hand.prepared(20);
    let Stage::Failed { error, bought: Bought::Nothing, .. } = stage(&hand) else { panic!("not over") };
    assert_eq!(error.code(), "data.too_many_photos");
}

#[test]
fn a_photo_that_is_taken_out_takes_its_task_with_it_and_moves_nobody_elses() {
    let mut hand = Hand::new();
    let gone = hand.upload("a");
    hand.upload("b");
    let (first, second) = (hand.begins(), hand.begins());
    hand.avatar = hand.avatar.clone().without_photo(&id("a"), &hand.moment);
    let busy = |task: &Task| Event::Ended(task.mark.id, Outcome::Prepared(Err(PrepareError::Crashed)));
    hand.happens(busy(&first));
    assert_eq!(hand.avatar.photo(&id("b")).expect("a photo").crashes, 0);
    hand.happens(busy(&second));
    // The photo was not alone, so it does not count as the cause. The second time it is alone.
    assert_eq!(hand.avatar.photo(&id("b")).expect("a photo").crashes, 0);
    let Work::Discard { .. } = hand.begins().work else { panic!("nothing is discarded") };
    hand.passes(Duration::from_secs(5));
    let third = hand.begins();
    hand.happens(busy(&third));
    assert_eq!(hand.avatar.photo(&id("b")).expect("a photo").crashes, 1);
    // The id has another place from now on: an upload to the old place changes nothing.
    assert_ne!(hand.upload("a"), gone);
}

#[test]
fn what_was_taken_out_is_deleted_at_once_and_again_when_nothing_can_be_written_there_any_more() {
    let mut hand = Hand::new();
    let gone = hand.upload("a");
    hand.avatar = hand.avatar.clone().without_photo(&id("a"), &hand.moment);
    let discards = |hand: &mut Hand| {
        let task = hand.begins();
        let Work::Discard { sources } = task.work else { panic!("nothing is discarded") };
        hand.happens(Event::Ended(
            task.mark.id,
            Outcome::Discarded { sources: sources.clone(), result: Ok(()) },
        ));
        sources
    };
    assert_eq!(discards(&mut hand), std::slice::from_ref(&gone));
    let Step::Wait(until) = hand.step() else { panic!("it is not looked after") };
    let signed = SIGNED_FOR + TRANSFER_TIMEOUT;
    assert_eq!(until.since(hand.moment.now), signed);
    hand.passes(signed);
    assert_eq!(discards(&mut hand), [gone]);
    assert!(matches!(hand.step(), Step::Idle));
}

#[test]
fn a_photo_that_takes_its_worker_down_takes_no_other_along() {
    let mut hand = Hand::new();
    let _ = ["bad", "a", "b"].map(|name| hand.upload(name));
    // All photos in hand crash together, time and again.
    let mut rounds = 0;
    while *hand.state("bad") == PhotoState::Waiting {
        rounds += 1;
        assert!(rounds < 20, "it is never given up");
        let mut tasks = Vec::new();
        while let Step::Begin(_) = hand.step() {
            tasks.push(hand.begins());
        }
        assert_eq!(tasks.first().map(|task| task.mark.task_kind), Some(TaskKind::Photo(0)));
        for task in tasks {
            hand.happens(Event::Ended(task.mark.id, Outcome::Prepared(Err(PrepareError::Crashed))));
        }
        hand.passes(Duration::from_mins(6));
    }
    assert_eq!((rounds, hand.state("bad")), (4, &PhotoState::Rejected(PhotoProblem::NotEncoded)));
    for name in ["a", "b"] {
        assert_eq!(hand.avatar.photo(&id(name)).expect("a photo").crashes, 0, "{name}");
        assert_eq!(*hand.state(name), PhotoState::Waiting, "{name}");
    }
    hand.prepared(1);
    hand.prepared(2);
    assert!(matches!(hand.state("b"), PhotoState::Ready(_)));
}

#[test]
fn a_photo_for_which_there_is_no_room_is_tried_three_times() {
    let mut hand = Hand::new();
    hand.upload("a");
    let (needed, free) = (97_000_000, 60_000_000);
    for _ in 0..3 {
        assert_eq!(*hand.state("a"), PhotoState::Waiting);
        let task = hand.begins();
        let cramped = PrepareError::Cramped { needed, free };
        hand.happens(Event::Ended(task.mark.id, Outcome::Prepared(Err(cramped))));
        hand.passes(Duration::from_secs(3));
    }
    let problem = PhotoProblem::TooMuchMemory { needed, max: free };
    assert_eq!(*hand.state("a"), PhotoState::Rejected(problem));
}

#[test]
fn a_photo_that_takes_its_worker_down_each_time_is_left_out() {
    let mut hand = Hand::new();
    hand.upload("a");
    // The worker may have been away: the pauses grow. (The first crash may have been another photo's fault.)
    for pause in [3, 20, 300, 0] {
        assert_eq!(*hand.state("a"), PhotoState::Waiting);
        let task = hand.begins();
        hand.happens(Event::Ended(task.mark.id, Outcome::Prepared(Err(PrepareError::Crashed))));
        if pause > 0 {
            let Step::Wait(until) = hand.step() else { panic!("it does not rest") };
            assert_eq!(until.since(hand.moment.now), Duration::from_secs(pause));
        }
        hand.passes(Duration::from_secs(pause));
    }
    assert_eq!(*hand.state("a"), PhotoState::Rejected(PhotoProblem::NotEncoded));
}

#[test]
fn no_room_is_no_failure_and_is_waited_for() {
    let mut hand = Hand::new();
    hand.upload("a");
    for _ in 0..100 {
        let task = hand.begins();
        hand.happens(Event::Ended(task.mark.id, Outcome::Prepared(Err(PrepareError::Busy))));
        let Step::Wait(until) = hand.step() else { panic!("it is asked again at once") };
        let pause = until.since(hand.moment.now);
        hand.passes(pause);
    }
    assert_eq!(*hand.state("a"), PhotoState::Waiting);
}

#[test]
fn a_bucket_that_is_out_for_an_hour_loses_nothing_and_one_that_refuses_for_good_ends_it() {
    for (kind, survives) in [(StorageErrorKind::Unreachable, true), (StorageErrorKind::Denied, false)] {
        let mut hand = Hand::new();
        hand.upload("a");
        hand.upload("b");
        hand.order();
        let start = hand.moment.now;
        while hand.moment.now.since(start) < Duration::from_hours(1) {
            match hand.step() {
                Step::Begin(_) => {
                    let task = hand.begins();
                    let failed = Outcome::Prepared(Err(PrepareError::Storage(storage(kind))));
                    hand.happens(Event::Ended(task.mark.id, failed));
                }
                Step::Wait(until) if hand.avatar.training(1).is_some_and(|one| !one.order.ended()) => {
                    let pause = until.since(hand.moment.now);
                    hand.passes(pause.max(Duration::from_millis(1)));
                }
                _ => break,
            }
        }
        assert_eq!(!hand.avatar.training(1).expect("a training").order.ended(), survives, "{kind:?}");
    }
}

#[test]
fn a_key_where_nothing_lies_is_a_rejected_photo() {
    let mut hand = Hand::new();
    hand.upload("a");
    let task = hand.begins();
    let missing = PrepareError::Storage(storage(StorageErrorKind::Missing));
    hand.happens(Event::Ended(task.mark.id, Outcome::Prepared(Err(missing))));
    assert_eq!(*hand.state("a"), PhotoState::Rejected(PhotoProblem::Missing));
}

#[test]
fn the_backend_is_told_of_every_stage_once_and_again_until_it_listens() {
    let mut hand = Hand::new();
    hand.upload("a");
    hand.upload("b");
    hand.order();
    let told = |hand: &Hand| match hand
        .avatar
        .next_step(&hand.account, &hand.moment, |_, task_kind| matches!(task_kind, TaskKind::Notify(_)))
    {
        Step::Begin(task) => Some(*task),
        _ => None,
    };
    let task = told(&hand).expect("a notice");
    assert!(matches!(task.work, Work::Notify { order: OrderKey::Training(1), .. }));
    hand.happens(Event::Began(task.mark.clone()));
    assert!(told(&hand).is_none(), "two at once");
    let unheard = Error::Network(crate::error::NetworkError::NoAnswer(NoAnswer::TimedOut));
    hand.happens(Event::Ended(task.mark.id, Outcome::Notified(Err(unheard))));
    assert!(told(&hand).is_none(), "at once again");
    hand.passes(Duration::from_secs(5));
    let again = told(&hand).expect("the notice again");
    assert_eq!(again.mark.task_kind, task.mark.task_kind);
    hand.happens(Event::Began(again.mark.clone()));
    hand.happens(Event::Ended(again.mark.id, Outcome::Notified(Ok(()))));
    hand.passes(Duration::from_hours(1));
    assert!(told(&hand).is_none(), "nothing has changed since");
    hand.prepared(1);
    hand.prepared(2);
    assert!(told(&hand).is_some(), "it is uploading now");
}

#[test]
fn what_is_under_way_is_looked_after_long_before_its_lease_ends() {
    let mut hand = Hand::new();
    let again = |hand: &Hand| hand.avatar.look_again(&hand.account, &hand.moment, |_, _| true);
    assert_eq!(again(&hand), None);
    hand.upload("a");
    let within = |hand: &Hand, most: u64| {
        let again = again(hand).expect("nobody looks again");
        assert!(again > hand.moment.now && again <= hand.moment.now.plus(Duration::from_secs(most)));
    };
    within(&hand, 30);
    hand.begins();
    within(&hand, 30);
}

/// Begins the report that is due, if one is.
fn reports(hand: &mut Hand) -> Option<(TaskId, u64)> {
    let step = hand
        .avatar
        .next_step(&hand.account, &hand.moment, |_, task_kind| matches!(task_kind, TaskKind::Report(_)));
    let Step::Begin(task) = step else { return None };
    let Work::Report { number } = task.work else { panic!("no report: {task:?}") };
    hand.happens(Event::Began(task.mark.clone()));
    Some((task.mark.id, number))
}

fn unheard() -> Result<(), Error> {
    Err(Error::Network(crate::error::NetworkError::NoAnswer(NoAnswer::TimedOut)))
}

#[test]
fn the_ledger_is_told_of_every_change_until_it_takes_it() {
    let mut hand = Hand::new();
    hand.passes(Duration::from_secs(1));
    assert_eq!(reports(&mut hand), None, "nothing was ordered");
    hand.upload("a");
    hand.upload("b");
    hand.order();
    let (task, number) = reports(&mut hand).expect("a report");
    assert_eq!(reports(&mut hand), None, "two at once");
    hand.happens(Event::Ended(task, Outcome::Reported(unheard())));
    assert_eq!(reports(&mut hand), None, "at once again");
    hand.passes(Duration::from_secs(5));
    let (task, again) = reports(&mut hand).expect("the report again");
    assert_eq!(again, number);
    // What changes meanwhile is another report, which follows.
    hand.prepared(1);
    hand.prepared(2);
    hand.happens(Event::Ended(task, Outcome::Reported(Ok(()))));
    let (task, newer) = reports(&mut hand).expect("the next report");
    assert!(newer > number);
    hand.happens(Event::Ended(task, Outcome::Reported(Ok(()))));
    hand.passes(Duration::from_secs(5));
    assert_eq!(reports(&mut hand), None, "nothing has changed since");
}

#[test]
fn the_ledger_is_told_of_an_erase_for_as_long_as_it_takes() {
    let mut hand = Hand::new();
    hand.upload("a");
    hand.upload("b");
    hand.order();
    let (task, _) = reports(&mut hand).expect("a report");
    hand.happens(Event::Ended(task, Outcome::Reported(Ok(()))));
    hand.happens(Event::Asked(super::super::Command::Erase));
    let entry = hand.avatar.entry(hand.moment.now).expect("an entry");
    assert!(entry.erased && entry.jobs.is_empty() && entry.rejected.is_empty());
    for _ in 0..2 * crate::limits::MOST_NOTICES {
        let (task, _) = reports(&mut hand).expect("a report");
        hand.happens(Event::Ended(task, Outcome::Reported(unheard())));
        hand.passes(Duration::from_hours(1));
    }
    let (task, _) = reports(&mut hand).expect("a report");
    hand.happens(Event::Ended(task, Outcome::Reported(Ok(()))));
    assert_eq!(reports(&mut hand), None);
}

#[test]
fn an_entry_holds_codes_and_nothing_of_the_person() {
    let mut hand = Hand::new();
    hand.upload("anna-at-the-beach");
    hand.upload("b");
    let task = hand.begins();
    let small = PrepareError::Photo(PhotoProblem::TooSmall { side: 100, min: 512 });
    hand.happens(Event::Ended(task.mark.id, Outcome::Prepared(Err(small))));
    let entry = hand.avatar.entry(hand.moment.now).expect("an entry");
    assert_eq!(entry.rejected, [("photo.too_small".to_owned(), 1)].into());
    let text = serde_json::to_string(&entry).expect("a text");
    assert!(!text.to_lowercase().contains("anna"), "{text}");
}
