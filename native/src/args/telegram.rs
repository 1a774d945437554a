use clap::{Args, Subcommand};
use url::Url;

use super::service::web_address;

/// Set up or run the Telegram bot
///
/// TELEGRAM_BOT_TOKEN is the bot's token, as @BotFather gives it. docs/telegram.md leads from there to the first
/// portrait.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  likeness telegram run
  likeness telegram set-webhook https://likeness.example.com
  likeness telegram delete-webhook

With a webhook Telegram calls `serve`, which must be reached by HTTPS. `run` asks Telegram instead, and needs no
address: for this machine, or to try it.")]
pub(crate) struct Telegram {
    #[command(subcommand)]
    pub(crate) what: TelegramWhat,
}

/// The bot's subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum TelegramWhat {
    /// Run the bot here: ask Telegram for messages until Ctrl-C
    Run,
    /// Have Telegram send messages to a deployment, and register the bot's commands
    SetWebhook {
        /// The deployment's address, such as https://likeness.example.com
        #[arg(value_name = "URL", value_parser = web_address)]
        url: Url,
    },
    /// Have Telegram keep messages until they are asked for
    DeleteWebhook,
}
