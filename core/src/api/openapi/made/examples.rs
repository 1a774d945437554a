//! An example of each schema: answers are values of the very types, written as a deployment writes them.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};

use crate::{
    api::{
        Deployment,
        health::{self, Health},
        overview::{OverviewView, Standing},
        problem::{ApiProblem, Problem},
        views::{
            AddressView, AvatarView, AvatarsView, CapabilityView, ErasedView, InvitationView, InvitesView,
            ListedAvatar, MintedView, PhotoStateName, PhotoView, PhotosView, PicturesView, RedeemedView,
            SetView, TokensView,
        },
    },
    avatar::{
        AvatarId, Gender, JobId, Kept, ModelStatus, Name, PhotoId, PhotoStatus, PicturesStatus, Remains,
        Sha256Sum, StageName, State, Status, TrainingSettings,
    },
    budget::{
        Amount, BudgetError, BudgetView, DailyCaps, InviteView, Kind, TokenId, TokenText, TokenView, Uses,
    },
    error::{DataError, DatasetProblem, Error, NetworkError, StorageError, StorageErrorKind},
    language::Audience,
    ledger::{Counted, Counts, JobView, OrderKind, Overview, TrainingTime},
    photo::{
        Change, PhotoProblem, Way,
        report::{Advice, Face, Finding, FindingView, Looks, Verdict},
    },
    time::Timestamp,
};

pub(super) const AVATAR: &str = "3f0e8a52-7c7e-4c59-9d3c-0a4b8c2f6d11";
pub(super) const REQUEST: &str = "764cabcf-b745-4b3e-ae38-1200304cf45b";

/// Collects all examples, by the names of their schemas; of refusals by their codes.
pub(super) fn examples() -> BTreeMap<&'static str, Value> {
    let mut all = bodies();
    all.extend(answers());
    all.extend(refusals());
    all
}

/// Makes examples of the bodies that callers send.
pub(super) fn bodies() -> BTreeMap<&'static str, Value> {
    let config = json!({
        "quality": "high", "steps": 2500, "learning_rate": 0.0001, "trigger_phrase": "ohwx woman",
        "multiresolution_training": true, "subject_crop": true, "create_masks": false,
        "min_photos": 10, "max_photos": 20,
    });
    BTreeMap::from([
        (
            "NewAvatar",
            json!({
                "user_id": "user-1", "name": "Anna", "gender": "female", "consent": true,
                "training_config": { "quality": "balanced" },
            }),
        ),
        ("NewPhoto", json!({ "name": "beach.jpg", "caption": "Anna at the beach" })),
        (
            "NewTraining",
            json!({
                "photo_urls": ["avatars/user-1/anna/1.jpg"], "training_config": { "quality": "high" },
                "again": false,
            }),
        ),
        (
            "NewPictures",
            json!({
                "prompt": "Anna at the sea", "count": 2, "image_size": "portrait_4_3", "steps": 28, "guidance_scale": 3.5,
                "lora_scale": 1.0, "seed": 4711,
            }),
        ),
        ("Settlement", json!({ "request_id": REQUEST })),
        ("RequestIdSettlement", json!({ "request_id": REQUEST })),
        ("NotAcceptedSettlement", json!({ "not_accepted": true })),
        (
            "Redemption",
            json!({
                "invite": invite().expose(), "avatar_id": AVATAR, "name": "Anna", "gender": "female", "consent": true,
                "training_config": { "quality": "fast" },
            }),
        ),
        ("InviteShown", json!({ "invite": invite().expose() })),
        ("NewToken", json!({ "label": "The web shop", "expires_at": later() })),
        (
            "NewInvite",
            json!({
                "label": "Anna", "expires_at": later(), "uses": 1, "trainings": 1, "pictures": 20, "steps": 2500,
            }),
        ),
        ("TrainingConfig", config),
    ])
}

/// Makes an example of an offer.
fn offer() -> Value {
    Deployment::read(|_| None).expect("settings").offer()
}

/// Makes examples of the answers to calls that succeed.
fn answers() -> BTreeMap<&'static str, Value> {
    let (id, photo) = (avatar(), PhotoId::new("p1").expect("an id"));
    let token = TokenId::new("web").expect("an id");
    let allowance = Amount { trainings: 1, pictures: 20 };
    let capability = TokenText::new(Kind::Capability, [0xc3; 32]);
    let server = TokenText::new(Kind::Server, [0xa1; 32]);
    let listed =
        json!(ListedAvatar { avatar_id: id, name: Some(&anna()), created_at: at(0), test_mode: false });
    let address = AddressView {
        photo_id: &photo,
        method: "PUT",
        url: "https://photos.example/avatars/user-1/p1?X-Amz-Signature=0123".to_owned(),
        expires_at: at(600),
        max_bytes: 32_000_000,
    };
    let settings = TrainingSettings { quality: Some(crate::avatar::Quality::Balanced), ..Default::default() };
    let (photo_ids, user) = (ids(), Name::new("user-1").expect("a name"));
    BTreeMap::from([
        (
            "Description",
            json!({ "openapi": "3.1.0", "info": { "title": "Likeness", "version": "1" }, "paths": {} }),
        ),
        ("Offer", offer()),
        (
            "Invitation",
            json!(InvitationView { allowance, uses_left: 1, steps: 2500, expires_at: Some(at(600)) }),
        ),
        ("OfferedPhotos", offer()["photos"].clone()),
        ("OfferedTraining", offer()["trainings"][0].clone()),
        ("OfferedPictures", offer()["pictures"].clone()),
        ("Price", offer()["pictures"]["price"].clone()),
        (
            "Health",
            json!(Health {
                status: "degraded",
                able: true,
                test_mode: false,
                bucket: true,
                failing: health::EXAMPLE
            }),
        ),
        ("Failing", json!(health::EXAMPLE[0])),
        (
            "Avatar",
            json!(AvatarView {
                avatar_id: id,
                user_id: Some(&user),
                name: Some(&anna()),
                gender: Some(Gender::Female),
                created_at: at(0),
                consented_at: Some(at(0)),
                test_mode: false,
                training_config: Some(&settings),
                photos: photos(&photo_ids),
                trainings: vec![training()],
                pictures: vec![pictures()],
            }),
        ),
        ("ListedAvatar", listed.clone()),
        ("Avatars", json!(AvatarsView { avatars: &[listed] })),
        ("Photos", json!(PhotosView { photos: photos(&photo_ids), set: set() })),
        ("Photo", json!(photos(&photo_ids)[0])),
        ("PhotoSet", json!(set())),
        ("PhotoFinding", json!(FindingView::of(&Finding::LookAlike { of: "beach.jpg".to_owned() }))),
        ("PhotoLooks", json!(LOOKS)),
        ("Face", json!(FACES[0])),
        ("Address", json!(address)),
        ("AddressOrPhoto", json!(address)),
        ("Status", json!(training())),
        ("StatusOrPicturesStatus", json!(training())),
        ("ModelStatus", json!(training().model)),
        ("File", json!(kept("model.safetensors", 89_745_224))),
        ("RejectedPhoto", json!(training().rejected_photos[0])),
        ("PicturesStatus", json!(pictures())),
        ("Pictures", json!(PicturesView { pictures: vec![pictures()] })),
        ("Erased", json!(ErasedView { erased: id, remains_at_fal: vec![remains()] })),
        ("Remains", json!(remains())),
        ("Capability", json!(CapabilityView { avatar_id: id, capability: capability.expose() })),
        ("Redeemed", json!(RedeemedView { avatar_id: id, capability: capability.expose(), allowance })),
        ("Token", json!(MintedView { id: &token, token: server.expose(), new: true })),
        ("ListedToken", json!(listed_token("web"))),
        ("Tokens", json!(TokensView { tokens: vec![listed_token("web")] })),
        ("ListedInvite", json!(listed_invite())),
        ("Invites", json!(InvitesView { invites: vec![listed_invite()] })),
        ("Amount", json!(allowance)),
        ("DailyCaps", json!(DailyCaps { trainings: 20, pictures: 200 })),
        ("Budget", json!(budget())),
        ("Overview", json!(OverviewView { standing: standing(), ledger: overview() })),
        ("Counts", json!(overview().counts)),
        ("Job", json!(overview().jobs[0])),
        ("TrainingTime", json!(overview().training_times[0])),
        ("Counted", json!(overview().failures[0])),
    ])
}

fn budget() -> BudgetView {
    BudgetView {
        today: Amount { trainings: 2, pictures: 12 },
        caps: DailyCaps { trainings: 20, pictures: 200 },
        left: Amount { trainings: 18, pictures: 188 },
        resets_at: Timestamp::from_millis(1_795_564_800_000),
    }
}

fn standing() -> Standing {
    Standing { budget: budget(), invites: vec![listed_invite()] }
}

/// Makes an example of a ledger's part of the overview.
fn overview() -> Overview {
    let job = JobView {
        avatar_id: avatar(),
        kind: OrderKind::Training,
        number: 1,
        status: State::InProgress,
        stage: StageName::Training,
        code: None,
        ordered_at: at(0),
        ended_at: None,
        test_mode: false,
    };
    let counted = |code: &str, count| Counted { code: code.to_owned(), count };
    Overview {
        at: at(90),
        since: Timestamp::from_millis(1_787_788_800_000),
        complete: true,
        counts: Counts { under_way: 1, completed: 41, failed: 2, cancelled: 1, erased_avatars: 3 },
        jobs: vec![job],
        training_times: vec![TrainingTime { ended_at: at(-600), seconds: 214 }],
        failures: vec![counted("fal.invalid_input", 2)],
        rejected_photos: vec![counted("photo.too_small", 7), counted("photo.duplicate", 3)],
    }
}

/// Makes examples of refusals: one for each status.
pub(super) fn refusals() -> BTreeMap<&'static str, Value> {
    let of = |problem: Problem| problem.document();
    let api = |problem: ApiProblem| of(problem.into());
    let few = DatasetProblem::TooFew { good: 8, min: 10 };
    let page = Error::Network(NetworkError::Page { status: 502 });
    let busy = Error::Storage(StorageError::new(StorageErrorKind::Busy, "the storage"));
    BTreeMap::from([
        ("Problem", api(ApiProblem::WrongNumber { next: 2 })),
        ("api.body", api(ApiProblem::Body { why: "`name` is missing".to_owned() })),
        ("api.unauthorized", api(ApiProblem::Unauthorized)),
        ("api.forbidden", api(ApiProblem::Forbidden)),
        ("avatar.not_found", api(ApiProblem::NoAvatar)),
        ("api.method", api(ApiProblem::Method { allowed: "PUT, GET, DELETE".to_owned() })),
        ("order.wrong_number", api(ApiProblem::WrongNumber { next: 2 })),
        ("avatar.erased", api(ApiProblem::Erased)),
        ("api.no_length", api(ApiProblem::NoLength)),
        ("api.exists", api(ApiProblem::Exists)),
        ("api.range", api(ApiProblem::Range { length: 89_745_224 })),
        ("api.body_too_large", api(ApiProblem::TooLarge { max: 65_536 })),
        ("api.uri_too_long", api(ApiProblem::UriTooLong)),
        ("data.too_few_photos", of(Problem::from(&Error::Data(DataError::Dataset(vec![few]))))),
        ("api.rate_limited", api(ApiProblem::RateLimited)),
        (
            "budget.daily_cap",
            of(BudgetError::DailyCap { left: Amount::default(), retry_after: Duration::from_hours(3) }
                .into()),
        ),
        ("api.head_too_large", api(ApiProblem::HeadTooLarge)),
        ("api.internal", api(ApiProblem::Internal)),
        ("network.page", of(Problem::from(&page))),
        ("storage.busy", of(Problem::from(&busy))),
    ])
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_795_500_000_000 + seconds * 1000)
}

/// Returns a moment that stays in the future for long enough.
fn later() -> Timestamp {
    Timestamp::from_millis(1_893_456_000_000)
}

fn avatar() -> AvatarId {
    AVATAR.parse().expect("an id")
}

fn anna() -> Name {
    Name::new("Anna").expect("a name")
}

fn invite() -> TokenText {
    TokenText::new(Kind::Invite, [0xb2; 32])
}

fn ids() -> [PhotoId; 3] {
    ["p1", "p2", "p3"].map(|id| PhotoId::new(id).expect("an id"))
}

/// A small face.
const FACES: &[Face] = &[Face { x: 0.45, y: 0.25, width: 0.0625, height: 0.0625 }];

const LOOKS: Looks<'_> = Looks { light: 122, contrast: 178, blur: Some(0.5), faces: Some(FACES) };

fn set() -> SetView {
    let advice = [Advice::Add { missing: 9, min: 10 }, Advice::Warnings { photos: 1 }];
    SetView {
        good: 0,
        usable: 1,
        duplicates: 1,
        rejected: 0,
        face_sizes: None,
        light: None,
        backgrounds: None,
        advice: advice.iter().map(ToString::to_string).collect(),
    }
}

fn photos(ids: &[PhotoId; 3]) -> Vec<PhotoView<'_>> {
    let duplicate = PhotoProblem::Duplicate { of: "beach.jpg".to_owned(), other_caption: false };
    let bare = |id, name, state| PhotoView {
        photo_id: Some(id),
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
    };
    let ready = PhotoView {
        width: Some(3024),
        height: Some(4032),
        bytes: Some(2_345_678),
        changes: Some(vec![Change::TurnedUpright.to_string()]),
        way: Some(Way::Requantised),
        verdict: Some(Verdict::Usable),
        findings: Some(vec![FindingView::of(&Finding::SmallFace)]),
        looks: Some(LOOKS),
        ..bare(&ids[0], "beach.jpg", PhotoStateName::Ready)
    };
    let rejected = PhotoView {
        code: Some(duplicate.code()),
        message: Some(duplicate.to_string()),
        advice: Some(duplicate.advice(Audience::Api)),
        duplicate_of: duplicate.duplicate_of().map(str::to_owned),
        verdict: Some(Verdict::Duplicate),
        findings: Some(vec![FindingView::of_problem(&duplicate, Audience::Api)]),
        ..bare(&ids[1], "again.jpg", PhotoStateName::Rejected)
    };
    vec![ready, rejected, bare(&ids[2], "garden.jpg", PhotoStateName::Waiting)]
}

fn kept(name: &str, length: u64) -> Kept {
    let copy = format!("s3://photos/avatars/user-1/{AVATAR}/{name}").parse().expect("a place");
    Kept { name: name.to_owned(), length, sha256: Sha256Sum::of(name.as_bytes()), copy: Some(copy) }
}

fn training() -> Status {
    let problem = PhotoProblem::Duplicate { of: "beach.jpg".to_owned(), other_caption: false };
    Status {
        status: State::Completed,
        progress: 100,
        message: "The model is ready.".to_owned(),
        created_at: at(0),
        completed_at: Some(at(420)),
        stage: StageName::Done,
        job: JobId { avatar: avatar(), attempt: 1 },
        request_id: Some(REQUEST.to_owned()),
        queue_position: None,
        code: None,
        test_mode: false,
        model: Some(ModelStatus {
            trigger_phrase: "kvozetam".to_owned(),
            file: kept("model.safetensors", 89_745_224),
            url: "https://v3.fal.media/files/monkey/model.safetensors".parse().expect("an address"),
        }),
        rejected_photos: vec![PhotoStatus {
            photo: "again.jpg".to_owned(),
            code: problem.code(),
            message: problem.to_string(),
            advice: problem.advice(Audience::Api),
            duplicate_of: problem.duplicate_of().map(str::to_owned),
        }],
    }
}

fn pictures() -> PicturesStatus {
    PicturesStatus {
        status: State::Completed,
        message: "The pictures are ready.".to_owned(),
        created_at: at(500),
        stage: StageName::Done,
        number: 1,
        request_id: Some(REQUEST.to_owned()),
        queue_position: None,
        code: None,
        test_mode: false,
        seed: 4711,
        prompt: "kvozetam, Anna at the sea".to_owned(),
        files: vec![kept("picture-1.jpg", 204_800)],
        blanked: vec![0],
    }
}

fn remains() -> Remains {
    Remains { what: "archive", until: at(604_800) }
}

fn listed_token(id: &str) -> TokenView {
    TokenView {
        id: TokenId::new(id).expect("an id"),
        label: anna(),
        live: true,
        created_at: at(0),
        expires_at: Some(later()),
        revoked_at: None,
    }
}

fn listed_invite() -> InviteView {
    InviteView {
        token: listed_token("anna"),
        allowance: Amount { trainings: 1, pictures: 20 },
        uses: Uses::new(1).expect("a number"),
        steps: Some(2500),
        redeemed: 1,
        spent: Amount { trainings: 1, pictures: 2 },
        left: Amount { trainings: 0, pictures: 18 },
    }
}
