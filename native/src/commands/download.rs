//! `likeness download`: copies a trained model to a file of the person's own.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
};

use crate::{
    args::Download,
    context::Context,
    disk::{part_of, put, storage_error},
    driver::{refetch, shell::Shell},
    failure::{self, Exit, Failure},
    files::kept::{self, Lost, Unusable},
    jobs::{self, For},
    output::not_there_yet,
    printable::shown,
    words::bytes,
};
use likeness_core::{
    avatar::{Avatar, Kept},
    download::{Expected, FileCheck, FileKind},
};
use serde_json::json;
use tempfile::NamedTempFile;

pub(crate) async fn run(args: &Download, context: &Context) -> Result<(), Failure> {
    let shell = Shell::open(context)?;
    let (avatar, _) = jobs::find(&shell.store, &args.job, For::ItsModel)?;
    let Some((name, length)) = avatar.model_file() else {
        return Err(Failure::new(Exit::Data, "job.no_model", "this job has no model yet").next(format!(
            "`likeness status {} --watch` follows it to its end",
            jobs::called(&shell.store, &avatar, jobs::last_attempt(&avatar), For::Seeing)
        )));
    };
    shell.store.follow_no_link(avatar.id()).map_err(failure::storage)?;
    let source = shell.folder(avatar.id()).join(&name);
    let target = args.output.clone().unwrap_or_else(|| {
        let person = avatar.person().map_or("model", |person| person.name.as_str());
        file_of(person).into()
    });
    not_there_yet(&target, args.force)?;
    // Also with --force: a pipe or a device that is replaced is lost to all its users.
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

impl<'a> Copy<'a> {
    fn begin(target: &'a Path) -> Result<Self, Failure> {
        let part = part_of(target);
        let part = part.map_err(|error| failure::target(target, &error))?;
        Ok(Self { target, part })
    }

    /// Copies a model that was trained here. The bytes must be those that were kept: if they differ, ours is fetched
    /// again.
    async fn model(
        mut self,
        shell: &Shell,
        avatar: &Avatar,
        kept: &Kept,
        source: &Path,
    ) -> Result<(), Failure> {
        let expected = Expected::copy_of(kept);
        for _ in 0..2 {
            if self.read_disk(source, &expected)?.is_ok() {
                return self.put();
            }
            refetch::open(shell, avatar, kept, None).await.map_err(|lost| of_no_use(&lost))?;
            self.empty()?;
        }
        match self.read_disk(source, &expected)? {
            Ok(()) => self.put(),
            Err(here) => Err(of_no_use(&Lost { here, elsewhere: Vec::new() })),
        }
    }

    /// Copies a model that was given; only its length is known.
    fn imported(mut self, source: &Path, length: u64) -> Result<(), Failure> {
        let expected =
            Expected { kind: FileKind::Any, length: Some(length), sha256: None, max_bytes: length };
        match self.read_disk(source, &expected)? {
            Ok(()) => self.put(),
            Err(here) => Err(of_no_use(&Lost { here, elsewhere: Vec::new() })),
        }
    }

    fn read_disk(&mut self, source: &Path, expected: &Expected) -> Result<Result<(), Unusable>, Failure> {
        let unreadable = |error: io::Error| Unusable::Unreadable(storage_error(source, &error));
        let mut file = match File::open(source) {
            Ok(file) => file,
            Err(error) => return Ok(Err(unreadable(error))),
        };
        let (mut check, mut written) = (FileCheck::new(expected, 0), Ok(()));
        let read = kept::read(&mut file, |piece| {
            written = match check.add(piece) {
                Ok(()) => self.write(piece),
                Err(_) => return false,
            };
            written.is_ok()
        });
        written?;
        Ok(match read {
            Ok(()) => check.finish().map(drop).map_err(|problem| kept::spoilt(source, problem)),
            Err(error) => Err(unreadable(error)),
        })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let written = self.part.write_all(bytes);
        written.map_err(|error| failure::storage(storage_error(self.target, &error)))
    }

    /// Removes the bytes that were written so far.
    fn empty(&mut self) -> Result<(), Failure> {
        let emptied = io::Seek::rewind(&mut self.part).and_then(|()| self.part.as_file().set_len(0));
        emptied.map_err(|error| failure::storage(storage_error(self.target, &error)))
    }

    fn put(self) -> Result<(), Failure> {
        put(self.part, self.target).map_err(|error| failure::storage(storage_error(self.target, &error)))
    }
}

/// Makes the ending of a command that found no whole copy.
fn of_no_use(lost: &Lost) -> Failure {
    if let (Unusable::Unreadable(error), []) = (&lost.here, lost.elsewhere.as_slice()) {
        return failure::storage(error.clone());
    }
    let failure = Failure::new(Exit::Storage, "storage.model_damaged", "no whole copy of this model is left");
    let failure = failure.why(shown(&lost.here.to_string()));
    let failure = lost.elsewhere.iter().fold(failure, |failure, why| failure.why(shown(&why.to_string())));
    failure.next("put a whole copy in its place, such as one from a backup, and run the same command again")
}

/// Makes a file name of a person's name. A long name is cut: file systems take 255 bytes (ext4(5)).
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
