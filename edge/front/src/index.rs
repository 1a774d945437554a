//! Lists of a user's avatars, and the avatar that holds a request at fal. No purchase depends on them.
//!
//! There is one object per user and one per request, so none of them is a bottleneck. An object that was only ever
//! asked stores nothing: any caller may ask about anything.

use likeness_core::{api::MessageId, avatar::AvatarId, json};
use serde_json::Value;
use worker::{DurableObject, Env, Error, Request, Response, Result, State, durable_object};

use crate::{
    rows::Rows,
    rpc::{Line, heard, message_id, object_answer},
    settings::now,
};

/// The object of a list, or of a request's holder.
#[durable_object]
#[expect(missing_debug_implementations, reason = "the platform's handles have none")]
pub struct Index {
    state: State,
}

/// The name of the row with the avatar that holds a request.
const HOLDER: &str = "holder";

impl DurableObject for Index {
    fn new(state: State, _env: Env) -> Self {
        Self { state }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        match request.path().as_str() {
            "/note" => {
                let message = message_id(&request);
                let line = heard(&mut request).await?;
                object_answer(&self.note(message, &line)?)
            }
            "/list" => object_answer(&self.list()?),
            "/claim" => {
                let avatar: String = heard(&mut request).await?;
                object_answer(&self.claim(&avatar)?)
            }
            "/holder" => object_answer(&self.holder()?),
            _ => Response::error("no such message", 404),
        }
    }
}

impl Index {
    fn note(&self, message: Option<MessageId>, Line { avatar, view }: &Line) -> Result<()> {
        let rows = Rows::open(&self.state);
        if view.is_none() && !rows.are_there()? {
            return Ok(());
        }
        rows.once(message, now(), || {
            let name = format!("avatar {avatar}");
            match view {
                Some(view) => rows.set_value(&name, view),
                None => rows.remove_text(&name),
            }
        })
    }

    fn list(&self) -> Result<Vec<Value>> {
        let lines = Rows::open(&self.state).texts("avatar ")?;
        Ok(lines.iter().rev().filter_map(|(_, view)| json::parse(view).ok()).collect())
    }

    /// Claims the request for an avatar: the first to come holds it.
    fn claim(&self, avatar: &str) -> Result<Option<String>> {
        let rows = Rows::open(&self.state);
        if rows.text(HOLDER)?.is_none() {
            rows.set_text(HOLDER, avatar)?;
        }
        rows.text(HOLDER)
    }

    fn holder(&self) -> Result<Option<AvatarId>> {
        let holder = Rows::open(&self.state).text(HOLDER)?;
        holder.map(|id| id.parse().map_err(|_| Error::from("the holder is no avatar"))).transpose()
    }
}
