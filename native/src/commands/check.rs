//! `likeness check`: which photos are good, and why the others are not.

use likeness_core::photo::PhotoInfo;
use serde_json::{Value, json};

use super::Context;
use crate::{
    args,
    exit::{Exit, Failure},
    narrate::shown,
    output::{Tone, Unit, table},
    photos_on_disk,
    prepare::{self, Prepared},
};

pub(crate) fn run(args: &args::Check, context: &Context) -> Result<(), Failure> {
    let output = &context.output;
    let files = photos_on_disk::find(&args.photos)?;
    let progress = output.progress("Checking", files.len() as u64, Unit::Photos);
    let photos = prepare::prepare_all(&files, None, &progress, &context.interrupt)?;
    drop(progress);

    let verdicts = verdicts(&photos);
    for (photo, verdict) in photos.iter().zip(&verdicts) {
        output.document(&document(photo, verdict))?;
    }
    let rows: Vec<[String; 4]> =
        photos.iter().zip(&verdicts).map(|(photo, verdict)| row(photo, verdict)).collect();
    for ([name, word, size, why], verdict) in table(&rows).iter().zip(&verdicts) {
        let line = format!("{name}{}{size}{why}", output.paint(verdict.tone(), word));
        output.line(line.trim_end())?;
        if let Some(advice) = verdict.advice() {
            output.line(format_args!("    {}", output.paint(Tone::Faint, &advice)))?;
        }
    }
    let counts = Counts::of(&verdicts);
    output.line("")?;
    output.line(counts.sentence(context))?;
    if counts.rejected == 0 && counts.duplicates == 0 {
        return output.document(&json!({ "result": counts.document() }));
    }
    Err(Failure::new(Exit::Data, "photos.rejected", counts.refusal())
        .next("replace these photos, or leave them out; the list above says why")
        .details(counts.document()))
}

enum Verdict {
    Good { changes: Vec<String> },
    Duplicate { of: String },
    Rejected { code: &'static str, why: String, advice: &'static str },
}

fn verdicts(photos: &[Prepared]) -> Vec<Verdict> {
    let originals = prepare::duplicates(photos);
    let verdict = |(photo, original): (&Prepared, Option<usize>)| match &photo.outcome {
        Err(why) => Verdict::Rejected { code: why.code(), why: why.to_string(), advice: why.advice() },
        Ok(clean) => match original.and_then(|index| photos.get(index)) {
            Some(original) => Verdict::Duplicate { of: original.file.name() },
            None => Verdict::Good { changes: clean.changes.iter().map(ToString::to_string).collect() },
        },
    };
    photos.iter().zip(originals).map(verdict).collect()
}

impl Verdict {
    fn word(&self) -> &'static str {
        match self {
            Self::Good { .. } => "good",
            Self::Duplicate { .. } => "duplicate",
            Self::Rejected { .. } => "rejected",
        }
    }

    fn tone(&self) -> Tone {
        match self {
            Self::Good { .. } => Tone::Good,
            Self::Duplicate { .. } => Tone::Warning,
            Self::Rejected { .. } => Tone::Bad,
        }
    }

    fn why(&self) -> String {
        match self {
            Self::Good { changes } => changes.join(", "),
            Self::Duplicate { of } => format!("the same picture as {of}"),
            Self::Rejected { why, .. } => why.clone(),
        }
    }

    fn advice(&self) -> Option<String> {
        match self {
            Self::Good { .. } => None,
            Self::Duplicate { .. } => Some("Leave one of the two out.".to_owned()),
            Self::Rejected { advice, .. } => Some((*advice).to_owned()),
        }
    }
}

fn row(photo: &Prepared, verdict: &Verdict) -> [String; 4] {
    let size = photo.info.as_ref().map(PhotoInfo::upright_size);
    let size = size.map_or_else(|| "-".to_owned(), |(width, height)| format!("{width} x {height}"));
    [shown(&photo.file.name()), verdict.word().to_owned(), size, shown(&verdict.why())]
}

fn document(photo: &Prepared, verdict: &Verdict) -> Value {
    let size = photo.info.as_ref().map(PhotoInfo::upright_size);
    let mut document = json!({
        "photo": photo.file.name(),
        "verdict": verdict.word(),
        "format": photo.info.as_ref().map(|info| info.format.to_string()),
        "bytes": photo.info.as_ref().map(|info| info.bytes),
        "width": size.map(|(width, _)| width),
        "height": size.map(|(_, height)| height),
        "caption": photo.caption.as_ref().map(ToString::to_string),
    });
    match verdict {
        Verdict::Good { changes } => document["changes"] = json!(changes),
        Verdict::Duplicate { of } => document["duplicate_of"] = json!(of),
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
}

impl Counts {
    fn of(verdicts: &[Verdict]) -> Self {
        let mut counts = Self::default();
        for verdict in verdicts {
            match verdict {
                Verdict::Good { .. } => counts.good += 1,
                Verdict::Duplicate { .. } => counts.duplicates += 1,
                Verdict::Rejected { .. } => counts.rejected += 1,
            }
        }
        counts
    }

    fn document(self) -> Value {
        json!({ "good": self.good, "duplicates": self.duplicates, "rejected": self.rejected })
    }

    fn refusal(self) -> String {
        let rejected = (self.rejected > 0).then(|| format!("{} cannot be used", photos(self.rejected)));
        let duplicates =
            (self.duplicates > 0).then(|| format!("{} are there twice", photos(self.duplicates)));
        let duplicates =
            duplicates.map(|text| if self.duplicates == 1 { text.replace(" are ", " is ") } else { text });
        [rejected, duplicates].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    fn sentence(self, context: &Context) -> String {
        let (min, max) = (context.settings.min_photos.value, context.settings.max_photos.value);
        let enough = match self.good {
            good if good < min => format!("a training needs at least {min}"),
            good if good > max => format!("a training takes at most {max}"),
            _ => "enough for a training".to_owned(),
        };
        let verb = if self.good == 1 { "is" } else { "are" };
        format!("{} {verb} good: {enough}.", photos(self.good))
    }
}

fn photos(count: usize) -> String {
    if count == 1 { "1 photo".to_owned() } else { format!("{count} photos") }
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn the_refusal_counts_what_is_wrong() {
        let refusal = |duplicates, rejected| Counts { good: 3, duplicates, rejected }.refusal();
        assert_eq!(refusal(0, 1), "1 photo cannot be used");
        assert_eq!(refusal(1, 0), "1 photo is there twice");
        assert_eq!(refusal(2, 2), "2 photos cannot be used, 2 photos are there twice");
    }
}
