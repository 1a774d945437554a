//! `likeness download`: a trained model as a file of one's own.

use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::Path,
};

use likeness_core::{
    avatar::{Avatar, Kept},
    download::{Expected, FileCheck, FileKind, FileProblem},
    error::{StorageError, StorageErrorKind},
    storage::ObjectPlace,
};
use serde_json::json;
use tempfile::NamedTempFile;

use super::Context;
use crate::{
    args::Download,
    exit::{Exit, Failure},
    failures,
    jobs::{self, For},
    narrate::shown,
    output::not_there_yet,
    shell::Shell,
    storage::storage_error,
    words::bytes,
};

pub(crate) async fn run(args: &Download, context: &Context) -> Result<(), Failure> {
    let shell = Shell::open(context)?;
    let (avatar, _) = jobs::find(&shell, &args.job, For::ItsModel)?;
    let Some((name, length)) = avatar.model_file() else {
        return Err(Failure::new(Exit::Data, "job.no_model", "this job has no model yet").next(format!(
            "`likeness status {} --watch` follows it to its end",
            jobs::called(&shell, &avatar, jobs::last_attempt(&avatar), For::Seeing)
        )));
    };
    shell.store.follow_no_link(avatar.id()).map_err(failures::storage)?;
    let source = shell.folder(avatar.id()).join(&name);
    let target = args.output.clone().unwrap_or_else(|| {
        let person = avatar.person().map_or("model", |person| person.name.as_str());
        file_of(person).into()
    });
    not_there_yet(&target, args.force)?;
    // Also with --force: a pipe or a device that is replaced is gone for everybody who uses it.
    if fs::metadata(&target).is_ok_and(|metadata| !metadata.is_file()) {
        let sentence = format!("{} is there already, and no file", shown(&target.display().to_string()));
        return Err(Failure::new(Exit::Usage, "usage.file_exists", sentence).next("name a file with -o"));
    }
    let copy = Copy::begin(&target)?;
    match avatar.kept_model() {
        Some(kept) => copy.model(&shell, &avatar, kept, &source).await?,
        None => copy.imported(&source, length)?,
    }
    context
        .output
        .document(&json!({ "path": target, "bytes": length, "trigger_phrase": avatar.trigger() }))?;
    context.output.line(format_args!("{} ({})", shown(&target.display().to_string()), bytes(length)))
}

/// A copy under way. The target's name never holds half a file.
struct Copy<'a> {
    target: &'a Path,
    part: NamedTempFile,
}

/// A copy of ours that is of no use.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("{0}")]
    Unreadable(StorageError),
    #[error("{place}: {problem}")]
    Spoilt { place: String, problem: FileProblem },
}

impl<'a> Copy<'a> {
    fn begin(target: &'a Path) -> Result<Self, Failure> {
        let part = NamedTempFile::new_in(failures::folder_of(target));
        let part = part.map_err(|error| failures::target(target, &error))?;
        Ok(Self { target, part })
    }

    /// Copies a model that was trained here, from the disk or else from the bucket. The bytes must be those that were kept.
    async fn model(
        mut self,
        shell: &Shell,
        avatar: &Avatar,
        kept: &Kept,
        source: &Path,
    ) -> Result<(), Failure> {
        let expected = Expected::copy_of(kept);
        let Err(here) = self.read_disk(source, &expected)? else { return self.put() };
        let Some(place) = &kept.copy else { return Err(of_no_use(&here, None)) };
        log::warn!("{here}; the copy in the bucket is taken");
        match self.read_bucket(shell, avatar, place, &expected).await? {
            Ok(()) => self.put(),
            Err(there) => Err(of_no_use(&here, Some(&there))),
        }
    }

    /// Copies a model that was given, of which only the length is known.
    fn imported(mut self, source: &Path, length: u64) -> Result<(), Failure> {
        let expected =
            Expected { kind: FileKind::Any, length: Some(length), sha256: None, max_bytes: length };
        match self.read_disk(source, &expected)? {
            Ok(()) => self.put(),
            Err(here) => Err(of_no_use(&here, None)),
        }
    }

    fn read_disk(&mut self, source: &Path, expected: &Expected) -> Result<Result<(), Unusable>, Failure> {
        let unreadable = |error: io::Error| Unusable::Unreadable(storage_error(source, &error));
        let spoilt = |problem| Unusable::Spoilt { place: source.display().to_string(), problem };
        let mut file = match File::open(source) {
            Ok(file) => file,
            Err(error) => return Ok(Err(unreadable(error))),
        };
        let (mut check, mut buffer) = (FileCheck::new(expected, 0), vec![0; 64 << 10]);
        loop {
            let read = match file.read(&mut buffer) {
                Ok(0) => return Ok(check.finish().map(drop).map_err(spoilt)),
                Ok(read) => buffer.get(..read).unwrap_or_default(),
                Err(error) => return Ok(Err(unreadable(error))),
            };
            if let Err(problem) = check.add(read) {
                return Ok(Err(spoilt(problem)));
            }
            self.write(read)?;
        }
    }

    async fn read_bucket(
        &mut self,
        shell: &Shell,
        avatar: &Avatar,
        place: &ObjectPlace,
        expected: &Expected,
    ) -> Result<Result<(), Unusable>, Failure> {
        let objects = shell.objects()?;
        let spoilt = |problem| Unusable::Spoilt { place: place.to_string(), problem };
        if !avatar.depots().iter().any(|depot| depot.is_in(objects.bucket())) {
            let error = StorageError::new(StorageErrorKind::Denied, place.to_string());
            return Ok(Err(Unusable::Unreadable(error)));
        }
        self.empty()?;
        let mut incoming = match objects.fetch(&place.key).await {
            Ok(incoming) => incoming,
            Err(error) => return Ok(Err(Unusable::Unreadable(error))),
        };
        let mut check = FileCheck::new(expected, 0);
        loop {
            let chunk = match incoming.chunk().await {
                Ok(Some(chunk)) => chunk,
                Ok(None) => return Ok(check.finish().map(drop).map_err(spoilt)),
                Err(why) => {
                    log::debug!("{place}: {why}");
                    let error = StorageError::new(StorageErrorKind::Unreachable, place.to_string());
                    return Ok(Err(Unusable::Unreadable(error)));
                }
            };
            if let Err(problem) = check.add(&chunk) {
                return Ok(Err(spoilt(problem)));
            }
            self.write(&chunk)?;
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let written = self.part.write_all(bytes);
        written.map_err(|error| failures::storage(storage_error(self.target, &error)))
    }

    /// Removes the bytes that were written so far.
    fn empty(&mut self) -> Result<(), Failure> {
        let emptied = io::Seek::rewind(&mut self.part).and_then(|()| self.part.as_file().set_len(0));
        emptied.map_err(|error| failures::storage(storage_error(self.target, &error)))
    }

    fn put(mut self) -> Result<(), Failure> {
        let target = self.target;
        let put = (|| {
            self.part.flush()?;
            self.part.as_file().sync_all()?;
            self.part.persist(target).map_err(|error| error.error)?;
            File::open(failures::folder_of(target))?.sync_all()
        })();
        put.map_err(|error| failures::storage(storage_error(target, &error)))
    }
}

/// Makes the ending of a command that found no whole copy.
fn of_no_use(here: &Unusable, there: Option<&Unusable>) -> Failure {
    if let (Unusable::Unreadable(error), None) = (here, there) {
        return failures::storage(error.clone());
    }
    let failure = Failure::new(Exit::Storage, "storage.model_damaged", "no whole copy of this model is left");
    let failure = failure.why(shown(&here.to_string()));
    let failure = match there {
        Some(there) => failure.why(shown(&there.to_string())),
        None => failure,
    };
    failure.next("put a whole copy in its place, such as one from a backup, and run the same command again")
}

/// The name of a person's model as a file. Of long names the beginning stands: file systems take 255 bytes (ext4(5)).
fn file_of(person: &str) -> String {
    const LONGEST: usize = 240;
    let name: String = person.replace(['/', '\0'], "_");
    format!("{}.safetensors", name.get(..name.floor_char_boundary(LONGEST)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::file_of;

    #[test]
    fn a_long_name_is_a_file_name_too() {
        assert_eq!(file_of("Anna/Maria"), "Anna_Maria.safetensors");
        for name in ["\u{1f469}".repeat(100), "a".repeat(100), "写".repeat(100)] {
            let file = file_of(&name);
            assert!(file.len() <= 255 && name.starts_with(file.trim_end_matches(".safetensors")), "{file}");
        }
    }
}
