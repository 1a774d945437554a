//! The table: what is compared with what, and how fast it must be.

use std::{collections::BTreeMap, ffi::OsStr, fmt::Write as _};

use crate::{bench::Photo, variants::Kind};

/// A peer and its way.
pub type Job = (&'static str, &'static str);

/// The CPU times in microseconds of a job on a photo, the one of each round at the same place.
pub type Times = BTreeMap<(Kind, usize, Job), Vec<f64>>;

/// A row: the photos, our job and the peer's, and how many times as fast ours must be and should be.
pub struct Row(&'static str, pub Kind, pub Job, pub Job, f64, f64);

const LOSSLESS: Job = ("native", "lossless");
const CLEAN: Job = ("native", "clean");
const TO_1024: Job = ("native", "to_1024");
const PILLOW: Job = ("pillow", "clean");
const TO_SRGB: Job = ("pillow", "to_srgb");
const HEIC_TO_RGB: Job = ("native", "heic_to_rgb");
const REPORTED: Job = ("native", "reported");
const WITH_FACES: Job = ("native", "with_faces");
const PHOTON: Job = ("photon", "clean");

pub const ROWS: &[Row] = &[
    Row("kept, every code verified / Pillow", Kind::Upright, LOSSLESS, PILLOW, 4.0, 5.5),
    Row("encoded anew at about quality 95 / Pillow", Kind::Upright, CLEAN, PILLOW, 1.8, 2.2),
    Row("the same / libjpeg-turbo's C", Kind::Upright, CLEAN, ("native", "turbo_q95"), 1.1, 1.3),
    Row("turned without loss / Pillow", Kind::Turned, LOSSLESS, PILLOW, 1.5, 1.8),
    Row("turned and encoded anew / Pillow", Kind::Turned, CLEAN, PILLOW, 1.5, 1.8),
    Row("longer side 1024 / Pillow", Kind::Upright, TO_1024, ("pillow", "to_1024"), 3.0, 4.0),
    Row("longer side 1024 / sharp", Kind::Upright, TO_1024, ("sharp", "to_1024"), 0.9, 1.1),
    Row("PNG / Pillow", Kind::Png, CLEAN, PILLOW, 1.5, 2.0),
    Row("WebP / Pillow", Kind::WebP, CLEAN, PILLOW, 0.75, 1.0),
    Row("progressive / Pillow", Kind::Progressive, CLEAN, PILLOW, 1.3, 1.6),
    Row("Display P3, the whole photo / Pillow's ImageCms", Kind::Profiled, CLEAN, TO_SRGB, 2.0, 3.0),
    Row("HEIC of tiles to RGB / libheif", Kind::Heic, HEIC_TO_RGB, ("pillow", "to_rgb"), 0.67, 1.0),
    Row(
        "HEIC, Display P3 to sRGB / libheif, unconverted",
        Kind::ProfiledHeic,
        HEIC_TO_RGB,
        ("pillow", "to_rgb"),
        0.4,
        0.67,
    ),
    Row("wasm, kept / photon", Kind::Upright, ("wasm", "lossless"), PHOTON, 15.0, 20.0),
    Row("wasm, encoded anew / photon", Kind::Upright, ("wasm", "clean"), PHOTON, 4.0, 7.0),
    Row("wasm, encoded anew / native Pillow", Kind::Upright, ("wasm", "clean"), PILLOW, 1.0, 1.3),
    Row("wasm, encoded anew / jSquash", Kind::Upright, ("wasm", "clean"), ("jsquash", "clean"), 10.0, 10.0),
    Row(
        "engine: exactly quality 95 / libjpeg-turbo's C",
        Kind::Upright,
        ("native", "engine_q95"),
        ("native", "turbo_q95"),
        1.1,
        1.3,
    ),
    Row(
        "engine: turned / libjpeg-turbo's own transform",
        Kind::Upright,
        ("native", "engine_turn"),
        ("native", "turbo_turn"),
        1.0,
        1.3,
    ),
    Row(
        "engine: half, as RGB / libjpeg-turbo's C",
        Kind::Upright,
        ("native", "engine_half"),
        ("native", "turbo_half"),
        0.9,
        1.1,
    ),
];

/// A value that is measured once for all photos.
pub struct Single {
    pub name: &'static str,
    pub count: usize,
    pub value: f64,
    pub must: f64,
    pub aim: f64,
    pub unit: &'static str,
    /// True if less is better.
    pub less: bool,
}

impl Single {
    fn verdict(&self) -> &'static str {
        let holds = |bound: f64| if self.less { self.value <= bound } else { self.value >= bound };
        if holds(self.aim) {
            "aim"
        } else if holds(self.must) {
            "must"
        } else {
            "missed"
        }
    }
}

/// Jobs beside those of the rows, from which [`differences`] computes.
const OTHERS: [(Kind, Job); 4] = [
    (Kind::ProfiledPng, CLEAN),
    (Kind::ProfiledPng, TO_SRGB),
    (Kind::Upright, REPORTED),
    (Kind::Upright, WITH_FACES),
];

/// Lists the jobs that the table needs, with the photos that each gets.
pub fn jobs() -> Vec<(Kind, Job)> {
    let rows = ROWS.iter().flat_map(|Row(_, kind, ours, theirs, ..)| [(*kind, *ours), (*kind, *theirs)]);
    let mut jobs: Vec<(Kind, Job)> = rows.chain(OTHERS).collect();
    jobs.sort_unstable();
    jobs.dedup();
    jobs
}

/// Writes the table in Markdown.
pub fn table(times: &Times, singles: &[Single]) -> Result<String, std::fmt::Error> {
    let mut table = String::from("| What | Photos | Must | Aim | Measured | |\n|---|---|---|---|---|---|\n");
    let mut write = |single: &Single| {
        let Single { name, count, value, must, aim, unit, .. } = single;
        writeln!(
            table,
            "| {name} | {count} | {must}{unit} | {aim}{unit} | {value:.2}{unit} | {} |",
            single.verdict()
        )
    };
    for Row(name, kind, ours, theirs, must, aim) in ROWS {
        let ratios: Vec<f64> = times
            .iter()
            .filter(|((of, _, job), _)| of == kind && job == ours)
            .filter_map(|((kind, photo, _), ours)| {
                let theirs = times.get(&(*kind, *photo, *theirs))?;
                Some(median(theirs.iter().zip(ours).map(|(theirs, ours)| theirs / ours).collect()))
            })
            .collect();
        if ratios.is_empty() {
            eprintln!("not measured: {name}");
            continue;
        }
        let (count, value) = (ratios.len(), mean(&ratios));
        write(&Single { name, count, value, must: *must, aim: *aim, unit: "x", less: false })?;
    }
    singles.iter().try_for_each(write)?;
    Ok(table)
}

/// Computes what one job takes beyond another.
pub fn differences(times: &Times, photos: &[Photo]) -> Vec<Single> {
    // By name, since a photo may be missing in one of its forms.
    let medians = |kind: Kind, job: Job| -> BTreeMap<&OsStr, f64> {
        let of_job = times.iter().filter(|((of, _, by), _)| (*of, *by) == (kind, job));
        of_job
            .filter_map(|((_, at, _), times)| {
                Some((photos.get(*at)?.path.file_stem()?, median(times.clone())))
            })
            .collect()
    };
    // Each photo's time beyond that of the same photo in another form, or for another job.
    let beyond = |more: (Kind, Job), less: (Kind, Job)| -> BTreeMap<&OsStr, f64> {
        let less = medians(less.0, less.1);
        let more = medians(more.0, more.1).into_iter();
        more.filter_map(|(name, more)| Some((name, more - less.get(name)?))).collect()
    };
    let ours = beyond((Kind::ProfiledPng, CLEAN), (Kind::Png, CLEAN));
    let theirs = beyond((Kind::ProfiledPng, TO_SRGB), (Kind::Png, PILLOW));
    let converted: Vec<f64> =
        theirs.iter().filter_map(|(name, theirs)| Some(theirs / ours.get(name)?)).collect();
    let clean = medians(Kind::Upright, CLEAN);
    let looked = beyond((Kind::Upright, REPORTED), (Kind::Upright, CLEAN));
    let faces = beyond((Kind::Upright, WITH_FACES), (Kind::Upright, REPORTED));
    vec![
        Single {
            name: "Display P3 to sRGB, the conversion alone / ImageCms' alone",
            count: converted.len(),
            value: median(converted),
            must: 7.0,
            aim: 12.0,
            unit: "x",
            less: false,
        },
        Single {
            name: "a report of the photo's looks, beside making it clean",
            count: clean.len(),
            value: 100.0 * looked.values().sum::<f64>() / clean.values().sum::<f64>(),
            must: 10.0,
            aim: 5.0,
            unit: " %",
            less: true,
        },
        Single {
            name: "faces of a photo, one pass or two",
            count: faces.len(),
            value: median(faces.into_values().collect()) / 1000.0,
            must: 14.0,
            aim: 8.0,
            unit: " ms",
            less: true,
        },
    ]
}

/// Returns the geometric mean.
fn mean(ratios: &[f64]) -> f64 {
    (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp()
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
