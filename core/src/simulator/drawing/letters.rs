//! Letters of seven rows and five columns, for marking a picture as a test.

/// Writes a text across the lower left corner, white on a dark band, about a fifth of the picture's width.
/// Only the letters of TEST and the space are known; others are left blank.
pub fn stamp(rgb: &mut [u8], width: u32, text: &str) {
    let Ok(width) = usize::try_from(width) else { return };
    let Some(height) = rgb.len().checked_div(width * 3) else { return };
    let columns = text.chars().count() * 6 + 1;
    let dot = (width / 5 / columns.max(1)).max(1);
    let (left, top) = (dot * 2, height.saturating_sub(dot * 11));
    for y in 0..9 * dot {
        for x in 0..columns * dot {
            let (row, column) = (y / dot, x / dot);
            let lit = row >= 1 && is_lit(text, row - 1, column);
            if left + x >= width || top + y >= height {
                continue;
            }
            let at = ((top + y) * width + left + x) * 3;
            for sample in rgb.get_mut(at..at + 3).unwrap_or_default() {
                *sample = if lit { 255 } else { *sample / 4 };
            }
        }
    }
}

fn is_lit(text: &str, row: usize, column: usize) -> bool {
    let Some(column) = column.checked_sub(1) else { return false };
    let glyph = text.chars().nth(column / 6).map_or(&[0; 7], glyph);
    glyph.get(row).is_some_and(|bits| column % 6 < 5 && bits >> (4 - column % 6) & 1 == 1)
}

fn glyph(letter: char) -> &'static [u8; 7] {
    match letter {
        'T' => &[0b11111, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100],
        'E' => &[0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b11111],
        'S' => &[0b01111, 0b10000, 0b10000, 0b01110, 0b00001, 0b00001, 0b11110],
        _ => &[0; 7],
    }
}

#[cfg(test)]
mod tests {
    use super::stamp;
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn the_letters_can_be_read() {
        let mut rgb = vec![100; 200 * 40 * 3];
        stamp(&mut rgb, 200, "TEST");
        let line = |row: usize| -> String {
            let row = &rgb[row * 600..row * 600 + 90];
            row.chunks(3).map(|pixel| if pixel[0] == 255 { '#' } else { '.' }).collect()
        };
        assert_eq!(line(30), "...#####.#####..####.#####....");
        assert_eq!(line(33), ".....#...####...###....#......");
        assert_eq!(line(36), ".....#...#####.####....#......");
    }

    #[test]
    fn pictures_of_any_size_are_survived() {
        for (width, height) in [(0, 0), (1, 1), (3, 50), (50, 3), (1024, 1)] {
            let mut rgb = vec![0; usize::try_from(width * height * 3).unwrap()];
            stamp(&mut rgb, width, "TEST");
        }
        stamp(&mut [0; 7], 2, "TEST");
    }
}
