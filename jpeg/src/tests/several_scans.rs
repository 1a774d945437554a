//! Pictures whose components have scans of their own (A.2.2).

use super::{
    coefficients,
    files::{self, SAMPLINGS},
    kept, recoded, requantised, turned,
};
#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{
    Error, Jpeg, NeedsPixels, Orientation, Quantisation, Recoding, Scale, Workspace,
    decode::Decoder,
    encode::{ComponentCodes, Encoder},
    frame::{Component, Frame},
    header::{Headers, Selector},
    quantiser::Steps,
};

/// Writes the components of a file in scans of their own.
pub(super) fn separated(file: &[u8]) -> Vec<u8> {
    let coefficients = coefficients(file);
    let component = |(index, component): (usize, &libjpeg_turbo_rs::ComponentCoefficients)| Component {
        id: index as u8 + 1,
        h: component.h_sampling.into(),
        v: component.v_sampling.into(),
        quantiser: component.quant_table_index.into(),
    };
    let components = coefficients.components.iter().enumerate().map(component).collect();
    let (width, height) = (coefficients.width.into(), coefficients.height.into());
    let frame = Frame { extended: false, width, height, components };
    let (codes, mut chunk, mut output) = (ComponentCodes::typical(), Box::new([0; _]), Vec::new());
    let mut headers = Headers::new(&mut output);
    for (number, natural) in coefficients.quant_tables.iter().enumerate() {
        let zigzag: Vec<u8> =
            crate::zigzag::NATURAL.iter().flat_map(|at| natural[usize::from(*at)].to_be_bytes()).collect();
        headers.quantiser(number, &Steps::read(1, &zigzag).expect("steps").0);
    }
    headers.frame(&frame);
    for (index, (stored, component)) in coefficients.components.iter().zip(&frame.components).enumerate() {
        let number = index.min(1);
        headers.typical_huffman(number);
        headers.scan(std::iter::once(Selector { index, dc: number, ac: number }));
        let mut encoder = Encoder::new(&codes, &mut chunk, headers.output());
        let (across, down) = frame.blocks(*component);
        for (x, y) in (0..down).flat_map(|y| (0..across).map(move |x| (x, y))) {
            encoder.begin_mcu();
            let block = &stored.blocks[y as usize * stored.blocks_x + x as usize];
            let mut ac = encoder.begin_block(index, block[0].into());
            for (place, value) in block.iter().enumerate().skip(1).filter(|(_, value)| **value != 0) {
                ac.put(place, (*value).into());
            }
            let end = ac.end();
            encoder.end_block(end);
        }
        encoder.end();
    }
    headers.end();
    output
}

/// The blocks of a component that hold a part of the picture, row by row, with their steps.
type Blocks = Vec<(Steps, Vec<[i32; 64]>)>;

/// Reads all blocks, by this crate: the other decoder wants all components in one scan.
fn blocks(file: &[u8]) -> Blocks {
    let jpeg = Jpeg::read(file).expect("a JPEG");
    let mut all = vec![(Steps::LUMINANCE_95, Vec::new()); jpeg.frame.components.len()];
    let mut scans = jpeg.scans();
    while let Some((scan, from)) = scans.next(&jpeg.frame).expect("a scan") {
        let mut decoder = Decoder::new(file, from, &scan);
        for component in &scan.components {
            let (across, down) = jpeg.frame.blocks(jpeg.frame.components[component.index]);
            all[component.index] = (component.steps, vec![[0; 64]; (across * down) as usize]);
        }
        for mcu in 0..scan.mcu_count() {
            decoder.begin_mcu().expect("an MCU");
            for (at, component) in scan.components.iter().enumerate() {
                let (across, down) = jpeg.frame.blocks(jpeg.frame.components[component.index]);
                for block in 0..component.block_count() {
                    let x = mcu % scan.mcus.0 * component.blocks.0 + block % component.blocks.0;
                    let y = mcu / scan.mcus.0 * component.blocks.1 + block / component.blocks.0;
                    let mut coefficients = [0; 64];
                    coefficients[0] = decoder.dc(at, component).expect("a coefficient");
                    decoder.ac(component, |place, value| coefficients[place] = value).expect("coefficients");
                    if x < across && y < down {
                        all[component.index].1[(y * across + x) as usize] = coefficients;
                    }
                }
            }
        }
        scans.go_on(decoder.end().expect("an end"));
    }
    all
}

#[test]
fn all_scans_are_kept_and_turned() {
    for sampling in SAMPLINGS {
        let interleaved = files::file(64, 96, sampling, 90, 0);
        let file = separated(&interleaved);
        assert_eq!(blocks(&file), blocks(&interleaved));
        assert_eq!(blocks(&kept(&file).expect("a sound file")), blocks(&file));
        for orientation in Orientation::ALL {
            let expected = turned(&interleaved, orientation).expect("complete MCUs");
            assert_eq!(blocks(&turned(&file, orientation).expect("complete MCUs")), blocks(&expected));
        }
        for quantisation in [Quantisation::Quality95, Quantisation::NearQuality95] {
            let expected = requantised(&interleaved, quantisation).expect("a JPEG");
            assert_eq!(blocks(&requantised(&file, quantisation).expect("a JPEG")), blocks(&expected));
        }
    }
}

#[test]
fn odd_sizes_have_fewer_blocks_than_interleaved() {
    let file = separated(&files::file(37, 51, (2, 2), 90, 0));
    let there = turned(&file, Orientation::Transpose).expect("nothing is mirrored");
    let back = recoded(&there, Recoding { orientation: Orientation::Transpose, ..Recoding::default() });
    assert_eq!(back, kept(&file));
}

#[test]
fn a_missing_scan_is_missed() {
    let file = separated(&files::file(32, 32, (1, 1), 90, 0));
    let last = file.windows(2).rposition(|pair| pair == [0xff, 0xda]).expect("a scan");
    for end in [&[0xff, 0xd9][..], &[]] {
        assert_eq!(kept(&[&file[..last], end].concat()), Err(Error::Truncated));
    }
}

#[test]
fn to_scale_needs_all_components_at_once() {
    let file = separated(&files::file(32, 32, (1, 1), 90, 0));
    let scaled = Jpeg::read(&file).expect("a JPEG").scale(Scale::Half, &mut Workspace::default(), |_| {});
    assert_eq!(scaled, Err(Error::NeedsPixels(NeedsPixels::SeveralScans)));
}
