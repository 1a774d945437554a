use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};
use clap_complete::Shell;
use url::Url;

use super::paths::written_path;

/// Serve the fal.ai simulator over HTTP
///
/// fal.ai's own clients can talk to it, and so can Likeness: set FAL_BASE_URL to its address, and FAL_KEY to
/// any text.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  likeness simulate
  likeness simulate --listen 127.0.0.1:0 --duration 5s --fault NAME --fault OTHER=3
  likeness simulate --keep-uploads 500MB --spool-in /var/tmp
  likeness simulate --list-faults")]
pub(crate) struct Simulate {
    /// The address to listen on; port 0 takes a free one and prints it
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8089")]
    pub(crate) listen: SocketAddr,
    /// How long a training takes, such as 500ms, 30s or 2m
    #[arg(long, value_name = "TIME", value_parser = super::values::duration)]
    pub(crate) duration: Option<Duration>,
    /// Which addresses the answers carry: its own, or fal's, for clients that a proxy leads here
    #[arg(long, value_name = "WHOSE", default_value = "own")]
    pub(crate) addresses: Addresses,
    /// How many bytes of uploads are kept, so that they can be fetched back: the newest, the oldest go; 0 keeps none
    #[arg(long, value_name = "SIZE", default_value = "4GB", value_parser = super::values::size)]
    pub(crate) keep_uploads: u64,
    /// The folder in which they lie, in a private one that is removed at the end [default: the system's for
    /// temporary files]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) spool_in: Option<PathBuf>,
    /// What ids, pictures and models are made from; a fresh random number unless it is given
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Something to go wrong, once or NAME=N times; may be given several times
    #[arg(long = "fault", value_name = "NAME")]
    pub(crate) faults: Vec<String>,
    /// List what can go wrong
    #[arg(long)]
    pub(crate) list_faults: bool,
}

/// Serve the HTTP API: avatars, photos, trainings and pictures for your own backend
///
/// GET /openapi.json describes every call. The operator, by ADMIN_TOKEN, makes server tokens for backends and
/// invites for people. Avatars and their files lie in the data folder, photos in the bucket where one is set.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  ADMIN_TOKEN=$(openssl rand -hex 32) likeness serve
  likeness serve --test --listen 127.0.0.1:0

It speaks plain HTTP and is meant to stand behind a proxy that speaks HTTPS. Ctrl-C, SIGTERM, SIGQUIT
and SIGHUP end it once orders that are being placed are answered and saved; a start takes up what was left.")]
pub(crate) struct Serve {
    /// The address to listen on; port 0 takes a free one and prints it
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8788")]
    pub(crate) listen: SocketAddr,
}

/// Copy the data folder: the database, models, pictures and photos
///
/// The copy is a data folder itself. It may be made while `serve` and other commands are at work, and holds what was
/// saved when it began.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  likeness backup /mnt/backup/likeness-2026-11-29
  LIKENESS_HOME=/mnt/backup/likeness-2026-11-29 likeness jobs

The folder is made, or must be empty. To restore, stop what uses the data folder and put the copy in
its place. docs/backup.md says more.")]
pub(crate) struct Backup {
    /// A new or empty folder outside of the data folder
    #[arg(value_name = "FOLDER", value_parser = written_path())]
    pub(crate) folder: PathBuf,
}

/// The addresses in the simulator's answers
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Addresses {
    Own,
    Fal,
}

/// Say what is missing on this machine, or at a deployment
///
/// With the ADMIN_TOKEN of a deployment it puts a drawn photo through it, and erases it again: that shows whether
/// front, bucket and imager work together, and whether Cloudflare's plan lets them.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  likeness doctor
  ADMIN_TOKEN=… likeness doctor --edge https://likeness.example.workers.dev

ALLOWED_ORIGINS names the page from which photos are PUT into the bucket, whose CORS rule is asked.")]
pub(crate) struct Doctor {
    /// Look at the deployment there, instead of at this machine
    #[arg(long, value_name = "URL", value_parser = web_address)]
    pub(crate) edge: Option<Url>,
    /// Take up jobs that lie in the data folder and that the database does not know, and put a broken database aside;
    /// nothing is ordered
    #[arg(long, conflicts_with = "edge")]
    pub(crate) repair: bool,
}

/// Show every setting and where it came from
///
/// Keys are never shown, only that they are set.
#[derive(Debug, Args)]
#[command(after_long_help = "\
The settings file is likeness.toml in the configuration folder (~/.config/likeness), or the file
that --config or LIKENESS_CONFIG names. Its keys are the names of the environment variables in
small letters:

  fal_webhook_url = \"https://example.com/fal\"
  likeness_training_price = \"2.40 USD\"

  [training]
  steps = 1500
  subject_crop = false")]
pub(crate) struct Config {}

/// Print the completion script of a shell
///
/// It completes commands, flags and files, and the jobs of this machine.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  likeness completions bash > ~/.local/share/bash-completion/completions/likeness
  likeness completions zsh > ~/.zfunc/_likeness
  likeness completions fish > ~/.config/fish/completions/likeness.fish")]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub(crate) shell: Shell,
}

/// Print the manual page, or write one for each command
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  likeness man | man -l -
  likeness man -o ~/.local/share/man/man1")]
pub(crate) struct Manual {
    /// The folder that receives a page for each command
    #[arg(long, short, value_name = "FOLDER", value_parser = written_path())]
    pub(crate) output: Option<PathBuf>,
}

/// Reads a whole http or https address.
pub(crate) fn web_address(text: &str) -> Result<Url, String> {
    let url: Url = text.parse().map_err(|error| format!("{error}; a whole URL begins with https://"))?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        other => Err(format!("an address beginning with https:// is needed, not {other}:")),
    }
}
