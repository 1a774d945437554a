//! `likeness serve`, and the simulated fal.ai of the same program.

use std::{path::Path, process::Command};

use crate::shell::Settings;

/// Builds the command that serves, with its state in this folder.
pub(crate) fn command(folder: &Path, settings: &Settings, port: u16) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_likeness"));
    command.args(["serve", "--listen", &format!("127.0.0.1:{port}")]).current_dir(folder);
    command.env_clear().env("HOME", folder);
    for (name, value) in settings {
        command.env(name, value);
    }
    command
}

/// Builds the command that simulates fal.ai, whose trainings take this long.
pub(crate) fn simulator(folder: &Path, training: &str, faults: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_likeness"));
    command.args(["simulate", "--listen", "127.0.0.1:0", "--duration", training]).current_dir(folder);
    command.args(faults.iter().flat_map(|fault| ["--fault", fault]));
    command.env_clear().env("HOME", folder);
    command
}

/// Reads the address that a line tells.
pub(crate) fn address(line: &str) -> Option<String> {
    line.strip_prefix("listening on http://").map(str::to_owned)
}
