//! A bucket and the requests that it understands.

use std::{fmt, ops::Range, time::Duration};

use http::header;
use percent_encoding::percent_decode_str;
use rusty_s3::{Credentials, S3Action, UrlStyle};
use url::Url;

use super::{
    Asked,
    endpoint::{self, Addressing, BucketError},
    key::{ETag, KeyError, ObjectKey, ObjectPlace, Prefix},
};
use crate::{
    http::{Body, Method, Request},
    limits::{READ_TIMEOUT, SIGNED_FOR},
    secret::Secret,
    text::changes_direction,
    time::Timestamp,
};

/// A bucket, and the right to use it. Every request is presigned: an address that is handed out grants one
/// operation on one object for a time, and does not contain the key's secret.
#[derive(Clone)]
pub struct Bucket {
    signer: rusty_s3::Bucket,
    addressing: Addressing,
    /// Address of the bucket by path. Stored states know the bucket by it, so it does not depend on how the bucket
    /// is addressed today.
    address: String,
    /// Beginnings of the addresses of its objects: as the bucket is addressed, and the other way.
    homes: Vec<Url>,
    credentials: Credentials,
    /// Time for which each presigned request is valid.
    signed_for: Duration,
}

/// The region of servers that were not told of any.
pub const REGION: &str = "us-east-1";

/// The credentials of a bucket.
#[derive(Clone, Debug)]
pub struct Access {
    /// Id of the access key.
    pub key: Secret,
    /// Secret of the access key.
    pub secret: Secret,
    /// Region that signatures name: MinIO's is [`REGION`] unless it was told otherwise.
    pub region: String,
}

/// The reason why a text does not name a photo in this bucket.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocateError {
    /// The text is not a key.
    Key(#[from] KeyError),
    /// The text names another bucket: only the one of the settings is read.
    OtherBucket(String),
    /// The text is a presigned address that lost its beginning: taken for a key, its signature would stand in logs
    /// and in the stored state.
    Signed,
    /// The text names a place where only we write: files there are swept and erased.
    Ours,
    /// The text is an address elsewhere: nothing given by a caller is fetched but keys.
    Elsewhere(String),
}

impl Bucket {
    /// Opens the bucket of this name at this server. `addressing` is the setting, if there is one: paths are the
    /// default, and a host that seems to name the bucket already is refused unless they were asked for.
    pub fn new(
        endpoint: &Url,
        name: &str,
        access: &Access,
        addressing: Option<Addressing>,
    ) -> Result<Self, BucketError> {
        if !is_bucket_name(name) {
            return Err(BucketError::Name);
        }
        let region = access.region.as_str();
        let legal = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
        if !(1..=64).contains(&region.len()) || !region.chars().all(legal) {
            return Err(BucketError::Region);
        }
        endpoint::check(endpoint, name, addressing)?;
        Self::at(endpoint, name, access, addressing.unwrap_or_default())
    }

    /// Opens the bucket below this address, which may have a path: that of a server of our own.
    pub(crate) fn at(
        address: &Url,
        name: &str,
        access: &Access,
        addressing: Addressing,
    ) -> Result<Self, BucketError> {
        let made = |style| {
            rusty_s3::Bucket::new(address.clone(), style, name.to_owned(), access.region.clone()).map_err(
                |_| {
                    let host = address.host_str().unwrap_or_default().to_owned();
                    match style {
                        UrlStyle::Path => BucketError::Endpoint,
                        UrlStyle::VirtualHost => BucketError::NoVirtualHost { host },
                    }
                },
            )
        };
        let (by_path, hosted) = (made(UrlStyle::Path)?, made(UrlStyle::VirtualHost));
        let address = by_path.base_url().as_str().to_owned();
        let homes = [Some(by_path.base_url()), hosted.as_ref().ok().map(rusty_s3::Bucket::base_url)];
        let homes = homes.into_iter().flatten().cloned().collect();
        let signer = match addressing {
            Addressing::Path => by_path,
            Addressing::Virtual => hosted?,
        };
        let credentials = Credentials::new(access.key.expose(), access.secret.expose());
        Ok(Self { signer, addressing, address, homes, credentials, signed_for: SIGNED_FOR })
    }

    /// Returns the bucket with presigned requests that are valid for so long: for parts of a transfer that begin
    /// late.
    #[must_use]
    pub(crate) fn signing_for(&self, time: Duration) -> Self {
        Self { signed_for: time, ..self.clone() }
    }

    /// Returns the bucket's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.signer.name()
    }

    /// Returns the bucket's address by path, such as `https://minio.example.com:9000/avatars/`: the same however
    /// the bucket is addressed.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Returns the address of its objects' requests, such as `https://avatars.s3.example.com/`.
    #[must_use]
    pub fn url(&self) -> &Url {
        self.signer.base_url()
    }

    /// Describes the bucket for the check of its answers; `place` is named in the errors.
    #[must_use]
    pub fn asked(&self, place: impl Into<String>) -> Asked {
        let signer = &self.signer;
        Asked::new(place).of_bucket(signer.name(), self.addressing, signer.region(), self.credentials.key())
    }

    /// Names an object of the bucket as people and stored states do.
    #[must_use]
    pub fn place(&self, key: ObjectKey) -> ObjectPlace {
        ObjectPlace { bucket: self.name().to_owned(), key }
    }

    /// Finds the object that a caller means: a key, `s3://bucket/key` or an address at this bucket's server (such
    /// as a presigned one, whose query is not used). Nothing else is ever fetched.
    pub fn locate(&self, text: &str) -> Result<ObjectKey, LocateError> {
        let key = self.key_of(text)?;
        if key.as_str().chars().any(changes_direction) {
            return Err(KeyError::Direction.into());
        }
        if key.as_str().contains("X-Amz-") {
            return Err(LocateError::Signed);
        }
        if Prefix::is_ours(&key) { Err(LocateError::Ours) } else { Ok(key) }
    }

    fn key_of(&self, text: &str) -> Result<ObjectKey, LocateError> {
        let other = || LocateError::OtherBucket(self.name().to_owned());
        if text.starts_with("s3://") {
            let place: ObjectPlace = text.parse()?;
            return if place.bucket == self.name() { Ok(place.key) } else { Err(other()) };
        }
        if !text.starts_with("http://") && !text.starts_with("https://") {
            return Ok(ObjectKey::new(text)?);
        }
        let server = || LocateError::Elsewhere(self.url().origin().ascii_serialization());
        let url: Url = text.parse().map_err(|_| server())?;
        let mut here = self.homes.iter().filter(|home| home.origin() == url.origin()).peekable();
        if here.peek().is_none() || !url.username().is_empty() || url.password().is_some() {
            return Err(server());
        }
        let path = here.find_map(|home| url.path().strip_prefix(home.path())).ok_or_else(other)?;
        let key = percent_decode_str(path).decode_utf8().map_err(|_| KeyError::Character)?;
        Ok(ObjectKey::new(&key)?)
    }

    /// Reads an object, or a part of it; where `unchanged` is given, only while the object still has that version.
    #[must_use]
    pub fn get(
        &self,
        key: &ObjectKey,
        range: Option<Range<u64>>,
        unchanged: Option<&ETag>,
        now: Timestamp,
    ) -> Request {
        let action = self.signer.get_object(Some(&self.credentials), key.as_str());
        let mut request = self.signed_transfer(Method::GET, &action, now);
        if let Some(range) = range {
            let last = range.end.saturating_sub(1);
            request = request.header(header::RANGE, &format!("bytes={}-{last}", range.start));
        }
        if let Some(tag) = unchanged {
            request = request.header(header::IF_MATCH, tag.as_str());
        }
        request
    }

    /// Writes an object, over any older one.
    #[must_use]
    pub fn put(&self, key: &ObjectKey, body: Body, content_type: &str, now: Timestamp) -> Request {
        let action = self.signer.put_object(Some(&self.credentials), key.as_str());
        let request = self.signed_transfer(Method::PUT, &action, now);
        Request { body, ..request.header(header::CONTENT_TYPE, content_type) }
    }

    /// Asks for an object's length and version.
    #[must_use]
    pub fn head(&self, key: &ObjectKey, now: Timestamp) -> Request {
        let action = self.signer.head_object(Some(&self.credentials), key.as_str());
        signed(Method::HEAD, &action, READ_TIMEOUT, now)
    }

    /// Deletes an object. One that is not there counts as deleted.
    #[must_use]
    pub fn delete(&self, key: &ObjectKey, now: Timestamp) -> Request {
        let action = self.signer.delete_object(Some(&self.credentials), key.as_str());
        signed(Method::DELETE, &action, READ_TIMEOUT, now)
    }

    /// Lists the objects under a prefix, up to a thousand keys from where the page before ended.
    #[must_use]
    pub fn list(&self, prefix: &Prefix, after: Option<&str>, now: Timestamp) -> Request {
        let mut action = self.signer.list_objects_v2(Some(&self.credentials));
        action.with_prefix(prefix.as_str().to_owned());
        if let Some(token) = after {
            action.with_continuation_token(token.to_owned());
        }
        signed(Method::GET, &action, READ_TIMEOUT, now)
    }

    fn signed_transfer<'a>(&self, method: Method, action: &impl S3Action<'a>, now: Timestamp) -> Request {
        Request::transfer(method, action.sign_with_time(self.signed_for, &now.into()))
    }
}

/// Shows neither the secret nor its id.
impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bucket at {}", self.address())
    }
}

fn signed<'a>(method: Method, action: &impl S3Action<'a>, timeout: Duration, now: Timestamp) -> Request {
    Request::new(method, action.sign_with_time(SIGNED_FOR, &now.into()), timeout)
}

/// Checks a name by the S3 API's rules, as far as a path-style address depends on them.
fn is_bucket_name(name: &str) -> bool {
    let legal =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '.' | '-');
    (3..=63).contains(&name.len())
        && name.chars().all(legal)
        && !name.contains("..")
        && !name.starts_with(['.', '-'])
        && !name.ends_with(['.', '-'])
}

#[cfg(test)]
mod tests {
    use super::{Access, Addressing, Bucket, BucketError, LocateError};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        http::Body,
        secret::Secret,
        storage::{ETag, KeyError, ObjectKey},
        time::Timestamp,
    };

    fn access() -> Access {
        let secret = |text| Secret::new(text).expect("text");
        let (key, secret) =
            (secret("AKIAIOSFODNN7EXAMPLE"), secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"));
        Access { key, secret, region: "us-east-1".to_owned() }
    }

    fn bucket() -> Bucket {
        let endpoint = "http://127.0.0.1:9000".parse().expect("an address");
        Bucket::new(&endpoint, "avatars", &access(), None).expect("a bucket")
    }

    fn key(text: &str) -> ObjectKey {
        ObjectKey::new(text).expect("a key")
    }

    /// The time and the credentials of the example in the S3 API reference ("Authenticating requests: using query
    /// parameters"), whose bucket is part of the host. For a path the signature below was computed apart from here,
    /// by that page's steps.
    const MOMENT: i64 = 1_369_353_600_000;

    #[test]
    fn a_signature_is_always_the_same_and_covers_the_key() {
        let url = |name: &str| bucket().get(&key(name), None, None, Timestamp::from_millis(MOMENT)).url;
        let first = url("test.txt");
        assert_eq!(
            first.as_str(),
            "http://127.0.0.1:9000/avatars/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256\
             &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
             &X-Amz-Date=20130524T000000Z&X-Amz-Expires=600&X-Amz-SignedHeaders=host\
             &X-Amz-Signature=aa9e3c3dd22483ba6547bf4e575984ff3d19f645f3611398280f51cc1df0fa2b"
        );
        assert_ne!(first.query(), url("test.tx").query());
        assert_eq!(url("мама+1 %.jpg").path(), "/avatars/%D0%BC%D0%B0%D0%BC%D0%B0%2B1%20%25.jpg");
        assert_eq!(url("http:/x?y#z").path(), "/avatars/http%3A/x%3Fy%23z");
    }

    /// Signs the example of the S3 API reference itself ("Authenticating requests: using query parameters"), but
    /// for the validity, which here is ours; the signature was computed apart from here, by that page's steps.
    #[test]
    fn a_virtual_host_is_signed_and_located() {
        let endpoint = "https://s3.amazonaws.com".parse().expect("an address");
        let bucket = |addressing| {
            Bucket::new(&endpoint, "examplebucket", &access(), Some(addressing)).expect("a bucket")
        };
        let (hosted, by_path) = (bucket(Addressing::Virtual), bucket(Addressing::Path));
        let url = hosted.get(&key("test.txt"), None, None, Timestamp::from_millis(MOMENT)).url;
        assert_eq!(
            url.as_str(),
            "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256\
             &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
             &X-Amz-Date=20130524T000000Z&X-Amz-Expires=600&X-Amz-SignedHeaders=host\
             &X-Amz-Signature=b91a9baf60f6aa6d142b8ada9704803935d42c38cba3181da1294c96c5c6cb9d"
        );
        // The bucket is the same, whose files are found again however the bucket is addressed.
        assert_eq!(hosted.address(), by_path.address());
        for bucket in [&hosted, &by_path] {
            let shown = bucket.url().as_str();
            let own = bucket.get(&key("u/a b.jpg"), None, None, Timestamp::from_millis(MOMENT)).url;
            for text in [
                own.as_str(),
                "https://s3.amazonaws.com/examplebucket/u/a%20b.jpg",
                "https://examplebucket.s3.amazonaws.com/u/a%20b.jpg",
            ] {
                assert_eq!(bucket.locate(text), Ok(key("u/a b.jpg")), "{text} {shown}");
            }
            for elsewhere in ["https://other.s3.amazonaws.com/a", "http://examplebucket.s3.amazonaws.com/a"] {
                assert!(matches!(bucket.locate(elsewhere), Err(LocateError::Elsewhere(_))), "{elsewhere}");
            }
            let other = Err(LocateError::OtherBucket("examplebucket".to_owned()));
            assert_eq!(bucket.locate("https://s3.amazonaws.com/other/a"), other);
        }
    }

    #[test]
    fn a_part_of_one_version_is_asked_for_in_headers() {
        let tag = ETag::new("\"9b2c\"").expect("a tag");
        let request = bucket().get(&key("a"), Some(10..20), Some(&tag), Timestamp::from_millis(MOMENT));
        let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
        assert_eq!((header("range"), header("if-match")), (Some("bytes=10-19"), Some("\"9b2c\"")));
    }

    #[test]
    fn nothing_shows_the_key() {
        let request = bucket().put(&key("a"), Body::Empty, "image/jpeg", Timestamp::from_millis(MOMENT));
        let shown = format!("{:?} {request:?} {:?}", bucket(), access());
        for secret in ["wJalr", "AKIA", "Signature="] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }

    #[test]
    fn only_what_lies_in_the_bucket_is_located() {
        let locate = |text: &str| bucket().locate(text);
        assert_eq!(locate("likenesses/1.jpg"), Ok(key("likenesses/1.jpg")));
        for text in [
            "u/a/1 b.jpg",
            "s3://avatars/u/a/1 b.jpg",
            "http://127.0.0.1:9000/avatars/u/a/1%20b.jpg?X-Amz-Signature=abc",
        ] {
            assert_eq!(locate(text), Ok(key("u/a/1 b.jpg")), "{text}");
        }
        let elsewhere = LocateError::Elsewhere("http://127.0.0.1:9000".to_owned());
        let other = LocateError::OtherBucket("avatars".to_owned());
        for (text, why) in [
            ("https://127.0.0.1:9000/avatars/a", elsewhere.clone()),
            ("http://127.0.0.1/avatars/a", elsewhere.clone()),
            ("http://u:p@127.0.0.1:9000/avatars/a", elsewhere.clone()),
            ("http://", elsewhere),
            ("http://127.0.0.1:9000/other/a", other.clone()),
            ("http://127.0.0.1:9000/avatars/../other/a", other.clone()),
            ("s3://other/a", other),
            ("http://127.0.0.1:9000/avatars/a%2F..%2F..%2Fother", LocateError::Key(KeyError::Dots)),
            ("http://127.0.0.1:9000/avatars/%FF", LocateError::Key(KeyError::Character)),
            ("/etc/passwd", LocateError::Key(KeyError::EmptySegment)),
            ("a/\u{202e}gpj.1", LocateError::Key(KeyError::Direction)),
            ("s3://avatars/a\u{2066}b", LocateError::Key(KeyError::Direction)),
            ("http://127.0.0.1:9000/avatars/a%E2%80%AEb", LocateError::Key(KeyError::Direction)),
            ("127.0.0.1:9000/avatars/a?X-Amz-Signature=abc", LocateError::Signed),
            ("s3://avatars/a?X-Amz-Signature=abc", LocateError::Signed),
            ("http:/127.0.0.1:9000/avatars/a?X-Amz-Signature=abc", LocateError::Signed),
            ("likeness/u/a/normalised/1.jpg", LocateError::Ours),
            ("s3://avatars/likeness/x.jpg", LocateError::Ours),
            ("http://127.0.0.1:9000/avatars/likeness%2Fx.jpg", LocateError::Ours),
        ] {
            assert_eq!(locate(text), Err(why), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_a_bucket_is_refused() {
        let new = |endpoint: &str, name: &str| {
            Bucket::new(&endpoint.parse().expect("an address"), name, &access(), None).map(|_| ())
        };
        assert_eq!(new("https://minio.example.com", "avatars"), Ok(()));
        assert_eq!(new("ftp://minio.example.com", "avatars"), Err(BucketError::Endpoint));
        for name in ["", "ab", "a/b", "..", "a..b", "Avatars", "-ab", "a?b"] {
            assert_eq!(new("http://minio", name), Err(BucketError::Name), "{name}");
        }
        let odd = Access { region: "us east".to_owned(), ..access() };
        let endpoint = "http://minio".parse().expect("an address");
        assert_eq!(Bucket::new(&endpoint, "avatars", &odd, None).map(|_| ()), Err(BucketError::Region));
    }
}
