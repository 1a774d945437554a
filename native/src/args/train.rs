use std::{net::SocketAddr, path::PathBuf};

use clap::{
    ArgAction, Args, ValueEnum,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};
use likeness_core::{
    avatar::{Gender, Quality},
    fal::trainers::portrait::{LEARNING_RATE, STEPS},
    price,
    words::{self, Language},
};
use url::Url;

use super::{photos::Form, service::web_address};

/// Train a portrait model from photos of one person
///
/// Photos are checked and made clean first; a damaged one is left out with a warning that names it. Before
/// anything is bought the price is shown and you are asked. The same command run again carries on where it
/// stopped, and prints the model when it is finished; it never buys the same training twice.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "clap has one field per flag")]
#[command(after_long_help = "\
Examples:
  likeness train photos/ --name Anna
  likeness train photos/ --name Anna --quality high --detach --yes
  likeness train a.jpg b.jpg … --name Anna --trigger anna_k --steps 1500 --test
  likeness train --keys avatars/u/a/1.jpg avatars/u/a/2.jpg … --name Anna

A text file beside a photo is its caption: photo.jpg.txt, photo.txt or photo.caption beside photo.jpg.
Folders are read in name order, single files in the order given.

Words:
  LoRA          a small file that teaches a large picture model one person: what is trained here
  trigger word  the word that calls this person in a prompt, such as anna_k
  step          one round of learning; more steps take longer, cost more and learn the person closer
  preset        steps and learning rate that go together: fast, balanced or high")]
pub(crate) struct Train {
    /// Photos, folders of photos, or a ZIP of them
    #[arg(required_unless_present = "keys", value_name = "PHOTO|FOLDER|ZIP")]
    pub(crate) photos: Vec<PathBuf>,
    /// Open folders inside folders as well
    #[arg(long, short)]
    pub(crate) recursive: bool,
    /// Photos in the bucket of the settings instead: keys, s3://bucket/key, or addresses at its server
    ///
    /// The clean photos are written to the same bucket under likeness/USER_ID/AVATAR_ID/ and deleted when
    /// nothing needs them any more; a copy of the model stays there. Your own objects are only read.
    #[arg(long, value_name = "KEY", num_args = 1.., conflicts_with = "photos")]
    pub(crate) keys: Vec<String>,
    /// The person's name, as messages show it; it names the job as well
    #[arg(long, value_name = "NAME", value_parser = person_name)]
    pub(crate) name: String,
    /// Kept with the job, and told by `serve`; it changes neither training nor price, and fal.ai never learns it
    #[arg(long, value_name = "GENDER", value_parser = gender())]
    pub(crate) gender: Option<Gender>,
    /// Whose avatar this is, where one machine serves several people
    #[arg(long, value_name = "ID", default_value = "local", value_parser = id)]
    pub(crate) user_id: String,
    /// The avatar's id; without it one is made from user, name, settings and photos
    #[arg(long, value_name = "ID", value_parser = id)]
    pub(crate) avatar_id: Option<String>,
    /// Where fal.ai reports the end, as a whole URL
    #[arg(long, value_name = "URL", value_parser = web_address)]
    pub(crate) webhook_url: Option<Url>,
    /// Listen here for fal.ai's report, for those who can be reached
    ///
    /// --webhook-url says how fal.ai gets here; without it, this address itself is given.
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen_webhook: Option<SocketAddr>,
    /// The fewest good photos to train with
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) min_photos: Option<u16>,
    /// The most photos to train with
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) max_photos: Option<u16>,
    /// Look for no faces in the photos
    #[arg(long = "no-face-check")]
    pub(crate) without_faces: bool,
    /// Buy although there is one already: another attempt of the same photos, or beside another training of this person
    #[arg(long)]
    pub(crate) again: bool,
    /// What to do where there is another training of this person, from other photos or with other settings
    ///
    /// Without it you are asked; where nobody can be asked, nothing is bought (exit code 8). --yes is a yes to the price
    /// only.
    #[arg(long, value_enum, value_name = "WHAT", conflicts_with = "again")]
    pub(crate) on_existing: Option<OnExisting>,
    /// Return once the training is bought; `likeness status` follows it
    #[arg(long)]
    pub(crate) detach: bool,
    /// Spend without asking
    #[arg(long, short = 'y')]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) form: Form,
    #[command(flatten)]
    pub(crate) tuning: Tuning,
}

/// Show what a training costs, how long it takes, and what one gains
#[derive(Debug, Args)]
pub(crate) struct Presets {}

/// The choice of what to do where there is another training of the same person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnExisting {
    /// Show its status, and buy nothing
    Show,
    /// Buy this one as well
    Again,
    /// Buy nothing, and end with exit code 8
    Fail,
}

/// The settings of a training. One that is not given comes from the settings file, then from the preset.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Training")]
#[expect(clippy::struct_excessive_bools, reason = "clap has one field per flag")]
pub(crate) struct Tuning {
    /// A preset; `likeness presets` compares them
    #[arg(long, value_name = "PRESET", value_parser = quality())]
    pub(crate) quality: Option<Quality>,
    /// How many steps, 1 to 10000
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(i64::from(*STEPS.start())..=i64::from(*STEPS.end())))]
    pub(crate) steps: Option<u32>,
    /// The learning rate, 0.000001 to 0.001
    #[arg(long, value_name = "RATE", value_parser = learning_rate)]
    pub(crate) learning_rate: Option<f64>,
    /// The word that calls the person in a prompt; without it a rare one is made
    #[arg(long, value_name = "WORD", value_parser = trigger)]
    pub(crate) trigger: Option<String>,
    /// Train at several resolutions; --no-multiresolution turns it off
    #[arg(long, overrides_with = "no_multiresolution")]
    multiresolution: bool,
    #[arg(long, hide = true, overrides_with = "multiresolution")]
    no_multiresolution: bool,
    /// Crop to the person; --no-subject-crop turns it off
    #[arg(long, overrides_with = "no_subject_crop")]
    subject_crop: bool,
    #[arg(long, hide = true, overrides_with = "subject_crop")]
    no_subject_crop: bool,
    /// Learn from the person more than from the background; --no-create-masks turns it off
    #[arg(long, overrides_with = "no_create_masks", action = ArgAction::SetTrue)]
    create_masks: bool,
    #[arg(long, hide = true, overrides_with = "create_masks")]
    no_create_masks: bool,
}

impl Tuning {
    pub(crate) fn multiresolution(&self) -> Option<bool> {
        either(self.multiresolution, self.no_multiresolution)
    }

    pub(crate) fn subject_crop(&self) -> Option<bool> {
        either(self.subject_crop, self.no_subject_crop)
    }

    pub(crate) fn create_masks(&self) -> Option<bool> {
        either(self.create_masks, self.no_create_masks)
    }
}

fn either(on: bool, off: bool) -> Option<bool> {
    (on || off).then_some(on)
}

/// Parses one of the core's names.
fn gender() -> impl TypedValueParser<Value = Gender> {
    PossibleValuesParser::new(Gender::ALL.map(Gender::name)).try_map(|name| name.parse::<Gender>())
}

/// Parses one of the core's names, each of which help shows with its offer.
fn quality() -> impl TypedValueParser<Value = Quality> {
    let presets = Quality::ALL.map(|quality| {
        let value = PossibleValue::new(quality.name()).help(offer(quality));
        if quality == Quality::High { value.alias(Quality::OLDER_NAME_OF_HIGH) } else { value }
    });
    PossibleValuesParser::new(presets).try_map(|name| name.parse::<Quality>())
}

/// Writes price, time and gain of a preset, in the words of `likeness presets` and of the question.
fn offer(quality: Quality) -> String {
    let preset = price::preset(quality, None);
    let time = words::price::time(Language::English, preset.time);
    let gain = words::price::gain(Language::English, preset.quality);
    format!("{} steps, {time}, about {}: {gain}", preset.steps, preset.price.total())
}

fn person_name(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    if text.is_empty() || text.chars().any(char::is_control) {
        Err("a name needs at least one letter, and no control characters")
    } else if text.chars().count() > 100 {
        Err("a name may have up to 100 characters")
    } else {
        Ok(text.to_owned())
    }
}

/// Reads an id, which becomes part of object keys and file names.
fn id(text: &str) -> Result<String, &'static str> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if (1..=64).contains(&text.len()) && text.chars().all(legal) {
        Ok(text.to_owned())
    } else {
        Err("an id has 1 to 64 characters: letters a-z, digits, `-` and `_`")
    }
}

fn learning_rate(text: &str) -> Result<f64, &'static str> {
    text.parse()
        .ok()
        .filter(|rate| LEARNING_RATE.contains(rate))
        .ok_or("a learning rate is a number from 0.000001 to 0.001")
}

/// Reads the word, or the few words, that will stand in prompts.
pub(super) fn trigger(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > 100 || text.chars().any(char::is_control) {
        Err("a trigger has 1 to 100 characters, and no control characters")
    } else {
        Ok(text.to_owned())
    }
}
