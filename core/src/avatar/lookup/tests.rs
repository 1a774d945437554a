use std::time::Duration;

use super::{OnRecord, OtherTraining};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    avatar::{
        Avatar, AvatarId, Command, Event, Identity, Moment, Name, OrderKey, Person, Photo, PhotoSet,
        PhotoState, Quality, Sha256Sum, TrainingConfig, TrainingRequest, TrainingSettings,
    },
    time::Timestamp,
};

const ORIGIN: &str = "https://queue.fal.run";

fn person(name: &str) -> Person {
    Person { user: Name::new("local").expect("a name"), name: Name::new(name).expect("a name"), gender: None }
}

fn config(quality: Option<Quality>) -> TrainingConfig {
    TrainingSettings { quality, ..TrainingSettings::default() }.check().expect("settings")
}

fn photos(names: &[&str]) -> PhotoSet {
    let photo = |name: &&str| Photo {
        id: None,
        name: (*name).to_owned(),
        source: format!("/photos/{name}"),
        sha256: Some(Sha256Sum::of(name.as_bytes())),
        caption: None,
        crashes: 0,
        cramped: 0,
        state: PhotoState::Waiting,
    };
    PhotoSet::new(names.iter().map(photo).collect())
}

fn moment() -> Moment {
    let now = Timestamp::from_millis(1_800_000_000_000);
    Moment { now, poll: Duration::from_secs(30), photo_slots: 1, entropy: [7; 16] }
}

fn wanted<'a>(person: &'a Person, config: &'a TrainingConfig) -> Identity<'a> {
    Identity { user: &person.user, name: &person.name, test_mode: false, origin: ORIGIN, config }
}

/// Makes an avatar with a training of these photos under way, whose identity is its own number.
fn avatar(number: u128, name: &str, names: &[&str]) -> Avatar {
    let (id, person) = (AvatarId::new(uuid::Uuid::from_u128(number)), person(name));
    let request = TrainingRequest {
        identity: uuid::Uuid::from_u128(number),
        person: person.clone(),
        config: config(None),
        photos: Some(photos(names)),
        bucket_folder: None,
        again: false,
    };
    Avatar::new(id, person, false, ORIGIN.to_owned(), &moment()).open_training(request, &moment()).0
}

fn cancelled(avatar: Avatar) -> Avatar {
    avatar
        .after(Event::Asked(Command::Cancel(OrderKey::Training(1))), &moment())
        .after(Event::Woke, &moment())
}

#[test]
fn a_training_is_found_under_whatever_id_it_was_stored() {
    let (anna, fast, high) = (person("Anna"), config(None), config(Some(Quality::High)));
    let avatars = [avatar(1, "Anna", &["a"]), avatar(2, "Anna", &["a", "b"])];
    let found = |wanted: &Identity<'_>, names: &[&str]| OnRecord::among(&avatars, wanted, &photos(names));
    let second = OnRecord::Yes(AvatarId::new(uuid::Uuid::from_u128(2)), uuid::Uuid::from_u128(2));
    assert_eq!(found(&wanted(&anna, &fast), &["b", "a"]), second);
    assert_eq!(found(&wanted(&anna, &high), &["b", "a"]), OnRecord::No);
    assert_eq!(found(&wanted(&person("anna"), &fast), &["b", "a"]), OnRecord::No);
    assert_eq!(found(&wanted(&anna, &fast), &["c"]), OnRecord::No);
    assert_eq!(found(&wanted(&anna, &fast), &["a", "b", "c"]), OnRecord::Unknown);
    assert_eq!(OnRecord::of(&avatars[0], &wanted(&anna, &fast), &photos(&["b", "a"])), OnRecord::Unknown);
}

#[test]
fn of_two_the_one_that_is_not_over_is_meant() {
    let (anna, fast) = (person("Anna"), config(None));
    let avatars = [cancelled(avatar(1, "Anna", &["a"])), avatar(2, "Anna", &["a"])];
    assert!(avatars[0].trainings()[0].order.ended(), "{:?}", avatars[0].trainings()[0].order.stage());
    let found = OnRecord::among(&avatars, &wanted(&anna, &fast), &photos(&["a"]));
    assert_eq!(found, OnRecord::Yes(avatars[1].id(), uuid::Uuid::from_u128(2)));
}

#[test]
fn another_training_of_the_same_person_is_found_whatever_the_case() {
    let avatars =
        [avatar(1, "ANNA", &["a", "b"]), avatar(2, "Bob", &["a"]), cancelled(avatar(3, "Anna", &["c"]))];
    let fast = config(None);
    let among = |name: &str, test_mode, origin: &str, asked_for| {
        let id = AvatarId::new(uuid::Uuid::from_u128(asked_for));
        let others = OtherTraining::among(
            &avatars,
            &Identity { test_mode, origin, ..wanted(&person(name), &fast) },
            id,
        );
        others.iter().map(|other| other.avatar.id().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(among("anna", false, ORIGIN, 9), [avatars[0].id().to_string()]);
    for none in [
        among("anna", false, ORIGIN, 1),
        among("anna", true, ORIGIN, 9),
        among("anna", false, "http://127.0.0.1:1", 9),
        among("Ann", false, ORIGIN, 9),
    ] {
        assert!(none.is_empty(), "{none:?}");
    }
}

#[test]
fn what_differs_is_counted_and_named() {
    let (anna, high) = (person("anna"), config(Some(Quality::High)));
    let avatars = [avatar(1, "Anna", &["a", "b", "c"])];
    let id = AvatarId::new(uuid::Uuid::from_u128(9));
    let others = OtherTraining::among(&avatars, &wanted(&anna, &high), id);
    let other = others.first().expect("one");
    assert_eq!((other.photos(), other.other_photos(&photos(&["a", "d"]))), (3, (2, 1)));
    let named: Vec<_> =
        other.other_settings(&wanted(&anna, &high)).into_iter().map(|(name, ..)| name).collect();
    assert_eq!(named, ["learning_rate", "steps"]);
    assert!(!other.is_unclear());
}
