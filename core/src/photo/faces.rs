//! The search for faces in a photo's preview.

use likeness_faces::{Detector, RgbPicture};

use super::{
    Preview,
    report::Face,
    thresholds::{FACE_BESIDE_SCORE, FACE_BESIDE_SHARE},
};

/// Finds faces in previews. One serves any number of photos; it holds 300 kB.
#[derive(Debug, Default)]
pub struct FaceFinder(Detector);

impl FaceFinder {
    /// Returns the faces that a training would learn from, the largest first. People far behind the person are left out.
    #[must_use]
    pub fn faces(&self, preview: &Preview) -> Vec<Face> {
        let picture = RgbPicture::new(preview.width(), preview.height(), preview.rgb());
        let found = picture.map(|picture| self.0.look_for_faces(&picture)).unwrap_or_default();
        prominent(&found)
    }
}

/// Chooses the faces that count, the largest first, of what was found, the most certain first.
fn prominent(found: &[likeness_faces::Face]) -> Vec<Face> {
    let certain = found.iter().filter(|face| face.score >= FACE_BESIDE_SCORE);
    let mut faces: Vec<_> = certain.collect();
    if faces.is_empty() {
        faces.extend(found.first());
    }
    faces.sort_by(|one, other| other.height.total_cmp(&one.height));
    let least = faces.first().map_or(0.0, |largest| largest.height * FACE_BESIDE_SHARE);
    faces.into_iter().take_while(|face| face.height >= least).map(in_picture).collect()
}

/// Returns the part of a face's box that lies in the picture.
fn in_picture(face: &likeness_faces::Face) -> Face {
    let part = |start: f32, length: f32| {
        let [start, end] = [start, start + length].map(|side| thousandths(side.clamp(0.0, 1.0)));
        (start, thousandths(end - start))
    };
    let ((x, width), (y, height)) = (part(face.x, face.width), part(face.y, face.height));
    Face { x, y, width, height }
}

/// Rounds to three digits: what is stored of a face is no more exact than the detector.
fn thousandths(value: f32) -> f32 {
    (value * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use likeness_faces::Face as Found;

    use super::{Face, FaceFinder, Preview, prominent};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{
        photo::report::{Finding, PhotoReport},
        simulator::drawing,
    };

    fn found(x: f32, y: f32, width: f32, height: f32, score: f32) -> Found {
        Found { x, y, width, height, score }
    }

    fn face(x: f32, y: f32, width: f32, height: f32) -> Face {
        Face { x, y, width, height }
    }

    /// Returns the findings about a drawn portrait within a picture of another size.
    fn findings(of: &[(u32, u32, usize, usize)], (width, height): (usize, usize)) -> Vec<Finding> {
        let mut rgb = vec![90; width * height * 3];
        for &(across, down, x, y) in of {
            let portrait = drawing::portrait(1, 1, across, down);
            for (row, line) in portrait.chunks_exact(across as usize * 3).enumerate() {
                rgb[((y + row) * width + x) * 3..][..line.len()].copy_from_slice(line);
            }
        }
        let side = |side: usize| u32::try_from(side).expect("small");
        let preview = Preview::new(side(width), side(height), rgb).expect("a preview");
        let faces = FaceFinder::default().faces(&preview);
        let findings = PhotoReport::of(&preview, (side(width), side(height)), Some(faces)).findings;
        let of_faces = |finding: &Finding| finding.code().contains("face");
        findings.into_iter().filter(of_faces).collect()
    }

    #[test]
    fn a_portrait_has_nothing_to_complain_of() {
        assert_eq!(findings(&[(320, 400, 0, 0)], (320, 400)), []);
    }

    #[test]
    fn a_picture_without_a_person_has_no_face() {
        assert_eq!(findings(&[], (320, 400)), [Finding::NoFace]);
    }

    #[test]
    fn two_people_are_several_faces_and_a_stranger_far_behind_is_not() {
        let two = [(320, 400, 0, 0), (256, 320, 320, 80)];
        assert_eq!(findings(&two, (600, 400)), [Finding::SeveralFaces { faces: 2 }]);
        let far = [(320, 400, 0, 0), (120, 150, 320, 0)];
        assert_eq!(findings(&far, (600, 400)), []);
    }

    #[test]
    fn a_person_far_away_is_a_small_face() {
        assert_eq!(findings(&[(160, 200, 300, 300)], (800, 800)), [Finding::SmallFace]);
    }

    #[test]
    fn faces_that_are_uncertain_or_far_smaller_do_not_count_beside_others() {
        let (large, other) = (found(0.1, 0.1, 0.2, 0.4, 0.7), found(0.5, 0.1, 0.2, 0.2, 0.9));
        let (uncertain, small) = (found(0.5, 0.6, 0.2, 0.6, 0.59), found(0.8, 0.6, 0.1, 0.19, 0.65));
        let expected = [face(0.1, 0.1, 0.2, 0.4), face(0.5, 0.1, 0.2, 0.2)];
        assert_eq!(prominent(&[other, large, small, uncertain]), expected);
        assert_eq!(prominent(&[uncertain]), [face(0.5, 0.6, 0.2, 0.4)]);
        assert_eq!(prominent(&[]), []);
    }

    #[test]
    fn boxes_end_at_the_edge_and_have_three_digits() {
        assert_eq!(prominent(&[found(-0.05, 0.333_33, 0.2, 0.9, 0.8)]), [face(0.0, 0.333, 0.15, 0.667)]);
    }

    #[test]
    fn any_boxes_become_some_that_lie_in_the_picture() {
        // xorshift64 (Marsaglia, 2003): the same boxes in every run.
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut number = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            f32::from(state.to_le_bytes()[3]) / 128.0 - 0.5
        };
        for _ in 0..2000 {
            let found: Vec<_> =
                (0..5).map(|_| found(number(), number(), number() + 0.6, number() + 0.6, number())).collect();
            let faces = prominent(&found);
            assert!(!faces.is_empty(), "{found:?}");
            for Face { x, y, width, height } in faces {
                let inside =
                    |start: f32, length: f32| start >= 0.0 && length >= 0.0 && start + length < 1.000_1;
                assert!(inside(x, width) && inside(y, height), "{found:?}");
            }
        }
    }
}
