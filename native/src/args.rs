//! The command line as it was typed. [`crate::settings`] and the commands decide what it means.

mod generate;
mod job;
mod key;
mod near;
mod overview;
mod paths;
mod photos;
mod service;
mod telegram;
mod token;
mod train;
pub(crate) mod values;

use std::{ffi::OsString, path::PathBuf};

use clap::{
    CommandFactory, Parser, Subcommand,
    error::{ContextKind, ContextValue, ErrorKind},
};

use likeness_core::photo::FaceCheck;

pub(crate) use self::{
    generate::Generate,
    job::{Cancel, Download, Erase, JobName, Jobs, Resolve, Status},
    key::{Login, Logout, Whoami},
    photos::{Check, Demo, Form, Pack},
    service::{Addresses, Backup, Completions, Config, Doctor, Manual, Serve, Simulate},
    telegram::{Telegram, TelegramWhat},
    token::{Token, TokenWhat},
    train::{OnExisting, Presets, Train, Tuning},
};
use crate::{
    failure::{Exit, Failure},
    printable::printable,
};

/// From photos to a trained portrait model, on your own machine.
///
/// Photos are checked and made clean (upright, sRGB, no metadata), packed into one archive and trained at
/// fal.ai; the trained model then makes pictures. Working files stay on this machine and are private.
#[derive(Debug, Parser)]
#[command(name = "likeness", version, after_help = AFTER_HELP, after_long_help = AFTER_LONG_HELP)]
#[command(propagate_version = false, max_term_width = 100)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The flags of every command.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Everywhere")]
#[expect(clippy::struct_excessive_bools, reason = "clap has one field per flag")]
pub(crate) struct Global {
    /// Use the built-in simulator instead of fal.ai: no key, no cost, nothing leaves this machine
    #[arg(long, global = true)]
    pub(crate) test: bool,
    /// Print one JSON document per line; the last one is the result or the error
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Show every detail in the log
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
    /// Show no progress, and of the log only what stops a job
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Read the settings from this file instead of likeness.toml in the configuration folder
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// The command to run.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Train(Train),
    Generate(Generate),
    Status(Status),
    Jobs(Jobs),
    Download(Download),
    Cancel(Cancel),
    Resolve(Resolve),
    Erase(Erase),
    Check(Check),
    Pack(Pack),
    Presets(Presets),
    Demo(Demo),
    Simulate(Simulate),
    Serve(Serve),
    Telegram(Telegram),
    Token(Token),
    Login(Login),
    Logout(Logout),
    Whoami(Whoami),
    Backup(Backup),
    Doctor(Doctor),
    Config(Config),
    Completions(Completions),
    Man(Manual),
    /// Print the version
    #[command(hide = true)]
    Version,
}

impl Command {
    /// Returns the choice whether faces are looked for in photos.
    pub(crate) fn face_check(&self) -> FaceCheck {
        match self {
            Self::Check(Check { without_faces: true, .. })
            | Self::Train(Train { without_faces: true, .. }) => FaceCheck::Off,
            _ => FaceCheck::On,
        }
    }

    /// Tells whether the command, once interrupted, has to begin anew: nothing is kept of what it did.
    pub(crate) fn begins_anew(&self) -> bool {
        matches!(self, Self::Check(_) | Self::Demo(_) | Self::Pack(_))
    }

    /// Tells whether the command serves clients until it is stopped.
    pub(crate) fn serves(&self) -> bool {
        match self {
            Self::Serve(_) | Self::Simulate(_) => true,
            Self::Telegram(telegram) => matches!(telegram.what, TelegramWhat::Run),
            _ => false,
        }
    }

    /// Returns the flags that say in which form the command prepares photos.
    pub(crate) fn form(&self) -> Option<&Form> {
        match self {
            Self::Train(train) => Some(&train.form),
            Self::Check(check) => Some(&check.form),
            Self::Pack(pack) => Some(&pack.form),
            _ => None,
        }
    }
}

const AFTER_HELP: &str = "\
Start without a key:  likeness demo
Check your photos:    likeness check photos/
Store your key:       likeness login
Train:                likeness train photos/ --name Anna

Exit codes: 0 done, 1 internal, 2 usage or settings, 3 photos or data, 4 network,
5 refused by fal.ai, 6 storage, 7 unclear whether a purchase was taken, 8 not confirmed,
130 interrupted.";

const AFTER_LONG_HELP: &str = "\
Examples:
  likeness demo                               see everything once, without a key and without cost
  likeness check photos/                      which photos are good, and why the others are not
  likeness login                              store fal.ai's key on this machine
  likeness train photos/ --name Anna          train; asks before it spends
  likeness generate Anna --prompt 'portrait in a garden' -n 4 -o pictures/
  likeness doctor                             what is missing on this machine

Settings come from flags, then the environment, then likeness.toml, then defaults;
`likeness config` shows each value and where it came from. The key from
https://fal.ai/dashboard/keys is stored by `likeness login`, or given as FAL_KEY.

Exit codes:
  0    done (also when the reader of the output went away, as with `| head`)
  1    internal: a defect of Likeness itself
  2    usage or settings: a flag, a value or a key is missing or wrong
  3    data: photos or captions cannot be used as they are
  4    network: no whole answer arrived; the same command carries on
  5    refused by fal.ai: its answer says why
  6    storage: a file or folder of this machine could not be read or written
  7    unclear: whether a purchase was taken is not known; nothing was bought twice
  8    not confirmed: this would spend money and nobody said yes
  130  interrupted; the same command carries on";

/// Reads the command line. Help and the version are printed here, since they are answers and not errors.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Option<Cli>, Failure> {
    match Cli::try_parse_from(args) {
        Ok(cli) => Ok(Some(cli)),
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                crate::output::print(&error.render()).map(|()| None)
            }
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
                Err(Failure::new(Exit::Usage, "usage.command_missing", "no command was given")
                    .next("`likeness --help` lists the commands; `likeness demo` shows them at work")
                    .told_as(overview::overview(&command())))
            }
            ErrorKind::MissingSubcommand => Err(usage(&error).told_as(overview::overview(&command()))),
            ErrorKind::InvalidSubcommand => Err(unknown_command(&error).unwrap_or_else(|| usage(&error))),
            _ => Err(usage(&error)),
        },
    }
}

/// Describes the command line to clap, for completions and tests.
pub(crate) fn command() -> clap::Command {
    Cli::command()
}

/// Answers a word that is not a command, where the intention behind the word is known.
fn unknown_command(error: &clap::Error) -> Option<Failure> {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else { return None };
    let answer = near::answer(word)?;
    let sentence = format!("there is no command `{}`", printable(word));
    let failure = Failure::new(Exit::Usage, "usage.invalid", sentence).next(answer);
    Some(failure.next("`likeness --help` lists the commands"))
}

/// Takes clap's text apart: the first paragraph says what is wrong, tips and usage say what to do.
fn usage(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    let mut paragraphs = text.trim().split("\n\n").map(str::trim);
    let what = paragraphs.next().unwrap_or_default().trim_start_matches("error: ");
    let failure = Failure::new(Exit::Usage, "usage.invalid", what);
    paragraphs
        .filter(|paragraph| !paragraph.starts_with("For more information"))
        .fold(failure, |failure, paragraph| {
            failure.next(paragraph.trim_start_matches("tip: ").trim_start_matches("Usage: ").to_owned())
        })
        .next("`--help` after the command explains every flag")
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use likeness_core::avatar::Quality;

    use super::{Cli, Command, parse};
    use crate::failure::Exit;

    fn typed(line: &str) -> Result<Cli, crate::failure::Failure> {
        parse(line.split(' ').map(OsString::from)).map(|cli| cli.expect("a command"))
    }

    #[test]
    fn the_commands_are_well_formed() {
        super::command().debug_assert();
    }

    #[test]
    fn a_word_that_means_a_command_is_answered_by_one_that_exists() {
        for (word, meant) in
            [("rm", "erase"), ("delete", "erase"), ("signin", "login"), ("settings", "config")]
        {
            let failure = typed(&format!("likeness {word}")).expect_err("no such command");
            assert_eq!((failure.exit(), failure.code()), (Exit::Usage, "usage.invalid"));
            assert!(failure.advice().contains(&format!("`likeness {meant}")), "{failure}");
        }
        for word in ["ls", "list"] {
            assert!(matches!(
                typed(&format!("likeness {word}")).expect("an alias").command,
                Command::Jobs(_)
            ));
        }
    }

    #[test]
    fn every_answer_names_a_command() {
        let commands = super::command();
        let source = include_str!("args/near.rs");
        let named: Vec<_> =
            source.split("`likeness ").skip(1).filter_map(|text| text.split(['`', ' ']).next()).collect();
        assert!(named.len() > 15, "{named:?}");
        for name in named {
            assert!(commands.find_subcommand(name).is_some(), "there is no {name}");
        }
        // What is a command already needs no answer.
        for command in commands.get_subcommands() {
            for name in std::iter::once(command.get_name()).chain(command.get_all_aliases()) {
                assert_eq!(super::near::answer(name), None, "{name}");
            }
        }
    }

    #[test]
    fn every_flag_has_a_help_line() {
        for command in super::command().get_subcommands() {
            assert!(command.get_about().is_some(), "{} says nothing", command.get_name());
            for arg in command.get_arguments() {
                assert!(arg.get_help().is_some() || arg.is_hide_set(), "{} {arg}", command.get_name());
            }
        }
    }

    #[test]
    fn quality_is_an_older_name_of_high() {
        let cli = typed("likeness train photos --name Анна --quality quality --test").expect("valid");
        assert!(cli.global.test);
        let Command::Train(train) = cli.command else { panic!("not train") };
        assert_eq!(train.tuning.quality, Some(Quality::High));
    }

    #[test]
    fn the_last_of_a_flag_and_its_opposite_counts() {
        let line = "likeness train a --name A --no-subject-crop --subject-crop --no-multiresolution";
        let Command::Train(train) = typed(line).expect("valid").command else { panic!("not train") };
        assert_eq!(train.tuning.subject_crop(), Some(true));
        assert_eq!(train.tuning.multiresolution(), Some(false));
        assert_eq!(train.tuning.create_masks(), None);
    }

    #[test]
    fn a_misspelt_flag_is_named_with_the_nearest_one() {
        let failure = typed("likeness check a.jpg --jsn").expect_err("misspelt");
        assert_eq!(failure.exit(), Exit::Usage);
        assert!(failure.to_string().contains("--json"), "{failure}");
    }

    #[test]
    fn impossible_values_are_refused_before_anything_happens() {
        for line in [
            "likeness train --name A",
            "likeness train a --name A --steps 0",
            "likeness train a --name A --steps 10001",
            "likeness train a --name A --learning-rate 0.1",
            "likeness train a --name A --learning-rate NaN",
            "likeness train a --name A --user-id ../x",
            "likeness train a --name A --webhook-url ftp://x",
            "likeness generate job --prompt a -o out -n 0",
            "likeness generate job --prompt a -o out -n 5",
            "likeness generate --prompt a -o out",
            "likeness generate --lora m.safetensors --prompt a -o out",
            "likeness generate job --lora m --trigger t --prompt a -o out",
            "likeness resolve job",
            "likeness resolve job --request-id a --not-accepted",
            "likeness train a --name A --max-side 511",
            "likeness check a --max-side big",
            "likeness pack a -o b.zip --reencode never",
            "likeness simulate --duration 3",
            "likeness check",
            "likeness -v -q jobs",
        ] {
            assert_eq!(typed(line).map(|_| ()).map_err(|f| f.exit()), Err(Exit::Usage), "{line}");
        }
    }
}
