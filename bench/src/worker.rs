//! The native peers: the product's core, its JPEG engine alone, and libjpeg-turbo.
//!
//! A job is a line `WAY FILE`; the answer is a line with the CPU time in microseconds and the length of what was made, or
//! with a word and a reason. Reading the file is not measured.

use std::{
    error::Error,
    io::{BufRead, Write},
};

use likeness_core::photo::{FaceCheck, MaxSide, Normalise as _, Normaliser, PhotoForm, Reencode, Treatment};
use likeness_heic::{Heic, Limits};
use likeness_jpeg::{Jpeg, Orientation, Quantisation, Recoding, Scale, Workspace};
use rustix::time::{ClockId, clock_gettime};
use turbojpeg::{Decompressor, Image, PixelFormat, Subsamp, Transform, TransformOp};

use crate::variants::limits;

/// Answers the jobs that come in.
pub fn serve() -> Result<(), Box<dyn Error>> {
    let mut state = State::default();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (way, file) = line.split_once(' ').ok_or("a job is WAY FILE")?;
        let bytes = std::fs::read(file)?;
        let begin = now();
        let made = state.run(way, &bytes);
        let spent = now() - begin;
        let mut out = std::io::stdout().lock();
        match made {
            Ok(length) => writeln!(out, "{spent} {length}")?,
            Err(error) => writeln!(out, "failed {error}")?,
        }
        out.flush()?;
    }
    Ok(())
}

/// CPU time of this process so far, in microseconds.
fn now() -> i64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec * 1_000_000 + time.tv_nsec / 1000
}

#[derive(Default)]
struct State {
    normaliser: Normaliser,
    /// The one that makes previews, too.
    looking: Option<Normaliser>,
    workspace: Workspace,
    file: Vec<u8>,
}

impl State {
    fn run(&mut self, way: &str, bytes: &[u8]) -> Result<usize, Box<dyn Error>> {
        self.file.clear();
        let upright = Orientation::Upright;
        let form = |reencode, max_side| PhotoForm { reencode, max_side };
        match way {
            "clean" => return self.clean(form(Reencode::Always, None), bytes),
            "lossless" => return self.clean(form(Reencode::WhenNeeded, None), bytes),
            "to_1024" => {
                return self.clean(form(Reencode::Always, Some(MaxSide::try_from(1024)?)), bytes);
            }
            "reported" => return self.reported(FaceCheck::Off, bytes),
            "with_faces" => return self.reported(FaceCheck::On, bytes),
            "heic_to_rgb" => {
                let heic = Heic::read(bytes, &Limits { max_pixels: limits().max_pixels })?;
                heic.decode(likeness_heic::Scale::Full, |rows| self.file.extend_from_slice(rows))?;
            }
            "engine_q95" => self.recode(bytes, Quantisation::Quality95, upright)?,
            "engine_turn" => self.recode(bytes, Quantisation::Stored, Orientation::Rotate90)?,
            "engine_half" => self.scale(bytes, Scale::Half)?,
            "turbo_q95" => return turbo_q95(bytes),
            "turbo_turn" => {
                let mut transform = Transform::op(TransformOp::Rot90);
                transform.copy_none = true;
                return Ok(turbojpeg::transform(&transform, bytes)?.len());
            }
            "turbo_half" => return turbo_scaled(bytes),
            _ => return Err(format!("{way} is not known").into()),
        }
        Ok(self.file.len())
    }

    fn clean(&mut self, form: PhotoForm, bytes: &[u8]) -> Result<usize, Box<dyn Error>> {
        self.normaliser.set_form(form);
        Ok(self.normaliser.normalise(bytes, &limits())?.jpeg().len())
    }

    /// Makes the photo clean, and looks at the picture.
    fn reported(&mut self, face_check: FaceCheck, bytes: &[u8]) -> Result<usize, Box<dyn Error>> {
        let treatment = Treatment { form: PhotoForm::default(), face_check };
        let normaliser = self.looking.get_or_insert_with(|| treatment.normaliser());
        Ok(treatment.prepare(normaliser, bytes, &limits())?.0.jpeg().len())
    }

    fn recode(
        &mut self,
        bytes: &[u8],
        quantisation: Quantisation,
        orientation: Orientation,
    ) -> Result<(), likeness_jpeg::Error> {
        let recoding = Recoding { orientation, quantisation, ..Recoding::default() };
        Jpeg::read(bytes)?.recode(recoding, &mut self.workspace, &mut self.file)
    }

    fn scale(&mut self, bytes: &[u8], scale: Scale) -> Result<(), likeness_jpeg::Error> {
        let rgb = &mut self.file;
        Jpeg::read(bytes)?.scale(scale, &mut self.workspace, |band| {
            (0..band.rows()).for_each(|row| band.rgb(row, rgb));
        })
    }
}

/// Decodes to RGB, and encodes at quality 95 with 4:2:0, as Pillow does.
fn turbo_q95(bytes: &[u8]) -> Result<usize, Box<dyn Error>> {
    let image = turbojpeg::decompress(bytes, PixelFormat::RGB)?;
    Ok(turbojpeg::compress(image.as_deref(), 95, Subsamp::Sub2x2)?.len())
}

fn turbo_scaled(bytes: &[u8]) -> Result<usize, Box<dyn Error>> {
    let mut decompressor = Decompressor::new()?;
    let header = decompressor.read_header(bytes)?;
    decompressor.set_scaling_factor(turbojpeg::ScalingFactor::ONE_HALF)?;
    let (width, height) = (header.width.div_ceil(2), header.height.div_ceil(2));
    let mut image = Image {
        pixels: vec![0; width * height * 3],
        width,
        pitch: width * 3,
        height,
        format: PixelFormat::RGB,
    };
    decompressor.decompress(bytes, image.as_deref_mut())?;
    Ok(image.pixels.len())
}
