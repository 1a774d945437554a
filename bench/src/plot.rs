//! The plot: CPU time per megapixel, a dot for each photo and peer.

use std::fmt::{Error, Write as _};

use crate::{
    bench::Photo,
    table::{Job, Times, median},
    variants::Kind,
};

/// The lines of the plot: a name, photos and job, and true for ours.
const LINES: &[(&str, Kind, Job, bool)] = &[
    ("Kept", Kind::Upright, ("native", "lossless"), true),
    ("Encoded anew", Kind::Upright, ("native", "clean"), true),
    ("libjpeg-turbo, C", Kind::Upright, ("native", "turbo_q95"), false),
    ("Pillow", Kind::Upright, ("pillow", "clean"), false),
    ("Turned", Kind::Turned, ("native", "lossless"), true),
    ("Pillow, turned", Kind::Turned, ("pillow", "clean"), false),
    ("Longer side 1024", Kind::Upright, ("native", "to_1024"), true),
    ("sharp, 1024", Kind::Upright, ("sharp", "to_1024"), false),
    ("Pillow, 1024", Kind::Upright, ("pillow", "to_1024"), false),
    ("wasm, kept", Kind::Upright, ("wasm", "lossless"), true),
    ("wasm, encoded anew", Kind::Upright, ("wasm", "clean"), true),
    ("photon", Kind::Upright, ("photon", "clean"), false),
    ("jSquash", Kind::Upright, ("jsquash", "clean"), false),
    ("PNG", Kind::Png, ("native", "clean"), true),
    ("Pillow, PNG", Kind::Png, ("pillow", "clean"), false),
    ("WebP", Kind::WebP, ("native", "clean"), true),
    ("Pillow, WebP", Kind::WebP, ("pillow", "clean"), false),
    ("Progressive", Kind::Progressive, ("native", "clean"), true),
    ("Pillow, progressive", Kind::Progressive, ("pillow", "clean"), false),
    ("Display P3", Kind::Profiled, ("native", "clean"), true),
    ("Pillow, Display P3", Kind::Profiled, ("pillow", "to_srgb"), false),
    ("HEIC to RGB", Kind::Heic, ("native", "heic_to_rgb"), true),
    ("libheif", Kind::Heic, ("pillow", "to_rgb"), false),
];

const WIDTH: f64 = 760.0;
const LEFT: f64 = 170.0;
const TOP: f64 = 40.0;
const LINE: f64 = 20.0;

/// The ends of the scale, in milliseconds per megapixel.
const SCALE: (f64, f64) = (0.5, 1000.0);

/// Draws the plot.
pub fn svg(times: &Times, photos: &[Photo]) -> Result<String, Error> {
    let x = |value: f64| LEFT + (WIDTH - LEFT - 20.0) * (value / SCALE.0).ln() / (SCALE.1 / SCALE.0).ln();
    let height = TOP + LINE * LINES.len() as f64 + 20.0;
    let mut svg = String::new();
    writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         role=\"img\" aria-label=\"CPU milliseconds per megapixel, a dot for each photo\">"
    )?;
    writeln!(svg, "<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>")?;
    writeln!(
        svg,
        "<style>text{{font:12px system-ui,sans-serif;fill:#333}}.o{{fill:#0a7d4f;fill-opacity:.7}}\
         .p{{fill:#888;fill-opacity:.6}}line{{stroke:#ddd}}.b{{font-weight:600}}</style>"
    )?;
    writeln!(
        svg,
        "<text x=\"10\" y=\"18\" class=\"b\">CPU milliseconds per megapixel, a dot for each photo</text>"
    )?;
    for value in [1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0] {
        let x = x(value);
        writeln!(svg, "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{:.1}\"/>", height - 16.0)?;
        writeln!(svg, "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{value}</text>", height - 4.0)?;
    }
    for (at, (name, kind, job, ours)) in LINES.iter().enumerate() {
        let y = TOP + LINE * (at as f64 + 0.5);
        let (text, dot) = if *ours { ("b", "o") } else { ("", "p") };
        writeln!(svg, "<text x=\"10\" y=\"{:.1}\" class=\"{text}\">{name}</text>", y + 4.0)?;
        for ((_, photo, _), times) in times.iter().filter(|((of, _, by), _)| of == kind && by == job) {
            let value = median(times.clone()) / 1000.0 / photos[*photo].megapixels;
            let x = x(value.clamp(SCALE.0, SCALE.1));
            writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" class=\"{dot}\"/>")?;
        }
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}
