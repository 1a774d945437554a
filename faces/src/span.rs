//! The pixels of a large picture that fall on one pixel of a small one.

/// Neighbouring pixels of a row or a column, and the share of the first and the last of them that counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Span {
    pub(crate) first: usize,
    pub(crate) last: usize,
    first_share: f32,
    last_share: f32,
}

impl Span {
    /// Returns the spans of `small` pixels that lie over `large`; `small` is at least 1 and at most `large`.
    pub(crate) fn all(large: u32, small: u16) -> Vec<Self> {
        let (length, count) = (u64::from(large), u64::from(small));
        (0..count)
            .map(|at| {
                let (start, end) = (at * length, (at + 1) * length);
                let (first, last) = (start / count, (end - 1) / count);
                Self {
                    first: index(first),
                    last: index(last),
                    first_share: share((first + 1) * count - start, count),
                    last_share: share(end - last * count, count),
                }
            })
            .collect()
    }

    /// Returns the share of the pixel `at`, which lies in the span.
    pub(crate) fn share(&self, at: usize) -> f32 {
        if at == self.first {
            self.first_share
        } else if at == self.last {
            self.last_share
        } else {
            1.0
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a place in a picture that is in memory")]
fn index(place: u64) -> usize {
    place as usize
}

#[expect(clippy::cast_precision_loss, reason = "both are at most the pixels of a small picture's side")]
fn share(of: u64, whole: u64) -> f32 {
    of as f32 / whole as f32
}

#[cfg(test)]
mod tests {
    use super::Span;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    fn shares(large: u32, small: u16) -> Vec<Vec<f32>> {
        let of = |span: &Span| (span.first..=span.last).map(|at| span.share(at)).collect();
        Span::all(large, small).iter().map(of).collect()
    }

    #[test]
    fn spans_share_the_pixels_between_them() {
        assert_eq!(shares(3, 3), [[1.0], [1.0], [1.0]]);
        assert_eq!(shares(4, 2), [[1.0, 1.0], [1.0, 1.0]]);
        assert_eq!(shares(5, 2), [[1.0, 1.0, 0.5], [0.5, 1.0, 1.0]]);
        assert_eq!(shares(7, 1), [[1.0; 7]]);
        assert_eq!(
            Span::all(5, 2).iter().map(|span| (span.first, span.last)).collect::<Vec<_>>(),
            [(0, 2), (2, 4)]
        );
    }

    #[test]
    fn all_shares_of_a_side_make_up_the_side() {
        for (large, small) in [(1, 1), (321, 320), (4000, 320), (4001, 319), (99_999, 7)] {
            let sum: f32 = shares(large, small).iter().flatten().sum();
            let of = f64::from(large);
            assert!((f64::from(sum) - of).abs() < of * 1e-4, "{large} to {small}: {sum}");
        }
    }
}
