//! The photos of a requested training: looked at before the person is asked for money, and the report about them.

use std::path::{Path, PathBuf};

use likeness_core::{
    avatar::{Photo, PhotoSet, PhotoState, Sha256Sum},
    error::DataError,
    limits::DatasetLimits,
    photo::PhotoProblem,
    words::{self, Language},
};
use serde_json::{Value, json};

use crate::{
    context::Context,
    driver::shell::Shell,
    failure::{self, Failure},
    files::look::LookFolder,
    output::Unit,
    photos::{
        in_bucket,
        on_disk::{self, FileProblem, belongs_to_none, unmatched_counted},
        prepare::{self, Candidate, Rejected},
    },
    printable::printable,
    transport::objects::Objects,
    words::counted,
};

/// The named photos, and the text files beside them that belong to none.
pub(super) struct Named {
    set: PhotoSet,
    source: Source,
    unmatched: Vec<PathBuf>,
    /// Further remarks on the named files.
    remarks: Vec<String>,
    /// True if more than headers was looked at.
    judged: bool,
}

enum Source {
    /// Files. Once they were judged, their clean copies wait here for the yes.
    Disk { candidates: Vec<Candidate>, look: Option<LookFolder> },
    /// Objects, which have no captions. Nothing is written into the bucket before the yes.
    Bucket(Box<Objects>),
}

impl Named {
    /// Reads every photo of the bucket once.
    pub(super) async fn in_bucket(
        keys: &[String],
        objects: &Objects,
        context: &Context,
    ) -> Result<Self, Failure> {
        let set = in_bucket::read(keys, objects, context).await?;
        let source = Source::Bucket(Box::new(objects.clone()));
        Ok(Self { set, source, unmatched: Vec::new(), remarks: Vec::new(), judged: false })
    }

    /// Reads every photo once: its sum, its headers, and its caption. Files that give no bytes are left out, as `check`
    /// leaves them out; a caption that cannot be used is an error, since its owner may count on it.
    pub(super) fn on_disk(
        arguments: &[PathBuf],
        recursive: bool,
        context: &Context,
    ) -> Result<Self, Failure> {
        let found = on_disk::find(arguments, recursive)?;
        found.are_not_thousands()?;
        let progress = context.output.progress("Reading", found.photos.len() as u64, Unit::Photos);
        let mut candidates = prepare::look(&found.photos, &progress, &context.interrupt)?;
        drop(progress);
        candidates.iter_mut().for_each(too_large_is_a_photo);
        let problems: Vec<_> = candidates
            .iter()
            .filter(|candidate| candidate.photo.as_ref().is_ok_and(|photo| !photo.is_left_out()))
            .filter_map(|candidate| Some((candidate.file.name(), candidate.caption_problem.as_ref()?)))
            .map(|(name, problem)| format!("{}: {problem}", printable(&name)))
            .collect();
        if !problems.is_empty() {
            return Err(on_disk::unreadable(problems));
        }
        let set = prepare::photo_set(&candidates);
        let source = Source::Disk { candidates, look: None };
        let remarks = found.remarks();
        let named = Self { set, source, unmatched: found.unmatched, remarks, judged: false };
        prepare::one_caption_each(&named.set)?;
        Ok(named)
    }

    /// Returns the photos, as far as they were looked at.
    pub(super) fn set(&self) -> &PhotoSet {
        &self.set
    }

    /// Decodes the photos that may be a part of the set, once. Files are written only into a folder of this process.
    pub(super) async fn judge(
        &mut self,
        limits: DatasetLimits,
        shell: &Shell,
        context: &Context,
    ) -> Result<(), Failure> {
        if self.judged {
            return Ok(());
        }
        // Headers may be enough to refuse the set.
        self.set.could_be_a_set(limits).map_err(refused)?;
        match &mut self.source {
            Source::Disk { candidates, look } => {
                log::info!("The photos are being prepared.");
                let folder = LookFolder::new(shell.store.home())?;
                let total = prepare::to_prepare(candidates);
                let progress = context.output.progress("Preparing", total, Unit::Photos);
                let (spool, treatment) = (Some(folder.path()), context.settings.treatment());
                prepare::prepare_all(candidates, spool, treatment, &progress, &context.interrupt)?;
                self.set = prepare::photo_set(candidates);
                *look = Some(folder);
            }
            Source::Bucket(objects) => {
                self.set = in_bucket::judge(&self.set, objects, context).await?;
            }
        }
        self.judged = true;
        Ok(())
    }

    /// Refuses photos that do not make a set now that every one was looked at.
    pub(super) fn are_a_set(&self, limits: DatasetLimits) -> Result<(), Failure> {
        self.set.dataset(limits).map(drop).map_err(refused)
    }

    /// Returns the set as a job takes it. Clean photos lie in `working` from here on, when `mine` says that no other
    /// process is at work there; else they are prepared once more.
    pub(super) fn placed(&mut self, working: &Path, mine: bool) -> Result<PhotoSet, Failure> {
        let look = match &mut self.source {
            Source::Disk { look, .. } => look.take().filter(|_| mine),
            Source::Bucket(_) => None,
        };
        let Some(look) = look else { return Ok(self.set.clone().unprepared()) };
        look.take_over(working).map_err(failure::storage)?;
        Ok(self.set.clone())
    }

    /// Logs the names of texts that belong to no photo: they may have been meant for one.
    pub(super) fn warn_of_unmatched(&self) {
        self.unmatched.iter().for_each(|text| log::warn!("{}", belongs_to_none(text)));
    }

    /// Says which photos go into the training, and which do not; those left out for the same reason in one line.
    /// Returns the names of the photos that a person has seen named.
    pub(super) fn announce(&self, context: &Context) -> Vec<String> {
        let left_out = self.left_out();
        for line in self.remarks.iter().cloned().chain(lines(&left_out)) {
            context.output.note(printable(&line));
        }
        context.output.note(self.sentence(&left_out));
        // What a person who did not run `check` should know before the price.
        for doubt in self.set.report(DatasetLimits::default()).doubts() {
            context.output.note(doubt.to_string());
        }
        let seen = left_out.into_iter().filter(|_| context.output.shows_notes());
        seen.map(|one| one.name).collect()
    }

    /// Summarises the photos for programs.
    pub(super) fn summary(&self) -> Value {
        let left_out = self.left_out();
        let texts: Vec<_> = self.unmatched.iter().map(|text| text.to_string_lossy()).collect();
        json!({
            "good": self.good(), "captions": self.captions(), "left_out": left_out.len(),
            "unmatched_texts": texts,
        })
    }

    fn sentence(&self, left_out: &[LeftOut]) -> String {
        let (good, all) = (self.good(), self.good() + left_out.len());
        let captions = match self.captions() {
            0 => String::new(),
            1 => ", 1 with a caption".to_owned(),
            several => format!(", {several} with captions"),
        };
        let more = unmatched_counted(self.unmatched.len());
        if left_out.is_empty() {
            return format!("{} will be used{captions}{more}.", counted(good, "photo", "photos"));
        }
        let mut kinds: Vec<(&str, usize)> = Vec::new();
        for LeftOut { kind, .. } in left_out {
            match kinds.iter_mut().find(|(known, _)| known == kind) {
                Some((_, count)) => *count += 1,
                None => kinds.push((kind, 1)),
            }
        }
        let kinds: Vec<_> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let all = counted(all, "photo", "photos");
        format!(
            "{good} of {all} will be used{captions} ({} left out: {}){more}.",
            left_out.len(),
            kinds.join(", ")
        )
    }

    fn left_out(&self) -> Vec<LeftOut> {
        let of_photo = |photo: &Photo, why: PhotoProblem| LeftOut {
            name: photo.name.clone(),
            kind: words::photo::kind(Language::English, &why),
            why: why.to_string(),
        };
        match &self.source {
            Source::Disk { candidates, .. } => prepare::left_out(candidates)
                .into_iter()
                .zip(candidates)
                .filter_map(|(why, candidate)| {
                    let name = candidate.file.name();
                    Some(match (why?, &candidate.photo) {
                        (Rejected::Photo(why), Ok(photo)) => of_photo(photo, why),
                        (why, _) => LeftOut { name, kind: "unreadable", why: why.to_string() },
                    })
                })
                .collect(),
            Source::Bucket(_) => {
                let each = self.set.photos().iter().zip(self.set.left_out());
                each.filter_map(|(photo, why)| Some(of_photo(photo, why?))).collect()
            }
        }
    }

    fn good(&self) -> usize {
        self.set.left_out().iter().filter(|why| why.is_none()).count()
    }

    fn captions(&self) -> usize {
        let each = self.set.photos().iter().zip(self.set.left_out());
        each.filter(|(photo, why)| why.is_none() && photo.caption.is_some()).count()
    }
}

/// A photo that is left out.
struct LeftOut {
    name: String,
    /// Reason in a word or two.
    kind: &'static str,
    why: String,
}

/// Number of names in a line, and number of lines of one kind.
const SHOWN: usize = 3;

fn lines(left_out: &[LeftOut]) -> Vec<String> {
    let mut groups: Vec<(&LeftOut, Vec<&str>)> = Vec::new();
    for one in left_out {
        match groups.iter_mut().find(|(first, _)| first.why == one.why) {
            Some((_, names)) => names.push(&one.name),
            None => groups.push((one, vec![&one.name])),
        }
    }
    let mut lines = Vec::new();
    for (at, (first, names)) in groups.iter().enumerate() {
        let before = groups.iter().take(at).filter(|(other, _)| other.kind == first.kind).count();
        match names.as_slice() {
            _ if before == SHOWN => {
                let of_kind = |one: &&LeftOut| one.kind == first.kind;
                let told: usize = groups
                    .iter()
                    .take(at)
                    .filter(|(one, _)| of_kind(one))
                    .map(|(_, names)| names.len())
                    .sum();
                let more = left_out.iter().filter(of_kind).count() - told;
                lines.push(format!("{more} more will be left out: {}.", first.kind));
            }
            _ if before > SHOWN => {}
            [name] => lines.push(format!("{name} will be left out: {}.", first.why)),
            names => {
                let shown = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
                let more = match names.len().saturating_sub(SHOWN) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                lines.push(format!(
                    "{} photos will be left out ({shown}{more}): {}.",
                    names.len(),
                    first.why
                ));
            }
        }
    }
    lines
}

fn refused(error: DataError) -> Failure {
    failure::of(&error.into())
}

/// Takes the file as a photo that is left out: its bytes do not matter then; its name and size tell it from others.
fn too_large_is_a_photo(candidate: &mut Candidate) {
    if let Err(FileProblem::TooLarge { bytes, limit }) = candidate.photo {
        let name = candidate.file.name();
        candidate.photo = Ok(Photo {
            id: None,
            source: candidate.file.source(),
            sha256: Some(Sha256Sum::of(format!("{name} {bytes}").as_bytes())),
            name,
            caption: None,
            crashes: 0,
            cramped: 0,
            state: PhotoState::Rejected(PhotoProblem::TooManyBytes { bytes, max: limit }),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::{LeftOut, lines};

    fn left_out(name: &str, kind: &'static str, why: &str) -> LeftOut {
        LeftOut { name: name.to_owned(), kind, why: why.to_owned() }
    }

    #[test]
    fn what_is_left_out_for_the_same_reason_is_said_once() {
        let mut all: Vec<_> =
            (1..=5).map(|at| left_out(&format!("{at}.heic"), "HEIC", "this is HEIC")).collect();
        all.insert(2, left_out("b.jpg", "duplicate", "this is the same picture as a.jpg"));
        assert_eq!(
            lines(&all),
            [
                "5 photos will be left out (1.heic, 2.heic, 3.heic and 2 more): this is HEIC.",
                "b.jpg will be left out: this is the same picture as a.jpg.",
            ]
        );
    }

    #[test]
    fn many_of_one_kind_are_counted() {
        let all: Vec<_> = (1..=40)
            .map(|at| {
                left_out(&format!("{at}.jpg"), "too small", &format!("the shorter side has {at} pixels"))
            })
            .collect();
        let lines = lines(&all);
        assert_eq!(lines.len(), 4);
        assert_eq!(lines.last().map(String::as_str), Some("37 more will be left out: too small."));
    }
}
