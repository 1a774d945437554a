//! The account of the set: how many photos are good, and what is the matter with the others.

use std::collections::BTreeMap;

use super::say;
use crate::{
    chat::{
        known::{Known, PhotoStanding},
        session::Session,
    },
    language::UserLanguage,
    words::{bilingual::Sentence, report},
};

/// Says how the set stands: "9 good, 1 too small, 1 more needed". `on_the_way` photos are not at the API yet.
pub(super) fn account(language: UserLanguage, known: &Known, on_the_way: usize) -> String {
    let (good, looking) = (known.good(), known.waiting() + on_the_way);
    let mut parts = Vec::new();
    let mut part = |sentence: &Sentence, n: usize| parts.push(sentence.fill(language, &[("n", &n)]));
    if known.photos.is_empty() && on_the_way == 0 {
        return say::NO_PHOTOS.text(language).to_owned();
    }
    part(say::GOOD, good);
    for (sentence, n) in left_out(known) {
        part(sentence, n);
    }
    if looking > 0 {
        part(say::LOOKING, looking);
    }
    let needed = Session::limits().min_photos.saturating_sub(good + looking);
    if needed > 0 {
        part(say::MORE_NEEDED, needed);
    } else if good >= Session::limits().min_photos {
        parts.push(say::ENOUGH.text(language).to_owned());
    }
    std::iter::once(parts.join(", ")).chain(remarks(language, known)).collect::<Vec<_>>().join("\n")
}

/// Says in a line for each photo with a warning, and for each that is left out, what the matter is.
fn remarks(language: UserLanguage, known: &Known) -> impl Iterator<Item = String> {
    known.photos.iter().filter_map(move |photo| {
        let finding = photo.findings.first()?;
        let why = report::why(language, &finding.code, finding.of.as_deref().unwrap_or_default())?;
        Some(format!("{}: {why}", photo.name))
    })
}

/// Counts the photos that are left out, by reason, in a fixed order.
fn left_out(known: &Known) -> Vec<(&'static Sentence, usize)> {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for photo in known.photos.iter().filter(|photo| photo.state == PhotoStanding::Rejected) {
        let code = photo.code.as_deref().unwrap_or_default();
        let place = REASONS.iter().position(|(_, codes)| codes.contains(&code)).unwrap_or(REASONS.len() - 1);
        *counts.entry(place).or_default() += 1;
    }
    counts.into_iter().filter_map(|(place, count)| Some((REASONS.get(place)?.0, count))).collect()
}

/// The reasons in a word or two, with the codes of the API that they stand for; the last is for all others.
const REASONS: &[(&Sentence, &[&str])] = &[
    (say::TOO_SMALL, &["photo.too_small", "photo.no_pixels"]),
    (
        say::TOO_LARGE,
        &[
            "photo.too_many_bytes",
            "photo.too_many_pixels",
            "photo.too_much_memory",
            "photo.too_long",
            "photo.too_many_scans",
            "photo.too_much_metadata",
        ],
    ),
    (say::DUPLICATE, &["photo.duplicate"]),
    (say::DAMAGED, &["photo.damaged", "photo.truncated", "photo.empty", "photo.missing", "photo.changed"]),
    (say::OTHER_FORMAT, &["photo.unsupported_format", "photo.unsupported_coding", "photo.animated"]),
    (say::LEFT_OUT, &[]),
];

#[cfg(test)]
mod tests {
    use super::{REASONS, account};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        chat::known::{Known, KnownFinding, KnownPhoto, PhotoStanding},
        language::UserLanguage,
    };

    fn known(good: usize, rejected: &[&str], waiting: usize) -> Known {
        let photo = |state, code: Option<&str>| KnownPhoto {
            id: None,
            state,
            code: code.map(str::to_owned),
            name: "beach.jpg".to_owned(),
            findings: Vec::new(),
        };
        let good = (0..good).map(|_| photo(PhotoStanding::Ready, None));
        let rejected = rejected.iter().map(|code| photo(PhotoStanding::Rejected, Some(*code)));
        let waiting = (0..waiting).map(|_| photo(PhotoStanding::Waiting, None));
        Known { photos: good.chain(rejected).chain(waiting).collect(), ..Known::default() }
    }

    #[test]
    fn the_set_is_accounted_for() {
        let english = |known: &Known, on_the_way| account(UserLanguage::English, known, on_the_way);
        assert_eq!(english(&known(0, &[], 0), 0), "None yet.");
        assert_eq!(english(&known(9, &["photo.too_small"], 0), 0), "9 good, 1 too small, 1 more needed");
        assert_eq!(english(&known(3, &[], 2), 4), "3 good, 6 being looked at, 1 more needed");
        assert_eq!(english(&known(8, &[], 2), 0), "8 good, 2 being looked at");
        assert_eq!(
            english(&known(12, &["photo.duplicate", "photo.x", "photo.duplicate"], 0), 0),
            "12 good, 2 there twice, 1 left out, enough to train"
        );
        let russian = account(UserLanguage::Russian, &known(9, &["photo.too_small"], 0), 0);
        assert_eq!(russian, "9 хороших, 1 слишком маленькое, нужно ещё 1");
    }

    #[test]
    fn a_photo_with_a_warning_or_a_problem_has_a_line() {
        let mut known = known(3, &["photo.truncated"], 1);
        let finding =
            |code: &str, of: Option<&str>| KnownFinding { code: code.to_owned(), of: of.map(str::to_owned) };
        known.photos[1].findings = vec![finding("photo.too_dark", None), finding("photo.blurred", None)];
        known.photos[2].findings = vec![finding("photo.look_alike", Some("sea.jpg"))];
        known.photos[3].findings = vec![finding("photo.truncated", None)];
        assert_eq!(
            account(UserLanguage::English, &known, 0),
            "3 good, 1 damaged, 1 being looked at, 6 more needed\n\
             beach.jpg: Dark. More light would help.\n\
             beach.jpg: Nearly the same as sea.jpg.\n\
             beach.jpg: The file is cut off. Copy it again."
        );
        let russian = account(UserLanguage::Russian, &known, 0);
        assert!(russian.contains("\nbeach.jpg: Темно. Лучше, когда больше света.\n"), "{russian}");
    }

    #[test]
    fn each_reason_is_one_of_the_apis() {
        let source = include_str!("../../photo/problem.rs");
        for code in REASONS.iter().flat_map(|(_, codes)| *codes) {
            assert!(source.contains(&format!("=> \"{code}\"")), "{code}");
        }
    }
}
