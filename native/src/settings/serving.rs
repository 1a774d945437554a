//! What `likeness serve` works with, beside the rest.

use likeness_core::{
    api::{DAILY_PICTURES, DAILY_TRAININGS, RETENTION_DAYS},
    secret::Secret,
};
use url::Url;

use super::{setting::Setting, source::Sources};
use crate::args::values;

/// What only a server has.
#[derive(Clone, Debug)]
pub(crate) struct Serving {
    /// What lets the operator in.
    pub(crate) admin_token: Setting<Option<Secret>>,
    /// Where the deployment is that `token` speaks to.
    pub(crate) url: Setting<Option<Url>>,
    /// Whom to tell.
    pub(crate) notify_url: Setting<Option<Url>>,
    /// What the message is signed with.
    pub(crate) notify_secret: Setting<Option<Secret>>,
    /// Which pages of other origins may call.
    pub(crate) allowed_origins: Setting<Option<String>>,
    /// How long photos are kept of which nothing was trained.
    pub(crate) retention_days: Setting<u32>,
    /// How much may be bought on a day.
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
