//! YuNet's outputs → faces (Wu, Peng, Yu: "YuNet: A Tiny Millisecond-level Face Detector", 2023).
//!
//! Twelve outputs: class, objectness, box and points, each for the strides 8, 16 and 32, rows before columns.
//! For the cell in column `c` and row `r` of stride `s`:
//! score = √(class · objectness), centre = ((c + dx)·s, (r + dy)·s), size = (eʷ·s, eʰ·s),
//! point k = ((c + xₖ)·s, (r + yₖ)·s).

use super::{Face, is_sound};
use crate::geometry::{Point, Rect};
use crate::model::Output;

const STRIDES: [usize; 3] = [8, 16, 32];

/// Faces in the coordinates of the input, or nothing when the outputs don't have YuNet's form.
pub(super) fn decode(
    outputs: &[Output],
    width: usize,
    height: usize,
    min_score: f32,
) -> Option<Vec<Face>> {
    if outputs.len() != 4 * STRIDES.len() {
        return None;
    }
    let mut faces = Vec::new();
    for (level, stride) in STRIDES.into_iter().enumerate() {
        let (columns, rows) = (width / stride, height / stride);
        let cells = columns * rows;
        let part = |kind: usize, values: usize| {
            let data = outputs.get(kind * STRIDES.len() + level)?.values();
            (data.len() == cells * values).then_some(data)
        };
        let (class, object) = (part(0, 1)?, part(1, 1)?);
        let (boxes, points) = (part(2, 4)?, part(3, 10)?);
        let all = class
            .iter()
            .zip(object)
            .zip(boxes.chunks(4).zip(points.chunks(10)));
        for (cell, ((class, object), (offsets, points))) in all.enumerate() {
            let score = (class.clamp(0.0, 1.0) * object.clamp(0.0, 1.0)).sqrt();
            if score < min_score {
                continue;
            }
            let grid = Grid {
                column: (cell % columns) as f32,
                row: (cell / columns) as f32,
                stride: stride as f32,
            };
            let face = grid.face(score, offsets, points)?;
            if is_sound(&face) {
                faces.push(face);
            }
        }
    }
    Some(faces)
}

struct Grid {
    column: f32,
    row: f32,
    stride: f32,
}

impl Grid {
    fn face(&self, score: f32, offsets: &[f32], points: &[f32]) -> Option<Face> {
        let &[dx, dy, w, h] = offsets else {
            return None;
        };
        let bounds = Rect::around(
            self.at(dx, dy),
            w.exp() * self.stride,
            h.exp() * self.stride,
        );
        let mut five = [Point::default(); 5];
        for (point, xy) in five.iter_mut().zip(points.chunks_exact(2)) {
            *point = self.at(xy[0], xy[1]);
        }
        Some(Face {
            bounds,
            score,
            points: Some(five),
        })
    }

    fn at(&self, dx: f32, dy: f32) -> Point {
        Point::new(
            (self.column + dx) * self.stride,
            (self.row + dy) * self.stride,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty() -> Vec<Output> {
        [1, 1, 4, 10]
            .iter()
            .flat_map(|values| {
                STRIDES.map(|s| Output::new(vec![0.0; (64 / s) * (32 / s) * values]))
            })
            .collect()
    }

    #[test]
    fn one_cell_becomes_one_face() {
        let mut outputs = empty();
        // Stride 16 in a 64×32 input: 4 columns, 2 rows; cell 6 is column 2, row 1.
        outputs[1].values_mut()[6] = 0.81;
        outputs[4].values_mut()[6] = 1.0;
        outputs[7].values_mut()[6 * 4..7 * 4].copy_from_slice(&[0.5, 0.25, 2f32.ln(), 0.0]);
        outputs[10].values_mut()[6 * 10..6 * 10 + 2].copy_from_slice(&[-0.5, 0.5]);
        let faces = decode(&outputs, 64, 32, 0.6).unwrap();
        assert_eq!(faces.len(), 1);
        assert!((faces[0].score - 0.9).abs() < 1e-6);
        let bounds = faces[0].bounds;
        assert!(bounds.centre().distance(Point::new(40.0, 20.0)) < 1e-4);
        assert!((bounds.width - 32.0).abs() < 1e-4 && (bounds.height - 16.0).abs() < 1e-4);
        assert_eq!(faces[0].points.unwrap()[0], Point::new(24.0, 24.0));
    }

    #[test]
    fn other_shapes_are_refused() {
        assert!(decode(&empty()[..11], 64, 32, 0.6).is_none());
        assert!(decode(&empty(), 64, 64, 0.6).is_none());
        assert!(decode(&[], 64, 32, 0.6).is_none());
    }
}
