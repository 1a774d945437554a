//! `likeness check`: which photos are good, and why the others are not.

use std::{collections::BTreeSet, path::PathBuf};

use crate::{
    args,
    context::Context,
    failure::{Exit, Failure},
    output::{Output, Row, Tone, Unit},
    photos::{
        on_disk::{self, Found, belongs_to_none},
        prepare::{self, Candidate, Rejected},
    },
    printable::shown,
};
use likeness_core::{
    avatar::PhotoState,
    error::{DataError, DatasetProblem},
    limits::{DatasetLimits, PhotoLimits},
    photo::{PhotoInfo, PhotoProblem, Way},
};
use serde_json::{Value, json};

pub(crate) fn run(args: &args::Check, context: &Context) -> Result<(), Failure> {
    let output = &context.output;
    let found = on_disk::find(&args.photos, args.recursive)?;
    found.are_not_thousands()?;
    let limits = context.settings.defaults.photos;
    let reading = output.progress("Reading", found.photos.len() as u64, Unit::Photos);
    let mut photos = prepare::look(&found.photos, &reading, &context.interrupt)?;
    drop(reading);
    prepare::one_caption_each(&prepare::photo_set(&photos))?;
    if let Some(problem) = too_many(&photos, limits) {
        // Decoding hundreds of photos takes minutes, and would not change the verdict.
        let report = Report::new(&photos, &found, |_| Verdict::Unchecked);
        report.show(output)?;
        return Err(report.too_many(&problem));
    }
    let progress = output.progress("Checking", prepare::to_prepare(&photos), Unit::Photos);
    let reencode = context.settings.reencode;
    prepare::prepare_all(&mut photos, None, reencode, &progress, &context.interrupt)?;
    drop(progress);

    let report = Report::new(&photos, &found, changes);
    report.show(output)?;
    output.line(report.counts.sentence(limits))?;
    if report.counts.rejected == 0 && report.counts.duplicates == 0 {
        return output.document(&json!({ "result": report.summary() }));
    }
    Err(Failure::new(Exit::Data, "photos.rejected", report.counts.refusal())
        .next("replace these photos, or leave them out; the list above says why")
        .details(report.summary()))
}

/// Says that there are more photos than a set may hold, as far as their headers tell.
fn too_many(photos: &[Candidate], limits: DatasetLimits) -> Option<DatasetProblem> {
    match prepare::photo_set(photos).could_be_a_set(limits) {
        Err(DataError::Dataset(problems)) => {
            problems.into_iter().next().filter(|first| matches!(first, DatasetProblem::TooMany { .. }))
        }
        Ok(()) | Err(DataError::Config(_)) => None,
    }
}

/// Returns the verdict on a photo that was made clean.
fn changes(photo: &Candidate) -> Verdict {
    match photo.photo.as_ref().map(|photo| &photo.state) {
        Ok(PhotoState::Ready(clean)) => {
            let changes = clean.changes.iter().map(ToString::to_string).collect();
            Verdict::Good { changes, way: clean.way }
        }
        _ => Verdict::Unchecked,
    }
}

/// The verdicts on all photos, and the texts that belong to none.
struct Report<'a> {
    photos: &'a [Candidate],
    verdicts: Vec<Verdict>,
    unmatched: &'a [PathBuf],
    unmatched_names: Vec<String>,
    /// Further remarks on the named files.
    remarks: Vec<String>,
    passed_over: usize,
    counts: Counts,
}

impl<'a> Report<'a> {
    /// Makes the report; `otherwise` gives the verdict on a photo that is not left out.
    fn new(photos: &'a [Candidate], found: &'a Found, otherwise: impl Fn(&Candidate) -> Verdict) -> Self {
        let left_out = prepare::left_out(photos).into_iter();
        let verdicts: Vec<_> = photos
            .iter()
            .zip(left_out)
            .map(|(photo, why)| why.as_ref().map_or_else(|| otherwise(photo), Verdict::left_out))
            .collect();
        let captions = photos.iter().filter(|photo| caption(photo).is_some()).count();
        let counts = Counts { captions, unmatched: found.unmatched.len(), ..Counts::of(&verdicts) };
        Self {
            photos,
            verdicts,
            unmatched: &found.unmatched,
            unmatched_names: found.unmatched_names(),
            remarks: found.remarks(),
            passed_over: found.passed_over.count(),
            counts,
        }
    }

    fn show(&self, output: &Output) -> Result<(), Failure> {
        for (photo, verdict) in self.photos.iter().zip(&self.verdicts) {
            output.document(&document(photo, verdict))?;
        }
        // Twelve HEIC photos need the same advice: it stands below the first of them.
        let mut told = BTreeSet::new();
        let row = |(photo, verdict): (&Candidate, &Verdict)| {
            let caption = caption(photo).map(|caption| format!("caption: {}", shown(caption)));
            let advice = verdict.advice().filter(|advice| told.insert(*advice));
            row(photo, verdict).below(caption.unwrap_or_default()).advice(advice.unwrap_or_default())
        };
        output.rows(&self.photos.iter().zip(&self.verdicts).map(row).collect::<Vec<_>>())?;
        output.line("")?;
        for remark in &self.remarks {
            output.line(remark)?;
        }
        for (photo, verdict) in self.photos.iter().zip(&self.verdicts) {
            if let (Verdict::Good { .. }, Some(note)) = (verdict, at_the_edge(photo)) {
                output.line(format_args!("{}: at the edge {note}.", shown(&photo.file.name())))?;
            }
        }
        for text in self.unmatched {
            output.line(format_args!("{}.", belongs_to_none(text)))?;
        }
        match self.counts.texts() {
            Some(texts) => output.line(texts),
            None => Ok(()),
        }
    }

    /// Sums the report up in numbers, for programs.
    fn summary(&self) -> Value {
        let Counts { good, duplicates, rejected, captions, .. } = self.counts;
        json!({
            "good": good, "duplicates": duplicates, "rejected": rejected, "captions": captions,
            "unmatched_texts": self.unmatched_names, "passed_over": self.passed_over,
        })
    }

    fn too_many(&self, problem: &DatasetProblem) -> Failure {
        Failure::new(Exit::Data, problem.code(), problem.to_string())
            .why("so many are not decoded: that they are too many shows already")
            .next("choose the best of them, and check those")
            .next(
                "or set another limit: training.max_photos in the settings file (`likeness config` names it)",
            )
            .details(self.summary())
    }
}

/// Says what the Workers would do otherwise with a photo that is good here: they have less memory.
fn at_the_edge(photo: &Candidate) -> Option<String> {
    let info = photo.info.as_ref()?;
    match info.scaled_within(&PhotoLimits::default().in_the_imager(info.bytes)) {
        Ok(change) => change.map(|change| format!("it would be {change}")),
        Err(problem) => Some(format!("it would be refused: {problem}")),
    }
}

fn caption(photo: &Candidate) -> Option<&str> {
    photo.photo.as_ref().ok()?.caption.as_deref()
}

enum Verdict {
    Good {
        changes: Vec<String>,
        way: Option<Way>,
    },
    /// Good headers; the photo was not decoded.
    Unchecked,
    Duplicate {
        of: String,
        why: String,
        advice: &'static str,
    },
    Rejected {
        code: &'static str,
        why: String,
        advice: &'static str,
    },
}

impl Verdict {
    fn left_out(why: &Rejected) -> Self {
        match why {
            Rejected::Photo(PhotoProblem::Duplicate { of, .. }) => {
                Self::Duplicate { of: of.clone(), why: why.to_string(), advice: why.advice() }
            }
            _ => Self::Rejected { code: why.code(), why: why.to_string(), advice: why.advice() },
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Good { .. } => "good",
            Self::Unchecked => "unchecked",
            Self::Duplicate { .. } => "duplicate",
            Self::Rejected { .. } => "rejected",
        }
    }

    fn tone(&self) -> Tone {
        match self {
            Self::Good { .. } => Tone::Good,
            Self::Unchecked => Tone::Faint,
            Self::Duplicate { .. } => Tone::Warning,
            Self::Rejected { .. } => Tone::Bad,
        }
    }

    fn why(&self) -> String {
        match self {
            Self::Good { changes, .. } => changes.join(", "),
            Self::Unchecked => String::new(),
            Self::Duplicate { why, .. } | Self::Rejected { why, .. } => why.clone(),
        }
    }

    fn advice(&self) -> Option<&'static str> {
        match self {
            Self::Good { .. } | Self::Unchecked => None,
            Self::Duplicate { advice, .. } | Self::Rejected { advice, .. } => Some(advice),
        }
    }
}

fn row(photo: &Candidate, verdict: &Verdict) -> Row<4> {
    let size = photo.info.as_ref().map(PhotoInfo::upright_size);
    let size = size.map_or_else(|| "-".to_owned(), |(width, height)| format!("{width} x {height}"));
    let cells = [shown(&photo.file.name()), verdict.word().to_owned(), size, shown(&verdict.why())];
    Row::new(cells).tone(1, verdict.tone())
}

fn document(photo: &Candidate, verdict: &Verdict) -> Value {
    let size = photo.info.as_ref().map(PhotoInfo::upright_size);
    let mut document = json!({
        "photo": photo.file.name(),
        "verdict": verdict.word(),
        "format": photo.info.as_ref().map(|info| info.format.to_string()),
        "bytes": photo.info.as_ref().map(|info| info.bytes),
        "width": size.map(|(width, _)| width),
        "height": size.map(|(_, height)| height),
        "caption": caption(photo),
    });
    if matches!(verdict, Verdict::Good { .. })
        && let Some(note) = at_the_edge(photo)
    {
        document["at_the_edge"] = json!(note);
    }
    match verdict {
        Verdict::Good { changes, way } => {
            document["changes"] = json!(changes);
            document["way"] = json!(way);
        }
        Verdict::Unchecked => {}
        Verdict::Duplicate { of, .. } => document["duplicate_of"] = json!(of),
        Verdict::Rejected { code, why, advice } => {
            document["problem"] = json!({ "code": code, "message": why, "advice": advice });
        }
    }
    document
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    good: usize,
    duplicates: usize,
    rejected: usize,
    captions: usize,
    /// Number of texts that belong to no photo.
    unmatched: usize,
}

impl Counts {
    fn of(verdicts: &[Verdict]) -> Self {
        let mut counts = Self::default();
        for verdict in verdicts {
            match verdict {
                Verdict::Good { .. } => counts.good += 1,
                Verdict::Unchecked => {}
                Verdict::Duplicate { .. } => counts.duplicates += 1,
                Verdict::Rejected { .. } => counts.rejected += 1,
            }
        }
        counts
    }

    /// Says how many texts are captions, and how many are not.
    fn texts(self) -> Option<String> {
        let captions =
            (self.captions > 0).then(|| count(self.captions, "photo has a caption", "photos have a caption"));
        let unmatched = (self.unmatched > 0)
            .then(|| count(self.unmatched, "text belongs to no photo", "texts belong to no photo"));
        let texts: Vec<String> = [captions, unmatched].into_iter().flatten().collect();
        (!texts.is_empty()).then(|| format!("{}.", texts.join(", ")))
    }

    fn refusal(self) -> String {
        let rejected = (self.rejected > 0).then(|| format!("{} cannot be used", photos(self.rejected)));
        let duplicates = (self.duplicates > 0)
            .then(|| count(self.duplicates, "photo is there twice", "photos are there twice"));
        [rejected, duplicates].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    fn sentence(self, limits: DatasetLimits) -> String {
        let DatasetLimits { min_photos, max_photos } = limits;
        let enough = match self.good {
            good if good < min_photos => format!("a training needs at least {min_photos}"),
            good if good > max_photos => format!("a training takes at most {max_photos}"),
            _ => "enough for a training".to_owned(),
        };
        let verb = if self.good == 1 { "is" } else { "are" };
        format!("{} {verb} good: {enough}.", photos(self.good))
    }
}

fn photos(number: usize) -> String {
    count(number, "photo", "photos")
}

fn count(number: usize, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn texts_are_counted_where_there_are_any() {
        let texts = |captions, unmatched| Counts { captions, unmatched, ..Counts::default() }.texts();
        assert_eq!(texts(0, 0), None);
        assert_eq!(texts(1, 0).as_deref(), Some("1 photo has a caption."));
        assert_eq!(texts(2, 1).as_deref(), Some("2 photos have a caption, 1 text belongs to no photo."));
    }

    #[test]
    fn the_refusal_counts_what_is_wrong() {
        let counts = |duplicates, rejected| Counts { good: 3, duplicates, rejected, ..Counts::default() };
        let refusal = |duplicates, rejected| counts(duplicates, rejected).refusal();
        assert_eq!(refusal(0, 1), "1 photo cannot be used");
        assert_eq!(refusal(1, 0), "1 photo is there twice");
        assert_eq!(refusal(2, 2), "2 photos cannot be used, 2 photos are there twice");
    }
}
