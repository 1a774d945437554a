//! `likeness pack`: the archive of a training, in a file.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use likeness_core::{
    avatar::{self, Content, Photo, PhotoSet, PhotoState, Sha256Sum},
    error::DataError,
    limits::DatasetLimits,
};
use serde_json::json;

use super::Context;
use crate::{
    archive_source::{ArchiveSource, Contents},
    args,
    exit::{Exit, Failure},
    output::{Output, Unit, not_there_yet, unwritten},
    photos_on_disk,
    prepare::{self, Prepared, Rejected},
    printable::printable,
    transport::ByteSource as _,
};

pub(crate) fn run(args: &args::Pack, context: &Context) -> Result<(), Failure> {
    let output = &context.output;
    let to_stdout = args.output.as_os_str() == "-";
    if to_stdout && output.is_json() {
        return Err(Failure::new(
            Exit::Usage,
            "usage.invalid",
            "--json and `-o -` both want standard output",
        )
        .next("name a file with -o, or leave --json out"));
    }
    let limits = context.settings.photos(args.min_photos, args.max_photos)?;
    if !to_stdout {
        not_there_yet(&args.output, args.force)?;
    }
    let files = photos_on_disk::find(&args.photos)?;
    let spool = spool_folder()?;
    let progress = output.progress("Preparing", files.len() as u64, Unit::Photos);
    let photos = prepare::prepare_all(&files, Some(spool.path()), &progress, &context.interrupt)?;
    drop(progress);
    photos.iter().for_each(Prepared::warn_if_left_out);
    let source = archive(&photos, limits, spool.path())?;
    if to_stdout {
        write_to_stdout(&source)?;
    } else {
        write_to_file(&source, &args.output)?;
    }
    say(output, &photos, &source, (!to_stdout).then_some(&args.output))
}

/// Clean photos wait here until the archive is written; the folder goes away with the value.
fn spool_folder() -> Result<tempfile::TempDir, Failure> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("likeness-");
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder
        .tempdir()
        .map_err(|error| Failure::io("storage.spool", "no temporary folder could be made", &error))
}

/// The set as the core sees it. A file that could not be read is no photo of it; the warning has said so.
fn photo_set(prepared: &[Prepared]) -> PhotoSet {
    let photo = |prepared: &Prepared| {
        let name = prepared.file.name();
        let state = match &prepared.outcome {
            Ok(clean) => PhotoState::Ready(avatar::Prepared {
                original: None,
                file: clean.path.as_deref()?.file_name()?.to_str()?.to_owned(),
                etag: None,
                length: clean.length,
                crc32: clean.crc32,
                width: clean.width,
                height: clean.height,
                changes: clean.changes.clone(),
            }),
            Err(Rejected::Photo(why)) => PhotoState::Rejected(why.clone()),
            Err(Rejected::File(_)) => return None,
        };
        Some(Photo {
            id: None,
            crashes: 0,
            source: name.clone(),
            name,
            sha256: Some(Sha256Sum::from_bytes(prepared.sha256?)),
            caption: prepared.caption.as_ref().map(ToString::to_string),
            state,
        })
    };
    PhotoSet::new(prepared.iter().filter_map(photo).collect())
}

fn archive(prepared: &[Prepared], limits: DatasetLimits, spool: &Path) -> Result<ArchiveSource, Failure> {
    let dataset = photo_set(prepared).dataset(limits).map_err(|error| refused(&error, prepared))?;
    let archive =
        dataset.archive().map_err(|error| Failure::new(Exit::Data, "photos.archive", error.to_string()))?;
    let contents = dataset.parts.into_iter().map(|part| match part.content {
        Content::Photo { file, .. } => Contents::File(spool.join(file)),
        Content::Caption(text) => Contents::Bytes(text.into_bytes()),
    });
    ArchiveSource::new(archive, contents.collect())
        .map_err(|error| Failure::new(Exit::Internal, "internal.archive", error.to_string()))
}

/// Every reason against the whole set, at once.
fn refused(error: &DataError, prepared: &[Prepared]) -> Failure {
    let failure = Failure::new(Exit::Data, error.code(), "these photos make no training set");
    let failure = match error {
        DataError::Dataset(problems) => {
            problems.iter().fold(failure, |failure, problem| failure.why(printable(&problem.to_string())))
        }
        DataError::Config(_) => failure.why(error.to_string()),
    };
    let unread = |photo: &Prepared| match &photo.outcome {
        Err(Rejected::File(why)) => Some(format!("{}: {why}", printable(&photo.file.name()))),
        Ok(_) | Err(Rejected::Photo(_)) => None,
    };
    prepared.iter().filter_map(unread).fold(failure, Failure::why).next(
        "`likeness check` says what is wrong with each photo; --min-photos and --max-photos set other limits",
    )
}

fn write_to_stdout(source: &ArchiveSource) -> Result<(), Failure> {
    let mut reader = open(source)?;
    let mut out = io::stdout().lock();
    io::copy(&mut reader, &mut out).and_then(|_| out.flush()).map_err(|error| unwritten(&error))
}

/// All or nothing: a file beside it takes its name once everything is on the disk.
fn write_to_file(source: &ArchiveSource, path: &Path) -> Result<(), Failure> {
    let failed = |error: &io::Error| {
        Failure::io("storage.archive", format!("{} could not be written", path.display()), error)
    };
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return Err(failed(&io::Error::other("it is there already, and no file"))
            .next("name a file, or write to standard output with `-o -`"));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut reader = open(source)?;
    let mut write = || {
        let mut file = tempfile::Builder::new().prefix(".likeness-").suffix(".part").tempfile_in(folder)?;
        io::copy(&mut reader, file.as_file_mut())?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        // So that the name survives a power cut as well. Not every system lets a folder be opened.
        fs::File::open(folder).and_then(|folder| folder.sync_all()).or(Ok(()))
    };
    write().map_err(|error: io::Error| failed(&error))
}

fn open(source: &ArchiveSource) -> Result<Box<dyn io::Read + Send>, Failure> {
    source
        .open(0..source.length())
        .map_err(|error| Failure::io("storage.spool", "a prepared photo could not be read", &error))
}

fn say(
    output: &Output,
    photos: &[Prepared],
    source: &ArchiveSource,
    path: Option<&std::path::PathBuf>,
) -> Result<(), Failure> {
    let good = photos.iter().filter(|photo| photo.outcome.is_ok()).count();
    let captions = photos.iter().filter(|photo| photo.outcome.is_ok() && photo.caption.is_some()).count();
    let (left_out, bytes) = (photos.len() - good, source.length());
    let sentence = format!("{good} photos, {captions} captions, {left_out} left out, {bytes} bytes");
    let Some(path) = path else {
        output.note(sentence);
        return Ok(());
    };
    let shown = path.to_string_lossy();
    output.line(format_args!("{}: {sentence}", printable(&shown)))?;
    output.document(&json!({ "result": {
        "file": shown, "photos": good, "captions": captions, "left_out": left_out, "bytes": bytes,
    }}))
}
