//! Faces from the outputs of the network.

use crate::{canvas::Canvas, face::Face, map::Map};

/// Two boxes that overlap by more are one face; the one with the higher score stays.
const MOST_OVERLAP: f32 = 0.3;

/// A head's outputs for the cells of one grid: a face's and an object's certainty before the logistic function, the place
/// of the box's middle from the cell's corner in cells, the logarithms of the box's width and height in cells, and two
/// zeros.
#[derive(Debug)]
pub(crate) struct Grid {
    /// The side of a cell in pixels of the canvas.
    pub(crate) cell: u8,
    pub(crate) outputs: Map<8>,
}

impl Grid {
    /// Returns each cell's box and score, rows from the top.
    pub(crate) fn faces(&self, canvas: &Canvas) -> impl Iterator<Item = Face> {
        let side = f32::from(self.cell);
        let (width, height) = (f32::from(canvas.picture.0), f32::from(canvas.picture.1));
        let cells = |(row, outputs)| (0_u16..).zip(outputs).map(move |(column, cell)| (row, column, cell));
        (0_u16..).zip(self.outputs.rows()).flat_map(cells).map(move |(row, column, cell)| {
            let (row, column) = (f32::from(row), f32::from(column));
            let &[face, object, x, y, box_width, box_height, ..] = cell;
            let (box_width, box_height) = (box_width.exp() * side / width, box_height.exp() * side / height);
            Face {
                x: (column + x) * side / width - box_width / 2.0,
                y: (row + y) * side / height - box_height / 2.0,
                width: box_width,
                height: box_height,
                score: (logistic(face) * logistic(object)).sqrt(),
            }
        })
    }
}

/// Returns the faces of all grids with at least this score, the most certain first, each once.
pub(crate) fn distinct(grids: &[Grid], canvas: &Canvas, least_score: f32) -> Vec<Face> {
    let all = grids.iter().flat_map(|grid| grid.faces(canvas));
    let mut found: Vec<_> = all.filter(|face| face.score >= least_score && is_inside(face)).collect();
    found.sort_by(|one, other| other.score.total_cmp(&one.score));
    let mut distinct: Vec<Face> = Vec::new();
    for face in found {
        if distinct.iter().all(|kept| kept.overlap(&face) < MOST_OVERLAP) {
            distinct.push(face);
        }
    }
    distinct
}

/// Tells if the middle of a box lies in the picture, and not in the black around it.
fn is_inside(face: &Face) -> bool {
    let inside = |middle: f32| (0.0..=1.0).contains(&middle);
    inside(face.x + face.width / 2.0) && inside(face.y + face.height / 2.0)
}

fn logistic(value: f32) -> f32 {
    1.0 / (1.0 + (-value).exp())
}
