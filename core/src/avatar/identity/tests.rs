use super::{Identity, SamePhotos};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    avatar::{
        Name, Photo, PhotoSet, PhotoState, Prepared, Quality, Sha256Sum, TrainingConfig, TrainingSettings,
    },
    photo::PhotoProblem,
};

fn name(text: &str) -> Name {
    Name::new(text).expect("a name")
}

fn config(quality: Option<Quality>) -> TrainingConfig {
    TrainingSettings { quality, ..TrainingSettings::default() }.check().expect("settings")
}

fn sum(text: &str) -> Sha256Sum {
    Sha256Sum::of(text.as_bytes())
}

/// Makes a waiting photo of these bytes.
fn waiting(bytes: &str) -> Photo {
    Photo {
        id: None,
        name: bytes.to_owned(),
        source: bytes.to_owned(),
        sha256: Some(sum(bytes)),
        caption: None,
        crashes: 0,
        cramped: 0,
        state: PhotoState::Waiting,
    }
}

/// Makes a prepared photo of these bytes whose clean JPEG shows `picture`.
fn showing(bytes: &str, picture: &str) -> Photo {
    let jpeg = Prepared {
        file: bytes.to_owned(),
        etag: None,
        length: 9,
        crc32: crc32fast::hash(picture.as_bytes()),
        sha256: Some(sum(picture)),
        width: 512,
        height: 512,
        way: None,
        changes: Vec::new(),
        report: None,
        original: None,
    };
    Photo { state: PhotoState::Ready(jpeg), ..waiting(bytes) }
}

fn good(bytes: &str) -> Photo {
    showing(bytes, bytes)
}

fn bad(bytes: &str) -> Photo {
    Photo { state: PhotoState::Rejected(PhotoProblem::Empty), ..waiting(bytes) }
}

fn captioned(photo: Photo, caption: &str) -> Photo {
    Photo { caption: Some(caption.to_owned()), ..photo }
}

fn set(photos: &[Photo]) -> PhotoSet {
    PhotoSet::new(photos.to_vec())
}

fn sea(photo: Photo) -> Photo {
    captioned(photo, "by the sea")
}

/// Holds both promised values: a command that was interrupted before an upgrade must find its job after it.
#[test]
fn the_identity_is_stable_and_every_part_of_it_counts() {
    let (user, anna, fast, high) = (name("local"), name("Анна"), config(None), config(Some(Quality::High)));
    let first = Identity {
        user: &user,
        name: &anna,
        test_mode: false,
        origin: "https://queue.fal.run",
        config: &fast,
    };
    let listed = [(Some(sum("one")), None), (Some(sum("two")), Some("by the sea"))];
    assert_eq!(first.as_listed(&listed).to_string(), "592ea67b-2e0e-5cd6-876a-951a2ec6f023");
    let turned = [listed[1], listed[0]];
    assert_ne!(first.as_listed(&turned), first.as_listed(&listed));

    let photos = set(&[good("one"), sea(good("two"))]);
    assert_eq!(first.of_photos(&photos).to_string(), "17fcd64c-43ef-5cf2-9c5f-dbd636526be5");
    assert_ne!(first.of_photos(&set(&[good("one"), good("two")])), first.of_photos(&photos));
    for other in [
        Identity { user: &anna, ..first.clone() },
        Identity { name: &user, ..first.clone() },
        Identity { test_mode: true, ..first.clone() },
        Identity { origin: "http://127.0.0.1:1", ..first.clone() },
        Identity { config: &high, ..first.clone() },
    ] {
        assert_ne!(other.of_photos(&photos), first.of_photos(&photos), "{other:?}");
        assert_ne!(other.as_listed(&listed), first.as_listed(&listed), "{other:?}");
    }
    for same in [
        set(&[sea(good("two")), good("one")]),
        set(&[good("one"), bad("x"), sea(good("two"))]),
        set(&[good("two"), good("one"), sea(good("two")), good("one")]),
    ] {
        assert_eq!(first.of_photos(&same), first.of_photos(&photos), "{same:?}");
    }
    let copy = || showing("a copy of one", "one");
    let either = first.of_photos(&set(&[good("one"), copy(), sea(good("two"))]));
    assert_eq!(first.of_photos(&set(&[sea(good("two")), copy(), good("one")])), either);
}

#[test]
fn a_job_is_found_by_its_good_photos_whatever_lies_beside_them() {
    let job = set(&[waiting("a"), sea(waiting("b")), bad("x")]);
    let compared = |listed: &[Photo]| SamePhotos::between(&set(listed), &job);
    let (a, b) = (waiting("a"), sea(waiting("b")));
    // In another order, with and without the bad one, which keeps its verdict.
    assert_eq!(compared(&[b.clone(), a.clone()]), SamePhotos::Yes);
    assert_eq!(compared(&[b.clone(), a.clone(), good("x")]), SamePhotos::Yes);
    assert_eq!(compared(&[waiting("b"), b.clone(), a.clone(), a.clone()]), SamePhotos::Yes);
    // The photo would be left out now, but went into that job.
    assert_eq!(compared(&[b.clone(), bad("a")]), SamePhotos::Yes);
    // Another photo beside them counts when it is good, which is not known before it was looked at.
    assert_eq!(compared(&[a.clone(), b.clone(), bad("c")]), SamePhotos::Yes);
    assert_eq!(compared(&[a.clone(), b.clone(), good("c")]), SamePhotos::No);
    assert_eq!(compared(&[a.clone(), b.clone(), waiting("c")]), SamePhotos::Unknown);
    assert_eq!(compared(&[a.clone(), b, waiting("c"), good("d")]), SamePhotos::No);
    // One photo less, or another caption, makes another set whatever the rest is.
    assert_eq!(compared(&[a.clone(), waiting("c")]), SamePhotos::No);
    assert_eq!(compared(&[a.clone(), waiting("b")]), SamePhotos::No);
    assert_eq!(compared(&[a, captioned(waiting("b"), "in town")]), SamePhotos::No);
}

#[test]
fn copies_of_one_picture_are_one_photo_in_any_order() {
    let copy = || showing("a copy of a", "a");
    let job = set(&[good("a"), copy(), good("b")]);
    let compared = |listed: &[Photo]| SamePhotos::between(&set(listed), &job);
    assert_eq!(compared(&[good("b"), copy(), good("a")]), SamePhotos::Yes);
    assert_eq!(compared(&[copy(), good("b")]), SamePhotos::Yes);
    assert_eq!(compared(&[waiting("a"), waiting("b")]), SamePhotos::Yes);
    // Only this list knows that the two are one picture.
    let job = set(&[good("a"), good("b")]);
    let compared = |listed: &[Photo]| SamePhotos::between(&set(listed), &job);
    assert_eq!(compared(&[copy(), good("a"), good("b")]), SamePhotos::Yes);
    assert_eq!(compared(&[copy(), good("b")]), SamePhotos::No);
}

#[test]
fn a_photo_that_nobody_read_is_nobodys() {
    let unread = Photo { sha256: None, ..waiting("a") };
    assert_eq!(SamePhotos::between(&set(&[waiting("a")]), &set(&[unread])), SamePhotos::No);
}

/// Holds what lets an encoder change: a job that began with one is found with the next.
#[test]
fn what_is_made_of_photos_does_not_name_a_job() {
    let made = |by: &str| set(&["a", "b"].map(|photo| showing(photo, &format!("{photo} by {by}"))));
    let (before, after) = (made("one encoder"), made("another"));
    let (user, name, config) = (name("user-1"), name("Anna"), config(None));
    let identity =
        Identity { user: &user, name: &name, test_mode: false, origin: "https://fal.ai", config: &config };
    assert_eq!(identity.of_photos(&after), identity.of_photos(&before));
    assert_eq!(SamePhotos::between(&after, &before), SamePhotos::Yes);
}
