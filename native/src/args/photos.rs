use std::path::PathBuf;

use clap::Args;

use likeness_core::photo::{MaxSide, Reencode};

use super::{paths::written_path, values};

/// The form of clean photos. What is not given comes from the settings.
#[derive(Clone, Copy, Debug, Default, Args)]
#[command(next_help_heading = "Photos")]
pub(crate) struct Form {
    /// Scale photos down until their longer side has N pixels, 512 to 65500; without it they stay as large as they are
    #[arg(long, value_name = "N", value_parser = values::max_side)]
    pub(crate) max_side: Option<MaxSide>,
    /// Which photos to encode anew: always, or when_needed, which keeps and turns JPEGs without loss where it can
    #[arg(long, value_name = "WHEN", value_parser = values::reencode)]
    pub(crate) reencode: Option<Reencode>,
}

/// Say which photos are good, and why the others are not
///
/// Each photo is read whole and prepared as a training would prepare it; nothing is sent, and nothing written but the
/// sheet where one is asked for. A photo with a warning, such as a blurred one, is usable, and never left out for that.
/// It ends with 3 when a photo is rejected or is there twice; whether they are enough for a training is only said. More
/// good photos than a training takes are not prepared: what their headers show is said, and it ends with 3 as well.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  likeness check photos/
  likeness check photos/ --sheet sheet.jpg
  likeness check a.jpg b.png --json")]
pub(crate) struct Check {
    /// Photos, folders of photos, or a ZIP of them
    #[arg(required = true, value_name = "PHOTO|FOLDER|ZIP")]
    pub(crate) photos: Vec<PathBuf>,
    /// Open folders inside folders as well
    #[arg(long, short)]
    pub(crate) recursive: bool,
    /// Write one picture with all photos, their verdicts and frames for the faces: a JPEG or a PNG, by its name
    #[arg(long, value_name = "FILE", value_parser = written_path())]
    pub(crate) sheet: Option<PathBuf>,
    /// Replace the sheet if it is there already
    #[arg(long, short, requires = "sheet")]
    pub(crate) force: bool,
    /// Look for no faces
    #[arg(long = "no-face-check")]
    pub(crate) without_faces: bool,
    #[command(flatten)]
    pub(crate) form: Form,
}

/// Make the archive of a training, without sending it
///
/// The ZIP holds photo_001.jpg, photo_002.jpg, …, each upright, sRGB and without metadata, and the captions.
/// The same photos give the same bytes.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  likeness pack photos/ -o set.zip
  likeness pack photos/ -o - | wc -c")]
pub(crate) struct Pack {
    /// Photos, folders of photos, or a ZIP of them
    #[arg(required = true, value_name = "PHOTO|FOLDER|ZIP")]
    pub(crate) photos: Vec<PathBuf>,
    /// Open folders inside folders as well
    #[arg(long, short)]
    pub(crate) recursive: bool,
    /// The archive to write; `-` is standard output
    #[arg(long, short, value_name = "FILE", value_parser = written_path())]
    pub(crate) output: PathBuf,
    /// Replace the file if it is there already
    #[arg(long, short)]
    pub(crate) force: bool,
    /// The fewest good photos
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) min_photos: Option<u16>,
    /// The most photos
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) max_photos: Option<u16>,
    #[command(flatten)]
    pub(crate) form: Form,
}

/// See everything once: sample photos, a training and pictures, in the simulator
///
/// Needs no key, costs nothing, and nothing leaves this machine.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// The folder for the sample photos, the model and the pictures; without it a new one is made
    #[arg(long, short, value_name = "FOLDER", value_parser = written_path())]
    pub(crate) output: Option<PathBuf>,
    /// Serve the page instead, with the sample photos at hand, and print the link that opens it
    #[arg(long)]
    pub(crate) page: bool,
}
