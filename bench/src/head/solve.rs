//! Linear equations, for fitting.

/// Solves `matrix · x = right` for each column of `right`, by elimination with partial pivoting; nothing if the matrix
/// is singular or the sizes do not agree.
pub(crate) fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<Vec<f64>>) -> Option<Vec<Vec<f64>>> {
    let n = matrix.len();
    if right.len() != n || matrix.iter().any(|row| row.len() != n) {
        return None;
    }
    for column in 0..n {
        let pivot = (column..n)
            .max_by(|&a, &b| matrix[a][column].abs().total_cmp(&matrix[b][column].abs()))?;
        if matrix[pivot][column].abs() < 1e-12 {
            return None;
        }
        matrix.swap(column, pivot);
        right.swap(column, pivot);
        let (head, from) = (matrix[column].clone(), right[column].clone());
        for row in column + 1..n {
            let factor = matrix[row][column] / head[column];
            subtract(&mut matrix[row], &head, factor);
            subtract(&mut right[row], &from, factor);
        }
    }
    for column in (0..n).rev() {
        let diagonal = matrix[column][column];
        right[column]
            .iter_mut()
            .for_each(|value| *value /= diagonal);
        let from = right[column].clone();
        for row in 0..column {
            subtract(&mut right[row], &from, matrix[row][column]);
        }
    }
    Some(right)
}

/// Least squares: `x` that brings `rows · x` nearest to `right`, by the normal equations with a small ridge.
pub(crate) fn least_squares(
    rows: &[Vec<f64>],
    right: &[Vec<f64>],
    ridge: f64,
) -> Option<Vec<Vec<f64>>> {
    let (unknowns, columns) = (rows.first()?.len(), right.first()?.len());
    let mut normal = vec![vec![0.0; unknowns]; unknowns];
    let mut sums = vec![vec![0.0; columns]; unknowns];
    for (row, values) in rows.iter().zip(right) {
        for (i, a) in row.iter().enumerate() {
            for (sum, b) in normal[i].iter_mut().zip(row) {
                *sum += a * b;
            }
            for (sum, b) in sums[i].iter_mut().zip(values) {
                *sum += a * b;
            }
        }
    }
    for (i, row) in normal.iter_mut().enumerate() {
        row[i] += ridge;
    }
    solve(normal, sums)
}

fn subtract(row: &mut [f64], other: &[f64], factor: f64) {
    for (value, o) in row.iter_mut().zip(other) {
        *value -= factor * o;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_system_is_solved_with_pivoting() {
        let matrix = vec![
            vec![0.0, 2.0, 1.0],
            vec![1.0, 1.0, 0.0],
            vec![3.0, 0.0, -1.0],
        ];
        let right = vec![vec![7.0], vec![3.0], vec![0.0]];
        let x = solve(matrix, right).unwrap();
        for (value, expected) in x.iter().zip([1.0, 2.0, 3.0]) {
            assert!((value[0] - expected).abs() < 1e-12, "{x:?}");
        }
    }

    #[test]
    fn singular_systems_have_no_solution() {
        let matrix = vec![vec![1.0, 2.0], vec![2.0, 4.0]];
        assert!(solve(matrix, vec![vec![1.0], vec![2.0]]).is_none());
    }

    #[test]
    fn a_line_is_found_through_points() {
        let rows: Vec<Vec<f64>> = (0..9).map(|x| vec![f64::from(x), 1.0]).collect();
        let right: Vec<Vec<f64>> = (0..9).map(|x| vec![3.0 * f64::from(x) - 2.0]).collect();
        let line = least_squares(&rows, &right, 0.0).unwrap();
        assert!((line[0][0] - 3.0).abs() < 1e-9 && (line[1][0] + 2.0).abs() < 1e-9);
    }
}
