//! `likeness backup`: a copy of the data folder.

use std::{fs, io::ErrorKind, path::Path, sync::Arc};

use crate::{
    args::Backup,
    context::Context,
    driver::shell::Shell,
    failure::{self, Exit, Failure},
    files::store::Store,
    printable::shown,
    words::{bytes, counted},
};
use serde_json::json;

pub(crate) async fn run(args: Backup, context: &Context) -> Result<(), Failure> {
    let folder = std::path::absolute(&args.folder)
        .map_err(|error| Failure::io("storage.home", "there is no such place", &error))?;
    // Before the data folder is made where there is none.
    if let Some(home) = &context.settings.home.value {
        is_free(&folder, home)?;
        if !Store::holds_anything(home) {
            let what = format!("there is nothing to back up in {}", shown(&home.display().to_string()));
            return Err(Failure::new(Exit::Storage, "storage.home", what)
                .next("set LIKENESS_HOME to the data folder that the jobs lie in"));
        }
    }
    let shell = Shell::open(context)?;
    let (store, to) = (Arc::clone(&shell.store), folder.clone());
    let saved = tokio::task::spawn_blocking(move || store.back_up(&to)).await;
    let saved = saved.map_err(|error| {
        Failure::new(Exit::Internal, "internal.task", "a task of this program ended unexpectedly")
            .why(error.to_string())
    })?;
    let name = shown(&folder.display().to_string());
    let saved = saved.map_err(|error| {
        failure::storage(error).next(format!("delete {name}, which is not a whole backup"))
    })?;
    context.output.document(&json!({
        "backup": folder, "avatars": saved.avatars, "files": saved.files, "bytes": saved.bytes,
    }))?;
    context.output.line(format_args!(
        "Backed up: {} and {}, {} together, in {name}.",
        counted(saved.avatars, "job", "jobs"),
        counted(usize::try_from(saved.files).unwrap_or(usize::MAX), "file", "files"),
        bytes(saved.bytes)
    ))?;
    context.output.line(
        "  It holds photos and models of people: keep it as you keep the data folder, and erase there too.",
    )
}

/// Tells whether the copy would not be mixed with other files.
fn is_free(folder: &Path, home: &Path) -> Result<(), Failure> {
    let name = shown(&folder.display().to_string());
    let refused = |why: &str| {
        Failure::new(Exit::Usage, "usage.folder", format!("{name} {why}"))
            .next("name a new or empty folder outside of the data folder")
    };
    let found = fs::read_dir(folder).map(|mut entries| entries.next().is_some());
    match found {
        Ok(true) => return Err(refused("is not empty")),
        Err(error) if error.kind() == ErrorKind::NotADirectory => return Err(refused("is a file")),
        _ => {}
    }
    // The folder itself need not be there yet, but some folder above it is.
    let real = folder.ancestors().find_map(|above| above.canonicalize().ok());
    match (real, home.canonicalize()) {
        (Some(real), Ok(home)) if real.starts_with(&home) => Err(refused("lies in the data folder")),
        _ => Ok(()),
    }
}
