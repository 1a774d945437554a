//! The endpoint of a bucket as settings name it, and how buckets are addressed there.

use std::{fmt, str::FromStr};

use url::{Host, Url};

/// The way in which a bucket is addressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Addressing {
    /// The bucket's name in the path: `https://s3.example.com/bucket/key`.
    #[default]
    Path,
    /// The bucket's name in the host: `https://bucket.s3.example.com/key`.
    Virtual,
}

/// The text is not `path` or `virtual`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub struct AddressingError;

impl FromStr for Addressing {
    type Err = AddressingError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim().to_ascii_lowercase().as_str() {
            "path" => Ok(Self::Path),
            "virtual" => Ok(Self::Virtual),
            _ => Err(AddressingError),
        }
    }
}

impl fmt::Display for Addressing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Path => "path",
            Self::Virtual => "virtual",
        })
    }
}

/// The reason why settings do not describe a bucket.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BucketError {
    /// The address cannot be that of a server.
    Endpoint,
    /// The endpoint has a path, which ends in the bucket's name.
    EndpointEndsInBucket {
        /// Path of the endpoint.
        path: String,
        /// Endpoint without the path.
        instead: String,
    },
    /// The endpoint has a path.
    EndpointHasPath {
        /// Path of the endpoint.
        path: String,
        /// Endpoint without the path.
        instead: String,
    },
    /// The endpoint's host begins with the bucket's name.
    EndpointBeginsWithBucket {
        /// Host of the endpoint.
        host: String,
        /// Endpoint without the bucket's name.
        instead: String,
    },
    /// The bucket cannot be a part of this host's name.
    NoVirtualHost {
        /// Host of the endpoint.
        host: String,
    },
    /// The bucket's name breaks the S3 API's rules.
    Name,
    /// The text is not a region's name.
    Region,
}

/// Checks that an endpoint names a server and nothing else. `addressing` is the setting, if there is one: a host
/// that only looks as if it named the bucket is accepted from settings that ask for paths.
pub(super) fn check(endpoint: &Url, bucket: &str, addressing: Option<Addressing>) -> Result<(), BucketError> {
    let plain = matches!(endpoint.scheme(), "http" | "https")
        && endpoint.username().is_empty()
        && endpoint.password().is_none()
        && endpoint.query().is_none()
        && endpoint.fragment().is_none();
    let host = endpoint.host().filter(|_| plain).ok_or(BucketError::Endpoint)?;
    let path = endpoint.path().trim_end_matches('/');
    if !path.is_empty() {
        let (path, instead) = (path.to_owned(), endpoint.origin().ascii_serialization());
        return Err(if path.rsplit('/').next() == Some(bucket) {
            BucketError::EndpointEndsInBucket { path, instead }
        } else {
            BucketError::EndpointHasPath { path, instead }
        });
    }
    match host {
        Host::Domain(name) if addressing != Some(Addressing::Path) => match server_behind(name, bucket) {
            None => Ok(()),
            Some(server) => {
                let port = endpoint.port().map(|port| format!(":{port}")).unwrap_or_default();
                let instead = format!("{}://{server}{port}", endpoint.scheme());
                Err(BucketError::EndpointBeginsWithBucket { host: name.to_owned(), instead })
            }
        },
        Host::Ipv4(_) | Host::Ipv6(_) if addressing == Some(Addressing::Virtual) => {
            Err(BucketError::NoVirtualHost { host: host.to_string() })
        }
        Host::Domain(_) | Host::Ipv4(_) | Host::Ipv6(_) => Ok(()),
    }
}

/// Finds the server's name behind that of the bucket, where a host is a virtual one.
///
/// `avatars.s3.example.com` is one, `minio.example.com` need not be, though there may be a bucket `minio`: the rest
/// must itself look like the name of a server, not like a domain.
fn server_behind<'a>(host: &'a str, bucket: &str) -> Option<&'a str> {
    let server = host.strip_prefix(bucket)?.strip_prefix('.')?;
    let labels = server.split('.').count();
    let first = server.split(['.', '-']).next().unwrap_or_default();
    let storage = matches!(first, "s3" | "minio" | "storage" | "oss" | "cos" | "obs" | "r2" | "ceph" | "rgw");
    (labels != 2 || storage).then_some(server)
}

#[cfg(test)]
mod tests {
    use super::{Addressing, BucketError, check};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    fn checked(endpoint: &str, addressing: Option<Addressing>) -> Result<(), BucketError> {
        check(&endpoint.parse().expect("an address"), "avatars", addressing)
    }

    #[test]
    fn an_endpoint_is_a_server_and_nothing_else() {
        for endpoint in [
            "https://s3.eu-west-1.amazonaws.com",
            "http://127.0.0.1:9000/",
            "http://[::1]:9000",
            "https://avatars-s3.example.com",
            "https://avatarsx.s3.example.com",
            // A bucket may be called as its server is.
            "https://avatars.example.com",
        ] {
            assert_eq!(checked(endpoint, None), Ok(()), "{endpoint}");
        }
        for endpoint in [
            "ftp://minio.example.com",
            "http://user:word@minio.example.com",
            "http://minio?x",
            "http://minio#x",
        ] {
            assert_eq!(checked(endpoint, None), Err(BucketError::Endpoint), "{endpoint}");
        }
    }

    #[test]
    fn one_that_names_the_bucket_is_told_what_to_set() {
        for (endpoint, instead) in [
            ("https://minio.example.com:9000/avatars", "https://minio.example.com:9000"),
            ("https://minio.example.com/avatars/", "https://minio.example.com"),
            ("https://minio.example.com/browser/avatars", "https://minio.example.com"),
        ] {
            let error = checked(endpoint, Some(Addressing::Path)).expect_err(endpoint);
            assert!(matches!(error, BucketError::EndpointEndsInBucket { .. }), "{error:?}");
            assert!(error.advice().contains(&format!("MINIO_ENDPOINT={instead};")), "{}", error.advice());
        }
        let error = checked("https://minio.example.com/s3/", None).expect_err("a path");
        assert_eq!(error.to_string(), "MINIO_ENDPOINT has a path, /s3: it must be the server alone");
        assert!(error.advice().contains("MINIO_ENDPOINT=https://minio.example.com,"), "{}", error.advice());
        for (endpoint, instead) in [
            ("https://avatars.s3.eu-west-1.amazonaws.com", "https://s3.eu-west-1.amazonaws.com"),
            ("https://avatars.s3-eu-west-1.amazonaws.com", "https://s3-eu-west-1.amazonaws.com"),
            ("http://avatars.localhost:9000", "http://localhost:9000"),
            ("http://avatars.minio.local:9000", "http://minio.local:9000"),
            ("https://avatars.oss-eu-central-1.aliyuncs.com", "https://oss-eu-central-1.aliyuncs.com"),
            ("https://AVATARS.fsn1.your-objectstorage.com", "https://fsn1.your-objectstorage.com"),
        ] {
            for addressing in [None, Some(Addressing::Virtual)] {
                let error = checked(endpoint, addressing).expect_err(endpoint);
                assert!(matches!(error, BucketError::EndpointBeginsWithBucket { .. }), "{error:?}");
                let advice = error.advice();
                assert!(advice.starts_with(&format!("set MINIO_ENDPOINT={instead},")), "{advice}");
            }
            // A person who asks for paths knows the server's name.
            assert_eq!(checked(endpoint, Some(Addressing::Path)), Ok(()), "{endpoint}");
        }
    }

    #[test]
    fn a_number_has_no_bucket_in_front() {
        for endpoint in ["http://127.0.0.1:9000", "http://[::1]:9000"] {
            let error = checked(endpoint, Some(Addressing::Virtual)).expect_err(endpoint);
            assert!(matches!(error, BucketError::NoVirtualHost { .. }), "{error:?}");
        }
    }

    #[test]
    fn the_two_ways_are_words() {
        for addressing in [Addressing::Path, Addressing::Virtual] {
            assert_eq!(addressing.to_string().parse(), Ok(addressing));
        }
        assert_eq!(" Virtual ".parse(), Ok(Addressing::Virtual));
        assert!("vhost".parse::<Addressing>().is_err());
    }
}
