//! `likeness telegram`: the bot's webhook and commands, and the bot itself on this machine.

use std::net::{Ipv4Addr, SocketAddr};

use likeness_core::{
    chat::commands,
    telegram::{BotCall, BotError, DeleteWebhook, SetWebhook, TelegramSettings, WEBHOOK_PATH},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

use crate::{
    args::{Telegram, TelegramWhat},
    context::Context,
    driver::shell::Shell,
    failure::{Exit, Failure},
    files::store::OpenFor,
    moment::entropy,
    output::Output,
    serve::{Updates, serve, trial},
    transport::Transport,
};

pub(crate) async fn run(args: Telegram, context: &Context) -> Result<(), Failure> {
    match args.what {
        TelegramWhat::Run => run_bot(context).await,
        TelegramWhat::SetWebhook { url } => set_webhook(&url, context).await,
        TelegramWhat::DeleteWebhook => delete_webhook(context).await,
    }
}

/// Returns the settings of the bot, which must be there.
fn settings(context: &Context) -> Result<TelegramSettings, Failure> {
    context.settings.deployment()?.telegram.ok_or_else(|| {
        Failure::new(Exit::Usage, "telegram.no_token", "TELEGRAM_BOT_TOKEN is not set")
            .next("ask @BotFather for a bot, and set TELEGRAM_BOT_TOKEN to the token that he gives")
    })
}

/// Makes one call of the Bot API.
pub(crate) async fn call(telegram: &TelegramSettings, call: &BotCall) -> Result<Value, Failure> {
    let transport = Transport::http()?;
    let request = telegram.api.request(call, &[], entropy()?);
    BotError::of(transport.send(request, None).await?).map_err(|error| failure(call, &error))
}

fn failure(call: &BotCall, error: &BotError) -> Failure {
    let (exit, next) = match error {
        BotError::BadToken => (Exit::Usage, "compare TELEGRAM_BOT_TOKEN with what @BotFather shows"),
        BotError::NotSent | BotError::Unclear => (Exit::Network, "check the network, or TELEGRAM_API_URL"),
        BotError::Conflict => {
            (Exit::Usage, "end the other program, or run `likeness telegram delete-webhook`")
        }
        _ => (Exit::Api, "look at core.telegram.org/bots/api"),
    };
    let what = format!("{} did not succeed", call.method());
    Failure::new(exit, "telegram.refused", what).why(error.to_string()).next(next)
}

async fn register_commands(telegram: &TelegramSettings) -> Result<(), Failure> {
    for commands in commands() {
        call(telegram, &BotCall::SetMyCommands(commands)).await?;
    }
    Ok(())
}

async fn set_webhook(url: &Url, context: &Context) -> Result<(), Failure> {
    let telegram = settings(context)?;
    let secret = telegram.secret.clone().ok_or_else(|| {
        Failure::new(Exit::Usage, "telegram.no_secret", "TELEGRAM_WEBHOOK_SECRET is not set")
            .why("messages of Telegram's are known by it")
            .next("set TELEGRAM_WEBHOOK_SECRET here and at the deployment, for example to `openssl rand -hex 32`")
    })?;
    let mut address = url.clone();
    address.set_path(WEBHOOK_PATH);
    address.set_query(None);
    call(&telegram, &BotCall::SetWebhook(SetWebhook::new(address.clone(), secret))).await?;
    register_commands(&telegram).await?;
    let name = name_of(&telegram).await?;
    told(
        &context.output,
        &json!({ "webhook": address, "bot": name }),
        &format!("@{name} sends its messages to {address}"),
    )
}

async fn delete_webhook(context: &Context) -> Result<(), Failure> {
    let telegram = settings(context)?;
    call(&telegram, &BotCall::DeleteWebhook(DeleteWebhook::default())).await?;
    let name = name_of(&telegram).await?;
    told(
        &context.output,
        &json!({ "webhook": null, "bot": name }),
        &format!("@{name} has no webhook any more"),
    )
}

/// Asks for the bot's public name.
pub(crate) async fn name_of(telegram: &TelegramSettings) -> Result<String, Failure> {
    let me = call(telegram, &BotCall::GetMe).await?;
    Ok(me.get("username").and_then(Value::as_str).unwrap_or("the bot").to_owned())
}

fn told(output: &Output, document: &Value, line: &str) -> Result<(), Failure> {
    output.document(document)?;
    output.line(format_args!("{line}"))
}

async fn run_bot(context: &Context) -> Result<(), Failure> {
    let telegram = settings(context)?;
    let name = name_of(&telegram).await?;
    let mut deployment = context.settings.deployment()?;
    let shell = Shell::open_for(context, OpenFor::Callers)?;
    if deployment.admin.is_none() {
        // Nobody calls the API here but the bot.
        deployment.admin = Some(trial::operator()?);
    }
    // The API behind the bot listens where nobody else is told to look.
    let local = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listener = TcpListener::bind(local).await.map_err(|error| {
        Failure::new(Exit::Internal, "internal.serve", "the API behind the bot cannot be served")
            .why(error.to_string())
    })?;
    let hold = context.interrupt.hold().await;
    let mut said = Ok(());
    let ready = |_: SocketAddr| {
        let document = json!({ "bot": name, "link": format!("https://t.me/{name}") });
        said = told(&context.output, &document, &format!("@{name} is listening: https://t.me/{name}"));
    };
    let stop = async {
        context.interrupt.wait().await;
    };
    let served = serve(listener, shell, deployment, Updates::Polled, ready, stop).await;
    drop(hold);
    said?;
    served.map_err(|error| {
        Failure::new(Exit::Internal, "internal.serve", "the bot cannot be run").why(error.to_string())
    })
}
