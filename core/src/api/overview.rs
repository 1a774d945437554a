//! The operator's overview: what the budget and the ledger know, in one document.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{call::Reply, problem::ApiProblem};
#[cfg(test)]
use crate::ledger::Overview;
use crate::{
    budget::{Budget, BudgetView, DailyCaps, InviteView},
    http::StatusCode,
    time::Timestamp,
};

/// The part of the overview that the budget knows.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Standing {
    /// The day's budget.
    pub(super) budget: BudgetView,
    /// The invites, by id.
    pub(super) invites: Vec<InviteView>,
}

/// The overview as it is answered, for its description.
#[cfg(test)]
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "Overview")]
pub(super) struct OverviewView {
    #[serde(flatten)]
    pub(super) standing: Standing,
    #[serde(flatten)]
    pub(super) ledger: Overview,
}

impl Standing {
    pub(super) fn of(budget: &Budget, caps: DailyCaps, now: Timestamp) -> Self {
        Self { budget: budget.view(caps, now), invites: budget.invites(now) }
    }
}

/// Adds the ledger's part to the budget's reply to [`super::Operation::ShowOverview`]. A refusal stays one.
#[must_use]
pub fn overview(standing: Reply, ledger: &impl Serialize) -> Reply {
    if standing.status != StatusCode::OK {
        return standing;
    }
    let document: Option<Map<String, Value>> = serde_json::from_slice(&standing.body).ok();
    let (Some(mut document), Value::Object(ledger)) = (document, json!(ledger)) else {
        return ApiProblem::Internal.into();
    };
    document.extend(ledger);
    Reply::json(StatusCode::OK, &document.into())
}
