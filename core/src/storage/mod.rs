//! Object storage: keys that stay where they belong, and presigned requests for a bucket (S3 with Signature
//! Version 4: MinIO, R2, S3).
//!
//! Everything that Likeness writes lies under a [`Prefix`] of its avatar; the caller's own objects are read and
//! never written. Requests are signed by rusty-s3, at a moment that the shell gives.

mod answer;
mod bucket;
mod clearing;
mod depot;
mod endpoint;
mod key;
mod refusal;

pub use self::{
    answer::{Asked, Listing, ObjectHead, head_of},
    bucket::{Access, Bucket, LocateError, SIGNED_FOR},
    clearing::{Clearing, ClearingStep},
    depot::Depot,
    endpoint::{Addressing, AddressingError, BucketError},
    key::{ETag, KeyError, MAX_KEY, ObjectKey, ObjectPlace, Prefix},
    refusal::{Foreign, MAX_REFUSAL_BYTES, Refusal},
};
