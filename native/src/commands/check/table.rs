//! The table of photos and verdicts.

use std::collections::BTreeSet;

use likeness_core::photo::{
    Change,
    report::{Finding, Verdict},
};
use likeness_core::words::UserLanguage;

use super::{Checked, caption};
use crate::{
    output::{Row, Tone},
    printable::shown,
};

/// Makes a row of each photo. Twelve photos need the same advice at times: it stands below the first of them.
pub(super) fn rows(photos: &[Checked<'_>]) -> Vec<Row<4>> {
    let mut told = BTreeSet::new();
    let head = Row::head(["PHOTO", "VERDICT", "SIZE", ""]);
    std::iter::once(head).chain(photos.iter().map(|photo| row(photo, &mut told))).collect()
}

fn row(photo: &Checked<'_>, told: &mut BTreeSet<&'static str>) -> Row<4> {
    let size = photo.size().map_or_else(|| "-".to_owned(), |(width, height)| format!("{width} x {height}"));
    let cells = [shown(&photo.photo.file.name()), photo.word(), size, shown(&why(photo))];
    let row = Row::new(cells).tone(1, tone(photo.verdict));
    let row = if photo.verdict == Some(Verdict::Good) { row.tone(3, Tone::Faint) } else { row };
    let caption = caption(photo.photo).map(|caption| format!("caption: {}", shown(caption)));
    let advice = advice(photo).filter(|advice| told.insert(advice));
    row.below(caption.unwrap_or_default()).advice(advice.unwrap_or_default())
}

/// Says why the verdict is as it is; of a good photo, what was done to its picture.
fn why(photo: &Checked<'_>) -> String {
    match (&photo.left_out, photo.findings.as_slice()) {
        (Some(why), _) => why.to_string(),
        (None, []) => {
            let changes = photo.clean().map(|clean| clean.changes.as_slice()).unwrap_or_default();
            let seen = changes.iter().filter(|change| is_seen(**change));
            seen.map(ToString::to_string).collect::<Vec<_>>().join(", ")
        }
        (None, findings) => findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
    }
}

/// Tells whether a change concerns the picture. Metadata are removed from nearly every photo.
fn is_seen(change: Change) -> bool {
    !matches!(change, Change::RemovedMetadata | Change::RemovedLocation)
}

fn advice(photo: &Checked<'_>) -> Option<&'static str> {
    let of_finding = |finding: &Finding| finding.advice(UserLanguage::English);
    match &photo.left_out {
        Some(why) => Some(why.advice()),
        None => photo.findings.first().map(of_finding),
    }
}

fn tone(verdict: Option<Verdict>) -> Tone {
    match verdict {
        Some(Verdict::Good) => Tone::Good,
        Some(Verdict::Usable | Verdict::Duplicate) => Tone::Warning,
        Some(Verdict::Rejected) => Tone::Bad,
        None => Tone::Faint,
    }
}
