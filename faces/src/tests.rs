//! Tests of whole pictures, against ONNX Runtime with the same weights (fixtures/make.py).

#[cfg(target_arch = "wasm32")]
use crate::test;
use crate::{Detector, Face, RgbPicture, SIDE, canvas::Canvas, look_for_faces, network::Network};

/// A picture that owns its pixels.
#[derive(Clone)]
struct Owned {
    width: usize,
    height: usize,
    bytes: Vec<u8>,
}

impl Owned {
    fn black(width: usize, height: usize) -> Self {
        Self { width, height, bytes: vec![0; width * height * 3] }
    }

    fn astronaut() -> Self {
        let file = include_bytes!("../fixtures/astronaut.png");
        let picture = image::load_from_memory(file).expect("a PNG").into_rgb8();
        Self { width: picture.width() as usize, height: picture.height() as usize, bytes: picture.into_raw() }
    }

    /// Puts a smaller picture at a place.
    fn with(mut self, other: &Self, (x, y): (usize, usize)) -> Self {
        for (row, line) in other.bytes.chunks_exact(other.width * 3).enumerate() {
            let start = ((y + row) * self.width + x) * 3;
            self.bytes[start..start + line.len()].copy_from_slice(line);
        }
        self
    }

    fn borrowed(&self) -> RgbPicture<'_> {
        let side = |length: usize| u32::try_from(length).expect("small");
        RgbPicture::new(side(self.width), side(self.height), &self.bytes).expect("a picture")
    }

    fn faces(&self) -> Vec<Face> {
        look_for_faces(&self.borrowed())
    }
}

/// Fails unless a face is where it should be, within two thousandths of the picture.
fn assert_at(face: Face, expected: [f32; 4]) {
    let found = [face.x, face.y, face.width, face.height];
    assert!(
        found.iter().zip(expected).all(|(one, other)| (one - other).abs() < 0.01),
        "{face:?}, not {expected:?}"
    );
}

#[test]
fn the_network_computes_what_onnx_runtime_does() {
    let picture = Owned::astronaut();
    let canvas = Canvas::new(&picture.borrowed(), SIDE);
    let grids = Network::read().look(&canvas);
    let golden = include_str!("../fixtures/golden.txt");
    for line in golden.lines() {
        let words: Vec<_> = line.split(' ').collect();
        let (place, expected) = words.split_at(3);
        let place: Vec<usize> = place.iter().map(|word| word.parse().expect("a place")).collect();
        let grid = grids.iter().find(|grid| usize::from(grid.cell) == place[0]).expect("a grid");
        let mut outputs = grid.outputs.pixels[place[2] * grid.outputs.width + place[1]];
        for certainty in &mut outputs[..2] {
            *certainty = 1.0 / (1.0 + (-*certainty).exp());
        }
        for (output, expected) in outputs.iter().zip(expected) {
            let expected: f32 = expected.parse().expect("a number");
            assert!((output - expected).abs() < 1e-3, "{line}: {outputs:?}");
        }
    }
    assert_eq!(golden.lines().count(), 55);
}

#[test]
fn a_face_is_found_where_it_is() {
    let faces = Owned::astronaut().faces();
    assert_eq!(faces.len(), 1);
    assert_at(faces[0], [0.2852, 0.2238, 0.3700, 0.3510]);
    assert!((faces[0].score - 0.9218).abs() < 0.01, "{faces:?}");
}

#[test]
fn two_people_are_two_faces() {
    let one = Owned::astronaut();
    let mut faces = Owned::black(200, 160).with(&one, (0, 0)).with(&one, (100, 40)).faces();
    faces.sort_by(|one, other| one.x.total_cmp(&other.x));
    assert_eq!(faces.len(), 2);
    assert_at(faces[0], [0.1429, 0.1679, 0.1851, 0.2618]);
    assert_at(faces[1], [0.6433, 0.3997, 0.1856, 0.2813]);
}

#[test]
fn a_face_that_the_edge_cuts_off_reaches_beyond_the_picture() {
    let cut = Owned { height: 60, ..Owned::astronaut() };
    let cut = Owned { bytes: cut.bytes[..cut.width * cut.height * 3].to_vec(), ..cut };
    let faces = cut.faces();
    assert_eq!(faces.len(), 1);
    assert_at(faces[0], [0.2734, 0.4173, 0.3953, 0.6698]);
}

#[test]
fn a_small_face_in_a_large_picture_is_found_at_the_second_look() {
    let picture = Owned::black(1800, 1200).with(&Owned::astronaut(), (900, 600));
    let detector = Detector::new();
    assert_eq!(detector.look(&picture.borrowed(), SIDE), []);
    let faces = detector.look_for_faces(&picture.borrowed());
    assert_eq!(faces.len(), 1, "{faces:?}");
    assert_at(faces[0], [0.5182, 0.5234, 0.0170, 0.0316]);
}

#[test]
fn pictures_of_any_shape_are_looked_at() {
    for (width, height) in
        [(1, 1), (1, 5000), (5000, 1), (2, 3), (31, 33), (32, 32), (641, 7), (1, 320), (321, 321)]
    {
        assert_eq!(Owned::black(width, height).faces(), [], "{width} x {height}");
    }
}

#[test]
fn noise_of_any_size_has_boxes_of_finite_numbers() {
    // xorshift64 (Marsaglia, 2003): the same noise in every run.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let network = Network::read();
    for _ in 0..40 {
        let (width, height) = (random() % 90 + 1, random() % 90 + 1);
        let mut picture =
            Owned::black(usize::try_from(width).expect("small"), usize::try_from(height).expect("small"));
        let mask = [0xff, 0x80, 0x0f][usize::try_from(random() % 3).expect("small")];
        picture.bytes.fill_with(|| random().to_le_bytes()[4] & mask);
        let canvas = Canvas::new(&picture.borrowed(), 64);
        for face in network.look(&canvas).iter().flat_map(|grid| grid.faces(&canvas)) {
            let numbers = [face.x, face.y, face.width, face.height, face.score];
            assert!(numbers.iter().all(|number| number.is_finite()), "{width} x {height}: {face:?}");
            assert!(face.width > 0.0 && face.height > 0.0 && (0.0..=1.0).contains(&face.score), "{face:?}");
        }
        picture.faces();
    }
}
