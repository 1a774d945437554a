//! Matching of text files to the photos whose captions they are, by their names alone.

use std::{borrow::Cow, collections::BTreeMap};

use icu_normalizer::ComposingNormalizerBorrowed;

use super::Caption;

/// The text files of a folder, matched with its photos. A file is named by its index among the names that were
/// given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaptionFiles {
    /// For each photo the text files that belong to it, the one that takes precedence first.
    pub of_photos: Vec<Vec<usize>>,
    /// Text files that belong to no photo.
    pub unmatched: Vec<usize>,
}

/// A conflict between two text files that caption one photo differently.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct CaptionConflict {
    /// Name of the file that takes precedence.
    pub first: String,
    /// Name of the other file.
    pub second: String,
}

/// Finds the caption files of the photos of a folder. All names are those of files in that folder, without its path;
/// they need not be UTF-8.
///
/// The captions of `a.jpg` are `a.jpg.txt`, `a.jpg.caption`, `a.txt` and `a.caption`, in this order. Extensions may be
/// written in any case, and names in any of Unicode's normal forms: macOS and Linux write `Zoë` in different bytes. A text
/// that is spelt exactly like a photo belongs to no other that is only spelt similarly. `a.txt` belongs to `a.jpg` and
/// `a.png` both.
///
/// ```
/// use likeness_core::caption::caption_files;
///
/// let found = caption_files(&[b"a.jpg", b"b.png"], &[b"a.TXT", b"a.jpg.txt", b"notes.txt"]);
/// assert_eq!(found.of_photos, [vec![1, 0], vec![]]);
/// assert_eq!(found.unmatched, [2]);
/// ```
#[must_use]
pub fn caption_files(photos: &[&[u8]], texts: &[&[u8]]) -> CaptionFiles {
    let (mut exactly, mut loosely) = (Owners::new(), Owners::new());
    for (index, photo) in photos.iter().enumerate() {
        let stem = parts(photo).map_or(*photo, |(stem, _)| stem);
        for (of, owner) in
            [(*photo, Owner { photo: index, by_stem: false }), (stem, Owner { photo: index, by_stem: true })]
        {
            exactly.entry(of.to_vec()).or_default().push(owner);
            loosely.entry(loose(of, !owner.by_stem)).or_default().push(owner);
        }
    }
    let mut of_photos: Vec<Vec<(Rank, usize)>> = vec![Vec::new(); photos.len()];
    let mut unmatched = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let Some((of, kind)) = caption_parts(text) else { continue };
        let owners = match exactly.get(of) {
            Some(owners) => owners.clone(),
            None => loose_owners(&loosely, of),
        };
        if owners.is_empty() {
            unmatched.push(index);
        }
        for owner in owners {
            if let Some(of_photo) = of_photos.get_mut(owner.photo)
                // For a photo without an extension the whole name and the stem are equal.
                && of_photo.iter().all(|(_, known)| *known != index)
            {
                of_photo.push(((owner.by_stem, kind), index));
            }
        }
    }
    let in_order = |mut ranked: Vec<(Rank, usize)>| {
        ranked.sort_by_key(|(rank, index)| (*rank, texts.get(*index)));
        ranked.into_iter().map(|(_, index)| index).collect()
    };
    CaptionFiles { of_photos: of_photos.into_iter().map(in_order).collect(), unmatched }
}

/// Tells whether a file of this name is a text that may be a caption: `.txt` or `.caption`.
#[must_use]
pub fn is_caption_file(name: &[u8]) -> bool {
    caption_parts(name).is_some()
}

impl Caption {
    /// Returns the one caption that a photo's text files agree on, each given with its name. An empty file says
    /// nothing.
    pub fn agreed(
        texts: impl IntoIterator<Item = (String, Option<Self>)>,
    ) -> Result<Option<Self>, CaptionConflict> {
        let mut texts = texts.into_iter().filter_map(|(name, caption)| Some((name, caption?)));
        let Some((first, caption)) = texts.next() else { return Ok(None) };
        match texts.find(|(_, other)| *other != caption) {
            Some((second, _)) => Err(CaptionConflict { first, second }),
            None => Ok(Some(caption)),
        }
    }
}

impl CaptionConflict {
    /// Returns the stable name of the problem.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "caption.conflict"
    }
}

/// The names, without its own extension, that a text must have to belong to photos.
type Owners = BTreeMap<Vec<u8>, Vec<Owner>>;

/// A photo that a text belongs to.
#[derive(Clone, Copy, Debug)]
struct Owner {
    photo: usize,
    /// True if the text is called like the photo without its extension.
    by_stem: bool,
}

/// The precedence of a text, smallest first: whether it is called like the photo without its extension, and its
/// kind.
type Rank = (bool, Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Text,
    Caption,
}

fn loose_owners(owners: &Owners, of: &[u8]) -> Vec<Owner> {
    let called = |whole: bool| {
        let owners = owners.get(&loose(of, whole)).into_iter().flatten();
        owners.copied().filter(move |owner| owner.by_stem != whole)
    };
    called(true).chain(called(false)).collect()
}

/// Finds the name of the photo in the name of its caption, and the kind of caption.
fn caption_parts(text: &[u8]) -> Option<(&[u8], Kind)> {
    let (of, extension) = parts(text)?;
    if extension.eq_ignore_ascii_case(b"txt") {
        Some((of, Kind::Text))
    } else {
        extension.eq_ignore_ascii_case(b"caption").then_some((of, Kind::Caption))
    }
}

/// Splits a name at its last dot, which is not its first character.
fn parts(name: &[u8]) -> Option<(&[u8], &[u8])> {
    let dot = name.iter().rposition(|byte| *byte == b'.').filter(|dot| *dot > 0)?;
    Some((name.get(..dot)?, name.get(dot + 1..)?))
}

/// Returns a name in the form in which it is compared where it does not match byte by byte: in NFC, and of a
/// `whole` name the extension in small letters.
fn loose(name: &[u8], whole: bool) -> Vec<u8> {
    match parts(name).filter(|_| whole) {
        Some((stem, extension)) => [&*composed(stem), b".", &extension.to_ascii_lowercase()].concat(),
        None => composed(name).into_owned(),
    }
}

/// Returns the name in NFC, or unchanged where it is not UTF-8.
fn composed(name: &[u8]) -> Cow<'_, [u8]> {
    match std::str::from_utf8(name) {
        Ok(name) if !name.is_ascii() => {
            Cow::Owned(ComposingNormalizerBorrowed::new_nfc().normalize(name).into_owned().into_bytes())
        }
        _ => Cow::Borrowed(name),
    }
}

#[cfg(test)]
mod tests {
    use super::{Caption, CaptionConflict, CaptionFiles, caption_files, is_caption_file};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    /// Finds the captions of each photo, and the texts that belong to none, by name.
    fn found<'a>(photos: &[&str], texts: &[&'a str]) -> (Vec<Vec<&'a str>>, Vec<&'a str>) {
        let bytes = |all: &[&str]| all.iter().map(|name| name.as_bytes().to_vec()).collect::<Vec<_>>();
        let (photos, text_names) = (bytes(photos), bytes(texts));
        let photos: Vec<&[u8]> = photos.iter().map(Vec::as_slice).collect();
        let text_names: Vec<&[u8]> = text_names.iter().map(Vec::as_slice).collect();
        let CaptionFiles { of_photos, unmatched } = caption_files(&photos, &text_names);
        let named = |indices: Vec<usize>| indices.into_iter().map(|index| texts[index]).collect();
        (of_photos.into_iter().map(named).collect(), named(unmatched))
    }

    #[test]
    fn each_way_to_name_a_caption_is_found_in_its_order() {
        let texts = ["a.caption", "a.txt", "a.jpg.caption", "a.jpg.txt"];
        let (of_photos, unmatched) = found(&["a.jpg"], &texts);
        assert_eq!(of_photos, [["a.jpg.txt", "a.jpg.caption", "a.txt", "a.caption"]]);
        assert!(unmatched.is_empty());
        for text in texts {
            assert_eq!(found(&["a.jpg", "b.jpg"], &[text]).0, [vec![text], vec![]]);
        }
    }

    #[test]
    fn the_case_of_an_extension_does_not_matter() {
        for text in ["a.TXT", "a.Txt", "a.Caption", "a.JPG.TXT", "a.jpg.Caption"] {
            assert_eq!(found(&["a.jpg"], &[text]), (vec![vec![text]], vec![]), "{text}");
        }
        assert_eq!(found(&["a.JPEG"], &["a.jpeg.txt"]).0, [["a.jpeg.txt"]]);
        // The case of a name matters, since names may differ by nothing else.
        assert_eq!(found(&["A.jpg", "a.jpg"], &["a.txt"]).0, [vec![], vec!["a.txt"]]);
    }

    #[test]
    fn both_spellings_of_a_letter_are_the_same_letter() {
        let (composed, decomposed) = ("Zo\u{eb}", "Zoe\u{308}");
        for (photo, text) in [(composed, decomposed), (decomposed, composed)] {
            for text in [format!("{text}.txt"), format!("{text}.JPG.txt"), format!("{text}.caption")] {
                assert_eq!(found(&[&format!("{photo}.jpg")], &[&text]).0, [[text.as_str()]]);
            }
        }
        // Where both photos are there, each has a caption of its own.
        let photos = [composed, decomposed].map(|name| format!("{name}.jpg"));
        let texts = [decomposed, composed].map(|name| format!("{name}.txt"));
        let found = found(&[&photos[0], &photos[1]], &[&texts[0], &texts[1]]);
        assert_eq!(found.0, [[texts[1].as_str()], [texts[0].as_str()]]);
    }

    #[test]
    fn a_shared_text_belongs_to_both() {
        let (of_photos, unmatched) = found(&["a.jpg", "a.png", "b.jpg"], &["a.txt", "a.png.txt"]);
        assert_eq!(of_photos, [vec!["a.txt"], vec!["a.png.txt", "a.txt"], vec![]]);
        assert!(unmatched.is_empty());
        // The text belongs to the photo of exactly that name, and to the other without its extension.
        assert_eq!(found(&["a.jpg", "a.jpg.png"], &["a.jpg.txt"]).0, [["a.jpg.txt"], ["a.jpg.txt"]]);
        assert_eq!(found(&["a.jpg", "a.JPG"], &["a.JPG.txt"]).0, [vec![], vec!["a.JPG.txt"]]);
    }

    #[test]
    fn a_text_without_a_photo_is_named() {
        let texts = ["notes.txt", "a.jpg.bak.txt", "ab.txt", "A.txt", "a.txt", "b.caption"];
        let (of_photos, unmatched) = found(&["a.jpg"], &texts);
        assert_eq!(of_photos, [["a.txt"]]);
        assert_eq!(unmatched, ["notes.txt", "a.jpg.bak.txt", "ab.txt", "A.txt", "b.caption"]);
        assert_eq!(found(&[], &["a.txt"]).1, ["a.txt"]);
    }

    #[test]
    fn names_without_an_extension_and_hidden_ones_work() {
        assert_eq!(found(&["scan"], &["scan.txt"]), (vec![vec!["scan.txt"]], vec![]));
        assert_eq!(found(&[".jpg"], &[".jpg.txt"]).0, [[".jpg.txt"]]);
        assert_eq!(found(&["a."], &["a.txt", "a..txt"]).0, [["a..txt", "a.txt"]]);
        // None of these is a caption: a text needs a name of its own.
        assert_eq!(found(&["a.jpg"], &[".txt", "txt", "", "a.jpg"]), (vec![vec![]], vec![]));
        assert!(is_caption_file(b"a.tXt") && !is_caption_file(b"a.txt.jpg") && !is_caption_file(b".caption"));
    }

    #[test]
    fn names_that_are_not_utf8_are_compared_by_their_bytes() {
        let photos: [&[u8]; 2] = [b"caf\xe9.jpg", b"caf\xe8.jpg"];
        let found = caption_files(&photos, &[b"caf\xe8.TXT", b"caf\xe9.JPG.txt", b"caf.txt"]);
        assert_eq!(found, CaptionFiles { of_photos: vec![vec![1], vec![0]], unmatched: vec![2] });
    }

    #[test]
    fn texts_agree_or_both_are_named() {
        let text =
            |name: &str, words: &str| (name.to_owned(), Caption::parse(words.as_bytes()).expect("a caption"));
        let agreed = |texts: Vec<_>| Caption::agreed(texts).map(|caption| caption.map(String::from));
        assert_eq!(agreed(vec![]), Ok(None));
        assert_eq!(agreed(vec![text("a.txt", " ")]), Ok(None));
        let same =
            vec![text("a.jpg.txt", ""), text("a.txt", "by the\nsea"), text("a.caption", "by the sea ")];
        assert_eq!(agreed(same), Ok(Some("by the sea".to_owned())));
        let differ = vec![text("a.jpg.txt", "by the sea"), text("a.txt", ""), text("a.TXT", "at home")];
        let conflict = CaptionConflict { first: "a.jpg.txt".to_owned(), second: "a.TXT".to_owned() };
        assert_eq!(agreed(differ), Err(conflict));
    }
}
