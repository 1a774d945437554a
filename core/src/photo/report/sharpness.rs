//! The sharpness of a picture, at its sharpest places and on faces.
//!
//! An edge that was blurred before changes little when it is blurred once more, and a sharp one much. So the picture is
//! smoothed twice, and the energies of the slopes are compared, tile by tile. For a step that a Gaussian of the variance
//! v has blurred, a further Gaussian of the variance s leaves slopes whose squares sum up to c / √(v + s).
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a preview's sides are far below 2^23"
)]

use super::{face::Face, plane::Plane};
use crate::photo::thresholds::EDGES;

/// Number of tiles along the longer side.
const TILES: usize = 20;

/// The variances of the two smoothings, in square pixels.
const LITTLE: f32 = 1.0;
const MUCH: f32 = 4.0;

/// Number of directions in which slopes are measured: across, down, and both diagonals. A shaken camera blurs in one of
/// them only.
const DIRECTIONS: usize = 4;

/// The distance of a pixel from its neighbour over the corner is √2, so the squares of slopes are halved there.
const WEIGHTS: [f32; DIRECTIONS] = [1.0, 1.0, 0.5, 0.5];

/// Number of pixels whose squares are summed up side by side.
const LANES: usize = 8;

/// The share of a tile's strongest slopes from which on others count as well.
const NEARLY_MOST: f32 = 0.9;

/// The fewest tiles with edges of which blur can be told.
const FEWEST: usize = 3;

/// The sharpest twentieth of a picture must be sharp: backgrounds may be blurred.
const SHARPEST: usize = 20;

/// The sharpest quarter of a face must be sharp: most of it is smooth skin.
const SHARPEST_OF_FACE: usize = 4;

/// The blur of a picture's places.
#[derive(Clone, Debug)]
pub(super) struct Sharpness {
    columns: usize,
    tile: usize,
    width: usize,
    height: usize,
    /// Blur of each tile by direction, in thousandths of the longer side; `None` where there are no edges.
    tiles: Vec<[Option<f32>; DIRECTIONS]>,
}

/// The blur of the sharpest places, as the standard deviation of a Gaussian in thousandths of the longer side.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blur {
    /// Blur in the direction in which they are sharpest.
    pub(super) least: f32,
    /// Blur in the direction in which they are least sharp: that in which the camera moved.
    pub(super) most: f32,
}

/// The squares of a tile's slopes in one direction, summed up, after little and after much smoothing.
#[derive(Clone, Copy, Default)]
struct Energy {
    little: f32,
    much: f32,
}

impl Sharpness {
    pub(super) fn of(plane: &Plane) -> Self {
        let longer = plane.width.max(plane.height);
        let tile = longer.div_ceil(TILES).max(1);
        let (columns, rows) = (plane.width.div_ceil(tile), plane.height.div_ceil(tile));
        let mut energies = vec![[Energy::default(); DIRECTIONS]; columns * rows];
        let (mut little, mut across) = (plane.clone(), Vec::new());
        little.smooth(&mut across);
        let mut much = little.clone();
        (0..3).for_each(|_| much.smooth(&mut across));
        for y in 0..plane.height.saturating_sub(1) {
            let Some(line) = energies.get_mut(y / tile * columns..) else { continue };
            for (column, energies) in line.iter_mut().enumerate().take(columns) {
                // With the pixel to the right of the last one, which is another tile's.
                let pixels = column * tile..((column + 1) * tile + 1).min(plane.width);
                let of = |plane: &Plane| {
                    let part = |y: usize| plane.row(y).get(pixels.clone()).unwrap_or_default();
                    squares(part(y), part(y + 1))
                };
                for ((energy, little), much) in energies.iter_mut().zip(of(&little)).zip(of(&much)) {
                    energy.little += little;
                    energy.much += much;
                }
            }
        }
        let unit = 1000.0 / longer.max(1) as f32;
        let least = EDGES * (tile * tile) as f32;
        let blurs = |tile: &[Energy; DIRECTIONS]| {
            // The slopes across an edge show its blur in every direction: a tile tells of that of its edges only.
            let most = tile.iter().map(|energy| energy.little).fold(least, f32::max) * NEARLY_MOST;
            tile.map(|energy| (energy.little >= most).then(|| energy.blur().min(longer as f32) * unit))
        };
        let tiles = energies.iter().map(blurs).collect();
        Self { columns, tile, width: plane.width, height: plane.height, tiles }
    }

    /// Returns the blur of the sharpest places; `None` for a picture without edges.
    pub(super) fn at_best(&self) -> Option<Blur> {
        best(&self.tiles, SHARPEST)
    }

    /// Returns the blur of the sharpest places of a face.
    pub(super) fn on(&self, face: &Face) -> Option<Blur> {
        let range = |from: f32, length: f32, side: usize| {
            let place = |part: f32| ((part * side as f32).max(0.0) as usize) / self.tile;
            place(from)..=place((from + length).min(1.0))
        };
        let columns = range(face.x, face.width, self.width);
        let rows = range(face.y, face.height, self.height);
        let of_row = |row: usize| {
            let columns = columns.clone().take_while(|column| *column < self.columns);
            columns.filter_map(move |column| self.tiles.get(row * self.columns + column).copied())
        };
        best(&rows.flat_map(of_row).collect::<Vec<_>>(), SHARPEST_OF_FACE)
    }
}

/// Sums up the squares of the slopes between two rows, in each direction.
fn squares(row: &[f32], below: &[f32]) -> [f32; DIRECTIONS] {
    let (right, across) = (row.get(1..).unwrap_or_default(), below.get(1..).unwrap_or_default());
    let mut sums = [[0.0; LANES]; DIRECTIONS];
    let mut add = |here: &[f32; LANES], right: &[f32; LANES], down: &[f32; LANES], across: &[f32; LANES]| {
        let pairs = [(right, here), (down, here), (across, here), (down, right)];
        for (sums, (one, other)) in sums.iter_mut().zip(pairs) {
            for ((sum, one), other) in sums.iter_mut().zip(one).zip(other) {
                *sum += (one - other) * (one - other);
            }
        }
    };
    let lanes = <[f32]>::as_chunks::<LANES>;
    let chunks = lanes(row).0.iter().zip(lanes(right).0).zip(lanes(below).0).zip(lanes(across).0);
    for (((here, right), down), across) in chunks {
        add(here, right, down, across);
    }
    // Where there are fewer pixels than lanes, the others show no slope.
    let rest = right.len() - right.len() % LANES;
    let tail = |row: &[f32]| {
        let mut lanes = [0.0; LANES];
        lanes
            .iter_mut()
            .zip(row.get(rest..right.len()).unwrap_or_default())
            .for_each(|(lane, value)| *lane = *value);
        lanes
    };
    add(&tail(row), &tail(right), &tail(below), &tail(across));
    let mut weighted = sums.iter().zip(WEIGHTS).map(|(sums, weight)| sums.iter().sum::<f32>() * weight);
    std::array::from_fn(|_| weighted.next().unwrap_or_default())
}

/// Returns the blur that one in `share` of the tiles with edges has at most.
fn best(tiles: &[[Option<f32>; DIRECTIONS]], share: usize) -> Option<Blur> {
    let of_direction = |direction: usize| {
        let mut blurs: Vec<f32> = tiles.iter().filter_map(|tile| *tile.get(direction)?).collect();
        blurs.sort_by(f32::total_cmp);
        blurs.get(blurs.len() / share).copied().filter(|_| blurs.len() >= FEWEST)
    };
    let blurs = || (0..DIRECTIONS).filter_map(of_direction);
    let (least, most) = (blurs().min_by(f32::total_cmp)?, blurs().max_by(f32::total_cmp)?);
    Some(Blur { least, most })
}

impl Energy {
    /// Returns the standard deviation in pixels of the blur that leaves these slopes.
    fn blur(self) -> f32 {
        let ratio = self.little / self.much.max(f32::MIN_POSITIVE);
        let square = ratio * ratio;
        if square <= 1.0 {
            return f32::MAX;
        }
        ((MUCH - LITTLE * square) / (square - 1.0)).max(0.0).sqrt()
    }
}
