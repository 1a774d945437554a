//! Object storage: keys that stay where they belong, and presigned requests for a bucket (S3 with Signature
//! Version 4, path style: MinIO, R2, S3).
//!
//! Everything that Likeness writes lies under a [`Prefix`] of its avatar; the caller's own objects are read and
//! never written. Requests are signed by rusty-s3, at a moment that the shell gives.

mod answer;
mod bucket;
mod clearing;
mod depot;
mod key;

pub use self::{
    answer::{Listing, ObjectHead, accepted, head_of, listing, refused},
    bucket::{Access, Bucket, BucketError, LocateError, SIGNED_FOR},
    clearing::{Clearing, ClearingStep},
    depot::Depot,
    key::{ETag, KeyError, MAX_KEY, ObjectKey, ObjectPlace, Prefix},
};
