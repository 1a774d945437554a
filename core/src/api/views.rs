//! What callers see of an avatar and its photos.

use serde_json::{Value, json};

use crate::{
    avatar::{Avatar, Expected, Photo, PhotoState},
    time::Timestamp,
    words::Audience,
};

/// All of an avatar.
#[must_use]
pub fn avatar_view(avatar: &Avatar, now: Timestamp) -> Value {
    let person = avatar.person();
    let trainings: Vec<_> = avatar
        .trainings()
        .iter()
        .filter_map(|training| avatar.status(training.attempt, now, Audience::Api))
        .collect();
    json!({
        "avatar_id": avatar.id(),
        "user_id": person.map(|person| &person.user),
        "name": person.map(|person| &person.name),
        "gender": person.and_then(|person| person.gender),
        "created_at": avatar.created_at(),
        "test_mode": avatar.test_mode(),
        "training_config": avatar.settings(),
        "photos": photos(avatar),
        "trainings": trainings,
        "pictures": pictures(avatar, now),
    })
}

/// Its line in its user's list.
pub(super) fn listed(avatar: &Avatar) -> Value {
    json!({
        "avatar_id": avatar.id(),
        "name": avatar.person().map(|person| &person.name),
        "created_at": avatar.created_at(),
        "test_mode": avatar.test_mode(),
    })
}

/// A user's avatars, from the lines of [`super::listed`].
#[must_use]
pub fn avatars_view(lines: &[Value]) -> Value {
    json!({ "avatars": lines })
}

/// Its photos, in the order in which they came.
pub(super) fn photos(avatar: &Avatar) -> Vec<Value> {
    let there = avatar.photos().photos().iter().map(photo);
    there.chain(avatar.expected_photos().iter().map(expected)).collect()
}

/// Its pictures.
pub(super) fn pictures(avatar: &Avatar, now: Timestamp) -> Vec<Value> {
    let all = avatar.pictures().iter();
    all.filter_map(|pictures| avatar.pictures_status(pictures.number, now))
        .map(|status| json!(status))
        .collect()
}

pub(super) fn photo(photo: &Photo) -> Value {
    let mut view = json!({ "photo_id": photo.id, "name": photo.name });
    let more = match &photo.state {
        PhotoState::Waiting => json!({ "state": "waiting" }),
        PhotoState::Ready(jpeg) => json!({
            "state": "ready",
            "width": jpeg.width,
            "height": jpeg.height,
            "bytes": jpeg.length,
            "changes": jpeg.changes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        }),
        PhotoState::Rejected(problem) => json!({
            "state": "rejected",
            "code": problem.code(),
            "message": problem.to_string(),
            "advice": problem.advice(Audience::Api),
        }),
    };
    if let (Some(view), Value::Object(more)) = (view.as_object_mut(), more) {
        view.extend(more);
    }
    view
}

pub(super) fn expected(photo: &Expected) -> Value {
    json!({ "photo_id": photo.id, "name": photo.name, "state": "expected" })
}
