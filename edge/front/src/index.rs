//! Who has which avatars, and which avatar holds which request at fal. No purchase depends on it.
//!
//! There is one object per user and one per request, so none of them is a bottleneck.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object};

use crate::{passing::said, rows::Rows};

/// A line of the list.
#[derive(Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) avatar: String,
    /// What is shown of it; nothing once it is taken out.
    pub(crate) view: Option<Value>,
}

/// The list.
#[durable_object]
#[expect(missing_debug_implementations, reason = "the platform's handles have none")]
pub struct Index {
    state: State,
}

impl DurableObject for Index {
    fn new(state: State, _env: Env) -> Self {
        Self { state }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let rows = Rows::open(&self.state)?;
        match request.path().as_str() {
            "/note" => {
                let Line { avatar, view } = request.json().await?;
                let name = format!("avatar {avatar}");
                match view {
                    Some(view) => rows.set_value(&name, &view)?,
                    None => rows.remove_text(&name)?,
                }
                said(&())
            }
            "/list" => {
                let lines = rows.texts("avatar ")?;
                let views: Vec<Value> =
                    lines.iter().rev().filter_map(|(_, view)| serde_json::from_str(view).ok()).collect();
                said(&views)
            }
            // Who comes first holds the request.
            "/claim" => {
                let avatar: String = request.json().await?;
                if rows.text("holder")?.is_none() {
                    rows.set_text("holder", &avatar)?;
                }
                said(&rows.text("holder")?)
            }
            _ => Response::error("no such message", 404),
        }
    }
}
