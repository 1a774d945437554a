//! The photos that a training is asked for, and what is said of them before anybody is asked for money.

use std::path::PathBuf;

use likeness_core::{
    avatar::{Photo, PhotoSet, PhotoState, Sha256Sum},
    photo::PhotoProblem,
};
use serde_json::{Value, json};

use crate::{
    commands::Context,
    exit::Failure,
    output::Unit,
    photos_on_disk::{self, FileProblem, belongs_to_none, unmatched_counted},
    prepare::{self, Candidate},
    printable::printable,
    shell::written,
};

/// The photos that were named, and the text files beside them that belong to none.
pub(super) struct Named {
    pub(super) set: PhotoSet,
    unmatched: Vec<PathBuf>,
}

impl Named {
    /// Photos of a bucket, which have no captions.
    pub(super) fn in_bucket(set: PhotoSet) -> Self {
        Self { set, unmatched: Vec::new() }
    }

    /// Reads every photo once: its sum, what its headers show, and its caption.
    pub(super) fn on_disk(arguments: &[PathBuf], context: &Context) -> Result<Self, Failure> {
        let found = photos_on_disk::find(arguments)?;
        let progress = context.output.progress("Reading", found.photos.len() as u64, Unit::Photos);
        let looked_at = prepare::look(&found.photos, &progress, &context.interrupt)?;
        drop(progress);
        let (mut photos, mut problems) = (Vec::new(), Vec::new());
        for candidate in looked_at {
            let name = candidate.file.name();
            match photo(candidate) {
                Ok(photo) => photos.push(photo),
                Err(problem) => problems.push(format!("{}: {problem}", printable(&name))),
            }
        }
        if problems.is_empty() {
            Ok(Self { set: PhotoSet::new(photos), unmatched: found.unmatched })
        } else {
            Err(photos_on_disk::unreadable(problems))
        }
    }

    /// Names in the log the texts that belong to no photo: they may have been meant for one.
    pub(super) fn warn_of_unmatched(&self) {
        self.unmatched.iter().for_each(|text| log::warn!("{}", belongs_to_none(text)));
    }

    /// Says what will be trained from, and what will not.
    pub(super) fn announce(&self, context: &Context) {
        for (photo, why) in self.each() {
            if let Some(why) = why {
                let (name, why) = (printable(&photo.name), why.to_string());
                context.output.note(format_args!("{name} will be left out: {}.", printable(&why)));
            }
        }
        let Counts { good, captions, left_out } = self.counts();
        let more = unmatched_counted(self.unmatched.len());
        context.output.note(format_args!("{good} photos, {captions} captions, {left_out} left out{more}."));
    }

    /// The same for programs.
    pub(super) fn summary(&self) -> Value {
        let Counts { good, captions, left_out } = self.counts();
        let texts: Vec<_> = self.unmatched.iter().map(|text| text.to_string_lossy()).collect();
        json!({ "good": good, "captions": captions, "left_out": left_out, "unmatched_texts": texts })
    }

    fn each(&self) -> impl Iterator<Item = (&Photo, Option<PhotoProblem>)> {
        self.set.photos().iter().zip(self.set.left_out())
    }

    fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for (photo, why) in self.each() {
            if why.is_some() {
                counts.left_out += 1;
            } else {
                counts.good += 1;
                counts.captions += usize::from(photo.caption.is_some());
            }
        }
        counts
    }
}

#[derive(Default)]
struct Counts {
    good: usize,
    captions: usize,
    left_out: usize,
}

fn photo(Candidate { file, photo, caption_problem, .. }: Candidate) -> Result<Photo, FileProblem> {
    let photo = match photo {
        // Its bytes do not matter, since it is left out; its name and size tell it from others.
        Err(FileProblem::TooLarge { bytes, limit }) => Photo {
            id: None,
            name: file.name(),
            source: written(&file.absolute()),
            sha256: Some(Sha256Sum::of(format!("{} {bytes}", file.name()).as_bytes())),
            caption: file.caption()?.map(|caption| caption.as_str().to_owned()),
            crashes: 0,
            state: PhotoState::Rejected(PhotoProblem::TooManyBytes { bytes, max: limit }),
        },
        photo => photo?,
    };
    caption_problem.map_or(Ok(photo), Err)
}
