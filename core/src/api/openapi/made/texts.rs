//! The schemas of texts and numbers that have a type of their own.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::{
    api::body::GivenName,
    avatar::{AvatarId, JobId, Name, PhotoId, Sha256Sum},
    budget::{TokenId, Uses},
    fal::{RequestId, generate::ImageSize},
    limits::MAX_NAME,
    storage::ObjectPlace,
    time::Timestamp,
};

/// White space (Unicode's property), as a part of a class of characters.
const WHITE: &str = r"\u0009-\u000d\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000";

/// Control characters, as a part of a class of characters.
const CONTROL: &str = r"\u0000-\u001f\u007f-\u009f";

/// The embeddings, overrides and isolates of Unicode Annex 9, as a part of a class of characters.
const DIRECTION: &str = r"\u202a-\u202e\u2066-\u2069";

/// Makes the pattern of a text of one line with white space around it and none of these characters within.
fn line_without(refused: &str) -> String {
    format!("^[{WHITE}]*[^{refused}{WHITE}]([^{refused}]*[^{refused}{WHITE}])?[{WHITE}]*$")
}

/// Makes the pattern of a name.
pub(super) fn name() -> String {
    line_without(&format!("{CONTROL}{DIRECTION}"))
}

/// Makes the pattern of a trigger phrase.
pub(super) fn phrase() -> String {
    line_without(&format!("{CONTROL}{DIRECTION}"))
}

/// Makes the pattern of a prompt, which must not be blank.
pub(super) fn prompt() -> String {
    let refused = format!(r"\u0000{DIRECTION}");
    format!("^[^{refused}]*[^{refused}{WHITE}][^{refused}]*$")
}

/// Makes the pattern of a caption: white space counts as one space; other control characters are refused, and so are
/// those that turn the direction.
pub(super) fn caption() -> String {
    format!(r"^[^\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f{DIRECTION}]*$")
}

/// The pattern of any text without U+0000.
pub(super) const TEXT: &str = r"^[^\u0000]+$";

pub(super) const PHOTO_ID: &str = "^[A-Za-z0-9_-]{1,64}$";
pub(super) const TOKEN_ID: &str = "^[a-z0-9-]{1,64}$";
pub(super) const REQUEST_ID: &str = "^[A-Za-z0-9_-]{1,128}$";
pub(super) const SERVER_TOKEN_OR_INVITE: &str = "^lk[si]_[0-9a-f]{64}$";
pub(super) const INVITE: &str = "^lki_[0-9a-f]{64}$";
pub(super) const CAPABILITY: &str = "^lkc_[0-9a-f]{64}$";

/// Makes the pattern of an image size: the names of fal's sizes, and two numbers from 64 to 4096.
fn image_size() -> String {
    let names: Vec<_> = ImageSize::NAMED.iter().map(|(_, name)| *name).collect();
    let side = "(6[4-9]|[7-9][0-9]|[1-9][0-9]{2}|[1-3][0-9]{3}|40[0-8][0-9]|409[0-6])";
    format!("^({}|{side}x{side})$", names.join("|"))
}

macro_rules! texts {
    ($($type:ty => $schema:expr;)*) => {
        $(impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        })*
    };
}

texts! {
    AvatarId => json_schema!({ "type": "string", "format": "uuid" });
    Timestamp => json_schema!({ "type": "string", "format": "date-time" });
    // Earlier releases checked names less, and their names stay.
    Name => json_schema!({ "type": "string", "minLength": 1, "maxLength": MAX_NAME });
    GivenName => json_schema!({
        "type": "string", "minLength": 1, "maxLength": MAX_NAME, "pattern": name(),
    });
    PhotoId => json_schema!({ "type": "string", "pattern": PHOTO_ID, "minLength": 1, "maxLength": 64 });
    TokenId => json_schema!({ "type": "string", "pattern": TOKEN_ID, "minLength": 1, "maxLength": 64 });
    RequestId => json_schema!({ "type": "string", "pattern": REQUEST_ID, "minLength": 1, "maxLength": 128 });
    Sha256Sum => json_schema!({ "type": "string", "pattern": "^[0-9a-f]{64}$" });
    ObjectPlace => json_schema!({ "type": "string", "format": "uri", "pattern": "^s3://" });
    JobId => json_schema!({ "type": "string", "pattern": "^[0-9a-f-]{36}(/[0-9]+)?$" });
    ImageSize => json_schema!({ "type": "string", "pattern": image_size() });
    Uses => json_schema!({ "type": "integer", "minimum": 1, "maximum": Uses::MOST });
}
