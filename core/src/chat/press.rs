//! Buttons: the data that a press brings back (at most 64 bytes).

use serde::{Deserialize, Serialize};

use super::styles::Style;
use crate::{config::Quality, ids::Gender, language::UserLanguage, telegram::Button};

/// A press that is not answered yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pressed {
    /// Telegram's id of the press.
    pub(super) id: String,
    /// Words that are shown for a moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) toast: Option<String>,
}

/// The meaning of a button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Press {
    /// The word that the photos may be used.
    Consent,
    /// The person's name is that of the Telegram account.
    OwnName,
    Gender(Gender),
    /// The wish to train.
    Train,
    Quality(Quality),
    /// The purchase of the training of this number.
    TrainNow(u32, Quality),
    Back,
    Stop(u32),
    Style(Style),
    /// The purchase of so many portraits of a wish.
    Portraits {
        wish: u32,
        count: u32,
    },
    /// Files of an order.
    Files(u32),
    /// The word to erase everything, given to the question of this number.
    Erase(u32),
    Keep,
    Language(UserLanguage),
}

impl Press {
    pub(super) fn button(self, text: impl Into<String>) -> Button {
        Button { text: text.into(), callback_data: self.data() }
    }

    fn data(self) -> String {
        match self {
            Self::Consent => "consent".to_owned(),
            Self::OwnName => "own_name".to_owned(),
            Self::Gender(gender) => format!("gender:{}", gender.name()),
            Self::Train => "train".to_owned(),
            Self::Quality(quality) => format!("quality:{quality}"),
            Self::TrainNow(number, quality) => format!("train_now:{number}:{quality}"),
            Self::Back => "back".to_owned(),
            Self::Stop(number) => format!("stop:{number}"),
            Self::Style(style) => format!("style:{}", style.name()),
            Self::Portraits { wish, count } => format!("portraits:{wish}:{count}"),
            Self::Files(number) => format!("files:{number}"),
            Self::Erase(number) => format!("erase:{number}"),
            Self::Keep => "keep".to_owned(),
            Self::Language(language) => format!("language:{}", language.code()),
        }
    }

    /// Reads a button's data; `None` for that of a later or earlier release.
    pub(super) fn parse(data: &str) -> Option<Self> {
        let mut parts = data.split(':');
        let kind = parts.next()?;
        let (first, second) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        Some(match kind {
            "consent" => Self::Consent,
            "own_name" => Self::OwnName,
            "gender" => Self::Gender(first.parse().ok()?),
            "train" => Self::Train,
            "quality" => Self::Quality(first.parse().ok()?),
            "train_now" => Self::TrainNow(first.parse().ok()?, second.parse().ok()?),
            "back" => Self::Back,
            "stop" => Self::Stop(first.parse().ok()?),
            "style" => Self::Style(Style::of_name(first)?),
            "portraits" => Self::Portraits { wish: first.parse().ok()?, count: second.parse().ok()? },
            "files" => Self::Files(first.parse().ok()?),
            "erase" => Self::Erase(first.parse().ok()?),
            "keep" => Self::Keep,
            "language" => {
                Self::Language(UserLanguage::ALL.into_iter().find(|language| language.code() == first)?)
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Press;
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{chat::styles::Style, config::Quality, ids::Gender, language::UserLanguage};

    #[test]
    fn a_button_means_what_it_meant() {
        let genders = Gender::ALL.map(Press::Gender);
        let qualities = Quality::ALL.map(Press::Quality);
        let styles: Vec<_> = Style::all().map(Press::Style).collect();
        let languages = UserLanguage::ALL.map(Press::Language);
        let others = [
            Press::Consent,
            Press::OwnName,
            Press::Train,
            Press::TrainNow(u32::MAX, Quality::Balanced),
            Press::Back,
            Press::Stop(2),
            Press::Portraits { wish: u32::MAX, count: 4 },
            Press::Files(u32::MAX),
            Press::Erase(9),
            Press::Keep,
        ];
        for press in genders.into_iter().chain(qualities).chain(styles).chain(languages).chain(others) {
            let data = press.button("").callback_data;
            assert!(data.len() <= 64);
            assert_eq!(Press::parse(&data), Some(press));
        }
        for other in ["", "x", "train_now", "train_now:1", "portraits:a:1", "style:none", "language:de"] {
            assert_eq!(Press::parse(other), None, "{other}");
        }
    }
}
