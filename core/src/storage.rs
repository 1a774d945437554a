//! Object storage: keys that stay where they belong, and presigned requests for a bucket (S3 with Signature
//! Version 4: MinIO, R2, S3).
//!
//! Everything that Likeness writes lies under a [`Prefix`] of its avatar; the caller's own objects are read and
//! never written. Requests are signed by rusty-s3, at the time that the shell passes in.
//!
//! ```
//! use likeness_core::{
//!     secret::Secret,
//!     storage::{Access, Bucket, ObjectKey},
//!     time::Timestamp,
//! };
//!
//! let secret = |text| Secret::new(text).expect("text");
//! let access = Access { key: secret("minio"), secret: secret("hush"), region: "us-east-1".to_owned() };
//! let bucket = Bucket::new(&"https://s3.example.com".parse()?, "photos", &access, None)?;
//!
//! let request = bucket.get(&ObjectKey::new("anna/beach.jpg")?, None, None, Timestamp::from_millis(0));
//! let signed: std::collections::BTreeMap<_, _> = request.url.query_pairs().collect();
//! assert_eq!(request.url.path(), "/photos/anna/beach.jpg");
//! assert_eq!(signed["X-Amz-Date"], "19700101T000000Z");
//! assert_eq!(signed["X-Amz-Expires"], "600"); // seconds
//! assert!(signed.contains_key("X-Amz-Signature") && !request.url.as_str().contains("hush"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod bucket;
mod bucket_folder;
mod delete_prefix;
mod endpoint;
mod error;
mod key;
mod refusal;

pub use self::{
    answer::{Asked, Listing, ObjectHead, head_of},
    bucket::{Access, Bucket, LocateError, REGION},
    bucket_folder::{BucketFolder, FolderPart},
    delete_prefix::{DeletePrefix, DeletePrefixStep},
    endpoint::{Addressing, AddressingError, BucketError},
    error::{StorageError, StorageErrorKind},
    key::{ETag, KeyError, MAX_KEY, ObjectKey, ObjectPlace, Prefix},
    refusal::{Foreign, MAX_REFUSAL_BYTES, Refusal},
};
