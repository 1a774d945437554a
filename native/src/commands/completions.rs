//! `likeness completions`: the completion script of a shell.

use std::io::{self, Write as _};

use clap_complete::Shell;

use crate::{args, exit::Failure, output::unwritten};

pub(crate) fn run(shell: Shell) -> Result<(), Failure> {
    // Made in memory first: clap_complete panics when its writer fails.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut args::command(), "likeness", &mut script);
    let mut out = io::stdout().lock();
    out.write_all(&script).and_then(|()| out.flush()).map_err(|error| unwritten(&error))
}
