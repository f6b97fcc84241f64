//! The Walsh and Hadamard transform of a power of two of numbers, at least 8, in place and without its factor.
//!
//! Its passes add and subtract numbers that lie 1, 2, 4, … apart. Sketches lie in databases, so which numbers are added
//! to which, and in which order, is part of what a sketch is: everything here gives the same bits as one pass after the other.
//! What is saved is memory read and written (three passes at once) and what is zero or not asked for.

use super::SIGNS;

/// All passes.
pub(super) fn transform(values: &mut [f32]) {
    shortest(values);
    up_to_three::<8>(values);
    up_to_three::<64>(values);
    up_to_three::<512>(values);
    up_to_three::<4096>(values);
}

/// The same where only so many numbers in the beginning are not zero: beyond them, passes copy.
pub(super) fn transform_of_few(values: &mut [f32], few: usize) {
    let few = few.next_power_of_two().max(8);
    let (some, zeros) = values.split_at_mut(few.min(values.len()));
    transform(some);
    for copy in zeros.chunks_exact_mut(few) {
        copy.copy_from_slice(some);
    }
}

/// The same where only the first [`SIGNS`] of the results are asked for; the others mean nothing.
pub(super) fn transform_first(values: &mut [f32]) {
    let (rows, _) = values.as_chunks_mut::<SIGNS>();
    rows.iter_mut().for_each(|row| transform(row));
    let mut apart = 1;
    while apart < rows.len() {
        for pair in rows.chunks_exact_mut(2 * apart) {
            let (low, high) = pair.split_at_mut(apart);
            for (a, b) in low[0].iter_mut().zip(&high[0]) {
                *a += b;
            }
        }
        apart *= 2;
    }
}

/// 1, 2 and 4 apart: pairs that lie so close together are slow to take one by one.
fn shortest(values: &mut [f32]) {
    for eight in values.as_chunks_mut::<8>().0 {
        for half in [1, 2, 4] {
            let before = *eight;
            *eight = std::array::from_fn(|at| {
                let (one, other) = (before[at & !half], before[at | half]);
                if at & half == 0 {
                    one + other
                } else {
                    one - other
                }
            });
        }
    }
}

/// `APART`, twice and four times as far apart, as far as there are numbers.
fn up_to_three<const APART: usize>(values: &mut [f32]) {
    let (rows, _) = values.as_chunks_mut::<APART>();
    match rows.len() {
        0 | 1 => {}
        2 => together::<APART, 2>(rows),
        4 => together::<APART, 4>(rows),
        _ => together::<APART, 8>(rows),
    }
}

/// The passes of so many rows at once: a number of each row, then the next of each.
fn together<const APART: usize, const ROWS: usize>(rows: &mut [[f32; APART]]) {
    for rows in rows.as_chunks_mut::<ROWS>().0 {
        (0..APART).for_each(|at| {
            let mut column: [f32; ROWS] = std::array::from_fn(|row| rows[row][at]);
            let mut half = 1;
            while half < ROWS {
                let before = column;
                for row in 0..ROWS {
                    let (one, other) = (before[row & !half], before[row | half]);
                    column[row] = if row & half == 0 {
                        one + other
                    } else {
                        one - other
                    };
                }
                half *= 2;
            }
            for (row, number) in rows.iter_mut().zip(column) {
                row[at] = number;
            }
        });
    }
}
