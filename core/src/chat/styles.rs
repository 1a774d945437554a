//! Styles of portraits: a button each, with its words for the model. The page offers the same (`page/ideas.js`).

use crate::{ids::Gender, language::UserLanguage, words::shared::shared};

/// A style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Style(usize);

/// Names of styles with their prompts. The prompts are English, which the model was taught in.
const STYLES: [(&str, &str); 10] = [
    ("studio", "studio portrait, plain grey backdrop, soft light from one side, 85mm lens"),
    ("garden", "portrait in a garden, late sun behind, linen shirt, shallow depth of field"),
    ("mono", "black and white portrait, strong side light, film grain, looking into the camera"),
    ("dress", "elegant evening dress, warm lights of a theatre foyer behind"),
    ("suit", "dark tailored suit, warm lights of a theatre foyer behind"),
    ("office", "business portrait, neat clothes, bright office out of focus, friendly look"),
    ("roof", "portrait on a city roof at dusk, wind in the hair, lights of the town behind"),
    ("cafe", "portrait at the window of a café, rain on the glass, a cup in both hands"),
    ("winter", "portrait in a winter coat and scarf, falling snow, breath in the cold air"),
    ("oil", "oil painting, portrait in the manner of an old master, dark background"),
];

impl Style {
    /// The style of the first portraits.
    pub(super) const FIRST: Self = Self(0);

    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..STYLES.len()).map(Self)
    }

    /// Lists the styles for a person.
    pub(super) fn of(gender: Gender) -> impl Iterator<Item = Self> {
        Self::all().filter(move |style| match style.name() {
            "dress" => gender != Gender::Male,
            "suit" => gender != Gender::Female,
            _ => true,
        })
    }

    pub(super) fn of_name(name: &str) -> Option<Self> {
        Self::all().find(|style| style.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        STYLES[self.0].0
    }

    pub(super) fn prompt(self) -> &'static str {
        STYLES[self.0].1
    }

    /// Returns the words on the button.
    pub(super) fn title(self, language: UserLanguage) -> &'static str {
        shared(&format!("idea.{}", self.name())).map_or(self.name(), |sentence| sentence.text(language))
    }
}

#[cfg(test)]
mod tests {
    use super::{STYLES, Style};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{ids::Gender, language::UserLanguage};

    #[test]
    fn the_page_offers_the_same() {
        let page = include_str!("../../../page/ideas.js");
        assert_eq!(page.matches("prompt: \"").count(), STYLES.len());
        for (name, prompt) in STYLES {
            assert!(page.contains(&format!("{{ name: \"{name}\", prompt: \"{prompt}\"")), "{name}");
        }
    }

    #[test]
    fn every_style_has_a_name_in_each_language() {
        for style in Style::all() {
            let titles = UserLanguage::ALL.map(|language| style.title(language));
            assert!(titles[0] != titles[1] && titles[0] != style.name(), "{titles:?}");
        }
        let offered = |gender| Style::of(gender).map(Style::name).collect::<Vec<_>>();
        assert!(!offered(Gender::Female).contains(&"suit") && !offered(Gender::Male).contains(&"dress"));
        assert_eq!(offered(Gender::Other).len(), STYLES.len());
    }
}
