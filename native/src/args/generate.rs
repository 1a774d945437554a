use std::path::PathBuf;

use clap::Args;

use super::{job::JobName, paths::written_path, train::trigger};

/// Make pictures with a trained model
///
/// The trigger word of the model is put in front of a prompt that lacks it. Before anything is bought you
/// are asked. A picture that fal.ai's safety filter blanked is paid for, and the output says so.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  likeness generate Anna --prompt 'portrait in a garden' -n 4 -o pictures/
  likeness generate --lora model.safetensors --trigger anna_k --prompt 'at sea' -o pictures/ --seed 7

Words:
  LoRA          a small file that teaches a large picture model one person: what `train` makes
  trigger word  the word that calls this person in a prompt, such as anna_k
  step          one round of taking noise out of a picture
  seed          the number that a picture begins from; the same one makes the same picture again")]
pub(crate) struct Generate {
    /// A finished training: its id, its request id, its name, or the beginning of one
    #[arg(value_name = "JOB", required_unless_present = "lora", conflicts_with = "lora")]
    pub(crate) job: Option<JobName>,
    /// A model file or its URL, instead of a training of this machine
    #[arg(long, value_name = "FILE|URL", requires = "trigger")]
    pub(crate) lora: Option<String>,
    /// The trigger word that the model was trained with
    #[arg(long, value_name = "WORD", requires = "lora", value_parser = trigger)]
    pub(crate) trigger: Option<String>,
    /// What the pictures should show
    #[arg(long, short, value_name = "TEXT")]
    pub(crate) prompt: String,
    /// How many pictures, 1 to 4
    #[arg(long, short = 'n', value_name = "N", default_value_t = 1)]
    #[arg(value_parser = clap::value_parser!(u8).range(1..=4))]
    pub(crate) images: u8,
    /// The folder that receives them
    #[arg(long, short, value_name = "FOLDER", value_parser = written_path())]
    pub(crate) output: PathBuf,
    /// The seed: the same seed, prompt and settings make the same pictures
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// square_hd, square, portrait_4_3, portrait_16_9, landscape_4_3, landscape_16_9, or as 1024x768
    #[arg(long, value_name = "SIZE")]
    pub(crate) image_size: Option<String>,
    /// How many denoising steps, 1 to 50
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=50))]
    pub(crate) steps: Option<u32>,
    /// How closely to follow the prompt, 0 to 35
    #[arg(long, value_name = "N", value_parser = |text: &str| number(text, 0.0, 35.0))]
    pub(crate) guidance: Option<f64>,
    /// How strongly the model counts, 0 to 4
    #[arg(long, value_name = "N", value_parser = |text: &str| number(text, 0.0, 4.0))]
    pub(crate) scale: Option<f64>,
    /// Spend without asking
    #[arg(long, short = 'y')]
    pub(crate) yes: bool,
}

fn number(text: &str, least: f64, most: f64) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| format!("a number from {least} to {most} is needed"))
}
