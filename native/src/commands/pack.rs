//! `likeness pack`: the archive of a training, in a file.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use crate::{
    args,
    context::Context,
    disk::{folder_of, part_of, put},
    failure::{Exit, Failure},
    output::{Output, Unit, not_there_yet, unwritten},
    photos::{
        archive::{self, ArchiveSource},
        on_disk::{self, Found, belongs_to_none, unmatched_counted},
        prepare::{self, Candidate, Rejected},
    },
    printable::printable,
    transport::ByteSource as _,
};
use likeness_core::{avatar::Content, error::DataError, limits::DatasetLimits};
use serde_json::json;

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
        // Checked before minutes of work whose result has no place.
        fs::metadata(folder_of(&args.output)).map_err(|error| unwritable(&args.output, &error))?;
    }
    let found = on_disk::find(&args.photos, args.recursive)?;
    found.are_not_thousands()?;
    found.remarks().iter().for_each(|remark| output.note(remark));
    found.unmatched.iter().for_each(|text| log::warn!("{}", belongs_to_none(text)));
    let reading = output.progress("Reading", found.photos.len() as u64, Unit::Photos);
    let mut photos = prepare::look(&found.photos, &reading, &context.interrupt)?;
    drop(reading);
    captions_usable(&photos)?;
    // Headers and sums are enough to refuse most bad sets; decoding takes minutes.
    prepare::one_caption_each(&prepare::photo_set(&photos))?;
    prepare::photo_set(&photos).could_be_a_set(limits).map_err(|error| refused(&error, &photos))?;
    let spool = spool_folder()?;
    let progress = output.progress("Preparing", prepare::to_prepare(&photos), Unit::Photos);
    let treatment = context.settings.treatment();
    prepare::prepare_all(&mut photos, Some(spool.path()), treatment, &progress, &context.interrupt)?;
    drop(progress);
    let left_out = prepare::left_out(&photos);
    for (photo, why) in photos.iter().zip(&left_out) {
        if let Some(why) = why {
            log::warn!("{} is left out: {why}. {}", photo.file.name(), why.advice());
        }
    }
    for doubt in prepare::photo_set(&photos).report(limits).doubts() {
        output.note(doubt.to_string());
    }
    let source = archive(&photos, limits, spool.path())?;
    if to_stdout {
        write_to_stdout(&source)?;
    } else {
        write_to_file(&source, &args.output)?;
    }
    let good = photos.iter().zip(&left_out).filter(|(_, why)| why.is_none());
    let contents =
        Contents { photos: photos.len(), good: good.map(|(photo, _)| photo).collect(), found: &found };
    contents.say(output, &source, (!to_stdout).then_some(&args.output))
}

/// Refuses captions that cannot be used, as a training does: only their author knows the right text.
fn captions_usable(photos: &[Candidate]) -> Result<(), Failure> {
    let problems: Vec<String> = photos
        .iter()
        .filter_map(|photo| Some((photo, photo.caption_problem.as_ref()?)))
        .map(|(photo, problem)| format!("{}: {problem}", printable(&photo.file.name())))
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(on_disk::unreadable(problems)) }
}

/// Makes a folder where clean photos wait until the archive is written; the folder is removed with the value.
fn spool_folder() -> Result<tempfile::TempDir, Failure> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("likeness-");
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder
        .tempdir()
        .map_err(|error| Failure::io("storage.spool", "no temporary folder could be made", &error))
}

fn archive(photos: &[Candidate], limits: DatasetLimits, spool: &Path) -> Result<ArchiveSource, Failure> {
    let dataset = prepare::photo_set(photos).dataset(limits).map_err(|error| refused(&error, photos))?;
    let archive =
        dataset.archive().map_err(|error| Failure::new(Exit::Data, "photos.archive", error.to_string()))?;
    let contents = dataset.parts.into_iter().map(|part| match part.content {
        Content::Photo { file, .. } => archive::Contents::File(spool.join(file)),
        Content::Caption(text) => archive::Contents::Bytes(text.into_bytes()),
    });
    ArchiveSource::new(archive, contents.collect())
        .map_err(|error| Failure::new(Exit::Internal, "internal.archive", error.to_string()))
}

/// Makes the failure with every reason against the whole set, at once.
fn refused(error: &DataError, photos: &[Candidate]) -> Failure {
    let failure = Failure::new(Exit::Data, error.code(), "these photos make no training set");
    let failure = match error {
        DataError::Dataset(problems) => {
            problems.iter().fold(failure, |failure, problem| failure.why(printable(&problem.to_string())))
        }
        DataError::Config(_) => failure.why(error.to_string()),
    };
    let unread = |(photo, why): (&Candidate, Option<Rejected>)| match why {
        Some(Rejected::File(why)) => Some(format!("{}: {why}", printable(&photo.file.name()))),
        Some(Rejected::Photo(_)) | None => None,
    };
    photos.iter().zip(prepare::left_out(photos)).filter_map(unread).fold(failure, Failure::why).next(
        "`likeness check` says what is wrong with each photo; --min-photos and --max-photos set other limits",
    )
}

fn write_to_stdout(source: &ArchiveSource) -> Result<(), Failure> {
    let mut reader = open(source)?;
    let mut out = io::stdout().lock();
    io::copy(&mut reader, &mut out).and_then(|_| out.flush()).map_err(|error| unwritten(&error))
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    let sentence = format!("{} could not be written", path.display());
    if error.kind() == io::ErrorKind::NotFound {
        let folder = folder_of(path).display().to_string();
        return Failure::new(Exit::Storage, "storage.archive", sentence)
            .why(format!("there is no folder {}", printable(&folder)))
            .next("make it, or name another place");
    }
    Failure::io("storage.archive", sentence, error)
}

/// Writes the whole archive or nothing: a file beside `path` takes its name once all bytes are on the disk.
fn write_to_file(source: &ArchiveSource, path: &Path) -> Result<(), Failure> {
    let failed = |error: &io::Error| unwritable(path, error);
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return Err(failed(&io::Error::other("it is there already, and no file"))
            .next("name a file, or write to standard output with `-o -`"));
    }
    let mut reader = open(source)?;
    let written = part_of(path).and_then(|mut part| {
        io::copy(&mut reader, part.as_file_mut())?;
        put(part, path)
    });
    written.map_err(|error| failed(&error))
}

fn open(source: &ArchiveSource) -> Result<Box<dyn io::Read + Send>, Failure> {
    source
        .open(0..source.length())
        .map_err(|error| Failure::io("storage.spool", "a prepared photo could not be read", &error))
}

/// The photos that went into the archive, and those left out.
struct Contents<'a> {
    /// Number of photos that were named.
    photos: usize,
    good: Vec<&'a Candidate>,
    found: &'a Found,
}

impl Contents<'_> {
    fn say(
        &self,
        output: &Output,
        source: &ArchiveSource,
        path: Option<&std::path::PathBuf>,
    ) -> Result<(), Failure> {
        let has_caption =
            |photo: &&&Candidate| photo.photo.as_ref().is_ok_and(|photo| photo.caption.is_some());
        let (good, captions) = (self.good.len(), self.good.iter().filter(has_caption).count());
        let (left_out, bytes) = (self.photos - good, source.length());
        let unmatched = unmatched_counted(self.found.unmatched.len());
        let sentence =
            format!("{good} photos, {captions} captions, {left_out} left out{unmatched}, {bytes} bytes");
        let Some(path) = path else {
            output.note(sentence);
            return Ok(());
        };
        let shown = path.to_string_lossy();
        output.line(format_args!("{}: {sentence}", printable(&shown)))?;
        output.document(&json!({ "result": {
            "file": shown, "photos": good, "captions": captions, "left_out": left_out, "bytes": bytes,
            "unmatched_texts": self.found.unmatched_names(),
        }}))
    }
}
