//! Sentences of every kind of error, as callers of the API read them.

use std::{collections::HashSet, mem::discriminant, time::Duration};

use strum::EnumCount;

use super::{Audience, grouped, sentence};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    api::{ApiProblem, Problem},
    avatar::ConfigError,
    budget::{Amount, BudgetError, Kind, TokenId},
    caption::CaptionProblem,
    download::{FileKind, FileProblem, RedirectProblem},
    error::{DataError, DatasetProblem, Error, NetworkError, StorageError, StorageErrorKind},
    fal::{ApiError, CallError, ErrorKind},
    http::{NoAnswer, Obstacle},
    photo::{Foreign, Format, PhotoProblem, Unsupported},
    storage::{self, Refusal},
};

/// Checks that no kind is missing in a list: a new one fails the test until it is named here.
fn every<T: EnumCount>(kinds: impl IntoIterator<Item = T>) -> Vec<T> {
    let kinds: Vec<T> = kinds.into_iter().collect();
    let different: HashSet<_> = kinds.iter().map(discriminant).collect();
    assert_eq!(different.len(), T::COUNT, "{} lacks a kind here", std::any::type_name::<T>());
    kinds
}

fn foreign() -> Vec<Foreign> {
    every([
        Foreign::Heic,
        Foreign::Avif,
        Foreign::Gif,
        Foreign::Tiff,
        Foreign::Bmp,
        Foreign::JpegXl,
        Foreign::Jpeg2000,
        Foreign::Psd,
        Foreign::Video,
        Foreign::Pdf,
        Foreign::Svg,
        Foreign::Html,
        Foreign::Xml,
        Foreign::Json,
        Foreign::Zip,
        Foreign::Unknown,
    ])
}

pub(super) fn photo_problems() -> Vec<PhotoProblem> {
    let codings = every([
        Unsupported::ArithmeticJpeg,
        Unsupported::LosslessJpeg,
        Unsupported::HierarchicalJpeg,
        Unsupported::DeepJpeg,
        Unsupported::OddJpeg,
        Unsupported::LateHeightJpeg,
        Unsupported::FilmHeic,
        Unsupported::AvcHeif,
        Unsupported::Jpeg2000Heif,
        Unsupported::OddHeif,
    ]);
    let codings = codings.into_iter().map(|kind| PhotoProblem::UnsupportedCoding { kind });
    let formats = foreign().into_iter().map(|found| PhotoProblem::UnsupportedFormat { found });
    let format = Format::Png;
    let others = [
        PhotoProblem::Empty,
        PhotoProblem::Animated { format },
        PhotoProblem::truncated(format),
        PhotoProblem::damaged(format),
        PhotoProblem::Truncated { format, readable: Some(0) },
        PhotoProblem::Damaged { format, readable: Some(43) },
        PhotoProblem::NoPixels { width: 0, height: 1 },
        PhotoProblem::TooManyBytes { bytes: 2, max: 1 },
        PhotoProblem::TooManyPixels { width: 2, height: 1, max: 1 },
        PhotoProblem::TooSmall { side: 1, min: 2 },
        PhotoProblem::TooLong { side: 2, max: 1 },
        PhotoProblem::TooMuchMemory { needed: 2, max: 1 },
        PhotoProblem::TooManyScans { max: 1 },
        PhotoProblem::TooMuchMetadata { format, max: 1 },
        PhotoProblem::NotEncoded,
        PhotoProblem::Missing,
        PhotoProblem::Changed,
        PhotoProblem::Duplicate { of: "a".to_owned(), other_caption: true },
    ];
    every(codings.chain(formats).chain(others))
}

pub(super) fn obstacles() -> Vec<Obstacle> {
    every([
        Obstacle::UnknownName,
        Obstacle::ProxyAddress,
        Obstacle::ProxyUnreachable,
        Obstacle::ProxyLogin,
        Obstacle::ProxyRefused,
        Obstacle::UnknownIssuer,
        Obstacle::OtherServer,
        Obstacle::Clock,
        Obstacle::Certificate,
        Obstacle::NotTls,
    ])
}

fn no_answers() -> Vec<NoAnswer> {
    let blocked = obstacles().into_iter().map(NoAnswer::Blocked);
    every(blocked.chain([
        NoAnswer::NotConnected,
        NoAnswer::TimedOut,
        NoAnswer::Interrupted,
        NoAnswer::NotHttp,
    ]))
}

fn network() -> Vec<NetworkError> {
    let foreign = foreign().into_iter().map(|found| FileProblem::Foreign { kind: FileKind::Model, found });
    let files = every(foreign.chain([
        FileProblem::Empty,
        FileProblem::Length { promised: 2, arrived: 1 },
        FileProblem::TooLarge { bytes: 2, max: 1 },
        FileProblem::Described { described: 2, arrived: 1 },
        FileProblem::Header,
        FileProblem::Picture { problem: PhotoProblem::Empty },
        FileProblem::Sum,
    ]));
    let redirects = every([
        RedirectProblem::Nowhere,
        RedirectProblem::TooMany,
        RedirectProblem::Unprotected("http://a".to_owned()),
        RedirectProblem::Elsewhere("https://a".to_owned()),
    ]);
    let others = [
        NetworkError::Unreadable { status: 502 },
        NetworkError::Page { status: 200 },
        NetworkError::NotAccepted,
        NetworkError::Expired,
    ];
    let answers = no_answers().into_iter().map(NetworkError::NoAnswer);
    let files = files.into_iter().map(NetworkError::NotWhole);
    every(answers.chain(files).chain(redirects.into_iter().map(NetworkError::Redirected)).chain(others))
}

fn data() -> Vec<DataError> {
    let photos = photo_problems().into_iter();
    let rejected = photos.map(|why| DatasetProblem::Rejected { photo: "a".to_owned(), why });
    let sets = every(rejected.chain([
        DatasetProblem::TooFew { good: 1, min: 10 },
        DatasetProblem::TooMany { found: 2, max: 1 },
        DatasetProblem::TooLarge,
        DatasetProblem::Duplicate { first: "a".to_owned(), second: "b".to_owned() },
    ]));
    let settings = every([
        ConfigError::Quality { quality: "a".to_owned() },
        ConfigError::Steps { steps: 1 },
        ConfigError::LearningRate { learning_rate: "NaN".to_owned() },
        ConfigError::TriggerPhrase,
        ConfigError::WebhookUrl,
        ConfigError::PhotoCounts { min: 2, max: 1 },
    ]);
    let sets = sets.into_iter().map(|problem| DataError::Dataset(vec![problem]));
    every(sets.chain(settings.into_iter().map(DataError::Config)))
}

/// Lists a bucket's refusals of every kind, with each of the codes that have a sentence of their own.
fn storage() -> Vec<StorageError> {
    let kinds = every([
        StorageErrorKind::Full,
        StorageErrorKind::ReadOnly,
        StorageErrorKind::Denied,
        StorageErrorKind::Missing,
        StorageErrorKind::Changed,
        StorageErrorKind::Damaged,
        StorageErrorKind::NoPlace,
        StorageErrorKind::Newer,
        StorageErrorKind::Unclaimed,
        StorageErrorKind::Busy,
        StorageErrorKind::Unreachable,
        StorageErrorKind::Expired,
        StorageErrorKind::NoBucket,
        StorageErrorKind::Region,
        StorageErrorKind::Addressing,
        StorageErrorKind::NotS3,
        StorageErrorKind::Refused,
        StorageErrorKind::Occupied,
        StorageErrorKind::Exposed,
        StorageErrorKind::Link,
        StorageErrorKind::Broken,
    ]);
    let pages = every([
        storage::Foreign::Page("a".to_owned()),
        storage::Foreign::Json("a".to_owned()),
        storage::Foreign::Text("a".to_owned()),
        storage::Foreign::Redirect("https://a".to_owned()),
    ]);
    let codes =
        ["AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidObjectState", "SlowDown"];
    let by_code = codes.map(|code| Refusal { code: Some(code.to_owned()), ..Refusal::default() });
    let pages = pages.into_iter().map(|page| Refusal { foreign: Some(page), ..Refusal::default() });
    let virtual_host = Refusal { virtual_host: true, ..Refusal::default() };
    let refusals: Vec<_> = pages.chain(by_code).chain([Refusal::default(), virtual_host]).collect();
    let errors = kinds.into_iter().flat_map(|kind| {
        let plain = StorageError::new(kind, "s3://a/b");
        let refused = refusals.iter().map(|refusal| StorageError {
            refusal: Some(Box::new(refusal.clone())),
            ..StorageError::new(kind, "s3://a/b")
        });
        [plain].into_iter().chain(refused).collect::<Vec<_>>()
    });
    errors.collect()
}

fn refusals_of_fal() -> Vec<ApiError> {
    let refused = |kind| ApiError {
        status: 422,
        kind,
        message: String::new(),
        details: vec![],
        retryable: None,
        retry_after: None,
    };
    ErrorKind::ALL.iter().copied().map(refused).collect()
}

fn budget() -> Vec<BudgetError> {
    let kind = Kind::Invite;
    let id: TokenId = "web-1".parse().expect("an id");
    let left = Amount { trainings: 1, pictures: 2 };
    every([
        BudgetError::NotAToken,
        BudgetError::Id,
        BudgetError::Uses { number: 0 },
        BudgetError::ExpiryPast,
        BudgetError::IdTaken { kind, id: id.clone() },
        BudgetError::AdminChanged { kind, id: id.clone() },
        BudgetError::TooMany { kind, most: 1 },
        BudgetError::Unknown { kind, id },
        BudgetError::InviteUnknown,
        BudgetError::InviteOver,
        BudgetError::InviteTaken,
        BudgetError::NotInvited,
        BudgetError::AllowanceSpent { left },
        BudgetError::DailyCap { left, retry_after: Duration::from_hours(1) },
        BudgetError::OtherPurchase { reserved: left },
    ])
}

fn api() -> Vec<ApiProblem> {
    let why = || "a".to_owned();
    every([
        ApiProblem::NoRoute,
        ApiProblem::Method { allowed: "GET".to_owned() },
        ApiProblem::Path { part: "avatar", why: why() },
        ApiProblem::Unauthorized,
        ApiProblem::Forbidden,
        ApiProblem::Body { why: why() },
        ApiProblem::TooLarge { max: 1 },
        ApiProblem::NoLength,
        ApiProblem::Malformed,
        ApiProblem::UriTooLong,
        ApiProblem::HeadTooLarge,
        ApiProblem::NoAvatar,
        ApiProblem::AvatarTaken,
        ApiProblem::Erased,
        ApiProblem::NoPhoto,
        ApiProblem::PhotosInUse,
        ApiProblem::NoConsent,
        ApiProblem::TooManyPhotos { max: 1 },
        ApiProblem::PhotosMixed,
        ApiProblem::NoBucketHere,
        ApiProblem::Key { key: "a".to_owned(), why: why() },
        ApiProblem::KeysForbidden,
        ApiProblem::BeyondInvite { setting: "steps", most: 1 },
        ApiProblem::NoRequest,
        ApiProblem::NotAtFal { request: "a".to_owned() },
        ApiProblem::OtherOrder,
        ApiProblem::FalNotAsked { why: why() },
        ApiProblem::NoTraining,
        ApiProblem::NoPictures,
        ApiProblem::WrongNumber { next: 2 },
        ApiProblem::Different,
        ApiProblem::NotAgain { next: 2 },
        ApiProblem::Busy,
        ApiProblem::NoModel,
        ApiProblem::NoFile { there: None },
        ApiProblem::NotUnclear,
        ApiProblem::NoKey,
        ApiProblem::NoSimulator,
        ApiProblem::BadSetting { setting: "FAL_KEY" },
        ApiProblem::NoBucket,
        ApiProblem::NoAdmin,
        ApiProblem::OtherSettings { why: why() },
        ApiProblem::Repeated,
        ApiProblem::Exists,
        ApiProblem::Range { length: 1 },
        ApiProblem::RateLimited,
        ApiProblem::Internal,
    ])
}

/// Lists the sentence and the advice of every error that an answer of the API can carry.
fn answers() -> Vec<(String, String)> {
    let mut answers = Vec::new();
    let mut add = |what: String, advice: &str| answers.push((sentence(&what), advice.to_owned()));
    let errors = network().into_iter().map(Error::Network);
    let errors = errors.chain(data().into_iter().map(Error::Data));
    let errors = errors.chain(storage().into_iter().map(Error::Storage));
    for error in errors.chain(refusals_of_fal().into_iter().map(Error::Api)) {
        add(error.to_string(), &error.advice(Audience::Api));
    }
    let calls = no_answers().into_iter().map(CallError::NoAnswer);
    let calls = calls.chain(refusals_of_fal().into_iter().map(CallError::Api));
    let others = [CallError::Unreadable { status: 502 }, CallError::Page { status: 200 }];
    for error in every(calls.chain(others)) {
        add(error.to_string(), error.advice(Audience::Api));
    }
    for problem in photo_problems() {
        add(problem.to_string(), problem.advice(Audience::Api));
    }
    let captions = [
        CaptionProblem::TooLong,
        CaptionProblem::NotUtf8,
        CaptionProblem::ControlCharacter,
        CaptionProblem::Direction,
    ];
    for problem in every(captions) {
        add(problem.to_string(), problem.advice());
    }
    for error in budget() {
        add(error.to_string(), error.advice());
    }
    for problem in api() {
        add(problem.to_string(), &problem.advice());
    }
    answers
}

#[test]
fn callers_of_the_api_are_told_of_no_command() {
    let strange = ["command", "likeness ", " --", "this machine", "::", "usize", "Some(", "untagged"];
    let texts = answers().into_iter().flat_map(|(said, advice)| [said, advice]);
    let wrong: Vec<_> =
        texts.filter(|text| !text.ends_with('.') || strange.iter().any(|word| text.contains(word))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn codes_and_kinds_are_as_many() {
    assert_eq!(budget().len(), BudgetError::CODES.len());
    assert_eq!(api().len(), ApiProblem::CODES.len());
    let statuses = api().into_iter().map(|problem| Problem::from(problem).status.as_u16());
    assert!(statuses.into_iter().all(|status| (400..=503).contains(&status)));
}

#[test]
fn a_sentence_has_a_capital_and_a_full_stop() {
    assert_eq!(sentence("there is no such photo"), "There is no such photo.");
    assert_eq!(sentence("fal.ai did not answer"), "fal.ai did not answer.");
    assert_eq!(sentence("fal refused the input."), "fal refused the input.");
    assert_eq!(sentence("learning_rate must be small"), "learning_rate must be small.");
    assert_eq!(sentence("dup: it is empty"), "dup: it is empty.");
    assert_eq!(sentence("`steps` must be 1"), "`steps` must be 1.");
    assert_eq!(sentence("erased, and gone"), "Erased, and gone.");
    assert_eq!(sentence("s3://a/b: it is not there"), "s3://a/b: it is not there.");
}

#[test]
fn thousands_are_grouped() {
    for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (20_000_000, "20,000,000")] {
        assert_eq!(grouped(number), text);
    }
}
