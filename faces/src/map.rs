//! The values that a layer makes of a picture.

/// A picture of `C` channels, pixel by pixel and rows from the top without gaps.
#[derive(Clone, Debug)]
pub(crate) struct Map<const C: usize> {
    /// The pixels of a row: at least 1.
    pub(crate) width: usize,
    pub(crate) pixels: Vec<[f32; C]>,
}

impl<const C: usize> Map<C> {
    /// Makes a map of zeros.
    pub(crate) fn zeros(width: usize, height: usize) -> Self {
        Self { width, pixels: vec![[0.0; C]; width * height] }
    }

    /// Returns the rows from the top.
    pub(crate) fn rows(&self) -> impl ExactSizeIterator<Item = &[[f32; C]]> {
        self.pixels.chunks_exact(self.width)
    }

    /// Returns the map of half the size whose pixels are the largest of four, channel by channel. Both sides are even.
    pub(crate) fn pooled(&self) -> Self {
        let mut pixels = Vec::with_capacity(self.pixels.len() / 4);
        for two_rows in self.pixels.chunks_exact(2 * self.width) {
            let (above, below) = two_rows.split_at(self.width);
            for (above, below) in above.chunks_exact(2).zip(below.chunks_exact(2)) {
                let mut largest = above[0];
                for pixel in [&above[1], &below[0], &below[1]] {
                    for (largest, value) in largest.iter_mut().zip(pixel) {
                        *largest = largest.max(*value);
                    }
                }
                pixels.push(largest);
            }
        }
        Self { width: self.width / 2, pixels }
    }

    /// Adds a map of half the size, each of whose pixels counts for four.
    pub(crate) fn add_doubled(&mut self, half: &Self) {
        for (two_rows, half) in self.pixels.chunks_exact_mut(2 * self.width).zip(half.rows()) {
            for row in two_rows.chunks_exact_mut(self.width) {
                for (two, half) in row.chunks_exact_mut(2).zip(half) {
                    for (sum, value) in two.iter_mut().flat_map(|pixel| pixel.iter_mut().zip(half)) {
                        *sum += value;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Map;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn pooling_keeps_the_largest_of_four() {
        let pixels = vec![
            [1.0, 9.0],
            [2.0, 8.0],
            [5.0, 0.0],
            [0.0, 0.0],
            [4.0, 6.0],
            [3.0, 7.0],
            [0.0, -1.0],
            [0.0, 1.0],
        ];
        let pooled = Map { width: 4, pixels }.pooled();
        assert_eq!((pooled.width, pooled.pixels), (2, vec![[4.0, 9.0], [5.0, 1.0]]));
    }

    #[test]
    fn a_pixel_of_half_the_size_is_added_to_four() {
        let mut map = Map { width: 4, pixels: (0_u8..8).map(|at| [f32::from(at)]).collect() };
        map.add_doubled(&Map { width: 2, pixels: vec![[10.0], [20.0]] });
        assert_eq!(map.pixels.concat(), [10.0, 11.0, 22.0, 23.0, 14.0, 15.0, 26.0, 27.0]);
    }
}
