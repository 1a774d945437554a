//! The one object that keeps the operator's ledger. Avatars report their changes to it; no purchase depends on it.

use std::collections::BTreeMap;

use likeness_core::{
    api::{MessageId, report_wants, reported},
    ledger::{Fold, Overview, Report},
};
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

use crate::{
    entries::Entries,
    rpc::{heard, message_id, object_answer},
    settings::now,
};

/// The ledger's object.
#[durable_object]
#[expect(missing_debug_implementations, reason = "the platform's handles have none")]
pub struct LedgerObject {
    state: State,
}

impl DurableObject for LedgerObject {
    fn new(state: State, _env: Env) -> Self {
        Self { state }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        match request.path().as_str() {
            "/tell" => {
                let message = message_id(&request);
                let report = heard(&mut request).await?;
                object_answer(&self.take(message, &report)?)
            }
            "/overview" => object_answer(&self.overview()?),
            _ => Response::error("no such message", 404),
        }
    }
}

impl LedgerObject {
    fn take(&self, message: Option<MessageId>, report: &Report) -> Result<()> {
        let (now, mut entries, mut found) = (now(), Entries::open(&self.state)?, BTreeMap::new());
        for want in report_wants(report, message, now) {
            found.extend(entries.wanted(want)?);
        }
        entries.apply(reported(report, message, found, now)?)
    }

    fn overview(&self) -> Result<Overview> {
        let (entries, mut fold) = (Entries::open(&self.state)?, Fold::new(now()));
        while let Some(wants) = fold.wanted() {
            for want in wants {
                for (name, value) in entries.wanted(want)? {
                    fold.found(&name, &value);
                }
            }
        }
        Ok(fold.overview())
    }
}
