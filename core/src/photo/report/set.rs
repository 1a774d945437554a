//! The report of a set: a verdict on each photo, the variety of all, and what to do about it.

use serde::Serialize;

use super::{
    finding::{Finding, Verdict},
    hash::COARSE,
    looks::PhotoReport,
};
use crate::{
    limits::DatasetLimits,
    photo::thresholds::{CLOSE_UP, HALF_LENGTH, SAME_BACKGROUND, SAME_LIGHT},
};

/// The most pieces of advice about a set.
const MOST_ADVICE: usize = 3;

/// The fewest photos of which variety can be told.
const FEWEST: usize = 4;

/// A photo of a set, as far as the set's report needs it.
#[derive(Clone, Copy, Debug)]
pub enum InSet<'a> {
    /// A photo that was not decoded yet.
    Waiting,
    /// A photo that is left out for another of the set.
    Duplicate,
    /// A photo that cannot be used.
    Rejected,
    /// A photo that is used.
    Ready {
        /// Name of the photo.
        name: &'a str,
        /// Width and height in pixels.
        size: (u32, u32),
        /// Report of the photo; `None` for photos that releases without reports have prepared.
        report: Option<&'a PhotoReport>,
    },
}

/// The verdict on a photo of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhotoVerdict {
    /// Verdict; `None` for a photo that was not decoded yet.
    pub verdict: Option<Verdict>,
    /// Findings of the photo, and those that only the set shows.
    pub findings: Vec<Finding>,
}

/// The report of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetReport {
    /// Verdicts, in the photos' order.
    pub photos: Vec<PhotoVerdict>,
    /// Number of good photos.
    pub good: usize,
    /// Number of usable photos: good with a warning.
    pub usable: usize,
    /// Number of photos that are left out for others of the set.
    pub duplicates: usize,
    /// Number of photos that cannot be used.
    pub rejected: usize,
    /// Sizes of the faces; `None` where too few faces are known.
    pub face_sizes: Option<Variety>,
    /// Light; `None` where too few photos are known.
    pub light: Option<Variety>,
    /// Backgrounds; `None` where too few photos are known.
    pub backgrounds: Option<Variety>,
    /// Advice, the most important first: three pieces at most.
    pub advice: Vec<Advice>,
}

/// The variety of a set in one respect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Variety {
    /// The photos differ.
    Varied,
    /// Nearly all photos are alike.
    Alike,
}

/// A piece of advice about a set. Each is one sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(strum::EnumCount))]
pub enum Advice {
    /// More photos are needed.
    Add {
        /// Number of photos that are missing.
        missing: usize,
        /// Fewest photos of a training.
        min: usize,
    },
    /// There are more photos than a training takes.
    LeaveOut {
        /// Number of photos that are too many.
        extra: usize,
        /// Most photos of a training.
        max: usize,
    },
    /// The number of photos is right.
    Enough {
        /// Number of photos.
        photos: usize,
    },
    /// No face was found in half of the photos or more.
    NoFaces {
        /// Number of photos without a face.
        photos: usize,
    },
    /// Some photos look nearly like others.
    LookAlikes {
        /// Number of photos that look like an earlier one.
        photos: usize,
    },
    /// Some photos have warnings that another photo would not have.
    Warnings {
        /// Number of photos with a warning of their own.
        photos: usize,
    },
    /// All faces are close.
    OnlyCloseUps,
    /// No face is close.
    NoCloseUps,
    /// All faces are of one size, between the two.
    OneSize,
    /// The light is always the same.
    SameLight,
    /// The background is always the same.
    SameBackground,
    /// The photos differ as they should.
    Varied,
}

impl SetReport {
    /// Makes the report of these photos.
    #[must_use]
    pub fn of(photos: &[InSet<'_>], limits: DatasetLimits) -> Self {
        let mut ready: Vec<(&str, &PhotoReport)> = Vec::new();
        let mut verdicts = Vec::with_capacity(photos.len());
        for photo in photos {
            let mut findings = Vec::new();
            let verdict = match photo {
                InSet::Waiting => None,
                InSet::Duplicate => Some(Verdict::Duplicate),
                InSet::Rejected => Some(Verdict::Rejected),
                InSet::Ready { report: None, .. } => Some(Verdict::Good),
                InSet::Ready { name, report: Some(report), .. } => {
                    findings.clone_from(&report.findings);
                    let first = ready.iter().find(|(_, other)| report.hash.is_like(&other.hash));
                    findings.extend(first.map(|(of, _)| Finding::LookAlike { of: (*of).to_owned() }));
                    ready.push((name, report));
                    Some(if findings.is_empty() { Verdict::Good } else { Verdict::Usable })
                }
            };
            verdicts.push(PhotoVerdict { verdict, findings });
        }
        let count = |wanted| verdicts.iter().filter(|photo| photo.verdict == Some(wanted)).count();
        let mut set = Self {
            good: count(Verdict::Good),
            usable: count(Verdict::Usable),
            duplicates: count(Verdict::Duplicate),
            rejected: count(Verdict::Rejected),
            face_sizes: None,
            light: None,
            backgrounds: None,
            advice: Vec::new(),
            photos: verdicts,
        };
        let shares = shares(photos);
        set.face_sizes = face_sizes(&shares);
        set.light = light(&ready);
        set.backgrounds = backgrounds(&ready);
        set.advice = set.advice_within(limits, &shares);
        set
    }

    /// Counts the photos that are used.
    #[must_use]
    pub fn used(&self) -> usize {
        self.good + self.usable
    }

    /// Lists the advice that speaks of doubts about the photos that are used: all but their number, and praise.
    pub fn doubts(&self) -> impl Iterator<Item = &Advice> {
        let is_doubt = |advice: &&Advice| {
            !matches!(
                advice,
                Advice::Add { .. } | Advice::LeaveOut { .. } | Advice::Enough { .. } | Advice::Varied
            )
        };
        self.advice.iter().filter(is_doubt)
    }

    fn advice_within(&self, limits: DatasetLimits, shares: &[f32]) -> Vec<Advice> {
        let DatasetLimits { min_photos: min, max_photos: max } = limits;
        let used = self.used();
        let number = if used < min {
            Advice::Add { missing: min - used, min }
        } else if used > max {
            Advice::LeaveOut { extra: used - max, max }
        } else {
            Advice::Enough { photos: used }
        };
        let with = |wanted: &dyn Fn(&Finding) -> bool| {
            self.photos.iter().filter(|photo| photo.findings.iter().any(wanted)).count()
        };
        let alike = with(&|finding| matches!(finding, Finding::LookAlike { .. }));
        let faceless = Some(with(&|finding| *finding == Finding::NoFace));
        let faceless = faceless.filter(|photos| *photos > 0 && photos * 2 >= used);
        // What has a sentence of its own is not counted twice.
        let warned = with(&|finding| match finding {
            Finding::LookAlike { .. } => false,
            Finding::NoFace => faceless.is_none(),
            _ => true,
        });
        let sizes = (self.face_sizes == Some(Variety::Alike)).then(|| match shares {
            shares if shares.iter().all(|share| *share >= CLOSE_UP) => Advice::OnlyCloseUps,
            shares if shares.iter().all(|share| *share < CLOSE_UP) => Advice::NoCloseUps,
            _ => Advice::OneSize,
        });
        let mut all: Vec<Advice> = [
            Some(number),
            faceless.map(|photos| Advice::NoFaces { photos }),
            (alike > 0).then_some(Advice::LookAlikes { photos: alike }),
            (warned > 0).then_some(Advice::Warnings { photos: warned }),
            (self.backgrounds == Some(Variety::Alike)).then_some(Advice::SameBackground),
            (self.light == Some(Variety::Alike)).then_some(Advice::SameLight),
            sizes,
        ]
        .into_iter()
        .flatten()
        .collect();
        let known = [self.light, self.backgrounds];
        if all.len() == 1 && known.iter().all(|known| *known == Some(Variety::Varied)) {
            all.push(Advice::Varied);
        }
        all.truncate(MOST_ADVICE);
        all
    }
}

/// Lists the heights of the faces, relative to the shorter sides of their pictures.
fn shares(photos: &[InSet<'_>]) -> Vec<f32> {
    let share = |photo: &InSet<'_>| match photo {
        InSet::Ready { report: Some(report), size, .. } => {
            report.faces.as_ref().and_then(|faces| faces.first()).map(|face| face.share(*size))
        }
        _ => None,
    };
    photos.iter().filter_map(share).collect()
}

/// Tells whether there are close-ups and wider photos. A face's size falls into one of three classes.
fn face_sizes(shares: &[f32]) -> Option<Variety> {
    let class = |share: &f32| (*share >= HALF_LENGTH, *share >= CLOSE_UP);
    let first = shares.first().map(class)?;
    (shares.len() >= FEWEST).then(|| alike(shares.iter().all(|share| class(share) == first)))
}

fn light(ready: &[(&str, &PhotoReport)]) -> Option<Variety> {
    let levels = || ready.iter().map(|(_, report)| report.light);
    let range = levels().max()?.saturating_sub(levels().min()?);
    (ready.len() >= FEWEST).then(|| alike(range < SAME_LIGHT))
}

/// Compares the upper corners and sides, where people seldom are. Alike are backgrounds where three quarters of the
/// photos have that of one of them.
fn backgrounds(ready: &[(&str, &PhotoReport)]) -> Option<Variety> {
    let is_beside = |cell: usize| {
        let (row, column) = (cell / COARSE, cell % COARSE);
        row + 1 < COARSE && (column == 0 || column + 1 == COARSE)
    };
    let same = |(_, one): &(&str, &PhotoReport)| {
        let like = |(_, other): &&(&str, &PhotoReport)| {
            one.hash.colours_apart(&other.hash, is_beside) <= SAME_BACKGROUND
        };
        ready.iter().filter(like).count()
    };
    let most = ready.iter().map(same).max()?;
    (ready.len() >= FEWEST).then(|| alike(most * 4 >= ready.len() * 3))
}

fn alike(alike: bool) -> Variety {
    if alike { Variety::Alike } else { Variety::Varied }
}
