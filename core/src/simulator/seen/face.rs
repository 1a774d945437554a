//! A face as a place of skin: its width, its upper edge, and what lies around it.

use super::grid::{Colour, Grid, distance, light, median, number};
use crate::simulator::drawing::{Part, map_point};

/// A face in a photo. Lengths are cells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Face {
    pub(super) skin: Colour,
    /// Middle of the skin that was found.
    near: (f32, f32),
    /// Place of the head's middle.
    at: (f32, f32),
    /// Length of a unit of drawn heads, whose faces are 1.24 units wide.
    unit: f32,
}

/// Units of a drawn head that are tried, as parts of the picture's shorter side.
const UNITS: [f32; 8] = [0.14, 0.17, 0.20, 0.235, 0.27, 0.31, 0.36, 0.42];
/// Places at which a drawn head is tried, in units to the side and downwards.
const MOVES: [f32; 5] = [-0.4, -0.2, 0.0, 0.2, 0.4];
/// Units from the hairline to the middle of the head.
const HAIRLINE: f32 = 0.5;

/// The parts of a head in a photo, told apart by colour.
#[derive(Debug)]
pub(super) struct Parts {
    width: usize,
    cells: Vec<Part>,
}

impl Parts {
    pub(super) fn of(grid: &Grid, skin: Colour, hair: Colour) -> Self {
        let part = |seen: &Colour| match distance(*seen, hair) < distance(*seen, skin) {
            true if is_like(*seen, hair) => Part::Hair,
            false if is_like(*seen, skin) => Part::Face,
            _ => Part::Around,
        };
        Self { width: grid.width, cells: grid.cells.iter().map(part).collect() }
    }

    fn at(&self, x: usize, y: usize) -> Part {
        let part = if x < self.width { self.cells.get(y * self.width + x) } else { None };
        part.copied().unwrap_or(Part::Around)
    }
}

impl Face {
    /// Finds the place that is most like a face by its colour, near the place where portraits have it.
    pub(super) fn find(grid: &Grid) -> Option<Self> {
        let (x, y, side) = Self::window(grid)?;
        let cells = cells(grid, (x, x + side), (y, y + side));
        let skin: Vec<Colour> = cells.iter().copied().filter(|colour| is_skin(*colour)).collect();
        let skin = median(&skin, cells.len() / 3)?;
        let (left, right, middle) = Self::sides(grid, skin, (x + side / 2, y + side / 2))?;
        let unit = (right - left) / 1.24;
        let top = Self::hairline(grid, skin, (middle, y + side / 2), unit)?;
        let near = (number(x) + number(side) / 2.0, number(y) + number(side) / 2.0);
        Some(Self { skin, near, at: (middle, top + HAIRLINE * unit), unit })
    }

    /// Finds the square with the most skin; one in the upper middle counts most.
    fn window(grid: &Grid) -> Option<(usize, usize, usize)> {
        let side = grid.width.min(grid.height) / 5;
        let (width, height) = (number(grid.width), number(grid.height));
        let half = number(side) / 2.0;
        let mut best: Option<(f32, usize, usize)> = None;
        for y in (0..grid.height.saturating_sub(side)).step_by(2) {
            for x in (0..grid.width.saturating_sub(side)).step_by(2) {
                let cells = cells(grid, (x, x + side), (y, y + side));
                let skin = number(cells.iter().filter(|colour| is_skin(**colour)).count());
                let share = skin / number(cells.len().max(1));
                let (u, v) = ((number(x) + half) / width - 0.5, (number(y) + half) / height - 0.42);
                let score = share / (1.0 + 14.0 * u * u + 14.0 * v * v);
                if share > 0.4 && best.is_none_or(|(most, ..)| score > most) {
                    best = Some((score, x, y));
                }
            }
        }
        best.map(|(_, x, y)| (x, y, side))
    }

    /// Follows the skin to both sides, in the rows around this place, and returns both edges and the middle. Eyes
    /// and lips end the skin early in some rows, so that the outer edges count.
    fn sides(grid: &Grid, skin: Colour, (x, y): (usize, usize)) -> Option<(f32, f32, f32)> {
        let reach = grid.width.min(grid.height) / 8;
        let (mut lefts, mut rights) = (Vec::new(), Vec::new());
        for row in y.saturating_sub(reach)..=y + reach {
            let like = |column: &usize| grid.at(*column, row).is_some_and(|cell| is_like(cell, skin));
            lefts.push(number(edge((0..=x).rev(), like).unwrap_or(x)));
            rights.push(number(edge(x..grid.width, like).unwrap_or(x) + 1));
        }
        let (left, right) = (ranked(lefts, 1)?, ranked(rights, 3)?);
        (right - left >= 3.0).then_some((left, right, f32::midpoint(left, right)))
    }

    /// Follows the skin upwards from this place to the hair.
    fn hairline(grid: &Grid, skin: Colour, (x, y): (f32, usize), unit: f32) -> Option<f32> {
        let columns = [-0.2, -0.1, 0.0, 0.1, 0.2].map(|part| cell(x + part * unit));
        let tops = columns.into_iter().map(|column| {
            let like = |row: &usize| grid.at(column, *row).is_some_and(|cell| is_like(cell, skin));
            number(edge((0..=y).rev(), like).unwrap_or(y))
        });
        ranked(tops.collect(), 2)
    }

    /// Returns the colour above the hairline, if it is one that hair may have.
    pub(super) fn hair(&self, grid: &Grid) -> Option<Colour> {
        let hair = median(&self.cells(grid, (-0.32, 0.32), (-0.82, -0.58)), 4)?;
        let [red, _, blue] = hair;
        let forehead = is_like(hair, self.skin) && light(hair) > light(self.skin);
        let background = red < blue - 0.02 || light(hair) > 0.75;
        (distance(hair, self.skin) > 0.12 && !forehead && !background).then_some(hair)
    }

    /// Returns the colour below the neck.
    pub(super) fn clothes(&self, grid: &Grid) -> Option<Colour> {
        let mut band = self.cells(grid, (-0.7, 0.7), (1.5, 2.2));
        band.retain(|cell| !is_like(*cell, self.skin));
        median(&band, 8)
    }

    /// Lists the places and sizes that the face may have, as a drawn one.
    pub(super) fn fits(self, grid: &Grid) -> impl Iterator<Item = Self> {
        let shorter = number(grid.width.min(grid.height));
        UNITS.into_iter().flat_map(move |unit| {
            let unit = unit * shorter;
            MOVES.into_iter().flat_map(move |x| {
                MOVES.map(|y| Self { at: (self.near.0 + x * unit, self.near.1 + y * unit), unit, ..self })
            })
        })
    }

    /// Counts the points at which the photo differs from a drawn head.
    pub(super) fn unlike(&self, parts: &Parts, drawn: &[Part]) -> usize {
        let differs = |(index, drawn): (usize, &Part)| {
            let (x, y) = map_point(index);
            let (column, row) = (self.at.0 + x * self.unit, self.at.1 + y * self.unit);
            let inside = column >= 0.0 && row >= 0.0;
            let seen = if inside { parts.at(cell(column), cell(row)) } else { Part::Around };
            match drawn {
                Part::Around => seen == Part::Hair,
                part => seen != *part,
            }
        };
        drawn.iter().enumerate().filter(|point| differs(*point)).count()
    }

    /// Lists the cells of a rectangle around the head's middle, in units.
    fn cells(&self, grid: &Grid, (left, right): (f32, f32), (top, bottom): (f32, f32)) -> Vec<Colour> {
        let column = |part: f32| cell(self.at.0 + part * self.unit);
        let row = |part: f32| cell(self.at.1 + part * self.unit);
        cells(grid, (column(left), column(right) + 1), (row(top), row(bottom) + 1))
    }
}

fn cells(grid: &Grid, (left, right): (usize, usize), (top, bottom): (usize, usize)) -> Vec<Colour> {
    let rows = top..bottom.min(grid.height);
    rows.flat_map(|y| (left..right.min(grid.width)).filter_map(move |x| grid.at(x, y))).collect()
}

/// Returns the last place before two in a row that are not like the first.
fn edge(places: impl Iterator<Item = usize>, is_like: impl Fn(&usize) -> bool) -> Option<usize> {
    let (mut last, mut misses) = (None, 0);
    for place in places {
        if is_like(&place) {
            (last, misses) = (Some(place), 0);
        } else {
            misses += 1;
            if misses == 2 {
                break;
            }
        }
    }
    last
}

/// Returns the number below which this many quarters of the numbers are.
fn ranked(mut numbers: Vec<f32>, quarters: usize) -> Option<f32> {
    numbers.sort_by(f32::total_cmp);
    numbers.get(numbers.len() * quarters / 4).copied()
}

/// Tells whether a colour is one that skin of any kind has in a photo, by the bounds that Chai and Ngan give for the
/// colour difference signals (1999), a little wider.
fn is_skin(colour: Colour) -> bool {
    let ([red, _, blue], light) = (colour, light(colour));
    let (cb, cr) = ((blue - light) * 0.564, (red - light) * 0.713);
    light > 0.12 && (-0.20..=-0.01).contains(&cb) && (0.02..=0.19).contains(&cr)
}

/// Tells whether a colour is that of a thing in more or less light.
fn is_like(colour: Colour, thing: Colour) -> bool {
    let by = (light(thing) + 0.02) / (light(colour) + 0.02);
    let evened = colour.map(|sample| sample * by);
    (0.72..1.6).contains(&by) && distance(evened, thing) < 0.11
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 0 becomes 0")]
fn cell(place: f32) -> usize {
    place as usize
}
