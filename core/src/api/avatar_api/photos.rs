//! Calls about photos, which come one by one.

use serde::Deserialize;
use serde_json::json;

use super::{Answer, Answered, AvatarApi, Given};
use crate::{
    api::{
        body::{GivenName, body},
        call::{Call, Caller, Reply},
        problem::{ApiProblem, Problem},
        route::{Operation, Role, created},
        views,
    },
    avatar::{Avatar, Expected, Means, Name, PhotoId},
    caption::Caption,
    http::{Body, StatusCode},
    limits::{PhotoLimits, SIGNED_FOR},
    photo::PhotoProblem,
    storage::ObjectPlace,
};

/// The description of a photo that comes beside its bytes.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "NewPhoto"))]
pub(in crate::api) struct Described {
    /// The photo's name, as its owner knows it; its id if left out.
    name: Option<GivenName>,
    /// Caption: the content of the photo in words, at most 4096 bytes of UTF-8.
    caption: Option<String>,
}

/// A checked description of a photo. Checked also where the photo is there already, when nothing of it is kept.
pub(in crate::api) struct Description {
    name: Option<GivenName>,
    caption: Option<Caption>,
}

impl Described {
    pub(in crate::api) fn check(self) -> Result<Description, ApiProblem> {
        let caption = self.caption.filter(|text| !text.trim().is_empty());
        let caption = caption.map(|text| Caption::parse(text.as_bytes())).transpose();
        let caption = caption.map_err(|why| ApiProblem::Body { why: format!("its caption: {why}") })?;
        Ok(Description { name: self.name, caption: caption.flatten() })
    }
}

impl AvatarApi<'_> {
    pub(super) fn photo_call(
        &self,
        avatar: Avatar,
        call: &Call,
        caller: Caller,
        given: &Given,
    ) -> Result<Answered, Problem> {
        if call.operation == Operation::ListPhotos {
            let reply = Reply::json(StatusCode::OK, &json!(views::photos(&avatar)));
            return Ok((Some(avatar), self.shown(reply, call)));
        }
        let id = call.params.photo.clone().ok_or(ApiProblem::NoPhoto)?;
        let adds = matches!(call.operation, Operation::UploadPhoto | Operation::AddressPhoto);
        if adds && avatar.lacks_consent() && caller.role() == Role::Capability {
            return Err(ApiProblem::NoConsent.into());
        }
        match call.operation {
            Operation::ShowPhoto => {
                let view = views::photo_of(&avatar, &id).ok_or(ApiProblem::NoPhoto)?;
                Ok((Some(avatar), self.shown(Reply::json(StatusCode::OK, &view), call)))
            }
            Operation::RemovePhoto => {
                if avatar.photos_in_use() && avatar.photo(&id).is_some() {
                    return Err(ApiProblem::PhotosInUse.into());
                }
                let avatar = avatar.without_photo(&id, &self.moment);
                Ok((Some(avatar), Answer::Reply(Reply::empty(StatusCode::NO_CONTENT))))
            }
            Operation::UploadPhoto => self.upload(avatar, &id, call, given),
            Operation::AddressPhoto => self.address(avatar, &id, given),
            _ => self.checked(avatar, &id),
        }
    }

    fn upload(&self, avatar: Avatar, id: &PhotoId, call: &Call, given: &Given) -> Result<Answered, Problem> {
        let name = call.query("name").map(|name| Name::new(&name)).transpose();
        let name = name.map_err(|why| ApiProblem::Body { why: format!("its name: {why}") })?;
        let description = Described { name: name.map(GivenName), caption: call.query("caption") }.check()?;
        match &given.received {
            // A photo that comes again is there already, whatever became of this upload.
            _ if avatar.photo(id).is_some() => Ok(replied(avatar, id, false)),
            // The photo was taken out meanwhile, or a training is being placed without it.
            Some(Ok(())) if !is_expected(&avatar, id) => Err(ApiProblem::NoPhoto.into()),
            Some(Ok(())) if avatar.photos_in_use() => Err(ApiProblem::PhotosInUse.into()),
            Some(Ok(())) => Ok(replied(avatar.photo_arrived(id, &self.moment), id, true)),
            // The caller may never come back for the photo: its place is free again.
            Some(Err(problem)) => {
                let avatar = avatar.photo_not_arrived(id, &self.moment);
                Ok((Some(avatar), Answer::Reply(problem.clone().into())))
            }
            None => {
                let max_bytes = PhotoLimits::default().max_bytes;
                match call.content_length {
                    None => return Err(ApiProblem::NoLength.into()),
                    Some(length) if length > max_bytes => {
                        return Err(ApiProblem::TooLarge { max: max_bytes }.into());
                    }
                    Some(0) => return Err(Problem::from(&PhotoProblem::Empty)),
                    Some(_) => {}
                }
                let means = if call.is_repeat { Means::SameUpload } else { Means::Upload };
                let (avatar, photo) = self.expected(avatar, id, description, means)?;
                Ok((Some(avatar), Answer::Receive { photo, max_bytes }))
            }
        }
    }

    fn address(&self, avatar: Avatar, id: &PhotoId, given: &Given) -> Result<Answered, Problem> {
        let description = body::<Described>(&given.body)?.check()?;
        if avatar.photo(id).is_some() {
            return Ok(replied(avatar, id, false));
        }
        let bucket = self.way_of(&avatar)?.bucket.clone().ok_or(ApiProblem::NoBucketHere)?;
        let (avatar, photo) = self.expected(avatar, id, description, Means::Address)?;
        let place: ObjectPlace = photo.source.parse().map_err(|_| ApiProblem::NoBucketHere)?;
        // The browser chooses the type; the photo's format is read from its bytes.
        let request = bucket.put(&place.key, Body::Empty, "application/octet-stream", self.moment.now);
        let document = json!(views::AddressView {
            photo_id: id,
            method: "PUT",
            url: request.url.to_string(),
            expires_at: self.moment.now.plus(SIGNED_FOR),
            max_bytes: PhotoLimits::default().max_bytes,
        });
        Ok((Some(avatar), Answer::Reply(Reply::json(StatusCode::OK, &document))))
    }

    fn checked(&self, avatar: Avatar, id: &PhotoId) -> Result<Answered, Problem> {
        if avatar.photo(id).is_some() {
            return Ok(replied(avatar, id, false));
        }
        if !is_expected(&avatar, id) {
            return Err(ApiProblem::NoPhoto.into());
        }
        room_for_one(&avatar, id)?;
        // A photo that is not in the bucket shows when it is read: it is rejected as missing.
        Ok(replied(avatar.photo_arrived(id, &self.moment), id, true))
    }

    fn expected(
        &self,
        avatar: Avatar,
        id: &PhotoId,
        description: Description,
        means: Means,
    ) -> Result<(Avatar, Expected), Problem> {
        self.way_of(&avatar)?;
        let avatar = avatar.without_lost_uploads(&self.moment);
        room_for_one(&avatar, id)?;
        let name = description.name.map_or_else(|| id.to_string(), |name| name.0.to_string());
        let caption = description.caption.map(|caption| caption.as_str().to_owned());
        let (avatar, expected) = avatar.expect_photo(id, name, caption, means, &self.moment);
        Ok((avatar, expected.ok_or(ApiProblem::NoAvatar)?))
    }
}

/// Tells whether this photo is there or expected.
pub(super) fn knows(avatar: &Avatar, id: &PhotoId) -> bool {
    avatar.photo(id).is_some() || is_expected(avatar, id)
}

fn is_expected(avatar: &Avatar, id: &PhotoId) -> bool {
    avatar.expected_photos().iter().any(|expected| expected.id == *id)
}

/// Refuses a photo beyond the avatar's limit. Photos on their way count as well: for each there is a URL that can still
/// be written to.
fn room_for_one(avatar: &Avatar, id: &PhotoId) -> Result<(), ApiProblem> {
    if avatar.photos_in_use() {
        return Err(ApiProblem::PhotosInUse);
    }
    let settings = avatar.settings().cloned().unwrap_or_default();
    // Twice as many as a set holds: some are rejected, and the owner chooses.
    let max = settings.check().map_or(20, |config| config.photos().max_photos) * 2;
    let others = avatar.expected_photos().iter().filter(|expected| expected.id != *id).count();
    if avatar.photos().photos().len() + others >= max {
        Err(ApiProblem::TooManyPhotos { max })
    } else {
        Ok(())
    }
}

fn replied(avatar: Avatar, id: &PhotoId, new: bool) -> Answered {
    let view = views::photo_of(&avatar, id).unwrap_or_default();
    (Some(avatar), Answer::Reply(Reply::json(created(new), &view)))
}
