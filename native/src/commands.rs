//! One file per command: `run(args, &context)`.

mod backup;
mod cancel;
mod check;
pub(crate) mod completions;
mod config;
mod demo;
mod doctor;
mod download;
mod erase;
mod generate;
mod jobs;
mod login;
mod man;
mod pack;
mod presets;
mod probe;
mod prune;
pub(crate) mod remote;
mod serve;
mod simulate;
mod status;
pub(crate) mod telegram;
mod token;
mod train;
mod whoami;

use crate::{args::Command, context::Context, failure::Failure};

/// Runs the command.
pub(crate) async fn run(command: Command, context: &Context) -> Result<(), Failure> {
    match command {
        Command::Train(args) => Box::pin(train::run(args, context)).await,
        Command::Generate(args) => generate::run(args, context).await,
        Command::Status(args) => status::run(args, context).await,
        Command::Jobs(args) if args.prune => prune::run(&args, context).await,
        Command::Jobs(_) => jobs::run(context),
        Command::Download(args) => download::run(&args, context).await,
        Command::Cancel(args) => cancel::cancel(args, context).await,
        Command::Resolve(args) => cancel::resolve(args, context).await,
        Command::Erase(args) => erase::run(args, context).await,
        Command::Backup(args) => backup::run(args, context).await,
        Command::Config(_) => config::run(context),
        Command::Check(args) => check::run(&args, context),
        Command::Pack(args) => pack::run(&args, context),
        Command::Presets(_) => presets::run(context),
        Command::Doctor(args) => doctor::run(&args, context).await,
        Command::Completions(args) => completions::run(args.shell),
        Command::Demo(args) => Box::pin(demo::run(args, context)).await,
        Command::Simulate(args) => simulate::run(args, context).await,
        Command::Serve(args) => serve::run(args, context).await,
        Command::Telegram(args) => Box::pin(telegram::run(args, context)).await,
        Command::Token(args) => token::run(args, context).await,
        Command::Login(args) => login::login(&args, context).await,
        Command::Logout(_) => login::logout(context),
        Command::Whoami(_) => whoami::run(context).await,
        Command::Man(args) => man::run(&args, context),
        Command::Version => context.output.line(concat!("likeness ", env!("CARGO_PKG_VERSION"))),
    }
}
