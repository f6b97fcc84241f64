//! Between two detections: where a face went, by its landmarks alone.
//!
//! Finding faces is the larger half of a look (`docs/speed.md`). While the resident gets into place, a face that was found
//! is followed for [`FOLLOWED`] looks: the landmark net is shown the place where the face was, and what turn, scale and shift
//! lie between the landmarks then and now moves its box and points. A face that changed in another way was lost, and is looked
//! for at once.
//!
//! Nothing that is judged comes from here: from the moment that a face is in place until the capture is complete every look
//! detects. The limits of the judge were measured on landmarks within detected boxes.

use crate::detect::Face;
use crate::geometry::Rect;
use crate::image::Frame;
use crate::landmarks::{LandmarkNet, Landmarks};
use crate::model::ModelError;
use crate::pipeline::Seen;
use crate::similarity::Similarity;

/// Looks in a row without a detection. At fifteen pictures a second a face that has gone, or a second one that has come, is
/// noticed after 0.2 s, and hints wait longer before they show.
const FOLLOWED: u32 = 2;

/// Between two pictures a head that is followed grows or shrinks by no more than a tenth …
const MOST_GROWTH: f32 = 1.1;
/// … and its landmarks, moved back, lie within this part of the eye distance (root mean square). Measured with the portraits of
/// `tests/faces`: at most 0.045 where the head moved by a twentieth of its height, 0.08 by a tenth; 0.29 and more where
/// there was no face any more.
const MOST_CHANGE: f32 = 0.06;

/// The face that was seen last, as long as it may be followed.
#[derive(Default)]
pub struct Follower {
    last: Option<Seen>,
    followed: u32,
}

impl Follower {
    /// What the next look may follow.
    pub fn last(&self) -> Option<&Seen> {
        self.last.as_ref().filter(|_| self.followed < FOLLOWED)
    }

    /// Takes note of what a look has seen, and whether it found or followed it.
    pub fn note(&mut self, seen: Option<Seen>) {
        self.followed = match &seen {
            Some(seen) if seen.followed => self.followed + 1,
            _ => 0,
        };
        self.last = seen;
    }
}

/// The face and its landmarks now, or nothing where it was lost.
pub(crate) fn place(
    net: &LandmarkNet,
    frame: &Frame<'_>,
    last: &Seen,
) -> Result<Option<(Face, Landmarks)>, ModelError> {
    let landmarks = net.place(frame, &last.face)?;
    let change = last.landmarks.residual(&landmarks);
    let moved = Similarity::fit(last.landmarks.points(), landmarks.points());
    Ok(moved
        .filter(|moved| (1.0 / MOST_GROWTH..=MOST_GROWTH).contains(&moved.scale()))
        .filter(|_| change.is_some_and(|change| change <= MOST_CHANGE))
        .map(|moved| (last.face.moved(&moved), landmarks)))
}

impl Face {
    /// The same face where a movement has brought it. The box stays upright.
    fn moved(&self, by: &Similarity) -> Self {
        let centre = self.bounds.centre();
        let (width, height) = (self.bounds.width, self.bounds.height);
        Self {
            bounds: Rect::around(
                by.apply(centre.x, centre.y),
                width * by.scale(),
                height * by.scale(),
            ),
            score: self.score,
            points: self.points.map(|points| points.map(|p| by.apply(p.x, p.y))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Point;

    #[test]
    fn a_box_turns_with_nothing_and_moves_and_grows_with_its_face() {
        let at = |x, y| Point::new(x, y);
        let from = [at(0.0, 0.0), at(1.0, 0.0), at(0.0, 1.0)];
        let to = [at(5.0, 0.0), at(7.0, 0.0), at(5.0, 2.0)];
        let twice = Similarity::fit(&from, &to).unwrap();
        let bounds = Rect::around(at(10.0, 10.0), 4.0, 6.0);
        let face = Face {
            bounds,
            score: 0.9,
            points: Some([at(1.0, 1.0); 5]),
        };
        let moved = face.moved(&twice);
        let expected = Rect::around(at(25.0, 20.0), 8.0, 12.0);
        assert!(moved.bounds.overlap(&expected) > 0.999);
        let points = moved.points.unwrap();
        assert!(points.iter().all(|p| p.distance(at(7.0, 2.0)) < 1e-3));
    }
}
