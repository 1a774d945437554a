//! What callers see of an avatar and its photos.

use serde_json::{Value, json};

use crate::{
    avatar::{Avatar, Expected, Photo, PhotoId, PhotoState},
    photo::PhotoProblem,
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
    let left_out = avatar.photos().left_out();
    let there = avatar.photos().photos().iter().zip(&left_out).map(|(one, why)| photo(one, why.as_ref()));
    there.chain(avatar.expected_photos().iter().map(expected)).collect()
}

/// Its photo of this id, there or on its way.
pub(super) fn photo_of(avatar: &Avatar, id: &PhotoId) -> Option<Value> {
    let left_out = avatar.photos().left_out();
    let mut there = avatar.photos().photos().iter().zip(&left_out);
    let found = there.find(|(one, _)| one.id.as_ref() == Some(id)).map(|(one, why)| photo(one, why.as_ref()));
    let on_its_way = || avatar.expected_photos().iter().find(|expected| expected.id == *id).map(expected);
    found.or_else(on_its_way)
}

/// Its pictures.
pub(super) fn pictures(avatar: &Avatar, now: Timestamp) -> Vec<Value> {
    let all = avatar.pictures().iter();
    all.filter_map(|pictures| avatar.pictures_status(pictures.number, now))
        .map(|status| json!(status))
        .collect()
}

/// A photo, and why it is left out, if so it is.
fn photo(photo: &Photo, left_out: Option<&PhotoProblem>) -> Value {
    let mut view = json!({ "photo_id": photo.id, "name": photo.name });
    let more = match (left_out, &photo.state) {
        (Some(problem), _) | (None, PhotoState::Rejected(problem)) => rejected(problem),
        (None, PhotoState::Waiting) => json!({ "state": "waiting" }),
        (None, PhotoState::Ready(jpeg)) => json!({
            "state": "ready",
            "width": jpeg.width,
            "height": jpeg.height,
            "bytes": jpeg.length,
            "changes": jpeg.changes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        }),
    };
    if let (Some(view), Value::Object(more)) = (view.as_object_mut(), more) {
        view.extend(more);
    }
    view
}

fn rejected(problem: &PhotoProblem) -> Value {
    let mut view = json!({
        "state": "rejected",
        "code": problem.code(),
        "message": problem.to_string(),
        "advice": problem.advice(Audience::Api),
    });
    if let Some(original) = problem.duplicate_of() {
        view["duplicate_of"] = json!(original);
    }
    view
}

fn expected(photo: &Expected) -> Value {
    json!({ "photo_id": photo.id, "name": photo.name, "state": "expected" })
}
