//! Frames → movement measurements for the authority's challenge. The widget measures; what it means is judged elsewhere.
//!
//! [`Guide`] says what the resident should do now, [`Recorder`] keeps what is sealed of each frame. Neither decides
//! anything that the authority would believe.

mod guide;
mod recorder;

use nod_protocol::parallax::Face;

use crate::landmarks::Landmarks;

pub use guide::{Cue, Guide, Noticed};
pub use recorder::{Full, Recorder};

/// The landmarks as the parallax is measured of them.
fn places(landmarks: &Landmarks) -> Face {
    landmarks.points().map(|p| [f64::from(p.x), f64::from(p.y)])
}
