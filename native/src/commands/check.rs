//! `likeness check`: which photos are good, and what is the matter with the others.

mod sheet;
mod table;

use std::fs;

use crate::{
    args,
    context::Context,
    disk::folder_of,
    failure::{self, Exit, Failure},
    output::{Output, Unit, not_there_yet},
    photos::{
        on_disk::{self, Found, belongs_to_none},
        prepare::{self, Candidate, Rejected},
    },
    printable::{printable, shown},
};
use likeness_core::{
    avatar::{PhotoState, Prepared},
    error::{DataError, DatasetProblem},
    language::Audience,
    limits::{DatasetLimits, PhotoLimits},
    photo::{
        PhotoInfo, PhotoProblem,
        report::{Face, Finding, FindingView, InSet, Level, SetReport, Verdict},
    },
};
use serde_json::{Value, json};

/// The most photos that are decoded where a set may have fewer: to choose among them is what people want. Hundreds would take
/// minutes.
const MOST_DECODED: usize = 200;

pub(crate) fn run(args: &args::Check, context: &Context) -> Result<(), Failure> {
    let output = &context.output;
    if let Some(path) = &args.sheet {
        sheet::format(path)?;
        not_there_yet(path, args.force)?;
        // Said before the photos are looked at, which may take a while.
        fs::metadata(folder_of(path)).map_err(|error| failure::target(path, &error))?;
    }
    let found = on_disk::find(&args.photos, args.recursive)?;
    found.are_not_thousands()?;
    let limits = context.settings.defaults.photos;
    let reading = output.progress("Reading", found.photos.len() as u64, Unit::Photos);
    let mut photos = prepare::look(&found.photos, &reading, &context.interrupt)?;
    drop(reading);
    prepare::one_caption_each(&prepare::photo_set(&photos))?;
    let too_many = too_many(&photos, limits);
    if let (Some(problem), true) = (&too_many, photos.len() > MOST_DECODED) {
        let report = Report::new(&photos, &found, limits);
        report.show(output)?;
        return Err(report.too_many(problem).why(format!("of more than {MOST_DECODED} none is looked at")));
    }
    let progress = output.progress("Checking", prepare::to_prepare(&photos), Unit::Photos);
    let treatment = context.settings.treatment();
    prepare::prepare_all(&mut photos, None, treatment, &progress, &context.interrupt)?;
    drop(progress);

    let report = Report::new(&photos, &found, limits);
    report.show(output)?;
    output.line(report.counts())?;
    output.line(report.advice())?;
    if let Some(path) = &args.sheet {
        sheet::write(path, &report.photos, &report.set, context)?;
        output.line(format_args!("The sheet is {}.", printable(&path.display().to_string())))?;
    }
    if let Some(problem) = too_many.filter(|_| report.set.used() > limits.max_photos) {
        return Err(report.too_many(&problem));
    }
    if report.set.rejected == 0 && report.set.duplicates == 0 {
        return output.document(&json!({ "result": report.summary() }));
    }
    Err(Failure::new(Exit::Data, "photos.rejected", refusal(report.set.duplicates, report.set.rejected))
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

/// A photo with all that is known of it.
struct Checked<'a> {
    photo: &'a Candidate,
    /// Verdict; `None` for a photo of which only the headers were looked at.
    verdict: Option<Verdict>,
    findings: Vec<Finding>,
    left_out: Option<Rejected>,
}

/// The verdicts on all photos, and the texts that belong to none.
struct Report<'a> {
    photos: Vec<Checked<'a>>,
    set: SetReport,
    found: &'a Found,
    captions: usize,
}

impl<'a> Report<'a> {
    fn new(photos: &'a [Candidate], found: &'a Found, limits: DatasetLimits) -> Self {
        let left_out = prepare::left_out(photos);
        let seen: Vec<_> =
            photos.iter().zip(&left_out).map(|(photo, why)| in_set(photo, why.as_ref())).collect();
        let mut set = SetReport::of(&seen, limits);
        let verdicts = std::mem::take(&mut set.photos);
        let checked = photos.iter().zip(left_out).zip(verdicts);
        let checked = checked.map(|((photo, left_out), seen)| Checked {
            photo,
            verdict: seen.verdict,
            findings: seen.findings,
            left_out,
        });
        let captions = photos.iter().filter(|photo| caption(photo).is_some()).count();
        Self { photos: checked.collect(), set, found, captions }
    }

    fn show(&self, output: &Output) -> Result<(), Failure> {
        for photo in &self.photos {
            output.document(&photo.document())?;
        }
        output.rows(&table::rows(&self.photos))?;
        output.line("")?;
        for remark in self.found.remarks() {
            output.line(remark)?;
        }
        for photo in &self.photos {
            if let Some(note) = photo.at_the_edge() {
                output.line(format_args!("{}: at the edge {note}.", shown(&photo.photo.file.name())))?;
            }
        }
        for text in &self.found.unmatched {
            output.line(format_args!("{}.", belongs_to_none(text)))?;
        }
        match texts(self.captions, self.found.unmatched.len()) {
            Some(texts) => output.line(texts),
            None => Ok(()),
        }
    }

    /// Sums the report up, for programs.
    fn summary(&self) -> Value {
        let SetReport { good, usable, duplicates, rejected, .. } = self.set;
        let advice: Vec<_> = self.set.advice.iter().map(ToString::to_string).collect();
        json!({
            "good": good, "usable": usable, "duplicates": duplicates, "rejected": rejected,
            "captions": self.captions, "unmatched_texts": self.found.unmatched_names(),
            "passed_over": self.found.passed_over.count(),
            "set": {
                "face_sizes": self.set.face_sizes, "light": self.set.light,
                "backgrounds": self.set.backgrounds, "advice": advice,
            },
        })
    }

    /// Counts the photos by their verdicts.
    fn counts(&self) -> String {
        let SetReport { good, usable, duplicates, rejected, .. } = self.set;
        let named = [(good, "good"), (usable, "usable"), (rejected, "rejected")];
        let mut named: Vec<String> = named
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        if duplicates > 0 {
            named.push(count(duplicates, "duplicate", "duplicates"));
        }
        format!("{}: {}.", count(self.photos.len(), "photo", "photos"), named.join(", "))
    }

    fn advice(&self) -> String {
        self.set.advice.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    fn too_many(&self, problem: &DatasetProblem) -> Failure {
        Failure::new(Exit::Data, problem.code(), problem.to_string())
            .next("choose the best of them, and check those")
            .next(
                "or set another limit: training.max_photos in the settings file (`likeness config` names it)",
            )
            .details(self.summary())
    }
}

/// Tells the set's report of a photo.
fn in_set<'a>(photo: &'a Candidate, left_out: Option<&Rejected>) -> InSet<'a> {
    match (left_out, clean(photo)) {
        (Some(Rejected::Photo(PhotoProblem::Duplicate { .. })), _) => InSet::Duplicate,
        (Some(_), _) => InSet::Rejected,
        (None, Some((name, clean))) => {
            InSet::Ready { name, size: (clean.width, clean.height), report: clean.report.as_deref() }
        }
        (None, None) => InSet::Waiting,
    }
}

/// Returns the name of a photo that was made clean, and what was made of it.
fn clean(photo: &Candidate) -> Option<(&str, &Prepared)> {
    let photo = photo.photo.as_ref().ok()?;
    match &photo.state {
        PhotoState::Ready(clean) => Some((&photo.name, clean)),
        PhotoState::Waiting | PhotoState::Rejected(_) => None,
    }
}

fn caption(photo: &Candidate) -> Option<&str> {
    photo.photo.as_ref().ok()?.caption.as_deref()
}

impl Checked<'_> {
    fn word(&self) -> String {
        self.verdict.map_or_else(|| "unchecked".to_owned(), |verdict| verdict.to_string())
    }

    /// Returns what was made of the photo, if it is used.
    fn clean(&self) -> Option<&Prepared> {
        clean(self.photo).filter(|_| self.left_out.is_none()).map(|(_, clean)| clean)
    }

    /// Lists the faces, where they were looked for.
    fn faces(&self) -> &[Face] {
        let report = self.clean().and_then(|clean| clean.report.as_ref());
        report.and_then(|report| report.faces.as_deref()).unwrap_or_default()
    }

    /// Returns width and height as people see the photo, as far as its headers tell.
    fn size(&self) -> Option<(u32, u32)> {
        self.photo.info.as_ref().map(PhotoInfo::upright_size)
    }

    /// Says what the Workers would do otherwise with a photo that is good here: they have less memory.
    fn at_the_edge(&self) -> Option<String> {
        self.clean()?;
        let info = self.photo.info.as_ref()?;
        match info.scaled_within(&info.limits_in_the_imager(PhotoLimits::default(), info.bytes)) {
            Ok(change) => change.map(|change| format!("it would be {change}")),
            Err(problem) => Some(format!("it would be refused: {problem}")),
        }
    }

    fn document(&self) -> Value {
        let (size, info) = (self.size(), self.photo.info.as_ref());
        let mut document = json!({
            "photo": self.photo.file.name(),
            "verdict": self.word(),
            "format": info.map(|info| info.format.to_string()),
            "bytes": info.map(|info| info.bytes),
            "width": size.map(|(width, _)| width),
            "height": size.map(|(_, height)| height),
            "caption": caption(self.photo),
            "findings": self.findings(),
        });
        if let Some(note) = self.at_the_edge() {
            document["at_the_edge"] = json!(note);
        }
        match &self.left_out {
            Some(Rejected::Photo(PhotoProblem::Duplicate { of, .. })) => document["duplicate_of"] = json!(of),
            Some(why) => {
                document["problem"] =
                    json!({ "code": why.code(), "message": why.to_string(), "advice": why.advice() });
            }
            None => {}
        }
        if let Some(clean) = self.clean() {
            document["changes"] = clean.changes.iter().map(ToString::to_string).collect();
            document["way"] = json!(clean.way);
            document["looks"] = json!(clean.report.as_ref().map(|report| report.looks()));
        }
        document
    }

    /// Lists all that was found, with levels: what leaves a photo out is an error.
    fn findings(&self) -> Vec<FindingView> {
        let left_out = self.left_out.iter().map(|why| match why {
            Rejected::Photo(problem) => FindingView::of_problem(problem, Audience::Terminal),
            Rejected::File(problem) => FindingView {
                code: problem.code(),
                level: Level::Error,
                message: problem.to_string(),
                advice: problem.advice(),
                of: None,
                readable: None,
            },
        });
        left_out.chain(self.findings.iter().map(FindingView::of)).collect()
    }
}

/// Says how many texts are captions, and how many are not.
fn texts(captions: usize, unmatched: usize) -> Option<String> {
    let captions = (captions > 0).then(|| count(captions, "photo has a caption", "photos have a caption"));
    let unmatched =
        (unmatched > 0).then(|| count(unmatched, "text belongs to no photo", "texts belong to no photo"));
    let texts: Vec<String> = [captions, unmatched].into_iter().flatten().collect();
    (!texts.is_empty()).then(|| format!("{}.", texts.join(", ")))
}

fn refusal(duplicates: usize, rejected: usize) -> String {
    let rejected = (rejected > 0).then(|| format!("{} cannot be used", count(rejected, "photo", "photos")));
    let duplicates =
        (duplicates > 0).then(|| count(duplicates, "photo is there twice", "photos are there twice"));
    [rejected, duplicates].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn count(number: usize, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

#[cfg(test)]
mod tests {
    use super::{refusal, texts};

    #[test]
    fn texts_are_counted_where_there_are_any() {
        assert_eq!(texts(0, 0), None);
        assert_eq!(texts(1, 0).as_deref(), Some("1 photo has a caption."));
        assert_eq!(texts(2, 1).as_deref(), Some("2 photos have a caption, 1 text belongs to no photo."));
    }

    #[test]
    fn the_refusal_counts_what_is_wrong() {
        assert_eq!(refusal(0, 1), "1 photo cannot be used");
        assert_eq!(refusal(1, 0), "1 photo is there twice");
        assert_eq!(refusal(2, 2), "2 photos cannot be used, 2 photos are there twice");
    }
}
