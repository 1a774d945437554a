//! Refusals and losses of a disk or a bucket, in the bucket's own words where it gave any.

use std::borrow::Cow;

use super::{Audience, Language};
use crate::{
    error::{StorageError, StorageErrorKind as Kind},
    storage::{Foreign, Refusal},
};

displayed! {
    StorageError => error;
    Kind => kind;
    Refusal => refusal;
}

impl StorageError {
    /// Returns what to do next.
    #[must_use]
    pub fn advice(&self, audience: Audience) -> Cow<'static, str> {
        advice(Language::English, self, audience)
    }
}

/// Says what a disk or a bucket refused or lost, and where.
#[must_use]
pub fn error(language: Language, error: &StorageError) -> String {
    let what = match error.refusal.as_deref() {
        None => kind(language, &error.kind).to_owned(),
        Some(refusal) => refused(language, error.kind, refusal),
    };
    format!("{}: {what}", error.place)
}

/// Says what a disk or a bucket did wrong, as the end of a sentence.
#[must_use]
pub fn kind(language: Language, kind: &Kind) -> &'static str {
    match language {
        Language::English => match kind {
            Kind::Full => "no space is left",
            Kind::ReadOnly => "it cannot be written to",
            Kind::Denied => "access was refused",
            Kind::Missing => "it is not there",
            Kind::Changed => "it changed while it was in use",
            Kind::Damaged => "it is not the file that was kept",
            Kind::NoPlace => "it cannot be made there",
            Kind::Newer => "a newer version of Likeness wrote it",
            Kind::Unclaimed => "this job's folder is here, and the database does not know the job",
            Kind::Busy => "another program holds it",
            Kind::Unreachable => "the bucket cannot be reached, or breaks off",
            Kind::Expired => "the bucket says that the signature's time is over, or not yet there",
            Kind::NoBucket => "there is no such bucket",
            Kind::Region => "the bucket lies in another region",
            Kind::Addressing => "the server takes a bucket in its host name only",
            Kind::NotS3 => "what answers there is not the bucket",
            Kind::Refused => "the bucket did not do what was asked",
            Kind::Occupied => "something else is there: a file instead of a folder, or the other way round",
            Kind::Exposed => "others may write there",
            Kind::Link => "a symbolic link is in its place, and is not followed",
            Kind::Broken => "reading or writing failed",
        },
    }
}

fn refused(language: Language, kind: Kind, refusal: &Refusal) -> String {
    let said = self::refusal(language, refusal);
    match language {
        Language::English => {
            let what = match (kind, refusal.code()) {
                (Kind::Denied, "InvalidAccessKeyId") => "the bucket's server does not know the access key",
                (Kind::Denied, "SignatureDoesNotMatch") => "the secret does not belong to the access key",
                (Kind::Denied, "AccessDenied") => "the access key may not do this",
                (Kind::Region, _) => match &refusal.region {
                    Some(region) => return format!("the bucket lies in the region {region}; {said}"),
                    None => self::kind(language, &kind),
                },
                (Kind::Addressing, _) if refusal.virtual_host => {
                    "the server takes no bucket in its host name"
                }
                (Kind::Unreachable, _) if refusal.asks_for_less() => {
                    "the bucket takes no more requests for now"
                }
                (Kind::Unreachable, _) if refusal.foreign.is_none() => {
                    "the bucket's server cannot answer for now"
                }
                _ => self::kind(language, &kind),
            };
            format!("{what}; {said}")
        }
    }
}

/// Repeats a bucket's answer, as a part of a sentence: `the bucket says AccessDenied: Access Denied`.
#[must_use]
pub fn refusal(language: Language, refusal: &Refusal) -> String {
    let status = refusal.status;
    match language {
        Language::English => match (&refusal.foreign, &refusal.code, &refusal.message) {
            (Some(Foreign::Page(title)), ..) if title.is_empty() => {
                format!("the answer is a web page (HTTP {status})")
            }
            (Some(Foreign::Page(title)), ..) => {
                format!("the answer is a web page called \"{title}\" (HTTP {status})")
            }
            (Some(Foreign::Json(text)), ..) => {
                format!("the answer is JSON that says \"{text}\" (HTTP {status})")
            }
            (Some(Foreign::Text(text)), ..) => format!("the answer is \"{text}\" (HTTP {status})"),
            (Some(Foreign::Redirect(to)), ..) => format!("the answer leads to {to} (HTTP {status})"),
            (None, Some(code), Some(message)) => {
                format!("the bucket says {code}: {}", message.trim_end_matches('.'))
            }
            (None, Some(code), None) => format!("the bucket says {code}"),
            (None, None, _) => format!("the answer is HTTP {status} without a word"),
        },
    }
}

/// Says what to do about a disk or a bucket.
#[must_use]
pub fn advice(language: Language, error: &StorageError, audience: Audience) -> Cow<'static, str> {
    let known = error.refusal.as_deref().and_then(|refusal| {
        let set = settings(error.kind, refusal).map(|what| set(language, &what, audience).into());
        set.or_else(|| advice_on(language, error.kind, refusal, audience).map(Cow::Borrowed))
    });
    known.unwrap_or_else(|| plain_advice(language, error.kind, audience).into())
}

/// Returns the settings that a refusal itself tells, such as `MINIO_REGION=eu-west-1`.
fn settings(kind: Kind, refusal: &Refusal) -> Option<Vec<String>> {
    let settings: Vec<String> = match (kind, &refusal.foreign) {
        (Kind::Region, _) => {
            let region = refusal.region.iter().map(|region| format!("MINIO_REGION={region}"));
            region.chain(refusal.endpoint.iter().map(|server| format!("MINIO_ENDPOINT={server}"))).collect()
        }
        (Kind::Addressing, _) if refusal.virtual_host => vec!["MINIO_ADDRESSING=path".to_owned()],
        (Kind::Addressing, _) => vec!["MINIO_ADDRESSING=virtual".to_owned()],
        (Kind::NotS3, Some(Foreign::Redirect(to))) => vec![format!("MINIO_ENDPOINT={to}")],
        _ => return None,
    };
    (!settings.is_empty()).then_some(settings)
}

fn set(language: Language, settings: &[String], audience: Audience) -> String {
    match (language, audience) {
        (Language::English, Audience::Terminal) => {
            format!("Set {} and run the same command again.", settings.join(" and "))
        }
        (Language::English, Audience::Api) => {
            format!("The deployment's operator must set {}.", settings.join(" and "))
        }
    }
}

fn advice_on(language: Language, kind: Kind, refusal: &Refusal, audience: Audience) -> Option<&'static str> {
    Some(match language {
        Language::English => match (kind, refusal.code()) {
            (Kind::Full, _) => audience.pick(
                "Make room in the bucket, or raise its quota, and run the same command again: it carries on.",
                "The deployment's operator must make room in the bucket, or raise its quota; it then carries on.",
            ),
            (Kind::Denied, "InvalidAccessKeyId") => audience.pick(
                "Set MINIO_ACCESS_KEY to a key of this server, and MINIO_SECRET_KEY to its secret.",
                "The deployment's operator must set MINIO_ACCESS_KEY and MINIO_SECRET_KEY to a key of the bucket's server.",
            ),
            (Kind::Denied, "SignatureDoesNotMatch") => audience.pick(
                "Check MINIO_SECRET_KEY. If it is right, a proxy changes the request: it must pass host and path on as \
                 they come.",
                "The deployment's operator must check MINIO_SECRET_KEY, and that no proxy before the bucket changes host \
                 or path.",
            ),
            (Kind::Denied, "AccessDenied") => audience.pick(
                "Allow this access key s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket there. Without the \
                 last a missing object is refused like this, too.",
                "The deployment's operator must allow the access key s3:GetObject, s3:PutObject, s3:DeleteObject and \
                 s3:ListBucket. Without the last a missing object is refused like this, too.",
            ),
            (Kind::Denied, "InvalidObjectState") => audience.pick(
                "Restore the object from the bucket's archive class, and run the same command again.",
                "Restore the object from the bucket's archive class, then order again.",
            ),
            (Kind::Denied, _) => audience.pick(
                "Check MINIO_ACCESS_KEY and MINIO_SECRET_KEY, and what this key may do in the bucket.",
                "The deployment's operator must check MINIO_ACCESS_KEY and MINIO_SECRET_KEY, and what this key may do.",
            ),
            (Kind::NoBucket, _) if refusal.virtual_host => audience.pick(
                "Check MINIO_BUCKET and MINIO_ENDPOINT; a server without virtual hosts needs MINIO_ADDRESSING=path.",
                "The deployment's operator must correct MINIO_BUCKET, MINIO_ENDPOINT or MINIO_ADDRESSING.",
            ),
            (Kind::NotS3, _) if refusal.wants_https() => audience.pick(
                "Begin MINIO_ENDPOINT with https:// and run the same command again.",
                "The deployment's operator must begin MINIO_ENDPOINT with https://.",
            ),
            (Kind::Unreachable, _) if refusal.asks_for_less() => audience.pick(
                "Wait a few minutes and run the same command again: it carries on.",
                "Nothing is to be done: it is tried again.",
            ),
            (Kind::Unreachable, _) if refusal.foreign.is_none() => audience.pick(
                "Run the same command again later: it carries on. If it stays so, the server's log says why.",
                "Nothing is to be done: it is tried again. If it stays, the log of the bucket's server says why.",
            ),
            _ => return None,
        },
    })
}

fn plain_advice(language: Language, kind: Kind, audience: Audience) -> &'static str {
    match language {
        Language::English => match kind {
            Kind::Full => audience.pick(
                "Free some space and run the same command again: it carries on.",
                "The deployment's operator must make room. What was ordered and what is to be erased then carries on; repeat \
                 any other call.",
            ),
            Kind::ReadOnly => audience.pick(
                "Make it writable, or name another place, and run the same command again.",
                "The deployment's operator must make it writable; it then carries on.",
            ),
            Kind::Denied => audience.pick(
                "Allow access to it (of a bucket: check its keys) and run the same command again.",
                "The deployment's operator must allow access to it (of a bucket: check its keys).",
            ),
            Kind::Missing => audience.pick(
                "Put it back and run the same command again.",
                "Put it back, or name another, then order again.",
            ),
            Kind::Changed => audience.pick(
                "Run the command again: it starts from what is there now.",
                "Order again: it starts from what is there now.",
            ),
            Kind::Damaged => audience.pick(
                "Put a whole copy in its place, such as one from a backup, and run the same command again.",
                "The deployment's operator must put a whole copy in its place, such as one from a backup.",
            ),
            Kind::NoPlace => audience.pick(
                "Name another place, where a folder can be made.",
                "The deployment's operator must name another place.",
            ),
            Kind::Newer => audience.pick(
                "Install that version of Likeness, or a newer one; nothing was changed.",
                "The deployment's operator must install that version of Likeness, or a newer one.",
            ),
            Kind::Unclaimed => audience.pick(
                "Run `likeness doctor --repair`: it takes up what lies in the data folder, and orders nothing.",
                "The deployment's operator must repair the data folder; docs/errors.md says how.",
            ),
            Kind::Busy => audience.pick(
                "End the other program, or wait for it, and run the same command again.",
                "Ask again in a few seconds.",
            ),
            Kind::Unreachable => audience.pick(
                "Check that the bucket's server runs and can be reached, then run the same command again: it carries on.",
                "Nothing is to be done: it is tried again. If it stays, the deployment's operator should check that the \
                 bucket's server runs and can be reached.",
            ),
            Kind::Expired => audience.pick(
                "Set this machine's clock, or the server's, and run the same command again.",
                "The deployment's operator must set the clock of the bucket's server, or of the deployment.",
            ),
            Kind::NoBucket => audience.pick(
                "Check MINIO_BUCKET and MINIO_ENDPOINT, and run the same command again.",
                "The deployment's operator must correct MINIO_BUCKET and MINIO_ENDPOINT.",
            ),
            Kind::Region => audience.pick(
                "Set MINIO_REGION to the bucket's region and MINIO_ENDPOINT to that region's server, and run the same \
                 command again.",
                "The deployment's operator must set MINIO_REGION to the bucket's region, and MINIO_ENDPOINT to that \
                 region's server.",
            ),
            Kind::Addressing => audience.pick(
                "Set MINIO_ADDRESSING=virtual and run the same command again.",
                "The deployment's operator must set MINIO_ADDRESSING=virtual.",
            ),
            Kind::NotS3 => audience.pick(
                "Set MINIO_ENDPOINT to the S3 server itself: its scheme, host and port, not those of a web console or a \
                 login page.",
                "The deployment's operator must set MINIO_ENDPOINT to the S3 server itself, not to a web console or a \
                 login page.",
            ),
            Kind::Refused => audience.pick(
                "Check MINIO_ENDPOINT, MINIO_BUCKET and MINIO_REGION; the documentation of the bucket's server says more \
                 of its code.",
                "The deployment's operator should check MINIO_ENDPOINT, MINIO_BUCKET and MINIO_REGION.",
            ),
            Kind::Occupied => audience.pick(
                "Name another place, or move away what is there.",
                "The deployment's operator must move away what is there.",
            ),
            Kind::Exposed => audience.pick(
                "Take the right to write there from others, or set LIKENESS_HOME to a folder of your own.",
                "The deployment's operator must take the right to write there from others.",
            ),
            Kind::Link => audience.pick(
                "Remove the link, then run the same command again; what it leads to was not touched.",
                "The deployment's operator must remove the link.",
            ),
            Kind::Broken => audience.pick(
                "Check the disk, then run the same command again.",
                "Ask again; if it stays, the deployment's operator should check its disk.",
            ),
        },
    }
}
