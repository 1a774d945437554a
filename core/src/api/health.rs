//! The health of a deployment, as callers are told.

use serde::Serialize;
use serde_json::{Value, json};

use super::deployment::Deployment;
use crate::error::StorageError;

/// The health of a deployment.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Health<'a> {
    /// `ok`, or `degraded` where something fails just now.
    pub(super) status: &'static str,
    /// True if the deployment can buy anything.
    pub(super) able: bool,
    /// True in test mode, where nothing is bought.
    pub(super) test_mode: bool,
    /// True if there is a bucket.
    pub(super) bucket: bool,
    /// Parts that fail just now. Workers do not look.
    pub(super) failing: &'a [Failing],
}

/// A part of a deployment that fails just now. Paths and addresses are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Failing {
    part: Part,
    /// Stable code of the reason, such as `storage.full`.
    code: &'static str,
}

/// A part of a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The disk of the data folder, which cannot be written: nothing can be changed but by an erase.
    Disk,
    /// The bucket, whose photos and models cannot be reached.
    Bucket,
}

impl Failing {
    /// Keeps the part and the code, and nothing else of the error.
    #[must_use]
    pub fn new(part: Part, error: &StorageError) -> Self {
        Self { part, code: error.kind.code() }
    }
}

impl Deployment {
    /// Reports that the deployment runs, whether it can buy anything, and which parts fail.
    #[must_use]
    pub fn health(&self, failing: &[Failing]) -> Value {
        json!(Health {
            status: if failing.is_empty() { "ok" } else { "degraded" },
            able: self.is_able() && !failing.iter().any(|failing| failing.part == Part::Disk),
            test_mode: self.test_mode,
            bucket: self.bucket.is_some(),
            failing,
        })
    }
}

#[cfg(test)]
pub(super) const EXAMPLE: &[Failing] = &[Failing { part: Part::Disk, code: "storage.full" }];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Failing, Part};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        api::Deployment,
        error::{StorageError, StorageErrorKind},
    };

    #[test]
    fn what_fails_is_named_by_its_code_alone() {
        let deployment = Deployment::read(|name| (name == "AVATAR_TEST_MODE").then(|| "true".to_owned()))
            .expect("settings");
        let healthy = deployment.health(&[]);
        assert_eq!((&healthy["status"], &healthy["failing"]), (&json!("ok"), &json!([])));
        assert_eq!(healthy["able"], true);
        let error = StorageError::new(StorageErrorKind::Full, "/home/anna/likeness");
        let failing = deployment.health(&[Failing::new(Part::Disk, &error)]);
        assert_eq!((&failing["status"], &failing["able"]), (&json!("degraded"), &json!(false)));
        assert_eq!(failing["failing"], json!([{ "part": "disk", "code": "storage.full" }]));
    }
}
