//! Points and rectangles in a frame.
//!
//! One convention everywhere: unit is the frame's pixel, x to the right, y down, `(0, 0)` is the top left
//! corner of the frame as stored (never mirrored). "Left" and "right" mean the image's, not the person's.

/// A position in a frame, in pixels; may lie outside it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// Pixels from the left edge.
    pub x: f32,
    /// Pixels from the top edge.
    pub y: f32,
}

impl Point {
    /// A point from its coordinates.
    pub const fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }

    /// The point half way to `other`.
    pub fn midpoint(self, other: Self) -> Self {
        Self::new((self.x + other.x) / 2.0, (self.y + other.y) / 2.0)
    }

    /// Euclidean distance in pixels.
    pub fn distance(self, other: Self) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    /// Neither coordinate is NaN or infinite.
    pub fn is_finite(self) -> bool {
        self.x.is_finite() && self.y.is_finite()
    }
}

/// An upright rectangle, in pixels; may reach outside the frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Extent to the right, not negative.
    pub width: f32,
    /// Extent downward, not negative.
    pub height: f32,
}

impl Rect {
    /// A rectangle from its centre and its extents.
    pub fn around(centre: Point, width: f32, height: f32) -> Self {
        Self {
            x: centre.x - width / 2.0,
            y: centre.y - height / 2.0,
            width,
            height,
        }
    }

    /// The point in the middle.
    pub fn centre(&self) -> Point {
        Point::new(self.x + self.width / 2.0, self.y + self.height / 2.0)
    }

    /// Right edge.
    pub fn right(&self) -> f32 {
        self.x + self.width
    }

    /// Bottom edge.
    pub fn bottom(&self) -> f32 {
        self.y + self.height
    }

    /// Area in square pixels.
    pub fn area(&self) -> f32 {
        self.width * self.height
    }

    /// The part covered by both, of area 0 when they do not meet.
    pub fn intersection(&self, other: &Self) -> Self {
        let x = self.x.max(other.x);
        let y = self.y.max(other.y);
        let width = (self.right().min(other.right()) - x).max(0.0);
        let height = (self.bottom().min(other.bottom()) - y).max(0.0);
        Self {
            x,
            y,
            width,
            height,
        }
    }

    /// Intersection over union, 0 (apart) to 1 (the same).
    pub fn overlap(&self, other: &Self) -> f32 {
        let shared = self.intersection(other).area();
        let union = self.area() + other.area() - shared;
        if union > 0.0 { shared / union } else { 0.0 }
    }

    /// All four numbers finite and the area positive.
    pub fn is_proper(&self) -> bool {
        [self.x, self.y, self.width, self.height]
            .iter()
            .all(|v| v.is_finite())
            && self.width > 0.0
            && self.height > 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlap_of_half_shifted_squares_is_a_third() {
        let a = Rect {
            x: 0.0,
            y: 0.0,
            width: 10.0,
            height: 10.0,
        };
        let b = Rect { x: 5.0, ..a };
        assert!((a.overlap(&b) - 1.0 / 3.0).abs() < 1e-6);
        assert_eq!(a.overlap(&a), 1.0);
        assert_eq!(a.overlap(&Rect { x: 20.0, ..a }), 0.0);
    }

    #[test]
    fn empty_rectangles_overlap_nothing_and_are_not_proper() {
        let none = Rect {
            x: 1.0,
            y: 1.0,
            width: 0.0,
            height: 0.0,
        };
        assert_eq!(none.overlap(&none), 0.0);
        assert!(!none.is_proper());
        assert!(
            !Rect {
                x: f32::NAN,
                y: 0.0,
                width: 1.0,
                height: 1.0
            }
            .is_proper()
        );
    }
}
