//! `likeness man`: the manual pages.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use crate::{
    args::{self, Manual},
    context::Context,
    disk::making_error,
    failure::{self, Failure},
    output::unwritten,
    printable::shown,
};
use clap_mangen::Man;
use serde_json::json;

pub(crate) fn run(args: &Manual, context: &Context) -> Result<(), Failure> {
    let mut command = args::command();
    command.build();
    if let Some(folder) = &args.output {
        return write_all(&command, folder, context);
    }
    // Made in memory first, so that the printed page is whole.
    let mut page = Vec::new();
    Man::new(command).render(&mut page).map_err(|error| unwritten(&error))?;
    let mut out = io::stdout().lock();
    out.write_all(&page).and_then(|()| out.flush()).map_err(|error| unwritten(&error))
}

/// Writes one page for the program, and one for each command.
fn write_all(command: &clap::Command, folder: &Path, context: &Context) -> Result<(), Failure> {
    let failed = |error: &io::Error| failure::storage(making_error(folder, error));
    fs::create_dir_all(folder).map_err(|error| failed(&error))?;
    clap_mangen::generate_to(command.clone(), folder).map_err(|error| failed(&error))?;
    let output = &context.output;
    output.document(&json!({ "folder": folder }))?;
    let place = shown(&folder.display().to_string());
    output.line(format_args!("The manual pages are in {place}: man -l {place}/likeness.1"))
}
