//! The order of the network's layers.

use crate::{
    canvas::Canvas,
    cells::Grid,
    first::First,
    map::Map,
    separable::{
        After::{Nothing, Relu},
        Separable,
    },
    weights::Reader,
};

/// YuNet-n: a backbone that halves the picture five times, a neck that adds what the coarse maps show to the finer ones,
/// and a head for each of three grids.
#[derive(Debug)]
pub(crate) struct Network {
    first: First,
    second: Separable<16, 16>,
    third: (Separable<16, 16>, Separable<16, 64>),
    stages: [[Separable<64, 64>; 2]; 4],
    /// From coarse to fine, as are the heads.
    neck: [Separable<64, 64>; 3],
    heads: [(Separable<64, 64>, Separable<64, 8>); 3],
}

impl Network {
    /// Reads the weights.
    pub(crate) fn read() -> Self {
        Self::read_from(&mut Reader::new())
    }

    fn read_from(reader: &mut Reader) -> Self {
        Self {
            first: First::read(reader),
            second: Separable::read(reader, Relu),
            third: (Separable::read(reader, Relu), Separable::read(reader, Relu)),
            stages: [(); 4].map(|()| [(); 2].map(|()| Separable::read(reader, Relu))),
            neck: [(); 3].map(|()| Separable::read(reader, Relu)),
            heads: [(); 3].map(|()| (Separable::read(reader, Relu), Separable::read(reader, Nothing))),
        }
    }

    /// Looks at a canvas. The grids have 32, 16 and 8 pixels to a cell.
    pub(crate) fn look(&self, canvas: &Canvas) -> [Grid; 3] {
        let [stage2, stage3, stage4, stage5] = &self.stages;
        let through =
            |[one, other]: &[Separable<64, 64>; 2], map: &Map<64>| other.convolve(&one.convolve(map));
        let map = self.second.convolve(&self.first.convolve(canvas)).pooled();
        let map = self.third.1.convolve(&self.third.0.convolve(&map));
        let map = through(stage2, &map).pooled();
        let mut fine = through(stage3, &map);
        let mut middle = through(stage4, &fine.pooled());
        let coarse = through(stage5, &middle.pooled());

        let [to_coarse, to_middle, to_fine] = &self.neck;
        let coarse = to_coarse.convolve(&coarse);
        middle.add_doubled(&coarse);
        let middle = to_middle.convolve(&middle);
        fine.add_doubled(&middle);
        let fine = to_fine.convolve(&fine);

        let grid = |at: usize, map: &Map<64>, cell| {
            let (shared, head) = &self.heads[at];
            Grid { cell, outputs: head.convolve(&shared.convolve(map)) }
        };
        [grid(0, &coarse, 32), grid(1, &middle, 16), grid(2, &fine, 8)]
    }
}

#[cfg(test)]
mod tests {
    use super::Network;
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::weights::Reader;

    #[test]
    fn the_layers_are_all_that_the_file_has() {
        let mut reader = Reader::new();
        Network::read_from(&mut reader);
        assert!(reader.is_at_end());
    }
}
