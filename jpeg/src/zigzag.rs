//! The zigzag sequence of a block's coefficients (A.3.6).

/// Row-by-row index, 8 to the row, of the coefficient at each place of the zigzag sequence (figure A.6).
pub(crate) const NATURAL: [u8; 64] = {
    let mut order = [0; 64];
    let (mut row, mut column, mut at) = (0_i8, 0_i8, 0);
    while at < 64 {
        #[expect(clippy::cast_sign_loss, reason = "both stay within 0 to 7")]
        let natural = (row * 8 + column) as u8;
        order[at] = natural;
        // Even diagonals run upwards, odd ones downwards, both until they meet an edge.
        let upwards = (row + column) % 2 == 0;
        (row, column) = match (row, column) {
            (row, 7) if upwards => (row + 1, 7),
            (0, column) if upwards => (0, column + 1),
            (row, column) if upwards => (row - 1, column + 1),
            (7, column) => (7, column + 1),
            (row, 0) => (row + 1, 0),
            (row, column) => (row + 1, column - 1),
        };
        at += 1;
    }
    order
};

/// Place in the zigzag sequence of the coefficient at each row-by-row index.
pub(crate) const ZIGZAG: [u8; 64] = {
    let mut places = [0; 64];
    let mut at = 0_u8;
    while at < 64 {
        places[NATURAL[at as usize] as usize] = at;
        at += 1;
    }
    places
};

#[cfg(test)]
mod tests {
    use super::{NATURAL, ZIGZAG};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn the_sequence_is_that_of_figure_a_6() {
        assert_eq!(NATURAL[..12], [0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25]);
        assert_eq!(NATURAL[23..35], [34, 27, 20, 13, 6, 7, 14, 21, 28, 35, 42, 49]);
        assert_eq!(NATURAL[60..], [47, 55, 62, 63]);
        assert!((0..64).all(|at| usize::from(ZIGZAG[usize::from(NATURAL[at])]) == at));
    }
}
