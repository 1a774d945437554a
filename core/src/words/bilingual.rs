//! Sentences in every language that end users read, with words to fill in.
//!
//! `{n}` and other words in braces are filled in. A sentence with several forms has one for each category of plurals
//! that its language knows (Unicode's CLDR), by `{n}`.

use std::fmt::Display;

use crate::language::UserLanguage;

/// A sentence in one language.
#[derive(Debug)]
pub(crate) enum Text {
    /// One form.
    Plain(&'static str),
    /// Forms for `one` and `other`.
    English(&'static str, &'static str),
    /// Forms for `one`, `few` and `many`; fractions are not counted here.
    Russian(&'static str, &'static str, &'static str),
}

/// A sentence with its name.
#[derive(Debug)]
pub(crate) struct Sentence {
    pub(crate) key: &'static str,
    pub(crate) english: Text,
    pub(crate) russian: Text,
}

pub(crate) const fn plain(key: &'static str, english: &'static str, russian: &'static str) -> Sentence {
    Sentence { key, english: Text::Plain(english), russian: Text::Plain(russian) }
}

pub(crate) const fn plural(
    key: &'static str,
    (one, other): (&'static str, &'static str),
    (single, few, many): (&'static str, &'static str, &'static str),
) -> Sentence {
    Sentence { key, english: Text::English(one, other), russian: Text::Russian(single, few, many) }
}

impl Text {
    /// Returns the form for this number.
    fn form(&self, n: u64) -> &'static str {
        match *self {
            Self::Plain(text) => text,
            Self::English(one, other) => {
                if n == 1 {
                    one
                } else {
                    other
                }
            }
            Self::Russian(one, few, many) => match (n % 10, n % 100) {
                (_, 11..=14) => many,
                (1, _) => one,
                (2..=4, _) => few,
                _ => many,
            },
        }
    }

    /// Lists the forms.
    #[cfg(test)]
    pub(crate) fn forms(&self) -> Vec<&'static str> {
        match *self {
            Self::Plain(text) => vec![text],
            Self::English(one, other) => vec![one, other],
            Self::Russian(one, few, many) => vec![one, few, many],
        }
    }
}

/// Lists the names in braces, in their order.
#[cfg(test)]
pub(crate) fn placeholders(text: &str) -> std::collections::BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect()
}

impl Sentence {
    /// Returns a sentence without words to fill in.
    pub(crate) fn text(&self, language: UserLanguage) -> &'static str {
        self.of(language).form(0)
    }

    /// Fills words in, each in its place. What is filled in is not looked at again: a person's name may hold braces.
    pub(crate) fn fill(&self, language: UserLanguage, words: &[(&str, &dyn Display)]) -> String {
        let word =
            |name: &str| words.iter().find(|(known, _)| *known == name).map(|(_, word)| word.to_string());
        let n = word("n").and_then(|n| n.parse().ok()).unwrap_or(0);
        let (mut filled, mut rest) = (String::new(), self.of(language).form(n));
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            filled.push_str(before);
            filled.push_str(&word(name).unwrap_or_default());
            rest = after;
        }
        filled + rest
    }

    fn of(&self, language: UserLanguage) -> &Text {
        match language {
            UserLanguage::English => &self.english,
            UserLanguage::Russian => &self.russian,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{plain, plural};
    use crate::language::UserLanguage::{English, Russian};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn a_number_chooses_the_form() {
        let photos = plural("x", ("{n} photo", "{n} photos"), ("{n} снимок", "{n} снимка", "{n} снимков"));
        let said = |language, n: u32| photos.fill(language, &[("n", &n)]);
        assert_eq!([0, 1, 2].map(|n| said(English, n)), ["0 photos", "1 photo", "2 photos"]);
        for (n, form) in
            [(1, "снимок"), (2, "снимка"), (5, "снимков"), (11, "снимков"), (21, "снимок"), (112, "снимков")]
        {
            assert_eq!(said(Russian, n), format!("{n} {form}"));
        }
    }

    #[test]
    fn a_name_with_braces_stays_a_name() {
        let hello = plain("x", "Hello {name}, {n}", "Привет, {name}, {n}");
        assert_eq!(hello.fill(English, &[("name", &"{n}"), ("n", &1)]), "Hello {n}, 1");
        assert_eq!(hello.fill(Russian, &[]), "Привет, , ");
    }
}
