//! `likeness token`: tokens and invites of a deployment.

use super::{remote::Remote, telegram::name_of};
use crate::{
    args::{Token, TokenWhat},
    context::Context,
    failure::Failure,
    output::Row,
    printable::printable,
};
use likeness_core::{chat::start_link, http::Method, time::Timestamp};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use url::Url;

pub(crate) async fn run(args: Token, context: &Context) -> Result<(), Failure> {
    let remote = Remote::new(args.url.as_ref(), context)?;
    let output = &context.output;
    match args.what {
        TokenWhat::Server { name, label, expires } => {
            let terms = terms(json!({}), label, expires);
            let minted = remote.call(Method::PUT, &path("tokens", &name), Some(&terms)).await?;
            show(context, &minted)?;
            output.note(
                "Whoever has it acts for any user: keep it on your backend, as `Authorization: Bearer …`.",
            );
        }
        TokenWhat::Invite { name, trainings, pictures, steps, uses, label, expires } => {
            let mut allowance = json!({ "trainings": trainings, "pictures": pictures, "uses": uses });
            if let Some(steps) = steps {
                allowance["steps"] = json!(steps);
            }
            let terms = terms(allowance, label, expires);
            let mut minted = remote.call(Method::PUT, &path("invites", &name), Some(&terms)).await?;
            let link = link(remote.url(), minted.get("token").and_then(Value::as_str).unwrap_or_default());
            minted["link"] = json!(link);
            let bot =
                link_to_bot(context, minted.get("token").and_then(Value::as_str).unwrap_or_default()).await;
            if let Some(bot) = &bot {
                minted["bot_link"] = json!(bot);
            }
            show(context, &minted)?;
            output.note(format_args!("It opens the page for its holder: {link}"));
            if let Some(bot) = bot {
                output.note(format_args!("It opens the bot for its holder: {bot}"));
            }
            output.note("Or redeem it with POST /v1/redeem, once for each avatar.");
        }
        TokenWhat::List => {
            let mut all = json!({});
            for what in ["tokens", "invites", "budget"] {
                all[what] = remote.call(Method::GET, &format!("/v1/{what}"), None).await?;
            }
            output.document(&all)?;
            list(context, &all)?;
        }
        TokenWhat::Revoke { name, invite } => {
            let kind = if invite { "invites" } else { "tokens" };
            let revoked = remote.call(Method::DELETE, &path(kind, &name), None).await;
            revoked.map_err(|failure| {
                if invite { failure } else { failure.next("an invite is revoked with --invite") }
            })?;
            output.document(&json!({ "revoked": name }))?;
            output.line(format_args!("Revoked: {}.", printable(&name)))?;
        }
    }
    Ok(())
}

/// Makes the link that opens the page. What stands behind `#` is sent to no server.
fn link(deployment: &Url, invite: &str) -> Url {
    let mut link = deployment.clone();
    link.set_path(&format!("{}/", deployment.path().trim_end_matches('/')));
    link.set_query(None);
    link.set_fragment(Some(invite));
    link
}

/// Makes the link that opens the bot, where the bot's token is set here and Telegram can be asked for the bot's name.
async fn link_to_bot(context: &Context, invite: &str) -> Option<Url> {
    let telegram = context.settings.deployment().ok()?.telegram?;
    match name_of(&telegram).await {
        Ok(name) => start_link(&name, invite),
        Err(failure) => {
            context.output.note(format_args!("There is no link to the bot: {}", failure.brief()));
            None
        }
    }
}

fn path(kind: &str, name: &str) -> String {
    format!("/v1/{kind}/{}", utf8_percent_encode(name, NON_ALPHANUMERIC))
}

fn terms(mut terms: Value, label: Option<String>, expires: Option<Timestamp>) -> Value {
    if let Some(label) = label {
        terms["label"] = json!(label);
    }
    if let Some(expires) = expires {
        terms["expires_at"] = json!(expires);
    }
    terms
}

/// Prints the token alone on standard output, so that it can be piped on.
fn show(context: &Context, minted: &Value) -> Result<(), Failure> {
    context.output.document(minted)?;
    context.output.line(minted.get("token").and_then(Value::as_str).unwrap_or_default())
}

fn list(context: &Context, all: &Value) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for (kind, word) in [("tokens", "server"), ("invites", "invite")] {
        for one in all[kind][kind].as_array().into_iter().flatten() {
            let text = |name: &str| one.get(name).and_then(Value::as_str).unwrap_or_default();
            let left = &one["left"];
            let terms = match kind {
                "invites" => {
                    format!("{} trainings and {} pictures left", left["trainings"], left["pictures"])
                }
                _ => String::new(),
            };
            let state = if one["live"] == true { "live" } else { "over" };
            let (id, label) = (printable(text("id")).into_owned(), printable(text("label")).into_owned());
            rows.push(Row::new([state.to_owned(), word.to_owned(), id, label, terms]));
        }
    }
    context.output.rows(&rows)?;
    let today = &all["budget"]["today"];
    let caps = &all["budget"]["caps"];
    context.output.line(format_args!(
        "Today: {} of {} trainings, {} of {} pictures.",
        today["trainings"], caps["trainings"], today["pictures"], caps["pictures"]
    ))
}
