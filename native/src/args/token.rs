use clap::{Args, Subcommand};
use likeness_core::time::Timestamp;
use url::Url;

/// Make, list and revoke the tokens that let others in
///
/// For the operator of a deployment, a Worker or `likeness serve`. ADMIN_TOKEN must be set as it is there.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  likeness token server web --url https://likeness.example.workers.dev
  likeness token invite anna --trainings 1 --pictures 20
  likeness token list
  likeness token revoke web

A token that was made before is shown again when the same is asked for again.
With TELEGRAM_BOT_TOKEN set here, an invite has a link to the bot, too.")]
pub(crate) struct Token {
    /// Where the deployment is; LIKENESS_URL otherwise
    #[arg(long, global = true, value_name = "URL", value_parser = super::service::web_address)]
    pub(crate) url: Option<Url>,
    #[command(subcommand)]
    pub(crate) what: TokenWhat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenWhat {
    /// A token for a backend: it acts for any of its users
    Server {
        /// Its name: a-z, 0-9 and -
        #[arg(value_name = "NAME")]
        name: String,
        /// Whose it is, in words
        #[arg(long, value_name = "TEXT")]
        label: Option<String>,
        /// When it ends, such as 2027-01-31T00:00:00Z
        #[arg(long, value_name = "TIME")]
        expires: Option<Timestamp>,
    },
    /// An invite: whoever redeems it may have one avatar trained
    Invite {
        /// Its name: a-z, 0-9 and -
        #[arg(value_name = "NAME")]
        name: String,
        /// How many trainings each avatar may buy
        #[arg(long, value_name = "N", default_value_t = 1)]
        trainings: u32,
        /// How many pictures each avatar may buy
        #[arg(long, value_name = "N", default_value_t = 20)]
        pictures: u32,
        /// The most steps of a training, which its price goes by; as many as usual unless given
        #[arg(long, value_name = "N")]
        steps: Option<u32>,
        /// How many avatars may redeem it
        #[arg(long, value_name = "N", default_value_t = 1)]
        uses: u32,
        /// Whose it is, in words
        #[arg(long, value_name = "TEXT")]
        label: Option<String>,
        /// When it ends, such as 2027-01-31T00:00:00Z
        #[arg(long, value_name = "TIME")]
        expires: Option<Timestamp>,
    },
    /// All tokens and invites, without themselves, and what was bought today
    List,
    /// Ends a token or an invite
    Revoke {
        /// Its name
        #[arg(value_name = "NAME")]
        name: String,
        /// It is an invite, not a server token
        #[arg(long)]
        invite: bool,
    },
}
