//! An avatar driven by hand, where a bucket, a lost file or a goal decides what comes next.

mod refusals;

use std::time::Duration;

use serde_json::json;
use uuid::Uuid;

use super::{
    Avatar, AvatarId, Command, Elsewhere, Event, FolderPart, GivenUp, Goal, Kept, Moment, Name, OrderKey,
    OrderStep, Outcome, Person, Photo, PhotoSet, PhotoState, PrepareError, Prepared, Sha256Sum, Stage, Step,
    Task, TaskKind, TrainingRequest, TrainingSettings, Work,
};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    download::{Expected, FileKind},
    error::{Error, StorageError, StorageErrorKind},
    fal::{Account, account::Origins},
    http::{HeaderMap, HeaderValue, NoAnswer, Response, StatusCode},
    language::Audience,
    secret::Secret,
    storage::{Access, Bucket, BucketFolder},
    time::Timestamp,
};

/// An avatar whose photos lie in a bucket, and the time.
struct Hand {
    avatar: Avatar,
    moment: Moment,
    account: Account,
    bucket_folder: BucketFolder,
}

impl Hand {
    /// Makes three photos, as many as can be worked on at a time, and a training that was just ordered.
    fn ordering() -> Self {
        let secret = || Secret::new("kid:hush").expect("text");
        let origins = Origins::single(&"http://fal.test".parse().expect("an address")).expect("an origin");
        let account = Account::new(secret(), origins).expect("an account");
        let access = Access { key: secret(), secret: secret(), region: "us-east-1".to_owned() };
        let endpoint = "http://minio.test".parse().expect("an address");
        let bucket = Bucket::new(&endpoint, "photos", &access, None).expect("a bucket");
        let now = Timestamp::from_millis(1_800_000_000_000);
        let moment = Moment { now, poll: Duration::from_secs(30), photo_slots: 3, entropy: [7; 16] };
        let id = AvatarId::new(Uuid::from_u128(7));
        let name = |text| Name::new(text).expect("a name");
        let person = Person { user: name("u"), name: name("Anna"), gender: None };
        let bucket_folder = BucketFolder::new(&bucket, &person.user, id);
        let photo = |number: u8| Photo {
            id: None,
            crashes: 0,
            cramped: 0,
            name: number.to_string(),
            source: format!("s3://photos/{number}.jpg"),
            sha256: Some(Sha256Sum::of(&[number])),
            caption: None,
            state: PhotoState::Waiting,
        };
        let settings = TrainingSettings { min_photos: Some(3), ..TrainingSettings::default() };
        let request = TrainingRequest {
            identity: Uuid::nil(),
            person: person.clone(),
            config: settings.check().expect("in range"),
            photos: Some(PhotoSet::new((0..3).map(photo).collect())),
            bucket_folder: Some(bucket_folder.clone()),
            again: false,
        };
        let avatar = Avatar::new(id, person, false, "http://fal.test".to_owned(), &moment);
        let (avatar, _) = avatar.open_training(request, &moment);
        Self { avatar, moment, account, bucket_folder }
    }

    fn happens(&mut self, event: Event) {
        self.avatar = self.avatar.clone().after(event, &self.moment);
    }

    /// Begins the next task.
    fn begins(&mut self) -> Task {
        let Step::Begin(task) = self.avatar.next_step(&self.account, &self.moment, |_, _| true) else {
            panic!("nothing to do: {:?}", self.avatar)
        };
        self.happens(Event::Began(task.mark.clone()));
        *task
    }

    fn prepares(&mut self) {
        for number in 0..3 {
            let task = self.begins();
            let Work::Prepare { file, .. } = task.work else { panic!("no photo") };
            let (width, height, etag) = (512, 512, None);
            let prepared = Prepared {
                file,
                etag,
                length: 9,
                crc32: number,
                sha256: None,
                width,
                height,
                way: None,
                changes: Vec::new(),
                report: None,
                original: None,
            };
            self.happens(Event::Ended(task.mark.id, Outcome::Prepared(Ok(prepared))));
        }
    }

    fn answered(&mut self, answer: &serde_json::Value) {
        let task = self.begins();
        let answer = Ok(Response::json(StatusCode::OK, answer));
        self.happens(Event::Ended(task.mark.id, Outcome::Answered { answer, held_elsewhere: false }));
    }

    /// Goes on to where fal has made the model, which is to be fetched next.
    fn collects(&mut self) {
        self.prepares();
        let task = self.begins();
        assert!(matches!(task.work, Work::Send { .. }));
        let sent = Ok("https://fal.test/photos.zip".parse().expect("an address"));
        self.happens(Event::Ended(task.mark.id, Outcome::Sent(sent)));
        self.answered(&json!({ "request_id": "764cabcf-b745-4b3e-ae38-1200304cf45b" }));
        self.answered(&json!({ "status": "COMPLETED" }));
        let file = json!({ "url": "https://fal.test/lora.safetensors", "file_size": 89_745_224 });
        self.answered(&json!({ "diffusers_lora_file": file }));
        assert!(matches!(self.stage(), Stage::Keeping { .. }));
    }

    fn fetched(&mut self, task: &Task, fetched: Result<Kept, Error>) {
        self.happens(Event::Ended(task.mark.id, Outcome::Fetched(fetched)));
    }

    fn passes(&mut self, time: Duration) {
        self.moment.now = self.moment.now.plus(time);
        self.happens(Event::Woke);
    }

    /// Goes on to an order that fal calls completed.
    fn completes(&mut self) {
        self.prepares();
        let upload = self.begins();
        let url = "http://fal.test/files/photos.zip".parse().expect("an address");
        self.happens(Event::Ended(upload.mark.id, Outcome::Sent(Ok(url))));
        self.answers(OrderStep::Submit, &answer(200, r#"{"request_id":"764cabcf"}"#, false));
        self.answers(OrderStep::Look, &completed());
    }

    /// Waits until this step is to be done, and answers it.
    fn answers(&mut self, expected: OrderStep, answer: &Response) {
        if let Step::Wait(until) = self.avatar.next_step(&self.account, &self.moment, |_, _| true) {
            self.moment.now = until;
        }
        let task = self.begins();
        assert_eq!(task.mark.task_kind, TaskKind::Training(1, expected));
        let outcome = Outcome::Answered { answer: Ok(answer.clone()), held_elsewhere: false };
        self.happens(Event::Ended(task.mark.id, outcome));
    }

    fn stage(&self) -> &Stage<crate::fal::result::TrainedModel> {
        self.avatar.training(1).expect("a training").order.stage()
    }
}

/// Makes an answer with this body, fal's own or a stranger's.
fn answer(status: u16, body: &str, signed: bool) -> Response {
    let mut headers = HeaderMap::new();
    if signed {
        headers.insert("x-fal-request-id", HeaderValue::from_static("764cabcf"));
    }
    let status = StatusCode::from_u16(status).expect("a status");
    Response { status, headers, body: body.as_bytes().to_vec() }
}

fn completed() -> Response {
    answer(200, r#"{"status":"COMPLETED"}"#, true)
}

fn storage(kind: StorageErrorKind) -> StorageError {
    StorageError::new(kind, "s3://photos/0.jpg")
}

#[test]
fn what_goes_to_the_bucket_lies_under_our_prefix_and_never_twice_under_one_name() {
    let mut hand = Hand::ordering();
    let mut files = Vec::new();
    for _ in 0..2 {
        let tasks = [hand.begins(), hand.begins(), hand.begins()];
        for task in tasks {
            let Work::Prepare { file, .. } = task.work else { panic!("no photo") };
            assert!(
                file.starts_with("s3://photos/likeness/u/00000000-0000-0000-0000-000000000007/normalised/")
            );
            files.push(file);
        }
        hand.happens(Event::Restarted);
    }
    files.sort();
    files.dedup();
    assert_eq!(files.len(), 6);
}

#[test]
fn one_hiccup_of_the_bucket_counts_once_however_many_photos_meet_it() {
    let mut hand = Hand::ordering();
    for round in 1..=4 {
        let tasks = [hand.begins(), hand.begins(), hand.begins()];
        for task in tasks {
            let failed = Err(PrepareError::Storage(storage(StorageErrorKind::Unreachable)));
            hand.happens(Event::Ended(task.mark.id, Outcome::Prepared(failed)));
        }
        let retry = hand.avatar.training(1).and_then(|one| one.order.retry()).expect("an error");
        assert_eq!(retry.tries, round);
        assert_eq!(Goal::Trained(1).given_up(&hand.avatar, hand.moment.now), None);
        hand.moment.now = retry.until;
    }
    hand.prepares();
    assert!(matches!(hand.stage(), Stage::Planned));
}

#[test]
fn what_passes_not_by_itself_is_given_up_at_once() {
    let mut hand = Hand::ordering();
    let task = hand.begins();
    let failed = Err(PrepareError::Storage(storage(StorageErrorKind::Denied)));
    hand.happens(Event::Ended(task.mark.id, Outcome::Prepared(failed)));
    let given_up = Goal::Trained(1).given_up(&hand.avatar, hand.moment.now);
    assert_eq!(given_up, Some(GivenUp::Failed(Error::Storage(storage(StorageErrorKind::Denied)))));
}

/// Loses the prepared photos each time: a server whose ETags never agree would otherwise be sent photos for ever.
#[test]
fn photos_that_are_gone_each_time_are_prepared_a_few_times_only() {
    let mut hand = Hand::ordering();
    for _ in 0..4 {
        hand.prepares();
        let task = hand.begins();
        assert!(matches!(task.work, Work::Send { .. }));
        let gone = Err(Error::Storage(storage(StorageErrorKind::Changed)));
        hand.happens(Event::Ended(task.mark.id, Outcome::Sent(gone)));
    }
    assert!(matches!(hand.stage(), Stage::Failed { error: Error::Storage(_), .. }), "{:?}", hand.stage());
}

#[test]
fn looking_at_a_job_never_buys_it() {
    let hand = Hand::ordering();
    let submit = TaskKind::Training(1, OrderStep::Submit);
    for (goal, buys) in [
        (Goal::Trained(1), true),
        (Goal::Accepted(1), true),
        (Goal::Reported(1), true),
        (Goal::Trained(2), false),
        (Goal::Watched(1), false),
        (Goal::Seen(1), false),
        (Goal::Pictures(1), false),
        (Goal::AllEnded, false),
    ] {
        assert_eq!(goal.allows(&hand.avatar, submit), buys, "{goal:?}");
        assert_eq!(goal.allows(&hand.avatar, TaskKind::Photo(0)), buys, "{goal:?}");
        let pictures = TaskKind::Pictures(1, OrderStep::Submit);
        assert_eq!(goal.allows(&hand.avatar, pictures), goal == Goal::Pictures(1), "{goal:?}");
        assert!(goal.allows(&hand.avatar, TaskKind::Training(1, OrderStep::Look)));
    }
    assert!(Goal::Seen(1).is_reached(&hand.avatar));
    assert!(!Goal::Trained(1).is_reached(&hand.avatar));
}

#[test]
fn a_place_in_the_bucket_is_remembered_until_it_is_empty_and_the_person_forgotten() {
    let mut hand = Hand::ordering();
    let task = hand.begins();
    let saved = serde_json::to_value(&hand.avatar).expect("JSON");
    // Names of an earlier release, which every stored avatar has.
    assert_eq!(saved["depots"][0]["bucket"], "photos", "{saved}");
    assert_eq!(saved["running"][0]["errand"], serde_json::json!({ "photo": 0 }), "{saved}");
    let clear = |hand: &mut Hand, what| {
        hand.happens(Event::Cleared { bucket_folder: hand.bucket_folder.clone(), what });
    };
    // A photo is still being written.
    clear(&mut hand, FolderPart::WorkingFiles);
    assert!(hand.avatar.bucket_folders()[0].holds_working_files());
    hand.happens(Event::Asked(Command::Erase));
    clear(&mut hand, FolderPart::Everything);
    assert_eq!(hand.avatar.bucket_folders().len(), 1);
    // The photo's process is dead, or its time is over.
    hand.moment.now = task.mark.lease;
    clear(&mut hand, FolderPart::Everything);
    assert_eq!(hand.avatar.bucket_folders(), []);
    let saved = serde_json::to_string(&hand.avatar).expect("JSON");
    assert!(!saved.contains("s3://") && !saved.contains("minio"), "{saved}");
}

#[test]
fn what_fal_promised_of_a_file_goes_along_with_it() {
    let mut hand = Hand::ordering();
    hand.collects();
    let task = hand.begins();
    let Work::Fetch { file, name, .. } = task.work else { panic!("nothing is fetched") };
    assert_eq!(file.expected, Expected::of_fal(FileKind::Model, Some(89_745_224)));
    assert_eq!(
        (file.url.as_str(), name.as_str()),
        ("https://fal.test/lora.safetensors", "model.safetensors")
    );
    // The model's own origin is http, so that a redirect may lead there.
    assert!(file.plain.allow(&"http://fal.test/elsewhere".parse().expect("an address")));
    assert!(!file.plain.allow(&"http://elsewhere.test/".parse().expect("an address")));
}

#[test]
fn a_transfer_lasts_while_it_moves_and_six_hours_at_most() {
    let minutes = Duration::from_mins;
    for (word, most) in [(Some(minutes(10)), 6 * 60), (None, 11)] {
        let mut hand = Hand::ordering();
        hand.collects();
        let (task, begun) = (hand.begins(), hand.moment.now);
        while hand.avatar.awaits(task.mark.id) {
            hand.passes(minutes(1));
            let since = hand.moment.now.since(begun);
            if word.is_some_and(|word| since.as_secs().is_multiple_of(word.as_secs())) {
                hand.happens(Event::Progressed(task.mark.id));
            }
            assert!(since <= minutes(6 * 60), "it never ends");
        }
        assert_eq!(hand.moment.now.since(begun), minutes(most));
        // A lost transfer is not brought back by a late report, and is begun again.
        hand.happens(Event::Progressed(task.mark.id));
        assert!(!hand.avatar.awaits(task.mark.id));
        assert!(matches!(hand.begins().work, Work::Fetch { .. }));
    }
}

#[test]
fn a_word_of_progress_puts_off_no_call() {
    let mut hand = Hand::ordering();
    hand.prepares();
    let task = hand.begins();
    let sent = Ok("https://fal.test/photos.zip".parse().expect("an address"));
    hand.happens(Event::Ended(task.mark.id, Outcome::Sent(sent)));
    let submit = hand.begins();
    assert!(submit.mark.is_submit() && submit.mark.latest.is_none());
    let before = hand.avatar.clone();
    hand.happens(Event::Progressed(submit.mark.id));
    assert_eq!(hand.avatar, before);
}

#[test]
fn nobody_awaits_what_was_called_off() {
    let mut hand = Hand::ordering();
    hand.prepares();
    let upload = hand.begins();
    assert!(hand.avatar.awaits(upload.mark.id));
    hand.happens(Event::Asked(Command::Cancel(OrderKey::Training(1))));
    assert!(!hand.avatar.awaits(upload.mark.id));
    let mut hand = Hand::ordering();
    hand.collects();
    let fetch = hand.begins();
    // A result that is paid for is kept, also when the order is called off now.
    hand.happens(Event::Asked(Command::Cancel(OrderKey::Training(1))));
    assert!(hand.avatar.awaits(fetch.mark.id));
    hand.happens(Event::Asked(Command::Erase));
    assert!(!hand.avatar.awaits(fetch.mark.id));
}

#[test]
fn nothing_ends_before_it_began() {
    let mut hand = Hand::ordering();
    hand.moment.now = Timestamp::from_millis(hand.moment.now.millis() - 3_600_000);
    hand.happens(Event::Asked(Command::Cancel(OrderKey::Training(1))));
    let status = hand.avatar.status(1, hand.moment.now, Audience::Terminal).expect("a status");
    assert_eq!(status.completed_at, Some(status.created_at));
}

#[test]
fn a_clock_that_is_set_back_does_not_stop_the_looking() {
    let mut hand = Hand::ordering();
    hand.prepares();
    let upload = hand.begins();
    let url = "http://fal.test/files/photos.zip".parse().expect("an address");
    hand.happens(Event::Ended(upload.mark.id, Outcome::Sent(Ok(url))));
    hand.answers(OrderStep::Submit, &answer(200, r#"{"request_id":"764cabcf"}"#, false));
    for back in [601, 7200, 90_000] {
        hand.answers(OrderStep::Look, &answer(200, r#"{"status":"IN_QUEUE","queue_position":1}"#, false));
        assert!(matches!(hand.avatar.next_step(&hand.account, &hand.moment, |_, _| true), Step::Wait(_)));
        let now = hand.moment.now;
        hand.moment.now = Timestamp::from_millis(now.millis() - back * 1000);
        let task = hand.begins();
        assert_eq!(task.mark.task_kind, TaskKind::Training(1, OrderStep::Look), "{back} seconds back");
        // A failure pauses the order, and a clock that is set back does not prolong that pause either.
        let failed = Outcome::Answered { answer: Err(NoAnswer::TimedOut), held_elsewhere: false };
        hand.happens(Event::Ended(task.mark.id, failed));
        assert!(matches!(hand.avatar.next_step(&hand.account, &hand.moment, |_, _| true), Step::Wait(_)));
        hand.moment.now = Timestamp::from_millis(hand.moment.now.millis() - back * 1000);
    }
    hand.answers(OrderStep::Look, &completed());
}

/// Leaves an order unclear: only fal's answer to it leads back to where the photos are sent once more.
#[test]
fn prepared_photos_go_once_the_order_can_only_be_found_again() {
    let mut hand = Hand::ordering();
    hand.prepares();
    let upload = hand.begins();
    let url = "http://fal.test/files/photos.zip".parse().expect("an address");
    hand.happens(Event::Ended(upload.mark.id, Outcome::Sent(Ok(url))));
    let submit = hand.begins();
    assert_eq!(submit.mark.task_kind, TaskKind::Training(1, OrderStep::Submit));
    assert!(hand.avatar.needs_working_files(), "the answer may be that it is to be tried again");
    hand.passes(Duration::from_hours(1));
    assert!(matches!(hand.stage(), Stage::Unclear { .. }));
    assert!(hand.avatar.needs_working_files(), "so may a late answer be");
    hand.happens(Event::Restarted);
    assert!(matches!(hand.stage(), Stage::Unclear { .. }));
    assert!(!hand.avatar.needs_working_files());
}

#[test]
fn a_kept_model_can_be_had_from_the_bucket_and_for_a_week_from_fal() {
    let mut hand = Hand::ordering();
    hand.collects();
    let task = hand.begins();
    let name = "model.safetensors".to_owned();
    let copy = hand.avatar.training(1).expect("a training").copy_to.clone();
    let kept = Kept { name, length: 9, sha256: Sha256Sum::of(b"a model"), copy: copy.clone() };
    hand.fetched(&task, Ok(kept.clone()));
    let models: Vec<&Kept> = hand.avatar.kept_models().collect();
    assert_eq!(models, [&kept]);
    let [Elsewhere::Bucket(place), Elsewhere::Fal(file)] = &hand.avatar.elsewhere(&kept, hand.moment.now)[..]
    else {
        panic!("not both")
    };
    assert_eq!((Some(place), file.url.as_str()), (copy.as_ref(), "https://fal.test/lora.safetensors"));
    assert_eq!((file.expected.length, file.expected.sha256), (Some(9), Some(kept.sha256)));
    let later = hand.moment.now.plus(Duration::from_hours(24 * 7));
    assert!(matches!(hand.avatar.elsewhere(&kept, later)[..], [Elsewhere::Bucket(_)]));
    let here = Kept { copy: None, ..kept };
    assert_eq!(hand.avatar.elsewhere(&here, later), []);
    hand.happens(Event::Asked(Command::Erase));
    assert_eq!(hand.avatar.elsewhere(&here, hand.moment.now), []);
}
