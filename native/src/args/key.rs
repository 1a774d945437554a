use clap::Args;

/// Store fal.ai's key, so that it need not be set each time
///
/// The key is asked for without being shown, or read from standard input, then tried at fal.ai with a call that costs
/// nothing. It is kept in a file of its own beside likeness.toml, which only you may read. FAL_KEY in the environment
/// counts before it.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  likeness login
  likeness login < key.txt")]
pub(crate) struct Login {
    /// Store it without trying it
    #[arg(long)]
    pub(crate) untried: bool,
}

/// Forget the key that `login` stored
#[derive(Debug, Args)]
pub(crate) struct Logout {}

/// Say whose key is used, where it came from, and whether fal.ai takes it
///
/// Of the key only its first characters are shown.
#[derive(Debug, Args)]
pub(crate) struct Whoami {}
