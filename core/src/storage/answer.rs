//! Answers of a bucket.

use std::fmt;

use http::{
    HeaderName,
    header::{CONTENT_LENGTH, CONTENT_TYPE, IF_MATCH, RANGE},
};
use url::Url;

use super::{
    endpoint::Addressing,
    key::{ETag, ObjectKey, ObjectPlace, Prefix},
    refusal::Refusal,
};
use crate::{
    error::{StorageError, StorageErrorKind},
    http::{Answer, HeaderMap, Response, StatusCode},
};

/// The facts about an object in an answer's headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectHead {
    /// Length in bytes of the object, or of the part that was asked for.
    pub length: Option<u64>,
    /// Version of the object.
    pub etag: Option<ETag>,
}

/// A page of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Keys under the prefix.
    pub keys: Vec<ObjectKey>,
    /// Token of the next page; `None` at the end.
    pub next: Option<String>,
}

/// The parts of a request by which its answer is judged.
#[derive(Clone)]
pub struct Asked {
    place: String,
    bucket: Option<String>,
    virtual_host: bool,
    region: Option<String>,
    /// Texts that no error may repeat.
    hidden: Vec<String>,
}

/// Leaves out the hidden texts.
impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}

impl Asked {
    pub(super) fn new(place: impl Into<String>) -> Self {
        let place = place.into();
        Self { place, bucket: None, virtual_host: false, region: None, hidden: Vec::new() }
    }

    pub(super) fn of_bucket(self, name: &str, addressing: Addressing, region: &str, key: &str) -> Self {
        Self {
            bucket: Some(name.to_owned()),
            virtual_host: addressing == Addressing::Virtual,
            region: Some(region.to_owned()),
            hidden: vec![key.to_owned()],
            ..self
        }
    }

    /// Describes the request of a presigned address, which itself names the region and the key's id. `place` is
    /// named in errors.
    #[must_use]
    pub fn at(url: &Url, place: impl Into<String>) -> Self {
        let query =
            |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let credential = query("X-Amz-Credential").unwrap_or_default();
        let mut parts = credential.split('/');
        let (key, region) = (parts.next().unwrap_or_default(), parts.nth(1));
        let asked = Self::new(place);
        let bucket = asked.place.parse::<ObjectPlace>().ok().map(|place| place.bucket);
        let host = url.host_str().unwrap_or_default();
        let behind =
            |bucket: &String| host.strip_prefix(bucket.as_str()).is_some_and(|rest| rest.starts_with('.'));
        let virtual_host = bucket.as_ref().is_some_and(behind);
        let hidden = [Some(key.to_owned()), query("X-Amz-Signature")];
        let hidden = hidden.into_iter().flatten().filter(|text| !text.is_empty()).collect();
        Self { bucket, virtual_host, region: region.map(str::to_owned), hidden, ..asked }
    }

    /// Makes an error of this kind, at the place.
    #[must_use]
    pub fn error(&self, kind: StorageErrorKind) -> StorageError {
        StorageError::new(kind, self.place.clone())
    }

    /// Tells whether an answer with these headers is the bucket's, and has what was asked for. A web page or JSON
    /// never is: MinIO's console answers everything with a page and 200. A body that a server calls a page may be
    /// empty, or an object.
    #[must_use]
    pub fn is_given(&self, status: StatusCode, headers: &HeaderMap) -> bool {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let foreign =
            ["text/html", "application/json"].iter().any(|kind| text(CONTENT_TYPE).starts_with(kind));
        let own = |name: &HeaderName| OWN.iter().any(|prefix| name.as_str().starts_with(prefix));
        status.is_success() && (!foreign || text(CONTENT_LENGTH) == "0" || headers.keys().any(own))
    }

    /// Returns the answer when the bucket did what it was asked, else the reason why not.
    pub fn accepted(&self, answer: Answer) -> Result<Response, StorageError> {
        let answer = answer.map_err(|_| self.error(StorageErrorKind::Unreachable))?;
        if self.is_given(answer.status, &answer.headers) {
            return Ok(answer);
        }
        Err(self.refused(answer.status, &answer.headers, &answer.body))
    }

    /// Tells whether an object was deleted. A missing one is not an error.
    pub fn deleted(&self, answer: Answer) -> Result<(), StorageError> {
        match self.accepted(answer) {
            Err(error) if error.kind != StorageErrorKind::Missing => Err(error),
            _ => Ok(()),
        }
    }

    /// Checks that an answer with an object is to this request: so many bytes, all of the object or a part of it, and of
    /// the version that was asked for. A server that does not know If-Match sends whichever version it has.
    pub fn check_object(
        &self,
        wanted: &HeaderMap,
        length: u64,
        (status, headers): (StatusCode, &HeaderMap),
    ) -> Result<(), StorageError> {
        let head = head_of(headers);
        let expected = if wanted.contains_key(RANGE) { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
        let is_other = |now: &ETag| wanted.get(IF_MATCH).is_some_and(|then| now.as_str() != then);
        if status != expected
            || head.etag.as_ref().is_some_and(is_other)
            || head.length.is_some_and(|now| now != length)
        {
            return Err(self.error(StorageErrorKind::Changed));
        }
        Ok(())
    }

    /// Reads a refusal. The body, where there is one, is S3's error document, or another server's words.
    #[must_use]
    pub fn refused(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> StorageError {
        let region = self.region.as_deref();
        let mut refusal = Refusal::read(status, headers, body, &self.hidden, region);
        refusal.virtual_host = self.virtual_host;
        refusal.endpoint = refusal.endpoint.map(|host| self.server(&host));
        let kind = kind_of(status, &refusal);
        if kind != StorageErrorKind::Region {
            (refusal.region, refusal.endpoint) = (None, None);
        }
        StorageError { refusal: Some(Box::new(refusal)), ..self.error(kind) }
    }

    /// Returns the server of a host that may have the bucket in front.
    fn server(&self, host: &str) -> String {
        let without = self.bucket.as_deref().and_then(|bucket| host.strip_prefix(bucket)?.strip_prefix('.'));
        format!("https://{}", without.unwrap_or(host))
    }

    /// Reads a page of a listing. Keys that do not lie under the prefix are not ours to touch, whatever the server
    /// says; keys that no URL can carry were never written by us.
    pub fn listing(&self, answer: Answer, prefix: &Prefix) -> Result<Listing, StorageError> {
        let answer = self.accepted(answer).map_err(|error| match error.kind {
            // A listing asks for no object. Where the host names the bucket already, the bucket's name in the path
            // is taken for a key, and that object is missing.
            StorageErrorKind::Missing => StorageError { kind: StorageErrorKind::Refused, ..error },
            _ => error,
        })?;
        let text = String::from_utf8_lossy(&answer.body);
        let Ok(page) = rusty_s3::actions::ListObjectsV2::parse_response(&text) else {
            let refused = self.refused(answer.status, &answer.headers, &answer.body);
            // On a server without virtual hosts the path names the bucket; here the path is empty, so all buckets
            // are listed.
            let all = self.virtual_host && text.contains("<ListAllMyBucketsResult");
            return Err(if all {
                StorageError { kind: StorageErrorKind::Addressing, ..refused }
            } else {
                refused
            });
        };
        let keys = page.contents.into_iter().filter_map(|object| ObjectKey::new(&object.key).ok());
        Ok(Listing {
            keys: keys.filter(|key| prefix.holds(key)).collect(),
            next: page.next_continuation_token,
        })
    }
}

/// The beginnings of the headers of S3 servers: Amazon's and MinIO's, Google's, Alibaba's, Tencent's, Huawei's.
const OWN: [&str; 5] = ["x-amz-", "x-goog-", "x-oss-", "x-cos-", "x-obs-"];

/// Finds the kind of error: by S3's code, and where that says nothing by the status.
fn kind_of(status: StatusCode, refusal: &Refusal) -> StorageErrorKind {
    match refusal.code() {
        "RequestTimeTooSkewed" | "RequestExpired" => StorageErrorKind::Expired,
        "AccessDenied" if refusal.says(&["expired", "not valid yet", "not yet valid"]) => {
            StorageErrorKind::Expired
        }
        "XMinioStorageFull" | "QuotaExceeded" | "XMinioAdminBucketQuotaExceeded" => StorageErrorKind::Full,
        "NoSuchBucket" => StorageErrorKind::NoBucket,
        "PermanentRedirect"
        | "TemporaryRedirect"
        | "IllegalLocationConstraintException"
        | "InvalidRegion"
        | "InvalidRegionName" => StorageErrorKind::Region,
        "AuthorizationHeaderMalformed" | "AuthorizationQueryParametersError"
            if refusal.region.is_some() || refusal.says(&["region"]) =>
        {
            StorageErrorKind::Region
        }
        // Alibaba's, Tencent's, Huawei's and Volcengine's words for one thing.
        "SecondLevelDomainForbidden"
        | "PathStyleDomainForbidden"
        | "VirtualHostDomainRequired"
        | "InvalidPathAccess" => StorageErrorKind::Addressing,
        // The first part of the key was taken for the bucket.
        "InvalidBucketName" if refusal.virtual_host => StorageErrorKind::Addressing,
        _ if refusal.asks_for_less() => StorageErrorKind::Unreachable,
        "ServiceUnavailable"
        | "InternalError"
        | "RequestTimeout"
        | "OperationAborted"
        | "XMinioServerNotInitialized" => StorageErrorKind::Unreachable,
        code => by_status(status, refusal, !code.is_empty()),
    }
}

fn by_status(status: StatusCode, refusal: &Refusal, is_s3: bool) -> StorageErrorKind {
    match (status.as_u16(), &refusal.foreign) {
        // A HEAD has no body: the header that names another region is all there is.
        (300..=400, None) if !is_s3 && refusal.region.is_some() => StorageErrorKind::Region,
        (408 | 429 | 500 | 502..=504, _) => StorageErrorKind::Unreachable,
        (507, _) => StorageErrorKind::Full,
        (_, Some(_)) => StorageErrorKind::NotS3,
        (401 | 403, None) => StorageErrorKind::Denied,
        (404 | 410, None) => StorageErrorKind::Missing,
        // The version or the length that was asked for is not there any more.
        (412 | 416, None) => StorageErrorKind::Changed,
        (_, None) => StorageErrorKind::Refused,
    }
}

/// Reads the facts about the object from the headers of an answer.
#[must_use]
pub fn head_of(headers: &HeaderMap) -> ObjectHead {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    ObjectHead {
        length: text("content-length").and_then(|text| text.parse().ok()),
        etag: text("etag").and_then(ETag::new),
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, head_of};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        error::{StorageError, StorageErrorKind as Kind},
        http::{HeaderMap, HeaderName, HeaderValue, NoAnswer, Response, StatusCode},
        ids::{AvatarId, Name},
        language::Audience,
        secret::Secret,
        storage::{Access, Addressing, Bucket, ObjectKey, Prefix},
        time::Timestamp,
    };

    fn bucket(addressing: Addressing) -> Bucket {
        let secret = |text| Secret::new(text).expect("text");
        let access =
            Access { key: secret("AKIAEXAMPLE"), secret: secret("hush"), region: "us-east-1".to_owned() };
        let endpoint = "https://s3.example.com".parse().expect("an address");
        Bucket::new(&endpoint, "avatars", &access, Some(addressing)).expect("a bucket")
    }

    fn answer(status: u16, body: &str) -> Response {
        let status = StatusCode::from_u16(status).expect("a status");
        Response { status, headers: HeaderMap::new(), body: body.as_bytes().to_vec() }
    }

    fn document(code: &str, more: &str) -> String {
        format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code>{more}<RequestId>1</RequestId></Error>")
    }

    /// Reads the refusal as the shell does that knows the bucket, and as the one that knows the signed address
    /// alone, and expects the same error.
    fn refused(addressing: Addressing, answer: &Response) -> StorageError {
        let bucket = bucket(addressing);
        let key = ObjectKey::new("a.jpg").expect("a key");
        let url = bucket.get(&key, None, None, Timestamp::from_millis(1_800_000_000_000)).url;
        let [one, other] = [bucket.asked("s3://avatars/a.jpg"), Asked::at(&url, "s3://avatars/a.jpg")]
            .map(|asked| asked.accepted(Ok(answer.clone())).expect_err("a refusal"));
        assert_eq!(one, other);
        one
    }

    #[test]
    fn a_refusal_says_what_is_wrong() {
        let message = |text: &str| format!("<Message>{text}</Message>");
        let elsewhere = "<Endpoint>avatars.s3-eu-west-1.amazonaws.com</Endpoint><Bucket>avatars</Bucket>";
        for (status, code, more, kind) in [
            (404, "NoSuchKey", String::new(), Kind::Missing),
            (404, "NoSuchBucket", String::new(), Kind::NoBucket),
            (403, "InvalidAccessKeyId", String::new(), Kind::Denied),
            (403, "SignatureDoesNotMatch", String::new(), Kind::Denied),
            (403, "AccessDenied", message("Access Denied."), Kind::Denied),
            (403, "InvalidObjectState", message("It is archived."), Kind::Denied),
            (403, "AccessDenied", message("Request has expired"), Kind::Expired),
            (403, "AccessDenied", message("Request is not valid yet"), Kind::Expired),
            (403, "RequestTimeTooSkewed", String::new(), Kind::Expired),
            (403, "SecondLevelDomainForbidden", String::new(), Kind::Addressing),
            (412, "PreconditionFailed", String::new(), Kind::Changed),
            (416, "InvalidRange", String::new(), Kind::Changed),
            (503, "SlowDown", String::new(), Kind::Unreachable),
            (503, "ServiceUnavailable", String::new(), Kind::Unreachable),
            (500, "InternalError", String::new(), Kind::Unreachable),
            (400, "RequestTimeout", String::new(), Kind::Unreachable),
            (409, "OperationAborted", String::new(), Kind::Unreachable),
            (507, "XMinioStorageFull", String::new(), Kind::Full),
            (400, "XMinioAdminBucketQuotaExceeded", String::new(), Kind::Full),
            (301, "PermanentRedirect", elsewhere.to_owned(), Kind::Region),
            (307, "TemporaryRedirect", elsewhere.to_owned(), Kind::Region),
            (400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>".to_owned(), Kind::Region),
            (400, "AuthorizationQueryParametersError", message("the region is wrong"), Kind::Region),
            (400, "AuthorizationQueryParametersError", message("X-Amz-Expires is odd"), Kind::Refused),
            (400, "InvalidBucketName", String::new(), Kind::Refused),
            (405, "MethodNotAllowed", String::new(), Kind::Refused),
            (501, "NotImplemented", String::new(), Kind::Refused),
        ] {
            let error = refused(Addressing::Path, &answer(status, &document(code, &more)));
            assert_eq!(error.kind, kind, "{code} {more}");
            assert_eq!(error.refusal.as_ref().expect("words").code(), code);
            assert!(error.to_string().contains(code), "{error}");
            assert!(
                !error.advice(Audience::Terminal).contains("disk"),
                "{}",
                error.advice(Audience::Terminal)
            );
        }
        // A HEAD has no body.
        for (status, kind) in [(403, Kind::Denied), (404, Kind::Missing), (400, Kind::Refused)] {
            assert_eq!(refused(Addressing::Path, &answer(status, "")).kind, kind);
        }
        let mut elsewhere = answer(400, "");
        let name = HeaderName::from_static("x-amz-bucket-region");
        elsewhere.headers.insert(name, HeaderValue::from_static("eu-west-1"));
        assert_eq!(refused(Addressing::Path, &elsewhere).kind, Kind::Region);
    }

    /// Checks that each refusal tells a person something different to do.
    #[test]
    fn each_refusal_has_its_own_advice() {
        let region = "<Region>eu-west-1</Region>";
        let endpoint = "<Endpoint>avatars.s3-eu-west-1.amazonaws.com</Endpoint>";
        for (status, code, more, advice) in [
            (400, "AuthorizationHeaderMalformed", region, "set MINIO_REGION=eu-west-1"),
            (
                301,
                "PermanentRedirect",
                endpoint,
                "set MINIO_REGION=eu-west-1 and MINIO_ENDPOINT=https://s3-eu-west-1.amazonaws.com",
            ),
            (301, "PermanentRedirect", "", "MINIO_REGION"),
            (403, "InvalidAccessKeyId", "", "MINIO_ACCESS_KEY"),
            (403, "SignatureDoesNotMatch", "", "MINIO_SECRET_KEY"),
            (403, "AccessDenied", "", "s3:GetObject"),
            (404, "NoSuchBucket", "", "MINIO_BUCKET"),
            (403, "SecondLevelDomainForbidden", "", "MINIO_ADDRESSING=virtual"),
            (403, "RequestTimeTooSkewed", "", "clock"),
            (503, "SlowDown", "", "again"),
            (500, "InternalError", "", "log"),
            (418, "Teapot", "", "MINIO_ENDPOINT"),
        ] {
            let error = refused(Addressing::Path, &answer(status, &document(code, more)));
            let found = error.advice(Audience::Terminal);
            assert!(found.to_lowercase().contains(&advice.to_lowercase()), "{code}: {found}");
        }
        let lost = refused(Addressing::Virtual, &answer(400, &document("InvalidBucketName", "")));
        assert_eq!(lost.kind, Kind::Addressing);
        assert!(
            lost.advice(Audience::Terminal).contains("MINIO_ADDRESSING=path"),
            "{}",
            lost.advice(Audience::Terminal)
        );
    }

    #[test]
    fn what_answers_in_the_bucket_s_place_is_told_from_it() {
        let page = "<html><title>Sign in</title></html>";
        for (status, kind) in
            [(200, Kind::NotS3), (403, Kind::NotS3), (404, Kind::NotS3), (502, Kind::Unreachable)]
        {
            let mut answer = answer(status, page);
            answer.headers.insert("content-type", HeaderValue::from_static("text/html"));
            let error = refused(Addressing::Path, &answer);
            assert_eq!(error.kind, kind, "{status}");
            assert!(error.to_string().contains("a web page called \"Sign in\""), "{error}");
        }
        let plain =
            refused(Addressing::Path, &answer(400, "Client sent an HTTP request to an HTTPS server."));
        assert_eq!(plain.kind, Kind::NotS3);
        assert!(
            plain.advice(Audience::Terminal).contains("https://"),
            "{}",
            plain.advice(Audience::Terminal)
        );
        let mut redirect = answer(308, "");
        redirect.headers.insert("location", HeaderValue::from_static("https://s3.example.com/x?y=z"));
        let redirect = refused(Addressing::Path, &redirect);
        assert!(
            redirect.advice(Audience::Terminal).contains("MINIO_ENDPOINT=https://s3.example.com"),
            "{}",
            redirect.advice(Audience::Terminal)
        );
        // An object that was uploaded as a page is an object all the same; Google calls an empty answer a page.
        for (name, value) in [("x-amz-request-id", "1"), ("x-goog-hash", "1"), ("content-length", "0")] {
            let mut object = answer(200, page);
            object.headers.insert("content-type", HeaderValue::from_static("text/html"));
            object.headers.insert(name, HeaderValue::from_static(value));
            assert!(bucket(Addressing::Path).asked("a").accepted(Ok(object)).is_ok(), "{name}");
        }
    }

    #[test]
    fn no_answer_is_an_unreachable_bucket() {
        let asked = bucket(Addressing::Path).asked("s3://avatars/a");
        let error = asked.accepted(Err(NoAnswer::TimedOut)).expect_err("no answer");
        assert_eq!((error.kind, error.place.as_str()), (Kind::Unreachable, "s3://avatars/a"));
        assert!(asked.accepted(Ok(answer(200, ""))).is_ok());
        assert!(asked.accepted(Ok(answer(302, ""))).is_err());
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
        let asked = bucket(Addressing::Path).asked("here");
        let page = asked.listing(Ok(answer(200, &page)), &prefix).expect("a page");
        assert_eq!(page.next.as_deref(), Some("abc"));
        let keys: Vec<_> = page.keys.iter().map(ToString::to_string).collect();
        assert_eq!(keys, [format!("{prefix}a b+.jpg")]);
        let kind = |body: &str| asked.listing(Ok(answer(200, body)), &prefix).expect_err("no page").kind;
        assert_eq!((kind("<html>"), kind("<What/>"), kind("")), (Kind::NotS3, Kind::NotS3, Kind::Refused));
        let key = asked.listing(Ok(answer(404, &document("NoSuchKey", ""))), &prefix).expect_err("a key");
        assert_eq!(key.kind, Kind::Refused);
        // Without virtual hosts the same request lists the buckets.
        let all = "<ListAllMyBucketsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"></ListAllMyBucketsResult>";
        let asked = bucket(Addressing::Virtual).asked("here");
        let error = asked.listing(Ok(answer(200, all)), &prefix).expect_err("all buckets");
        assert_eq!(error.kind, Kind::Addressing);
        assert!(
            error.advice(Audience::Terminal).contains("MINIO_ADDRESSING=path"),
            "{}",
            error.advice(Audience::Terminal)
        );
    }
}
