//! What a bucket answered.

use super::key::{ETag, ObjectKey, Prefix};
use crate::{
    error::{StorageError, StorageErrorKind},
    http::{Answer, HeaderMap, Response, StatusCode},
};

/// What the headers say of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectHead {
    /// Its length in bytes, or that of the part that was asked for.
    pub length: Option<u64>,
    /// Its version.
    pub etag: Option<ETag>,
}

/// A page of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The keys under the prefix.
    pub keys: Vec<ObjectKey>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// The answer when the bucket did what it was asked; else why not. `place` is named in the error.
pub fn accepted(answer: Answer, place: &str) -> Result<Response, StorageError> {
    let failed = |kind| StorageError::new(kind, place);
    let answer = answer.map_err(|_| failed(StorageErrorKind::Unreachable))?;
    if answer.status.is_success() {
        return Ok(answer);
    }
    Err(failed(refused(answer.status, &answer.body)))
}

/// What a refusal means. The body, where there is one, is S3's error document.
#[must_use]
pub fn refused(status: StatusCode, body: &[u8]) -> StorageErrorKind {
    let body = String::from_utf8_lossy(body.get(..MAX_ERROR).unwrap_or(body));
    let says = |word: &str| body.contains(word);
    if says("Request has expired") || says("<Code>RequestTimeTooSkewed<") || says("ExpiredToken") {
        return StorageErrorKind::Expired;
    }
    if says("<Code>XMinioStorageFull<") || says("<Code>QuotaExceeded<") {
        return StorageErrorKind::Full;
    }
    if says("<Code>NoSuchBucket<") {
        return StorageErrorKind::NoBucket;
    }
    match status.as_u16() {
        401 | 403 => StorageErrorKind::Denied,
        404 | 410 => StorageErrorKind::Missing,
        // The version or the length that was asked for is not there any more.
        412 | 416 => StorageErrorKind::Changed,
        408 | 429 | 500 | 502..=504 => StorageErrorKind::Unreachable,
        507 => StorageErrorKind::Full,
        _ => StorageErrorKind::Broken,
    }
}

/// As much of an error document as is looked at.
const MAX_ERROR: usize = 4096;

/// What the headers of an answer say of the object.
#[must_use]
pub fn head_of(headers: &HeaderMap) -> ObjectHead {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    ObjectHead {
        length: text("content-length").and_then(|text| text.parse().ok()),
        etag: text("etag").and_then(ETag::new),
    }
}

/// Reads a page of a listing. Keys that do not lie under the prefix are not ours to touch, whatever the server
/// says; keys that no URL can carry were never written by us.
pub fn listing(answer: Answer, prefix: &Prefix) -> Result<Listing, StorageError> {
    let answer = accepted(answer, prefix.as_str())?;
    let broken = || StorageError::new(StorageErrorKind::Broken, prefix.to_string());
    let text = str::from_utf8(&answer.body).map_err(|_| broken())?;
    let page = rusty_s3::actions::ListObjectsV2::parse_response(text).map_err(|_| broken())?;
    let keys = page.contents.into_iter().filter_map(|object| ObjectKey::new(&object.key).ok());
    Ok(Listing { keys: keys.filter(|key| prefix.holds(key)).collect(), next: page.next_continuation_token })
}

#[cfg(test)]
mod tests {
    use super::{accepted, head_of, listing, refused};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        avatar::{AvatarId, Name},
        error::StorageErrorKind as Kind,
        http::{HeaderMap, HeaderValue, NoAnswer, Response, StatusCode},
        storage::Prefix,
    };

    fn answer(status: u16, body: &str) -> Response {
        let status = StatusCode::from_u16(status).expect("a status");
        Response { status, headers: HeaderMap::new(), body: body.as_bytes().to_vec() }
    }

    #[test]
    fn a_refusal_says_what_is_wrong() {
        let document = |code: &str, message: &str| {
            format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>")
        };
        for (status, code, message, kind) in [
            (404, "NoSuchKey", "", Kind::Missing),
            (404, "NoSuchBucket", "", Kind::NoBucket),
            (403, "InvalidAccessKeyId", "", Kind::Denied),
            (403, "SignatureDoesNotMatch", "", Kind::Denied),
            (403, "AccessDenied", "Access Denied.", Kind::Denied),
            (403, "AccessDenied", "Request has expired", Kind::Expired),
            (403, "RequestTimeTooSkewed", "", Kind::Expired),
            (412, "PreconditionFailed", "", Kind::Changed),
            (416, "InvalidRange", "", Kind::Changed),
            (503, "SlowDown", "", Kind::Unreachable),
            (507, "XMinioStorageFull", "", Kind::Full),
            (301, "PermanentRedirect", "", Kind::Broken),
            (500, "InternalError", "", Kind::Unreachable),
            (400, "AuthorizationHeaderMalformed", "", Kind::Broken),
        ] {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(refused(status, document(code, message).as_bytes()), kind, "{code} {message}");
        }
        // A HEAD has no body.
        assert_eq!(refused(StatusCode::NOT_FOUND, b""), Kind::Missing);
    }

    #[test]
    fn no_answer_is_an_unreachable_bucket() {
        let error = accepted(Err(NoAnswer::TimedOut), "s3://avatars/a").expect_err("no answer");
        assert_eq!((error.kind, error.place.as_str()), (Kind::Unreachable, "s3://avatars/a"));
        assert!(accepted(Ok(answer(200, "")), "a").is_ok());
        assert!(accepted(Ok(answer(302, "")), "a").is_err());
    }

    #[test]
    fn headers_tell_length_and_version() {
        let mut headers = HeaderMap::new();
        headers.insert("etag", HeaderValue::from_static("\"9b2c\""));
        headers.insert("content-length", HeaderValue::from_static("12"));
        let head = head_of(&headers);
        assert_eq!(head.length, Some(12));
        assert_eq!(head.etag.expect("a tag").as_str(), "\"9b2c\"");
        assert_eq!(head_of(&HeaderMap::new()).etag, None);
    }

    #[test]
    fn a_listing_names_only_what_lies_under_its_prefix() {
        let id = AvatarId::new(uuid::Uuid::from_u128(7));
        let prefix = Prefix::of(&Name::new("u").expect("a name"), id);
        let content = |key: &str| format!("<Contents><Key>{key}</Key><Size>1</Size></Contents>");
        let page = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
             <ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{}{}{}\
             <IsTruncated>true</IsTruncated><NextContinuationToken>abc</NextContinuationToken>\
             <EncodingType>url</EncodingType></ListBucketResult>",
            content(&format!("{prefix}a+b%2B.jpg")),
            content("originals/a.jpg"),
            content(&format!("{prefix}x/../../../originals/a.jpg")),
        );
        let page = listing(Ok(answer(200, &page)), &prefix).expect("a page");
        assert_eq!(page.next.as_deref(), Some("abc"));
        let keys: Vec<_> = page.keys.iter().map(ToString::to_string).collect();
        assert_eq!(keys, [format!("{prefix}a b+.jpg")]);
        assert_eq!(listing(Ok(answer(200, "<html>")), &prefix).expect_err("a page").kind, Kind::Broken);
    }
}
