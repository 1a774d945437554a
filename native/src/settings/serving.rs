//! Settings of `likeness serve`, beside the rest.

use likeness_core::{
    limits::{DAILY_PICTURES, DAILY_TRAININGS, RETENTION_DAYS},
    secret::Secret,
};
use url::Url;

use super::{setting::Setting, source::Sources};
use crate::args::values;

/// The settings that only a server has.
#[derive(Clone, Debug)]
pub(crate) struct Serving {
    /// Token that admits the operator.
    pub(crate) admin_token: Setting<Option<Secret>>,
    /// Address of the deployment that `token` talks to.
    pub(crate) url: Setting<Option<Url>>,
    /// Address of the backend that gets notices.
    pub(crate) notify_url: Setting<Option<Url>>,
    /// Secret that signs the notices.
    pub(crate) notify_secret: Setting<Option<Secret>>,
    /// Origins whose pages may call.
    pub(crate) allowed_origins: Setting<Option<String>>,
    /// Number of days for which photos are kept while no training was made of them.
    pub(crate) retention_days: Setting<u32>,
    /// Number of trainings that may be bought in a day.
    pub(crate) daily_trainings: Setting<u32>,
    pub(crate) daily_pictures: Setting<u32>,
}

impl Serving {
    pub(super) fn read(sources: &mut Sources<'_>) -> Self {
        Self {
            admin_token: sources.secret("admin_token"),
            url: sources.value("likeness_url", values::web_address).optional(),
            notify_url: sources.value("notify_url", values::web_address).optional(),
            notify_secret: sources.secret("notify_secret"),
            allowed_origins: sources.value("allowed_origins", values::text).optional(),
            retention_days: sources.value("retention_days", values::whole).or(RETENTION_DAYS),
            daily_trainings: sources.value("daily_trainings", values::whole).or(DAILY_TRAININGS),
            daily_pictures: sources.value("daily_pictures", values::whole).or(DAILY_PICTURES),
        }
    }
}
