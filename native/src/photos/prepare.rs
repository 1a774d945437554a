//! Photos on disk: looked at, then made clean, all cores at work, memory and the number of open files bounded.

use std::{fmt, ops::ControlFlow, path::Path};

use likeness_core::{
    avatar::{Photo, PhotoSet, PhotoState, Prepared, Sha256Sum},
    limits::PhotoLimits,
    photo::{NormalisedPhoto, Normaliser, PhotoInfo, PhotoProblem, Treatment, inspect, report::PhotoReport},
    words::Audience,
};

use super::{
    memory,
    on_disk::{FileProblem, PhotoFile},
    parallel::{self, MemoryPool},
};
use crate::{
    disk::write_private,
    failure::{self, Exit, Failure},
    interrupt::Interrupt,
    output::Progress,
    printable::printable,
};

/// A photo, and the facts known of it so far.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    /// File of the photo.
    pub(crate) file: PhotoFile,
    /// Headers of the photo, as far as they could be read.
    pub(crate) info: Option<PhotoInfo>,
    /// Photo as the core sees it, or the reason why its file gave no bytes.
    pub(crate) photo: Result<Photo, FileProblem>,
    /// Reason why the texts beside the photo are not a caption.
    pub(crate) caption_problem: Option<FileProblem>,
}

/// The reason why a photo cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rejected {
    /// A file, the photo's or its caption's, that could not be read.
    File(FileProblem),
    /// A photo that will not do, or that the set has twice.
    Photo(PhotoProblem),
}

impl Candidate {
    /// Returns the photo, where it may be a part of a set.
    fn eligible(&self) -> Option<&Photo> {
        let photo = self.photo.as_ref().ok()?;
        let rejected = matches!(photo.state, PhotoState::Rejected(_));
        (rejected || self.caption_problem.is_none()).then_some(photo)
    }

    fn note(&self) {
        let name = self.file.name();
        match self.photo.as_ref().map(|photo| &photo.state) {
            Ok(PhotoState::Ready(photo)) => {
                let changes: Vec<String> = photo.changes.iter().map(ToString::to_string).collect();
                let changes =
                    if changes.is_empty() { "nothing to change".to_owned() } else { changes.join(", ") };
                let way = photo.way.map(|way| format!("; {way}")).unwrap_or_default();
                log::debug!("{name}: {} x {}, {changes}{way}", photo.width, photo.height);
            }
            Ok(PhotoState::Rejected(why)) => log::debug!("{name}: {why} ({})", why.code()),
            Ok(PhotoState::Waiting) => {}
            Err(why) => log::debug!("{name}: {why} ({})", why.code()),
        }
    }
}

impl Rejected {
    /// Returns the stable name of the reason.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::File(problem) => problem.code(),
            Self::Photo(problem) => problem.code(),
        }
    }

    /// Says what the photo's owner can do.
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

/// Reads every photo once, in order: its sum, its headers, and its caption. Nothing is decoded, so many photos are read
/// quickly too. The error is an interruption; a fault of a photo stands with the photo.
pub(crate) fn look(
    files: &[PhotoFile],
    progress: &Progress,
    interrupt: &Interrupt,
) -> Result<Vec<Candidate>, Failure> {
    let limits = limits_of_this_machine();
    let mut all = Vec::with_capacity(files.len());
    parallel::in_order(
        files,
        || interrupt.check().is_err(),
        |_, file| looked_at(file, &limits),
        |_, candidate| {
            progress.advance(1);
            all.push(candidate);
            ControlFlow::<()>::Continue(())
        },
    );
    interrupt.check()?;
    Ok(all)
}

/// Prepares the photos that may be a part of a set. Clean photos go to files in `spool`, a folder that only its owner
/// may open; without one they are dropped, since only the verdict was wanted. The error is one of this machine, such as
/// a full disk; a fault of a photo stands with the photo.
pub(crate) fn prepare_all(
    candidates: &mut [Candidate],
    spool: Option<&Path>,
    treatment: Treatment,
    progress: &Progress,
    interrupt: &Interrupt,
) -> Result<(), Failure> {
    let memory = MemoryPool::of_this_machine();
    let limits = limits_of_this_machine();
    // If the photo of two that stays is rejected, the other takes its place.
    loop {
        let waiting: Vec<(usize, PhotoFile)> = waiting(candidates);
        if waiting.is_empty() {
            return Ok(());
        }
        let failed = parallel::in_order_with(
            &waiting,
            || interrupt.check().is_err(),
            || treatment.normaliser(),
            |normaliser, _, (index, file)| {
                decode(file, *index, spool, (treatment, normaliser), &limits, &memory)
            },
            |place, decoded| {
                progress.advance(1);
                let index = waiting.get(place).map_or(place, |(index, _)| *index);
                match (decoded, candidates.get_mut(index)) {
                    (Ok(decoded), Some(candidate)) => {
                        decoded.told(candidate);
                        candidate.note();
                        ControlFlow::Continue(())
                    }
                    (Ok(_), None) => ControlFlow::Continue(()),
                    (Err(failure), _) => ControlFlow::Break(failure),
                }
            },
        );
        interrupt.check()?;
        if let Some(failure) = failed {
            return Err(failure);
        }
    }
}

/// Makes the set as the core sees it, without files that could not be read and photos without a usable caption.
pub(crate) fn photo_set(candidates: &[Candidate]) -> PhotoSet {
    PhotoSet::new(candidates.iter().filter_map(Candidate::eligible).cloned().collect())
}

/// Refuses two captions for photos of the same bytes: only their owner knows which of the two is meant.
pub(crate) fn one_caption_each(set: &PhotoSet) -> Result<(), Failure> {
    let Some((one, other)) = set.two_captions() else { return Ok(()) };
    let sentence = "the same photo is there twice, with two different captions";
    Err(Failure::new(Exit::Data, "caption.conflict", sentence)
        .why(format!("{} and {} have the same bytes", printable(one), printable(other)))
        .next("take one of the two out, or give both the same words"))
}

/// Gives for each photo the reason why it is left out; `None` for those that count.
pub(crate) fn left_out(candidates: &[Candidate]) -> Vec<Option<Rejected>> {
    let mut of_set = photo_set(candidates).left_out().into_iter();
    let why = |candidate: &Candidate| match (&candidate.photo, &candidate.caption_problem) {
        _ if candidate.eligible().is_some() => of_set.next().flatten().map(Rejected::Photo),
        (Err(problem), _) | (Ok(_), Some(problem)) => Some(Rejected::File(problem.clone())),
        (Ok(_), None) => None,
    };
    candidates.iter().map(why).collect()
}

/// Counts the photos that are decoded at least: those that wait and are not left out.
pub(crate) fn to_prepare(candidates: &[Candidate]) -> u64 {
    waiting(candidates).len() as u64
}

fn waiting(candidates: &[Candidate]) -> Vec<(usize, PhotoFile)> {
    let left_out = left_out(candidates);
    let waits = |(candidate, why): &(&Candidate, &Option<Rejected>)| {
        let waiting = candidate.photo.as_ref().is_ok_and(|photo| photo.state == PhotoState::Waiting);
        // A photo may have more faults than its caption.
        waiting && (why.is_none() || candidate.caption_problem.is_some())
    };
    let each = candidates.iter().zip(&left_out).enumerate();
    each.filter(|(_, both)| waits(both)).map(|(index, (one, _))| (index, one.file.clone())).collect()
}

/// Returns the limits of one photo on this machine: half of all its memory. The memory that is free just now only
/// decides how many are prepared at once: a busy minute must not leave a photo out of a set that is bought.
pub(crate) fn limits_of_this_machine() -> PhotoLimits {
    let limits = PhotoLimits::default();
    let most = memory::total().map_or(limits.max_memory, |memory| memory / 2);
    PhotoLimits { max_memory: limits.max_memory.min(most), ..limits }
}

/// A clean photo with the report of its looks, or the reason why there is none.
pub(crate) type Cleaned = Result<(NormalisedPhoto, Option<PhotoReport>), PhotoProblem>;

/// Looks at a photo's headers, then makes it clean once there is memory for it, and looks at the picture.
pub(crate) fn inspect_and_clean(
    bytes: &[u8],
    limits: &PhotoLimits,
    (treatment, normaliser): (Treatment, &mut Normaliser),
    memory: &MemoryPool,
) -> (Option<PhotoInfo>, Cleaned) {
    let info = match inspect(bytes) {
        Ok(info) => info,
        Err(problem) => return (None, Err(problem)),
    };
    let photo = info.check(limits).and_then(|()| {
        let _share = memory.take(info.memory_within(limits, treatment.form));
        treatment.prepare(normaliser, bytes, limits)
    });
    (Some(info), photo)
}

fn looked_at(file: &PhotoFile, limits: &PhotoLimits) -> Candidate {
    let none =
        Candidate { file: file.clone(), info: None, photo: Err(FileProblem::Missing), caption_problem: None };
    let bytes = match file.read(limits.max_bytes) {
        Ok(bytes) => bytes,
        Err(problem) => return Candidate { photo: Err(problem), ..none },
    };
    let (info, state) = seen(&bytes, limits);
    let (caption, caption_problem) = match file.caption() {
        Ok(caption) => (caption, None),
        Err(problem) => (None, Some(problem)),
    };
    let photo = Photo {
        id: None,
        name: file.name(),
        source: file.source(),
        sha256: Some(Sha256Sum::of(&bytes)),
        caption: caption.map(|caption| caption.as_str().to_owned()),
        crashes: 0,
        cramped: 0,
        state,
    };
    Candidate { info, photo: Ok(photo), caption_problem, ..none }
}

/// Inspects a photo's headers: the photo waits, or is rejected with a reason.
pub(crate) fn seen(bytes: &[u8], limits: &PhotoLimits) -> (Option<PhotoInfo>, PhotoState) {
    match inspect(bytes) {
        Ok(info) => {
            let state = info.check(limits).map_or_else(PhotoState::Rejected, |()| PhotoState::Waiting);
            (Some(info), state)
        }
        Err(problem) => (None, PhotoState::Rejected(problem)),
    }
}

/// The result of decoding a photo.
struct Decoded {
    info: Option<PhotoInfo>,
    /// Sum of the bytes that were decoded, and the photo's state.
    photo: Result<(Sha256Sum, PhotoState), FileProblem>,
}

impl Decoded {
    fn told(self, candidate: &mut Candidate) {
        candidate.info = self.info;
        match (self.photo, &mut candidate.photo) {
            (Ok((sum, state)), Ok(photo)) => {
                photo.sha256 = Some(sum);
                photo.state = state;
            }
            (Err(problem), photo) => *photo = Err(problem),
            (Ok(_), Err(_)) => {}
        }
    }
}

fn decode(
    file: &PhotoFile,
    index: usize,
    spool: Option<&Path>,
    (treatment, normaliser): (Treatment, &mut Normaliser),
    limits: &PhotoLimits,
    memory: &MemoryPool,
) -> Result<Decoded, Failure> {
    let bytes = match file.read(limits.max_bytes) {
        Ok(bytes) => bytes,
        Err(problem) => return Ok(Decoded { info: None, photo: Err(problem) }),
    };
    let sum = Sha256Sum::of(&bytes);
    let (info, photo) = inspect_and_clean(&bytes, limits, (treatment, normaliser), memory);
    drop(bytes);
    let (photo, report) = match photo {
        Ok(cleaned) => cleaned,
        Err(problem) => return Ok(Decoded { info, photo: Ok((sum, PhotoState::Rejected(problem))) }),
    };
    let name = format!("{:04}.jpg", index + 1);
    if let Some(folder) = spool {
        write_private(&folder.join(&name), photo.jpeg()).map_err(failure::storage)?;
    }
    Ok(Decoded {
        info,
        photo: Ok((sum, PhotoState::Ready(Prepared::of(&photo, name, None).with_report(report)))),
    })
}
