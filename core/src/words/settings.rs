//! Settings, names and keys that cannot be used.

use super::Language;
use crate::{
    avatar::{ConfigError, NameError, PhotoIdError, PictureError},
    fal::{self, AccountError, generate::ImageSizeError},
    limits::{MAX_NAME, MAX_PHOTOS, MAX_PROMPT, MAX_TRIGGER},
    storage::{AddressingError, BucketError, KeyError, LocateError, MAX_KEY},
    time::TimestampError,
};

displayed! {
    NameError => name;
    PhotoIdError => photo_id;
    AccountError => account;
    fal::NameError => fal_name;
    ImageSizeError => image_size;
    PictureError => pictures;
    ConfigError => config;
    KeyError => key;
    LocateError => locate;
    BucketError => bucket;
    AddressingError => addressing;
    TimestampError => moment;
}

impl BucketError {
    /// Returns what to set instead, without a full stop.
    #[must_use]
    pub fn advice(&self) -> String {
        bucket_advice(Language::English, self)
    }
}

/// The characters that turn the direction of text.
pub(super) const DIRECTION: &str = "U+202A to U+202E, U+2066 to U+2069";

/// Says why a setting of a training cannot work.
#[must_use]
pub fn config(language: Language, error: &ConfigError) -> String {
    match language {
        Language::English => match error {
            ConfigError::Quality { quality } => {
                format!("`quality` must be fast, balanced or high, not `{quality}`")
            }
            ConfigError::Steps { steps } => format!("`steps` must be 1 to 10000, not {steps}"),
            ConfigError::LearningRate { learning_rate } => {
                format!("`learning_rate` must be 0.000001 to 0.001, not {learning_rate}")
            }
            ConfigError::TriggerPhrase => {
                format!(
                    "`trigger_phrase` must be 1 to {MAX_TRIGGER} characters on one line, none of which turns the \
                     direction of text ({DIRECTION})"
                )
            }
            ConfigError::WebhookUrl => "`webhook_url` must be a whole http or https address".to_owned(),
            ConfigError::PhotoCounts { min, max } => format!(
                "`min_photos` ({min}) must be at least 1 and at most `max_photos` ({max}), which is {MAX_PHOTOS} at most"
            ),
        },
    }
}

/// Says why a setting of pictures cannot work.
#[must_use]
pub fn pictures(language: Language, error: &PictureError) -> String {
    match language {
        Language::English => match error {
            PictureError::NoPrompt => "the prompt is empty".to_owned(),
            PictureError::Direction => {
                format!("the prompt holds a character that turns the direction of text ({DIRECTION})")
            }
            PictureError::LongPrompt => format!("the prompt is longer than {MAX_PROMPT} characters"),
            PictureError::Range(setting, range) => format!("`{setting}` must be {range}"),
        },
    }
}

/// Says why a text cannot be a name.
#[must_use]
pub fn name(language: Language, error: &NameError) -> String {
    match language {
        Language::English => match error {
            NameError::NotAUuid(text) => {
                format!("`{text}` is not a UUID such as 3f0e8a52-7c7e-5c59-9d3c-0a4b8c2f6d11")
            }
            NameError::NotAJob(text) => {
                format!("`{text}` is not a job: AVATAR_ID, or AVATAR_ID/2 for its second attempt")
            }
            NameError::Empty => "it is empty".to_owned(),
            NameError::TooLong => format!("it is longer than {MAX_NAME} characters"),
            NameError::Control => "it holds a control character".to_owned(),
            NameError::Direction => {
                format!("it holds a character that turns the direction of text ({DIRECTION})")
            }
        },
    }
}

/// Says why settings describe no bucket.
#[must_use]
pub fn bucket(language: Language, error: &BucketError) -> String {
    match language {
        Language::English => match error {
            BucketError::Endpoint => {
                "a bucket's endpoint is a plain http or https URL, such as https://minio.example.com:9000"
                    .to_owned()
            }
            BucketError::EndpointEndsInBucket { path, .. } => {
                format!("MINIO_ENDPOINT already names the bucket, in its path {path}")
            }
            BucketError::EndpointHasPath { path, .. } => {
                format!("MINIO_ENDPOINT has a path, {path}: it must be the server alone")
            }
            BucketError::EndpointBeginsWithBucket { host, .. } => {
                format!("MINIO_ENDPOINT already names the bucket, in its host {host}")
            }
            BucketError::NoVirtualHost { host } => {
                format!("MINIO_ADDRESSING is virtual, yet {host} cannot have the bucket in front of its name")
            }
            BucketError::Name => {
                "a bucket's name has 3 to 63 characters: small letters, digits, dots and dashes".to_owned()
            }
            BucketError::Region => "a region is a short word such as us-east-1".to_owned(),
        },
    }
}

/// Says what to set instead, without a full stop.
#[must_use]
pub fn bucket_advice(language: Language, error: &BucketError) -> String {
    match language {
        Language::English => match error {
            BucketError::Endpoint => "set MINIO_ENDPOINT to the address of the S3 server".to_owned(),
            BucketError::EndpointEndsInBucket { instead, .. } => {
                format!("set MINIO_ENDPOINT={instead}; the bucket is named by MINIO_BUCKET alone")
            }
            BucketError::EndpointHasPath { instead, .. } => {
                format!("set MINIO_ENDPOINT={instead}, and MINIO_BUCKET to the bucket's name")
            }
            BucketError::EndpointBeginsWithBucket { instead, .. } => format!(
                "set MINIO_ENDPOINT={instead}, and MINIO_ADDRESSING=virtual if the server wants the bucket in its \
                 host; if that is the server's own name, set MINIO_ADDRESSING=path"
            ),
            BucketError::NoVirtualHost { .. } => {
                "set MINIO_ENDPOINT to the server's name instead of its number, or MINIO_ADDRESSING=path"
                    .to_owned()
            }
            BucketError::Name => "set MINIO_BUCKET to the bucket's name alone".to_owned(),
            BucketError::Region => "set MINIO_REGION to the region that the server names".to_owned(),
        },
    }
}

/// Says how buckets may be addressed.
#[must_use]
pub fn addressing(language: Language, _: &AddressingError) -> &'static str {
    match language {
        Language::English => "path or virtual is needed",
    }
}

/// Says why a text cannot be the key of an object.
#[must_use]
pub fn key(language: Language, error: &KeyError) -> String {
    match language {
        Language::English => match error {
            KeyError::Empty => "it is empty".to_owned(),
            KeyError::TooLong => format!("it is longer than {MAX_KEY} bytes"),
            KeyError::EmptySegment => "a part between its slashes is empty".to_owned(),
            KeyError::Dots => "`.` and `..` lead elsewhere".to_owned(),
            KeyError::Character => "it holds a backslash or a control character".to_owned(),
            KeyError::Direction => {
                format!("it holds a character that turns the direction of text ({DIRECTION})")
            }
        },
    }
}

/// Says why a text does not name a photo in the bucket.
#[must_use]
pub fn locate(language: Language, error: &LocateError) -> String {
    match language {
        Language::English => match error {
            LocateError::Key(why) => key(language, why),
            LocateError::OtherBucket(bucket) => format!("it lies in another bucket than {bucket}"),
            LocateError::Signed => {
                "it holds a signature; a presigned address begins with https:// or http://".to_owned()
            }
            LocateError::Ours => {
                "everything under likeness/ is Likeness's own, and deleted when a job ends; copy it elsewhere first"
                    .to_owned()
            }
            LocateError::Elsewhere(address) => format!("it is an address outside of {address}"),
        },
    }
}

/// Says why no calls to fal can be made.
#[must_use]
pub fn account(language: Language, error: &AccountError) -> &'static str {
    match language {
        Language::English => match error {
            AccountError::Key => {
                "the key at fal holds a character that no key has; it is written `id:secret`, in plain ASCII"
            }
            AccountError::Address => {
                "fal's address is a plain http or https URL, such as http://127.0.0.1:8080"
            }
        },
    }
}

/// Says why a text is not a name that fal gives.
#[must_use]
pub fn fal_name(language: Language, error: &fal::NameError) -> &'static str {
    match language {
        Language::English => match error {
            fal::NameError::Endpoint => "an endpoint is written like fal-ai/flux-lora-portrait-trainer",
            fal::NameError::RequestId => "a request id has 1 to 128 letters, digits, `-` and `_`",
        },
    }
}

/// Says which sizes pictures can have.
#[must_use]
pub fn image_size(language: Language, _: &ImageSizeError) -> &'static str {
    match language {
        Language::English => {
            "an image size is square_hd, square, portrait_4_3, portrait_16_9, landscape_4_3, landscape_16_9 or \
             WIDTHxHEIGHT such as 1024x768, each side from 64 to 4096"
        }
    }
}

/// Says what a photo's id looks like.
#[must_use]
pub fn photo_id(language: Language, _: &PhotoIdError) -> &'static str {
    match language {
        Language::English => "a photo's id has 1 to 64 characters: letters, digits, dashes and underscores",
    }
}

/// Says what a moment looks like.
#[must_use]
pub fn moment(language: Language, error: &TimestampError) -> String {
    match language {
        Language::English => format!("`{}` is not a moment such as 2026-11-23T21:00:00Z", error.0),
    }
}
