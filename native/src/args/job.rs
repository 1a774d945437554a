use std::{fmt, path::PathBuf, str::FromStr};

use clap::Args;

use super::paths::written_path;

/// A person's word for a job: `AVATAR_ID`, `AVATAR_ID/2`, a request id, a name, or an unambiguous prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JobName(String);

impl JobName {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JobName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for JobName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > 200 || text.chars().any(char::is_control) {
            Err("a job is named by its id, its request id, its name, or the beginning of one")
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}

/// Show how a training stands
///
/// `status` is in_progress, completed, error, or unknown while fal.ai cannot be reached.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  likeness status Anna
  likeness status Anna --watch
  likeness status 764cabcf-b745-4b3e-ae38-1200304cf45b --json")]
pub(crate) struct Status {
    /// The job: its id, its request id, its name, or the beginning of one
    #[arg(value_name = "JOB|REQUEST_ID")]
    pub(crate) job: JobName,
    /// Follow it to its end
    #[arg(long, short)]
    pub(crate) watch: bool,
}

/// List the trainings of this machine
#[derive(Debug, Args)]
#[command(aliases = ["list", "ls"])]
pub(crate) struct Jobs {
    /// Drop those that stopped before anything was ordered, with the photos prepared for them; asks first
    #[arg(long)]
    pub(crate) prune: bool,
    /// Drop them without asking
    #[arg(long, short = 'y', requires = "prune")]
    pub(crate) yes: bool,
}

/// Copy a trained model to a file
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  likeness download Anna
  likeness download Anna -o anna.safetensors")]
pub(crate) struct Download {
    /// The job: its id, its request id, its name, or the beginning of one
    #[arg(value_name = "JOB")]
    pub(crate) job: JobName,
    /// The file to write; without it, the person's name in this folder
    #[arg(long, short, value_name = "FILE", value_parser = written_path())]
    pub(crate) output: Option<PathBuf>,
    /// Replace the file if it is there already
    #[arg(long, short)]
    pub(crate) force: bool,
}

/// Ask fal.ai to stop a training, or an order of pictures
///
/// A cancel is a request: the job is cancelled when fal.ai says so. If it finishes first, what was made is
/// kept.
#[derive(Debug, Args)]
pub(crate) struct Cancel {
    /// The job: its id, its request id, its name, or the beginning of one
    #[arg(value_name = "JOB")]
    pub(crate) job: JobName,
    /// Its order of pictures with this number, instead of the training
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) pictures: Option<u32>,
}

/// Settle a purchase of which it is not known whether fal.ai took it
///
/// Look at https://fal.ai/dashboard/requests: if the order is there, give its request id; it is adopted
/// once fal.ai answers for it under your key. If it is not, say so: the attempt ends, and nothing is bought.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("answer").required(true))]
#[command(after_long_help = "\
Examples:
  likeness resolve Anna --request-id 764cabcf-b745-4b3e-ae38-1200304cf45b
  likeness resolve Anna --not-accepted
  likeness resolve Anna --pictures 2 --not-accepted")]
pub(crate) struct Resolve {
    /// The job: its id, its name, or the beginning of one
    #[arg(value_name = "JOB")]
    pub(crate) job: JobName,
    /// Its order of pictures with this number, instead of the training
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) pictures: Option<u32>,
    /// fal.ai has it: this is its request id
    #[arg(long, value_name = "ID", group = "answer")]
    pub(crate) request_id: Option<String>,
    /// fal.ai does not have it: end the attempt
    #[arg(long, group = "answer")]
    pub(crate) not_accepted: bool,
}

/// Erase a job: its photos, its model and its pictures
///
/// A running training is cancelled. What fal.ai still holds, and until when, is named at the end.
#[derive(Debug, Args)]
pub(crate) struct Erase {
    /// The job: its whole name, its request id, its id, or at least eight characters of it
    #[arg(value_name = "JOB")]
    pub(crate) job: JobName,
    /// Erase without asking
    #[arg(long, short = 'y')]
    pub(crate) yes: bool,
}
