//! Where the values of a picture lie: planes of blocks of L channels, with a border.

use std::ops::Range;

use crate::plan::Shape;

/// Rows and columns of zeros around a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Border {
    pub(crate) top: usize,
    pub(crate) left: usize,
    pub(crate) bottom: usize,
    pub(crate) right: usize,
}

impl Border {
    /// The smallest border that holds both.
    pub(crate) fn union(self, other: Self) -> Self {
        Self {
            top: self.top.max(other.top),
            left: self.left.max(other.left),
            bottom: self.bottom.max(other.bottom),
            right: self.right.max(other.right),
        }
    }
}

/// Where the values of one picture lie in the network's memory.
#[derive(Clone, Debug)]
pub(crate) struct Blocks<const L: usize> {
    pub(crate) shape: Shape,
    pub(crate) border: Border,
    /// Planes.
    pub(crate) count: usize,
    /// Values from a pixel to the one below.
    pub(crate) row: usize,
    /// Values from a plane to the next.
    pub(crate) plane: usize,
    /// Of the first value in memory.
    pub(crate) start: usize,
}

impl<const L: usize> Blocks<L> {
    pub(crate) fn new(shape: Shape, border: Border) -> Self {
        let row = (border.left + shape.width + border.right) * L;
        Self {
            shape,
            border,
            count: shape.channels.div_ceil(L),
            row,
            plane: (border.top + shape.height + border.bottom) * row,
            start: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.count * self.plane
    }

    pub(crate) fn range(&self) -> Range<usize> {
        self.start..self.start + self.len()
    }

    /// Offset of the first value of a pixel, within the picture's own slice.
    #[inline(always)]
    pub(crate) fn at(&self, block: usize, y: usize, x: usize) -> usize {
        block * self.plane + (y + self.border.top) * self.row + (x + self.border.left) * L
    }

    /// Offset of the first value of a pixel that may lie in the border: `y` rows below and `x` columns right of the window
    /// that starts `before` the picture.
    #[inline(always)]
    pub(crate) fn beyond(&self, block: usize, y: usize, x: usize, before: [usize; 2]) -> usize {
        let [up, left] = before;
        block * self.plane
            + (y + self.border.top - up) * self.row
            + (x + self.border.left - left) * L
    }

    /// The values of one row of one plane, without its border.
    pub(crate) fn row_at(&self, block: usize, y: usize) -> Range<usize> {
        let at = self.at(block, y, 0);
        at..at + self.shape.width * L
    }

    /// Sets the border to zero: the memory held another picture before.
    pub(crate) fn clear_border(&self, picture: &mut [f32]) {
        if self.border == Border::default() {
            return;
        }
        for block in 0..self.count {
            let plane = block * self.plane;
            let (first, last) = (
                self.at(block, 0, 0),
                self.at(block, self.shape.height - 1, 0),
            );
            picture[plane..first].fill(0.0);
            for y in 1..self.shape.height {
                let end = self.row_at(block, y - 1).end;
                picture[end..self.at(block, y, 0)].fill(0.0);
            }
            picture[last + self.shape.width * L..plane + self.plane].fill(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clearing_the_border_touches_nothing_else() {
        let shape = Shape {
            height: 2,
            width: 3,
            channels: 5,
        };
        let border = Border {
            top: 1,
            left: 2,
            bottom: 3,
            right: 1,
        };
        let blocks = Blocks::<4>::new(shape, border);
        assert_eq!(blocks.len(), 2 * 6 * 6 * 4);
        let mut picture = vec![7.0; blocks.len()];
        blocks.clear_border(&mut picture);
        assert_eq!(picture.iter().filter(|v| **v == 7.0).count(), 2 * 2 * 3 * 4);
        for (block, y) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            assert_eq!(picture[blocks.row_at(block, y)], [7.0; 12]);
        }
    }
}
