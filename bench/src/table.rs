//! The table: what is compared with what, and how fast it must be.

use std::{collections::BTreeMap, fmt::Write as _};

use crate::variants::Kind;

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
    Row("Display P3 to sRGB / Pillow's ImageCms", Kind::Profiled, CLEAN, ("pillow", "to_srgb"), 7.0, 12.0),
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

/// Lists the jobs that the table needs, with the photos that each gets.
pub fn jobs() -> Vec<(Kind, Job)> {
    let mut jobs: Vec<(Kind, Job)> =
        ROWS.iter().flat_map(|Row(_, kind, ours, theirs, ..)| [(*kind, *ours), (*kind, *theirs)]).collect();
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

/// Returns the geometric mean.
pub fn mean(ratios: &[f64]) -> f64 {
    (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp()
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
