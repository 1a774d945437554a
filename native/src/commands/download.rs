//! `likeness download`: a trained model as a file of one's own.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
};

use serde_json::json;

use super::Context;
use crate::{
    args::Download,
    exit::{Exit, Failure},
    failures,
    jobs::{self, For},
    narrate::{bytes, shown},
    output::not_there_yet,
    shell::Shell,
    storage::storage_error,
};

pub(crate) fn run(args: &Download, context: &Context) -> Result<(), Failure> {
    let shell = Shell::open(context)?;
    let (avatar, _) = jobs::find(&shell, &args.job, For::ItsModel)?;
    let Some((name, length)) = avatar.model_file() else {
        return Err(Failure::new(Exit::Data, "job.no_model", "this job has no model yet")
            .next(format!("`likeness status {} --watch` follows it to its end", avatar.id())));
    };
    let source = shell.folder(avatar.id()).join(&name);
    let target = args.output.clone().unwrap_or_else(|| {
        let person = avatar.person().map_or("model", |person| person.name.as_str());
        format!("{}.safetensors", person.replace(['/', '\0'], "_")).into()
    });
    not_there_yet(&target, args.force)?;
    // Also with --force: a pipe or a device that is replaced is gone for everybody who uses it.
    if fs::metadata(&target).is_ok_and(|metadata| !metadata.is_file()) {
        let sentence = format!("{} is there already, and no file", shown(&target.display().to_string()));
        return Err(Failure::new(Exit::Usage, "usage.file_exists", sentence).next("name a file with -o"));
    }
    let source = File::open(&source).map_err(|error| failures::storage(storage_error(&source, &error)))?;
    copy(source, &target).map_err(|error| failures::storage(storage_error(&target, &error)))?;
    context
        .output
        .document(&json!({ "path": target, "bytes": length, "trigger_phrase": avatar.trigger() }))?;
    context.output.line(format_args!("{} ({})", shown(&target.display().to_string()), bytes(length)))
}

/// Copies so that the target's name never holds half a file.
fn copy(mut source: File, target: &Path) -> io::Result<()> {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut part = tempfile::NamedTempFile::new_in(folder)?;
    io::copy(&mut source, &mut part)?;
    part.flush()?;
    part.as_file().sync_all()?;
    part.persist(target).map_err(|error| error.error)?;
    fs::File::open(folder)?.sync_all()
}
