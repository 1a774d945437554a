//! The addresses of test mode, below the front's own.

use likeness_core::{
    api::{ConnectionSettings, Deployment, test_bucket},
    avatar::AvatarId,
};
use serde::{Deserialize, Serialize};
use url::Url;
use worker::{Error, Result};

use crate::settings;

/// The addresses at which test mode is simulated.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct TestBox {
    /// Origin of the front, such as `http://127.0.0.1:8787`.
    origin: String,
    /// Secret part of the addresses, which keeps other callers out.
    pub(crate) secret: String,
}

impl TestBox {
    pub(crate) fn new(origin: &str) -> Result<Self> {
        Ok(Self { origin: origin.to_owned(), secret: settings::random_name()? })
    }

    pub(crate) fn moved_to(self, origin: &str) -> Self {
        Self { origin: origin.to_owned(), ..self }
    }

    /// Finds the account and bucket of this avatar.
    pub(crate) fn connection(
        &self,
        deployment: &Deployment,
        avatar: AvatarId,
    ) -> Result<Option<ConnectionSettings>> {
        let address = |part: &str| Url::parse(&self.address(avatar, part)).map_err(Error::from);
        let own = test_bucket(&address("bucket")?);
        Ok(deployment.test_connection(&address("fal")?, own))
    }

    /// Makes the address of a part of this avatar's test box.
    pub(crate) fn address(&self, avatar: AvatarId, part: &str) -> String {
        format!("{}/test/{avatar}/{}/{part}", self.origin, self.secret)
    }
}
