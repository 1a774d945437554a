//! Photos on disk, checked and made clean: all cores at work, memory and the number of open files bounded.

use std::{
    fmt,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use likeness_core::{
    caption::Caption,
    limits::PhotoLimits,
    photo::{Change, Normalise as _, NormalisedPhoto, PhotoInfo, PhotoProblem, PixelNormaliser, inspect},
    words::Audience,
};
use sha2::{Digest as _, Sha256};

use crate::{
    exit::Failure,
    failures,
    interrupt::Interrupt,
    output::Progress,
    parallel::{self, Budget},
    photos_on_disk::{FileProblem, PhotoFile},
    storage::write_private,
};

/// What became of a photo.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    /// Where it lies.
    pub(crate) file: PhotoFile,
    /// The SHA-256 of its own bytes; `None` when there were none to read.
    pub(crate) sha256: Option<[u8; 32]>,
    /// What its headers say, as far as they could be read.
    pub(crate) info: Option<PhotoInfo>,
    /// The text beside it.
    pub(crate) caption: Option<Caption>,
    /// The clean photo, or why there is none.
    pub(crate) outcome: Result<CleanPhoto, Rejected>,
}

/// A normalised photo, in a file of the spool folder where one was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CleanPhoto {
    /// Where its JPEG lies; `None` when nothing was to be kept.
    pub(crate) path: Option<PathBuf>,
    pub(crate) length: u64,
    pub(crate) crc32: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) changes: Vec<Change>,
}

/// Why a photo cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rejected {
    /// Its file, or its caption's, could not be read.
    File(FileProblem),
    /// What is in it will not do.
    Photo(PhotoProblem),
}

impl Prepared {
    /// Says in the log that a set goes on without this photo, if so it is.
    pub(crate) fn warn_if_left_out(&self) {
        if let Err(why) = &self.outcome {
            log::warn!("{} is left out: {why}. {}", self.file.name(), why.advice());
        }
    }

    fn note(&self) {
        let name = self.file.name();
        match &self.outcome {
            Ok(photo) => {
                let changes: Vec<String> = photo.changes.iter().map(ToString::to_string).collect();
                let changes =
                    if changes.is_empty() { "nothing to change".to_owned() } else { changes.join(", ") };
                log::debug!("{name}: {} x {}, {changes}", photo.width, photo.height);
            }
            Err(why) => log::debug!("{name}: {why} ({})", why.code()),
        }
    }
}

impl Rejected {
    /// The stable name of the reason.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::File(problem) => problem.code(),
            Self::Photo(problem) => problem.code(),
        }
    }

    /// What its owner can do.
    pub(crate) fn advice(&self) -> &'static str {
        match self {
            Self::File(problem) => problem.advice(),
            Self::Photo(problem) => problem.advice(Audience::Terminal),
        }
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(problem) => problem.fmt(f),
            Self::Photo(problem) => problem.fmt(f),
        }
    }
}

/// Prepares every photo, in order. Clean photos go to files in `spool`, a folder that only its owner may open;
/// without one they are dropped, since only the verdict was wanted. The error is one of this machine, such as a
/// full disk; what is wrong with a photo is its own [`Prepared::outcome`].
pub(crate) fn prepare_all(
    files: &[PhotoFile],
    spool: Option<&Path>,
    progress: &Progress,
    interrupt: &Interrupt,
) -> Result<Vec<Prepared>, Failure> {
    let budget = Budget::of_this_machine();
    let limits = limits_of_this_machine();
    let mut all = Vec::with_capacity(files.len());
    let failed = parallel::in_order(
        files,
        || interrupt.check().is_err(),
        |index, file| {
            let spool = spool.map(|folder| folder.join(format!("{:04}.jpg", index + 1)));
            prepare(file, spool, &limits, &budget)
        },
        |_, prepared| {
            progress.advance(1);
            match prepared {
                Ok(prepared) => {
                    prepared.note();
                    all.push(prepared);
                    ControlFlow::Continue(())
                }
                Err(failure) => ControlFlow::Break(failure),
            }
        },
    );
    interrupt.check()?;
    failed.map_or(Ok(all), Err)
}

/// What one photo may be on this machine: half of all its memory. What is free just now only decides how many are
/// prepared at once: a busy minute must not leave a photo out of a set that is bought.
pub(crate) fn limits_of_this_machine() -> PhotoLimits {
    let limits = PhotoLimits::default();
    let most = parallel::memory_of_this_machine().map_or(limits.max_memory, |memory| memory / 2);
    PhotoLimits { max_memory: limits.max_memory.min(most), ..limits }
}

/// Looks at a photo's headers, then makes it clean once there is memory for it.
pub(crate) fn inspect_and_clean(
    bytes: &[u8],
    limits: &PhotoLimits,
    budget: &Budget,
) -> (Option<PhotoInfo>, Result<NormalisedPhoto, PhotoProblem>) {
    let info = match inspect(bytes) {
        Ok(info) => info,
        Err(problem) => return (None, Err(problem)),
    };
    let photo = info.check(limits).and_then(|()| {
        let _share = budget.take(info.memory());
        PixelNormaliser.normalise(bytes, limits)
    });
    (Some(info), photo)
}

fn prepare(
    file: &PhotoFile,
    spool: Option<PathBuf>,
    limits: &PhotoLimits,
    budget: &Budget,
) -> Result<Prepared, Failure> {
    let mut prepared = Prepared {
        file: file.clone(),
        sha256: None,
        info: None,
        caption: None,
        outcome: Err(Rejected::File(FileProblem::Missing)),
    };
    let reject = |prepared, why| Ok(Prepared { outcome: Err(why), ..prepared });
    let bytes = match file.read(limits.max_bytes) {
        Ok(bytes) => bytes,
        Err(problem) => return reject(prepared, Rejected::File(problem)),
    };
    prepared.sha256 = Some(Sha256::digest(&bytes).into());
    let (info, photo) = inspect_and_clean(&bytes, limits, budget);
    drop(bytes);
    prepared.info = info;
    let photo = match photo {
        Ok(photo) => photo,
        Err(problem) => return reject(prepared, Rejected::Photo(problem)),
    };
    match file.caption() {
        Ok(caption) => prepared.caption = caption,
        Err(problem) => return reject(prepared, Rejected::File(problem)),
    }
    if let Some(path) = &spool {
        write_private(path, photo.jpeg()).map_err(failures::storage)?;
    }
    let (width, height, crc32) = (photo.width(), photo.height(), photo.crc32());
    let (length, changes) = (photo.jpeg().len() as u64, photo.changes().to_vec());
    drop(photo);
    prepared.outcome = Ok(CleanPhoto { path: spool, length, crc32, width, height, changes });
    Ok(prepared)
}

/// For each photo the first one with the same bytes, or the same clean JPEG, when there is one before it.
pub(crate) fn duplicates(photos: &[Prepared]) -> Vec<Option<usize>> {
    let mut first = std::collections::HashMap::new();
    let mut pictures = std::collections::HashMap::new();
    let original = |(index, photo): (usize, &Prepared)| {
        let clean = photo.outcome.as_ref().ok()?;
        let same_bytes = *first.entry(photo.sha256?).or_insert(index);
        let same_picture = *pictures.entry((clean.length, clean.crc32)).or_insert(index);
        let first = same_bytes.min(same_picture);
        (first != index).then_some(first)
    };
    photos.iter().enumerate().map(original).collect()
}
