//! Views of an avatar and its photos for callers, and the other documents that have no type elsewhere. The tests make
//! their schemas in /openapi.json from these types.

use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    avatar::{
        Avatar, AvatarId, Expected, Gender, Name, OrderKey, Photo, PhotoId, PhotoState, PicturesStatus,
        Remains, Status, TrainingSettings,
    },
    budget::{Amount, InviteView, TokenId, TokenView},
    language::Audience,
    limits::DatasetLimits,
    photo::{
        PhotoProblem, Way,
        report::{FindingView, Looks, PhotoReport, PhotoVerdict, SetReport, Variety, Verdict},
    },
    time::Timestamp,
};

/// An avatar with all that belongs to it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Avatar"))]
pub(super) struct AvatarView<'a> {
    /// The avatar's id.
    pub(super) avatar_id: AvatarId,
    /// The user whose avatar it is.
    pub(super) user_id: Option<&'a Name>,
    /// The person's name.
    pub(super) name: Option<&'a Name>,
    /// The choice of words in a message about the person.
    pub(super) gender: Option<Gender>,
    /// Time of creation.
    pub(super) created_at: Timestamp,
    /// Time at which a caller confirmed that the photos show the person who sent them, or an adult who agreed; null
    /// where no caller did.
    pub(super) consented_at: Option<Timestamp>,
    /// True if nothing is bought for the avatar.
    pub(super) test_mode: bool,
    /// Defaults of the avatar's trainings, as given when it was created.
    pub(super) training_config: Option<&'a TrainingSettings>,
    /// Photos, in the order in which they came.
    pub(super) photos: Vec<PhotoView<'a>>,
    /// Trainings, in their order.
    pub(super) trainings: Vec<Status>,
    /// Orders of pictures, in their order.
    pub(super) pictures: Vec<PicturesStatus>,
}

/// A line in the list of a user's avatars.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "ListedAvatar"))]
pub(super) struct ListedAvatar<'a> {
    /// The avatar's id.
    pub(super) avatar_id: AvatarId,
    /// The person's name.
    pub(super) name: Option<&'a Name>,
    /// Time of creation.
    pub(super) created_at: Timestamp,
    /// True if nothing is bought for the avatar.
    pub(super) test_mode: bool,
}

/// A user's avatars.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Avatars"))]
pub(super) struct AvatarsView<'a> {
    /// The avatars.
    #[cfg_attr(test, schemars(with = "Vec<ListedAvatar>"))]
    pub(super) avatars: &'a [Value],
}

/// An avatar's photos.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Photos"))]
pub(super) struct PhotosView<'a> {
    /// The photos, in the order in which they came.
    pub(super) photos: Vec<PhotoView<'a>>,
    /// Report of the photos together.
    pub(super) set: SetView,
}

/// The report of an avatar's photos together.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "PhotoSet"))]
pub(super) struct SetView {
    /// Number of photos that are used and have no warning.
    pub(super) good: usize,
    /// Number of photos that are used and have a warning.
    pub(super) usable: usize,
    /// Number of photos that are left out since others are the same.
    pub(super) duplicates: usize,
    /// Number of photos that cannot be used.
    pub(super) rejected: usize,
    /// Variety of the faces' sizes; null where too few faces are known.
    pub(super) face_sizes: Option<Variety>,
    /// Variety of the light; null where too few photos are known.
    pub(super) light: Option<Variety>,
    /// Variety of the backgrounds; null where too few photos are known.
    pub(super) backgrounds: Option<Variety>,
    /// Advice about the photos: three sentences at most.
    pub(super) advice: Vec<String>,
}

/// A photo's report.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Photo"))]
pub(super) struct PhotoView<'a> {
    /// The caller's own id for the photo; null where it was named by its key.
    pub(super) photo_id: Option<&'a PhotoId>,
    /// The photo's name, as its owner knows it.
    pub(super) name: &'a str,
    /// State of the photo.
    pub(super) state: PhotoStateName,
    /// Verdict on the photo, once it was looked at. A usable photo is good but for a warning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) verdict: Option<Verdict>,
    /// Findings about the photo, the gravest first, once it was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) findings: Option<Vec<FindingView>>,
    /// Looks of the photo, once it is ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) looks: Option<Looks<'a>>,
    /// The width in pixels of the clean JPEG, once the photo is ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) width: Option<u32>,
    /// The height in pixels of the clean JPEG, once the photo is ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) height: Option<u32>,
    /// The length in bytes of the clean JPEG, once the photo is ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bytes: Option<u64>,
    /// Changes that were made to the photo, as sentences, once it is ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) changes: Option<Vec<String>>,
    /// Way in which the clean JPEG was made, once the photo is ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) way: Option<Way>,
    /// Stable name of the reason for a rejection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<&'static str>,
    /// Sentence that gives the reason for a rejection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<String>,
    /// Advice: what to do about the photo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) advice: Option<&'static str>,
    /// The name of the photo that stays instead, when it is a duplicate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) duplicate_of: Option<String>,
}

/// The state of a photo.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "PhotoState"))]
pub(super) enum PhotoStateName {
    Expected,
    Waiting,
    Ready,
    Rejected,
}

/// A presigned URL at which a photo is PUT straight into the bucket.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Address"))]
pub(super) struct AddressView<'a> {
    /// Id of the photo.
    pub(super) photo_id: &'a PhotoId,
    /// HTTP method to use.
    pub(super) method: &'static str,
    /// Presigned URL, to be called without the token.
    pub(super) url: String,
    /// Time at which the URL expires.
    pub(super) expires_at: Timestamp,
    /// Most bytes that are looked at.
    pub(super) max_bytes: u64,
}

/// An avatar's orders of pictures.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Pictures"))]
pub(super) struct PicturesView {
    /// The orders, in their order.
    pub(super) pictures: Vec<PicturesStatus>,
}

/// The remains of an avatar that was erased.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Erased"))]
pub(super) struct ErasedView {
    /// Id of the avatar, which stays used.
    pub(super) erased: AvatarId,
    /// Files that fal.ai still holds.
    pub(super) remains_at_fal: Vec<Remains>,
}

/// A new capability of an avatar.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Capability"))]
pub(super) struct CapabilityView<'a> {
    /// The avatar's id.
    pub(super) avatar_id: AvatarId,
    /// Token that lets its holder use this avatar.
    pub(super) capability: &'a str,
}

/// The result of redeeming an invite.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Redeemed"))]
pub(super) struct RedeemedView<'a> {
    /// The avatar's id.
    pub(super) avatar_id: AvatarId,
    /// Token that lets its holder use this avatar.
    pub(super) capability: &'a str,
    /// Amount that the avatar may buy.
    pub(super) allowance: Amount,
}

/// The things that an invite gives.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Invitation"))]
pub(super) struct InvitationView {
    /// Amount that an avatar may buy.
    pub(super) allowance: Amount,
    /// Number of avatars that may yet redeem the invite.
    pub(super) uses_left: u32,
    /// Most steps of a training.
    pub(super) steps: u32,
    /// Time at which the invite expires.
    pub(super) expires_at: Option<Timestamp>,
}

/// A server token or an invite, with its secret text.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Token"))]
pub(super) struct MintedView<'a> {
    /// The token's id.
    pub(super) id: &'a TokenId,
    /// The secret text.
    pub(super) token: &'a str,
    /// True if this call made the token.
    pub(super) new: bool,
}

/// The server tokens, without their texts.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Tokens"))]
pub(super) struct TokensView {
    /// The tokens, by id.
    pub(super) tokens: Vec<TokenView>,
}

/// The invites, without their texts.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Invites"))]
pub(super) struct InvitesView {
    /// The invites, by id.
    pub(super) invites: Vec<InviteView>,
}

/// Shows an avatar with all that belongs to it.
#[must_use]
pub(crate) fn avatar_view(avatar: &Avatar, now: Timestamp) -> Value {
    let person = avatar.person();
    let trainings = avatar.trainings().iter();
    json!(AvatarView {
        avatar_id: avatar.id(),
        user_id: person.map(|person| &person.user),
        name: person.map(|person| &person.name),
        gender: person.and_then(|person| person.gender),
        created_at: avatar.created_at(),
        consented_at: avatar.consented_at(),
        test_mode: avatar.test_mode(),
        training_config: avatar.settings(),
        photos: photos(avatar).photos,
        trainings: trainings.filter_map(|one| avatar.status(one.attempt, now, Audience::Api)).collect(),
        pictures: pictures(avatar, now).pictures,
    })
}

/// Shows the avatar's line in its user's list.
pub(super) fn listed(avatar: &Avatar) -> Value {
    json!(ListedAvatar {
        avatar_id: avatar.id(),
        name: avatar.person().map(|person| &person.name),
        created_at: avatar.created_at(),
        test_mode: avatar.test_mode(),
    })
}

/// Shows a user's avatars, from the lines of [`super::listed`].
#[must_use]
pub fn avatars_view(lines: &[Value]) -> Value {
    json!(AvatarsView { avatars: lines })
}

/// Shows the photos, in the order in which they came.
pub(super) fn photos(avatar: &Avatar) -> PhotosView<'_> {
    let limits = avatar.settings().and_then(|settings| settings.check().ok());
    let report = avatar.photos().report(limits.map_or(DatasetLimits::DEFAULT, |config| config.photos()));
    let left_out = avatar.photos().left_out();
    let there = avatar.photos().photos().iter().zip(&left_out).zip(&report.photos);
    let there = there.map(|((one, why), verdict)| photo(one, why.as_ref(), verdict));
    let photos = there.chain(avatar.expected_photos().iter().map(expected)).collect();
    PhotosView { photos, set: SetView::of(&report) }
}

/// Shows the photo of this id, there or on its way.
pub(super) fn photo_of(avatar: &Avatar, id: &PhotoId) -> Option<Value> {
    let all = photos(avatar).photos;
    all.into_iter().find(|photo| photo.photo_id == Some(id)).map(|photo| json!(photo))
}

/// Shows the orders of pictures.
pub(super) fn pictures(avatar: &Avatar, now: Timestamp) -> PicturesView {
    let all = avatar.pictures().iter();
    PicturesView { pictures: all.filter_map(|one| avatar.pictures_status(one.number, now)).collect() }
}

/// Shows an order.
pub(super) fn order(avatar: &Avatar, order: OrderKey, now: Timestamp) -> Option<Value> {
    Some(match order {
        OrderKey::Training(attempt) => json!(avatar.status(attempt, now, Audience::Api)?),
        OrderKey::Pictures(number) => json!(avatar.pictures_status(number, now)?),
    })
}

impl SetView {
    fn of(report: &SetReport) -> Self {
        Self {
            good: report.good,
            usable: report.usable,
            duplicates: report.duplicates,
            rejected: report.rejected,
            face_sizes: report.face_sizes,
            light: report.light,
            backgrounds: report.backgrounds,
            advice: report.advice.iter().map(ToString::to_string).collect(),
        }
    }
}

/// Shows a photo, with the reason if it is left out.
fn photo<'a>(photo: &'a Photo, left_out: Option<&PhotoProblem>, verdict: &PhotoVerdict) -> PhotoView<'a> {
    let plain = |state| PhotoView { verdict: verdict.verdict, ..bare(photo.id.as_ref(), &photo.name, state) };
    match (left_out, &photo.state) {
        (Some(problem), _) | (None, PhotoState::Rejected(problem)) => PhotoView {
            code: Some(problem.code()),
            message: Some(problem.to_string()),
            advice: Some(problem.advice(Audience::Api)),
            duplicate_of: problem.duplicate_of().map(str::to_owned),
            findings: Some(vec![FindingView::of_problem(problem, Audience::Api)]),
            ..plain(PhotoStateName::Rejected)
        },
        (None, PhotoState::Waiting) => plain(PhotoStateName::Waiting),
        (None, PhotoState::Ready(jpeg)) => PhotoView {
            width: Some(jpeg.width),
            height: Some(jpeg.height),
            bytes: Some(jpeg.length),
            changes: Some(jpeg.changes.iter().map(ToString::to_string).collect()),
            way: jpeg.way,
            findings: Some(verdict.findings.iter().map(FindingView::of).collect()),
            looks: jpeg.report.as_deref().map(PhotoReport::looks),
            ..plain(PhotoStateName::Ready)
        },
    }
}

fn expected(photo: &Expected) -> PhotoView<'_> {
    bare(Some(&photo.id), &photo.name, PhotoStateName::Expected)
}

fn bare<'a>(photo_id: Option<&'a PhotoId>, name: &'a str, state: PhotoStateName) -> PhotoView<'a> {
    PhotoView {
        photo_id,
        name,
        state,
        verdict: None,
        findings: None,
        looks: None,
        width: None,
        height: None,
        bytes: None,
        changes: None,
        way: None,
        code: None,
        message: None,
        advice: None,
        duplicate_of: None,
    }
}
