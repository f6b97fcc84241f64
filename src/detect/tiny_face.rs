//! The tiny face detector's output → faces. It is a small YOLO v2 (Redmon, Farhadi: "YOLO9000", 2016) with
//! five anchors and no class; architecture and anchors from the npm package `@vladmandic/face-api`.
//!
//! For anchor `a` of the cell in column `c` and row `r` of a grid of `g` × `g` cells, with the raw values
//! x, y, w, h, o: score = σ(o), centre = ((c + σ(x))/g, (r + σ(y))/g), size = (eʷ·aₓ/g, eʰ·a_y/g), all relative
//! to the input square.

use super::{Face, is_sound};
use crate::geometry::{Point, Rect};
use crate::model::Output;

/// Anchor sizes in cells.
const ANCHORS: [[f32; 2]; 5] = [
    [1.603231, 2.094468],
    [6.041143, 7.080126],
    [2.882459, 3.518061],
    [4.266906, 5.178857],
    [9.041765, 10.66308],
];

/// Values of one anchor: x, y, width, height, objectness.
const VALUES: usize = 5;

/// Pixels of the input that one cell stands for.
const CELL: usize = 32;

/// Faces in the coordinates of the input (a square of `side` pixels), or nothing when the output is not
/// 25 planes (anchor-major) of one value a cell.
pub(super) fn decode(outputs: &[Output], side: usize, min_score: f32) -> Option<Vec<Face>> {
    let [output] = outputs else { return None };
    let grid = side / CELL;
    let cells = grid * grid;
    let planes: Vec<&[f32]> = output.values().chunks(cells.max(1)).collect();
    if planes.len() != ANCHORS.len() * VALUES || planes.iter().any(|p| p.len() != cells) {
        return None;
    }
    let mut faces = Vec::new();
    for (anchor, planes) in ANCHORS.iter().zip(planes.chunks_exact(VALUES)) {
        let &[x, y, w, h, objectness] = planes else {
            return None;
        };
        for (cell, objectness) in objectness.iter().enumerate() {
            let score = sigmoid(*objectness);
            if score < min_score {
                continue;
            }
            let corner = Point::new((cell % grid) as f32, (cell / grid) as f32);
            let bounds = place([x[cell], y[cell], w[cell], h[cell]], corner, *anchor);
            let face = Face {
                bounds,
                score,
                points: None,
            };
            if is_sound(&face) {
                faces.push(face);
            }
        }
    }
    Some(faces)
}

fn place([x, y, w, h]: [f32; 4], corner: Point, [across, down]: [f32; 2]) -> Rect {
    let cell = CELL as f32;
    let centre = Point::new(
        (corner.x + sigmoid(x)) * cell,
        (corner.y + sigmoid(y)) * cell,
    );
    Rect::around(centre, w.exp() * across * cell, h.exp() * down * cell)
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_anchor_becomes_one_face() {
        // 64 pixels a side: 2×2 cells. Anchor 2 in cell 3 (column 1, row 1).
        let mut values = vec![0.0; 25 * 4];
        for anchor in 0..5 {
            values[(anchor * 5 + 4) * 4..(anchor * 5 + 5) * 4].fill(-9.0);
        }
        values[(2 * 5 + 4) * 4 + 3] = 2.0;
        let faces = decode(&[Output::new(values)], 64, 0.5).unwrap();
        assert_eq!(faces.len(), 1);
        assert!((faces[0].score - 0.880797).abs() < 1e-5);
        assert!(faces[0].bounds.centre().distance(Point::new(48.0, 48.0)) < 1e-4);
        assert!((faces[0].bounds.width - 2.882459 * 32.0).abs() < 1e-3);
        assert!((faces[0].bounds.height - 3.518061 * 32.0).abs() < 1e-3);
    }

    #[test]
    fn other_shapes_are_refused() {
        assert!(decode(&[], 64, 0.5).is_none());
        assert!(decode(&[Output::new(vec![0.0; 99])], 64, 0.5).is_none());
        assert!(decode(&[Output::new(vec![0.0; 100])], 0, 0.5).is_none());
    }
}
