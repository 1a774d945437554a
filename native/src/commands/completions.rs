//! `likeness completions`: the completion script of a shell.

use std::io::{self, Write as _};

use clap_complete::Shell;

use crate::{commands::completion, failure::Failure, output::unwritten};

pub(crate) fn run(shell: Shell) -> Result<(), Failure> {
    // Made in memory first, so that what is printed is whole.
    let mut script = Vec::new();
    completion::write_script(shell, &mut script).map_err(|error| unwritten(&error))?;
    let mut out = io::stdout().lock();
    out.write_all(&script).and_then(|()| out.flush()).map_err(|error| unwritten(&error))
}
