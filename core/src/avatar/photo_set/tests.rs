use super::{Photo, PhotoSet, PhotoState, Sha256Sum};
use crate::avatar::Prepared;
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    error::{DataError, DatasetProblem},
    limits::DatasetLimits,
    photo::PhotoProblem,
};

fn photo(name: &str, state: PhotoState) -> Photo {
    let caption = name.starts_with('c').then(|| "by the sea".to_owned());
    Photo {
        id: None,
        name: name.to_owned(),
        source: name.to_owned(),
        crashes: 0,
        cramped: 0,
        sha256: Some(Sha256Sum::of(name.as_bytes())),
        caption,
        state,
    }
}

fn ready(name: &str) -> Photo {
    let file = format!("{name}.prepared");
    let crc32 = crc32fast::hash(name.as_bytes());
    let jpeg = Prepared {
        file,
        etag: None,
        length: 7,
        crc32,
        sha256: None,
        width: 512,
        height: 512,
        way: None,
        changes: vec![],
        report: None,
        original: None,
    };
    photo(name, PhotoState::Ready(jpeg))
}

fn limits(min_photos: usize, max_photos: usize) -> DatasetLimits {
    DatasetLimits { min_photos, max_photos }
}

#[test]
fn good_photos_are_numbered_without_gaps_and_keep_their_captions() {
    let broken = photo("b", PhotoState::Rejected(PhotoProblem::Empty));
    let set = PhotoSet::new(vec![ready("a"), broken, ready("c")]);
    let dataset = set.dataset(limits(2, 3)).expect("a set");
    let names: Vec<_> = dataset.parts.iter().map(|part| part.entry.name.as_str()).collect();
    assert_eq!(names, ["photo_001.jpg", "photo_002.jpg", "photo_002.txt"]);
    assert!(dataset.archive().is_ok());
}

fn rejected(name: &str) -> Photo {
    photo(name, PhotoState::Rejected(PhotoProblem::Empty))
}

fn waiting(name: &str) -> Photo {
    photo(name, PhotoState::Waiting)
}

/// Makes a photo that was never read.
fn unread(name: &str) -> Photo {
    Photo { sha256: None, ..waiting(name) }
}

fn same_as(original: &Photo, name: &str) -> Photo {
    Photo { sha256: original.sha256, ..ready(name) }
}

fn left_out(name: &str, why: PhotoProblem) -> DatasetProblem {
    DatasetProblem::Rejected { photo: name.to_owned(), why }
}

fn duplicate(of: &str) -> PhotoProblem {
    PhotoProblem::Duplicate { of: of.to_owned(), other_caption: false }
}

fn refusal(result: Result<impl Sized, DataError>) -> Vec<DatasetProblem> {
    match result.map(drop) {
        Err(DataError::Dataset(problems)) => problems,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn every_problem_is_reported_at_once() {
    let set =
        PhotoSet::new(vec![ready("a"), rejected("b"), same_as(&ready("a"), "d"), ready("e"), waiting("w")]);
    assert_eq!(
        refusal(set.dataset(limits(3, 1))),
        [
            DatasetProblem::TooFew { good: 2, min: 3 },
            DatasetProblem::TooMany { found: 2, max: 1 },
            left_out("b", PhotoProblem::Empty),
            left_out("d", duplicate("a")),
        ]
    );
}

#[test]
fn a_duplicate_is_left_out_and_the_set_goes_on() {
    let set = PhotoSet::new(vec![ready("a"), same_as(&ready("a"), "b"), ready("d")]);
    assert_eq!(set.left_out(), [None, Some(duplicate("a")), None]);
    let dataset = set.dataset(limits(2, 2)).expect("a set");
    let names: Vec<_> = dataset.parts.iter().map(|part| part.entry.name.as_str()).collect();
    assert_eq!(names, ["photo_001.jpg", "photo_002.jpg"]);
    assert_eq!(refusal(set.dataset(limits(3, 3))).first(), Some(&DatasetProblem::TooFew { good: 2, min: 3 }));
}

#[test]
fn another_caption_of_the_same_photo_is_told() {
    let other = |caption: &str| Photo { caption: Some(caption.to_owned()), ..same_as(&ready("c"), "d") };
    let why = |other| PhotoSet::new(vec![ready("c"), other]).left_out().pop().flatten();
    assert_eq!(why(other("by the sea")), Some(duplicate("c")));
    let differs = PhotoProblem::Duplicate { of: "c".to_owned(), other_caption: true };
    assert_eq!(why(other("at home")), Some(differs));
    assert_eq!(why(same_as(&ready("c"), "d")), Some(duplicate("c")));
}

#[test]
fn two_captions_of_the_same_bytes_are_named() {
    let other = |caption: &str| Photo { caption: Some(caption.to_owned()), ..same_as(&ready("c"), "d") };
    let two = |other| PhotoSet::new(vec![ready("a"), ready("c"), other]);
    assert_eq!(two(other("at home")).two_captions(), Some(("c", "d")));
    assert_eq!(two(other("by the sea")).two_captions(), None);
    assert_eq!(two(same_as(&ready("c"), "d")).two_captions(), None);
}

#[test]
fn a_duplicate_is_prepared_once_it_is_needed() {
    let double = Photo { sha256: waiting("a").sha256, ..waiting("b") };
    let mut set = PhotoSet::new(vec![waiting("a"), double, waiting("d")]);
    assert_eq!((set.waiting(), set.settled()), (vec![0, 2], 1));
    if let Some(first) = set.photo_mut(0) {
        first.state = PhotoState::Rejected(PhotoProblem::NotEncoded);
    }
    assert_eq!((set.waiting(), set.settled()), (vec![1, 2], 1));
}

#[test]
fn what_headers_and_sums_show_is_counted_before_anything_is_ordered() {
    let set = |photos: &[Photo]| PhotoSet::new(photos.to_vec());
    let double = same_as(&waiting("a"), "double");
    let two = set(&[waiting("a"), rejected("x"), double.clone(), ready("b")]);
    assert!(two.could_be_a_set(limits(2, 2)).is_ok());
    assert_eq!(
        refusal(two.could_be_a_set(limits(1, 1))),
        [
            DatasetProblem::TooMany { found: 2, max: 1 },
            left_out("x", PhotoProblem::Empty),
            left_out("double", duplicate("a")),
        ]
    );
    assert_eq!(
        refusal(two.could_be_a_set(limits(3, 9))).first(),
        Some(&DatasetProblem::TooFew { good: 2, min: 3 })
    );
    // A photo that was never read may turn out to be anything.
    let hopeful = set(&[waiting("a"), unread("b"), unread("d")]);
    assert!(hopeful.could_be_a_set(limits(3, 3)).is_ok());
    assert!(hopeful.could_be_a_set(limits(1, 2)).is_ok());
    assert!(hopeful.could_be_a_set(limits(1, 1)).is_err(), "more than twice as many");
    assert!(hopeful.could_be_a_set(limits(4, 9)).is_err());
}

#[test]
fn preparing_goes_on_only_while_it_can_end_well() {
    let set = |ready_ones: usize, waiting_ones: usize| {
        let ready = (0..ready_ones).map(|number| ready(&format!("r{number}")));
        let waiting = (0..waiting_ones).map(|number| unread(&format!("w{number}")));
        PhotoSet::new(ready.chain(waiting).collect())
    };
    assert!(set(0, 40).worth_preparing(limits(10, 20)).is_ok());
    assert!(set(0, 41).worth_preparing(limits(10, 20)).is_err());
    assert!(set(20, 5).worth_preparing(limits(10, 20)).is_ok());
    assert_eq!(
        refusal(set(21, 5).worth_preparing(limits(10, 20))),
        [DatasetProblem::TooMany { found: 21, max: 20 }]
    );
}

#[test]
fn a_row_without_the_clean_jpegs_sum_is_read() {
    let row = r#"{"file":"photo-1.jpg","length":7,"crc32":9,"width":512,"height":512,"changes":[]}"#;
    let jpeg: Prepared = serde_json::from_str(row).expect("a row of an earlier release");
    assert_eq!(jpeg.sha256, None);
    assert_eq!(serde_json::to_string(&jpeg).expect("JSON"), row);
}
