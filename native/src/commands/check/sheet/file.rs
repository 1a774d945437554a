//! The sheet's file, and the thumbnails for it.

use std::{ffi::OsStr, ops::ControlFlow, path::Path};

use likeness_core::{
    limits::PhotoLimits,
    photo::{
        FaceCheck, Normaliser, Treatment,
        report::{Face, Finding, SetReport},
    },
    words::{UserLanguage, report::why},
};

use super::{Cell, Format, Thumbnail, draw, encoded, letters::Letters};
use crate::{
    commands::check::Checked,
    context::Context,
    disk::write_private,
    failure::{self, Exit, Failure},
    output::{Progress, Unit},
    photos::{
        on_disk::marked,
        parallel::{self, MemoryPool},
        prepare::{self, Rejected},
    },
    printable::shown,
};

/// Tells the format of the sheet by the name of its file.
pub(in super::super) fn format(path: &Path) -> Result<Format, Failure> {
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    match ending.as_str() {
        "jpg" | "jpeg" => Ok(Format::Jpeg),
        "png" => Ok(Format::Png),
        _ => Err(Failure::new(Exit::Usage, "usage.sheet_format", "a sheet is a JPEG or a PNG")
            .next("give it a name that ends in .jpg or .png")),
    }
}

/// Draws the sheet and writes its file, which only its owner may read: it shows faces.
pub(in super::super) fn write(
    path: &Path,
    photos: &[Checked<'_>],
    set: &SetReport,
    context: &Context,
) -> Result<(), Failure> {
    let format = format(path)?;
    let progress = context.output.progress("Drawing", photos.len() as u64, Unit::Photos);
    let thumbnails = thumbnails(photos, context, &progress)?;
    drop(progress);
    let cell = |(photo, thumbnail): (&Checked<'_>, _)| Cell {
        thumbnail,
        verdict: photo.verdict,
        why: reason(photo),
        name: file_name(&photo.photo.file.name()),
    };
    let cells: Vec<Cell> = photos.iter().zip(thumbnails).map(cell).collect();
    let broken =
        |why: &str| Failure::new(Exit::Internal, "internal.sheet", "the sheet could not be drawn").why(why);
    let letters = Letters::new().map_err(|error| broken(&error.to_string()))?;
    let advice: Vec<_> = set.advice.iter().map(ToString::to_string).collect();
    let canvas = draw(&headline(set.used(), photos.len()), &advice.join(" "), &cells, &letters);
    let file = encoded(&canvas, format).ok_or_else(|| broken("it is too large"))?;
    write_private(path, &marked(&file)).map_err(failure::storage)
}

fn headline(used: usize, all: usize) -> String {
    let photos = if all == 1 { "photo" } else { "photos" };
    if used == all {
        format!("{all} {photos} can be used.")
    } else {
        format!("{used} of {all} {photos} can be used.")
    }
}

/// Shortens a path to the file's name: under a thumbnail is no room for folders.
fn file_name(path: &str) -> String {
    let name = Path::new(path).file_name().and_then(OsStr::to_str);
    shown(name.unwrap_or(path))
}

/// Says in a line why the verdict is as it is.
fn reason(photo: &Checked<'_>) -> String {
    match &photo.left_out {
        Some(Rejected::Photo(problem)) => {
            let of = problem.duplicate_of().unwrap_or_default();
            why(UserLanguage::English, problem.code(), of).unwrap_or_else(|| problem.to_string())
        }
        Some(Rejected::File(problem)) => problem.to_string(),
        None => {
            let short = |finding: &Finding| {
                let of = finding.look_alike().unwrap_or_default();
                why(UserLanguage::English, finding.code(), of).unwrap_or_else(|| finding.to_string())
            };
            photo.findings.first().map(short).unwrap_or_default()
        }
    }
}

/// Makes the thumbnails, of photos that are left out as well, as far as they can be decoded.
fn thumbnails(
    photos: &[Checked<'_>],
    context: &Context,
    progress: &Progress,
) -> Result<Vec<Option<Thumbnail>>, Failure> {
    // A picture that is too small for a training can be looked at.
    let limits = PhotoLimits { min_side: 1, ..prepare::limits_of_this_machine() };
    let memory = MemoryPool::of_this_machine();
    let treatment = Treatment { face_check: FaceCheck::Off, ..context.settings.treatment() };
    let mut all = Vec::with_capacity(photos.len());
    let files: Vec<_> =
        photos.iter().map(|photo| (photo.photo.file.clone(), photo.faces().to_vec())).collect();
    let make = |normaliser: &mut Normaliser, _, (file, faces): &(_, Vec<Face>)| {
        let file: &crate::photos::on_disk::PhotoFile = file;
        let bytes = file.read(limits.max_bytes).ok()?;
        let (photo, _) =
            prepare::inspect_and_clean(&bytes, &limits, (treatment, normaliser), &memory).1.ok()?;
        photo.preview().map(|preview| Thumbnail::of(preview, faces))
    };
    parallel::in_order_with(
        &files,
        || context.interrupt.check().is_err(),
        || treatment.normaliser(),
        make,
        |_, thumbnail| {
            progress.advance(1);
            all.push(thumbnail);
            ControlFlow::<()>::Continue(())
        },
    );
    context.interrupt.check()?;
    Ok(all)
}
