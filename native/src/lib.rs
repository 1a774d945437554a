//! The native shell of Likeness: it moves bytes between files, the network and the core. `likeness-core` decides what
//! to send and what an answer means.

#[cfg(not(unix))]
compile_error!(
    "Likeness runs on Linux and macOS: it relies on private files, file locks and signals as Unix has them"
);

mod args;
pub mod clock;
mod commands;
mod context;
mod disk;
mod driver;
mod failure;
mod files;
mod interrupt;
mod jobs;
mod moment;
mod output;
mod photos;
mod printable;
mod serve;
mod settings;
pub mod simulate;
mod streamed;
pub mod transport;
mod words;

use std::{
    env,
    io::{self, Write as _},
    process::ExitCode,
};

use args::Cli;
use commands::completions;
use context::Context;
use failure::{Exit, Failure};
use output::{Manner, Output, log};
use settings::Settings;

/// Runs the command line, and reports how it ended.
#[must_use]
pub fn main() -> ExitCode {
    if completions::answer() {
        return ExitCode::SUCCESS;
    }
    let start = || args::parse(env::args_os()).and_then(|cli| cli.map_or(Ok(()), run));
    match std::panic::catch_unwind(start).unwrap_or_else(|_| Err(defect())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) if failure.is_silent() => ExitCode::SUCCESS,
        Err(failure) => report(&failure),
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    let mut settings = Settings::read(&cli.global, &|name| env::var_os(name))?;
    if let Some(flags) = cli.command.form() {
        settings = settings.with_form(flags);
    }
    let settings = settings.with_face_check(cli.command.face_check());
    let output = Output::new(Manner {
        json: cli.global.json,
        quiet: cli.global.quiet,
        no_colour: settings.no_color,
        dumb: env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb"),
    });
    let level = log::level(cli.global.quiet, cli.global.verbose, settings.log, output.shows_bars());
    let style = log::Style::of(output.is_terminal() && !output.is_json(), level, cli.command.serves());
    log::start(level, style, output.bars());
    let runtime = tokio::runtime::Runtime::new().map_err(|error| {
        Failure::new(Exit::Internal, "internal.runtime", "no threads").why(error.to_string())
    })?;
    let begins_anew = cli.command.begins_anew();
    let outcome = runtime.block_on(async {
        let interrupt = interrupt::Interrupt::listen(leave);
        let context = Context { settings, output, interrupt: interrupt.clone() };
        tokio::select! {
            outcome = commands::run(cli.command, &context) => outcome,
            interrupted = interrupt.wait_unless_held() => Err(interrupted),
        }
    });
    // Threads that still read a file must not hold up the end.
    runtime.shutdown_background();
    outcome.map_err(|failure| if begins_anew { failure.beginning_anew() } else { failure })
}

/// Leaves the terminal and the data folder as they were, before the process ends in the middle of something.
fn leave() {
    output::show_again();
    files::look::abandon();
}

/// Makes the failure for a panic, which has already reported its place.
fn defect() -> Failure {
    Failure::new(Exit::Internal, "internal.panic", "Likeness has a defect, and stopped")
        .why("what was saved before is untouched")
        .next("run the same command with --verbose, and report what it says")
}

/// Reports a failure. `--json` is looked for among the words themselves, since a wrong command line has no parsed
/// flags.
fn report(failure: &Failure) -> ExitCode {
    if env::args_os().take_while(|word| word != "--").any(|word| word == "--json") {
        // A reader that went away cannot be told; the exit code still tells.
        let _ = output::print(&format_args!("{}\n", failure.document()));
    } else {
        // If standard error is closed, too, the exit code still tells.
        let _ = writeln!(io::stderr(), "{}", failure.seen(output::seen));
    }
    failure.exit().into()
}
