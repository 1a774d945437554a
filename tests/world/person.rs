//! The orders of people: their photos, their pictures.

use likeness_core::avatar::{
    Avatar, Gender, Identity, Name, Person, Photo, PhotoSet, PhotoState, PictureRequest, PictureSettings,
    Sha256Sum, TrainingRequest, TrainingSettings,
};

use super::ORIGIN;

/// The word in everything personal in this world, so that it can be searched for.
pub(super) const PERSONAL: &str = "Ottilie";

/// The number of photos in a set: the fewest that the simulator trains from.
pub(super) const PHOTOS: usize = 4;

pub(super) fn person(home: usize) -> Person {
    let name = |text: String| Name::new(&text).expect("a name");
    Person {
        user: name(format!("{PERSONAL}-user-{home}")),
        name: name(format!("{PERSONAL} {home}")),
        gender: Some(Gender::Female),
    }
}

/// Makes a request for a training from one of a person's two sets of photos.
pub(super) fn training(home: usize, set: usize, webhook: bool, again: bool) -> TrainingRequest {
    let photo = |number: usize| {
        let source = format!("{PERSONAL}/{home}/{set}/{number}.jpg");
        Photo {
            name: format!("{PERSONAL}-{number}.jpg"),
            id: None,
            crashes: 0,
            cramped: 0,
            sha256: Some(Sha256Sum::of(source.as_bytes())),
            source,
            caption: (number == 0).then(|| format!("{PERSONAL} by the sea")),
            state: PhotoState::Waiting,
        }
    };
    let photos: Vec<Photo> = (0..PHOTOS).map(photo).collect();
    let settings = TrainingSettings {
        min_photos: Some(PHOTOS),
        trigger_phrase: (set == 1).then(|| format!("{PERSONAL}phrase")),
        webhook_url: webhook.then(|| "https://likeness.test/hook".to_owned()),
        ..TrainingSettings::default()
    };
    let config = settings.check().expect("settings");
    let person = person(home);
    let identity = Identity {
        user: &person.user,
        name: &person.name,
        test_mode: false,
        origin: ORIGIN,
        config: &config,
    };
    let listed: Vec<_> = photos.iter().map(|photo| (photo.sha256, photo.caption.as_deref())).collect();
    TrainingRequest {
        identity: identity.as_listed(&listed),
        config,
        photos: Some(PhotoSet::new(photos)),
        bucket_folder: None,
        again,
        person,
    }
}

/// Makes one of a person's two orders of pictures. The second has a fixed seed, so that it is the same each time.
pub(super) fn wish(avatar: &Avatar, which: usize) -> PictureRequest {
    let settings = PictureSettings {
        prompt: format!("{PERSONAL} in a garden, {which}"),
        count: Some(1 + u32::try_from(which).expect("few")),
        image_size: Some("64x64".parse().expect("a size")),
        seed: (which == 1).then_some(7),
        ..PictureSettings::default()
    };
    settings.check(avatar.trigger().as_ref()).expect("a wish")
}
