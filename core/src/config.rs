//! Settings of a training: presets, ranges, the trigger phrase.

use std::{fmt, str::FromStr};

use icu_normalizer::ComposingNormalizerBorrowed;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

use crate::{
    fal::{
        self,
        trainers::portrait::{LEARNING_RATE, STEPS},
    },
    http::without_query,
    ids::AvatarId,
    limits::{DatasetLimits, MAX_PHOTOS, MAX_TRIGGER},
    text::{changes_direction, stored_as_text},
};

/// The checked settings of a training. Only [`TrainingSettings::check`] makes one, so its numbers are in range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingConfig {
    steps: u32,
    learning_rate: f64,
    trigger: Option<TriggerPhrase>,
    multiresolution_training: bool,
    subject_crop: bool,
    create_masks: bool,
    webhook_url: Option<WebhookUrl>,
    photos: DatasetLimits,
}

/// The settings that a person or program writes: every field may be left out. A field of another name is refused, since
/// a misspelt setting would otherwise be paid for at its default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "TrainingConfig"))]
pub struct TrainingSettings {
    /// The preset that `steps` and `learning_rate` come from unless they are given.
    pub quality: Option<Quality>,
    /// Training steps, 1 to 10,000.
    pub steps: Option<u32>,
    /// The learning rate, 0.000001 to 0.001.
    pub learning_rate: Option<f64>,
    /// The word that calls the person in a prompt; one made from the avatar's id if left out.
    pub trigger_phrase: Option<String>,
    /// Train at several resolutions. On unless turned off.
    pub multiresolution_training: Option<bool>,
    /// Crop the photos to the person. On unless turned off.
    pub subject_crop: Option<bool>,
    /// Mask everything but the person. Off unless turned on.
    pub create_masks: Option<bool>,
    /// The address to which fal reports the end, a whole URL. The API refuses one, and never shows any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook_url: Option<String>,
    /// The fewest good photos.
    pub min_photos: Option<usize>,
    /// The most photos.
    pub max_photos: Option<usize>,
}

/// A preset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Quality {
    /// 1,000 steps at 0.0002.
    #[default]
    Fast,
    /// 2,500 steps at 0.00009, the trainer's own defaults.
    Balanced,
    /// 4,000 steps at 0.00005. `quality` is its older name.
    #[serde(alias = "quality")]
    High,
}

impl Quality {
    /// All presets, the cheapest first.
    pub const ALL: [Self; 3] = [Self::Fast, Self::Balanced, Self::High];

    /// A name of [`Self::High`] in older settings.
    pub const OLDER_NAME_OF_HIGH: &'static str = "quality";

    /// Returns the preset's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Balanced => "balanced",
            Self::High => "high",
        }
    }

    /// Steps and learning rate.
    #[must_use]
    pub fn preset(self) -> (u32, f64) {
        match self {
            Self::Fast => (1000, 0.0002),
            Self::Balanced => (2500, 0.00009),
            Self::High => (4000, 0.00005),
        }
    }
}

impl fmt::Display for Quality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Quality {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let name = if text == Self::OLDER_NAME_OF_HIGH { Self::High.name() } else { text };
        let known = Self::ALL.into_iter().find(|preset| preset.name() == name);
        known.ok_or_else(|| ConfigError::Quality { quality: text.to_owned() })
    }
}

/// A setting that cannot work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "setting")]
#[cfg_attr(test, derive(strum::EnumCount))]
pub enum ConfigError {
    /// A preset that does not exist.
    Quality {
        /// The preset as written.
        quality: String,
    },
    /// A number of steps outside fal's range (llms.txt of fal-ai/flux-lora-portrait-trainer).
    Steps {
        /// The number as written.
        steps: u32,
    },
    /// A learning rate outside fal's range, from the same source.
    LearningRate {
        /// The rate as written. Text, since the rate may be NaN, which JSON cannot hold.
        learning_rate: String,
    },
    /// A phrase that cannot be found again in a prompt.
    TriggerPhrase,
    /// An address that fal could not call.
    WebhookUrl,
    /// Bounds that no number of photos meets.
    PhotoCounts {
        /// The fewest photos.
        min: usize,
        /// The most photos.
        max: usize,
    },
}

impl ConfigError {
    /// Returns the error's code: a stable name for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Quality { .. } => "settings.quality",
            Self::Steps { .. } => "settings.steps",
            Self::LearningRate { .. } => "settings.learning_rate",
            Self::TriggerPhrase => "settings.trigger_phrase",
            Self::WebhookUrl => "settings.webhook_url",
            Self::PhotoCounts { .. } => "settings.photo_counts",
        }
    }
}

impl TrainingSettings {
    /// Fills in the defaults and checks every range, before any money is spent.
    pub fn check(&self) -> Result<TrainingConfig, ConfigError> {
        let (steps, learning_rate) = self.quality.unwrap_or_default().preset();
        let steps = self.steps.unwrap_or(steps);
        if !STEPS.contains(&steps) {
            return Err(ConfigError::Steps { steps });
        }
        let learning_rate = self.learning_rate.unwrap_or(learning_rate);
        if !LEARNING_RATE.contains(&learning_rate) {
            return Err(ConfigError::LearningRate { learning_rate: learning_rate.to_string() });
        }
        let DatasetLimits { min_photos, max_photos } = DatasetLimits::default();
        let min = self.min_photos.unwrap_or_else(|| self.max_photos.unwrap_or(min_photos).min(min_photos));
        let max = self.max_photos.unwrap_or_else(|| max_photos.max(min));
        if min == 0 || min > max || max > MAX_PHOTOS {
            return Err(ConfigError::PhotoCounts { min, max });
        }
        Ok(TrainingConfig {
            steps,
            learning_rate,
            trigger: self.trigger_phrase.as_deref().map(TriggerPhrase::new).transpose()?,
            multiresolution_training: self.multiresolution_training.unwrap_or(true),
            subject_crop: self.subject_crop.unwrap_or(true),
            create_masks: self.create_masks.unwrap_or(false),
            webhook_url: self.webhook_url.as_deref().map(webhook_url).transpose()?,
            photos: DatasetLimits { min_photos: min, max_photos: max },
        })
    }
}

/// The address to which fal reports a training's end. Its query may hold the caller's own secret, so `Debug` leaves the
/// query out.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct WebhookUrl(Url);

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_query(&self.0))
    }
}

fn webhook_url(text: &str) -> Result<WebhookUrl, ConfigError> {
    let url = Url::parse(text).map_err(|_| ConfigError::WebhookUrl)?;
    if matches!(url.scheme(), "http" | "https") { Ok(WebhookUrl(url)) } else { Err(ConfigError::WebhookUrl) }
}

impl TrainingConfig {
    /// Returns the number of steps, on which a training's price depends.
    #[must_use]
    pub fn steps(&self) -> u32 {
        self.steps
    }

    /// Returns the learning rate.
    #[must_use]
    pub fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    /// Returns the fewest and the most photos that the set may hold.
    #[must_use]
    pub fn photos(&self) -> DatasetLimits {
        self.photos
    }

    /// Returns the address to which fal reports the end.
    #[must_use]
    pub fn webhook_url(&self) -> Option<&Url> {
        self.webhook_url.as_ref().map(|url| &url.0)
    }

    /// Returns the person's own phrase, or one made from the avatar's id.
    #[must_use]
    pub fn trigger(&self, avatar: AvatarId) -> TriggerPhrase {
        self.trigger.clone().unwrap_or_else(|| TriggerPhrase::of(avatar))
    }

    /// Forgets what is personal: the trigger phrase and the webhook's address may hold a name.
    pub(super) fn forget(&mut self) {
        self.trigger = None;
        self.webhook_url = None;
    }

    /// Returns the part of the input that makes one job another: everything that fal sees, but for the archive's
    /// address and a trigger phrase made from the avatar's id.
    #[must_use]
    pub(crate) fn seen_by_fal(&self) -> serde_json::Value {
        serde_json::json!({
            "steps": self.steps,
            "learning_rate": self.learning_rate,
            "trigger_phrase": self.trigger,
            "multiresolution_training": self.multiresolution_training,
            "subject_crop": self.subject_crop,
            "create_masks": self.create_masks,
        })
    }

    /// Makes the trainer's input.
    #[must_use]
    pub fn input(&self, archive: &Url, avatar: AvatarId) -> fal::trainers::portrait::Input {
        fal::trainers::portrait::Input {
            images_data_url: archive.clone(),
            trigger_phrase: self.trigger(avatar).0,
            steps: self.steps,
            learning_rate: self.learning_rate,
            multiresolution_training: self.multiresolution_training,
            subject_crop: self.subject_crop,
            create_masks: self.create_masks,
        }
    }
}

/// The word or words that call the person in a prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TriggerPhrase(String);

impl TriggerPhrase {
    /// Checks the person's own phrase: one line, in NFC.
    pub fn new(text: &str) -> Result<Self, ConfigError> {
        let phrase = Self::stored(text)?;
        if phrase.0.chars().any(changes_direction) { Err(ConfigError::TriggerPhrase) } else { Ok(phrase) }
    }

    /// Reads a stored phrase. A text that is refused in new settings stays readable.
    fn stored(text: &str) -> Result<Self, ConfigError> {
        let text = ComposingNormalizerBorrowed::new_nfc().normalize(text.trim()).into_owned();
        let right = (1..=MAX_TRIGGER).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if right { Ok(Self(text)) } else { Err(ConfigError::TriggerPhrase) }
    }

    /// Makes a phrase of eight letters from the avatar's id, such as `kvozetam`: a word to which no text encoder gives
    /// a meaning.
    #[must_use]
    pub fn of(avatar: AvatarId) -> Self {
        const CONSONANTS: &[u8] = b"bdfghjklmnprstvz";
        const VOWELS: &[u8] = b"aeio";
        let digest = Sha256::digest(avatar.uuid().as_bytes());
        let letter = |(place, byte): (usize, &u8)| {
            let letters = if place % 2 == 0 { CONSONANTS } else { VOWELS };
            char::from(letters[usize::from(*byte) % letters.len()])
        };
        Self(digest.iter().take(8).enumerate().map(letter).collect())
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Puts the phrase in front of the prompt, unless the prompt holds the phrase already as a word (in any case of
    /// letters).
    #[must_use]
    pub fn call(&self, prompt: &str) -> String {
        let prompt = prompt.trim();
        if holds_word(&prompt.to_lowercase(), &self.0.to_lowercase()) {
            prompt.to_owned()
        } else {
            format!("{}, {prompt}", self.0)
        }
    }
}

fn holds_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(start, found)| {
        let before = text[..start].chars().next_back();
        let after = text[start + found.len()..].chars().next();
        [before, after].into_iter().flatten().all(|beside| !beside.is_alphanumeric())
    })
}

impl fmt::Display for TriggerPhrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

stored_as_text!(TriggerPhrase: stored, ConfigError);

#[cfg(test)]
mod tests {
    use super::{ConfigError, Quality, TrainingSettings, TriggerPhrase};
    use crate::ids::AvatarId;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn presets_fill_in_what_is_not_given() {
        let settings: TrainingSettings =
            serde_json::from_str(r#"{"quality":"quality","steps":1200}"#).expect("settings");
        let config = settings.check().expect("in range");
        assert_eq!((config.steps(), config.learning_rate()), (1200, 0.00005));
        assert_eq!(settings.quality, Some(Quality::High));
    }

    #[test]
    fn a_misspelt_setting_is_refused() {
        assert!(serde_json::from_str::<TrainingSettings>(r#"{"step":1200}"#).is_err());
    }

    #[test]
    fn ranges_are_checked_before_money_is_spent() {
        let check = |json: &str| serde_json::from_str::<TrainingSettings>(json).expect("settings").check();
        for good in [
            r#"{"steps":1}"#,
            r#"{"steps":10000}"#,
            r#"{"learning_rate":0.000001}"#,
            r#"{"learning_rate":0.001}"#,
            r#"{"max_photos":5}"#,
            r#"{"min_photos":30}"#,
        ] {
            assert!(check(good).is_ok(), "{good}");
        }
        assert_eq!(check(r#"{"steps":0}"#), Err(ConfigError::Steps { steps: 0 }));
        assert_eq!(check(r#"{"steps":10001}"#), Err(ConfigError::Steps { steps: 10_001 }));
        assert!(matches!(check(r#"{"learning_rate":0.0011}"#), Err(ConfigError::LearningRate { .. })));
        assert_eq!(check(r#"{"trigger_phrase":" "}"#), Err(ConfigError::TriggerPhrase));
        assert_eq!(check(r#"{"webhook_url":"example.com/hook"}"#), Err(ConfigError::WebhookUrl));
        assert!(matches!(check(r#"{"min_photos":0}"#), Err(ConfigError::PhotoCounts { .. })));
        assert!(matches!(check(r#"{"min_photos":9,"max_photos":8}"#), Err(ConfigError::PhotoCounts { .. })));
        let settings = TrainingSettings { learning_rate: Some(f64::NAN), ..TrainingSettings::default() };
        assert!(matches!(settings.check(), Err(ConfigError::LearningRate { .. })));
    }

    #[test]
    fn what_turns_the_direction_is_refused_and_stays_readable() {
        for control in ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}') {
            let phrase = format!("an{control}na");
            assert_eq!(TriggerPhrase::new(&phrase), Err(ConfigError::TriggerPhrase));
            assert_eq!(TriggerPhrase::try_from(phrase.clone()).map(String::from), Ok(phrase));
        }
        assert!(TriggerPhrase::new("שלום").is_ok());
    }

    #[test]
    fn the_trigger_is_put_in_front_unless_it_is_there() {
        let trigger = TriggerPhrase::new("kvozetam").expect("a phrase");
        assert_eq!(trigger.call(" at the sea "), "kvozetam, at the sea");
        assert_eq!(trigger.call("Kvozetam at the sea"), "Kvozetam at the sea");
        assert_eq!(trigger.call("kvozetamy at the sea"), "kvozetam, kvozetamy at the sea");
    }

    #[test]
    fn each_avatar_has_its_own_word() {
        let word = |number| TriggerPhrase::of(AvatarId::new(uuid::Uuid::from_u128(number)));
        assert_eq!(word(1), word(1));
        assert_ne!(word(1), word(2));
        assert_eq!(word(1).as_str().len(), 8);
    }

    #[test]
    fn a_webhook_s_secret_is_not_shown() {
        let settings = TrainingSettings {
            webhook_url: Some("https://example.com/hook?key=hush".to_owned()),
            ..TrainingSettings::default()
        };
        let config = settings.check().expect("in range");
        assert_eq!(config.webhook_url().and_then(|url| url.query()), Some("key=hush"));
        let shown = format!("{config:?}");
        assert!(shown.contains("example.com/hook") && !shown.contains("hush"), "{shown}");
    }
}
