//! Photos: found on the disk or in a bucket, looked at, made clean, and packed into an archive.

pub(crate) mod archive;
pub(crate) mod in_bucket;
pub(crate) mod memory;
pub(crate) mod on_disk;
pub(crate) mod parallel;
pub(crate) mod prepare;
pub(crate) mod sample;
