//! Is this frame good enough? Named measures of the face in it, and one hint: the most useful first.
//!
//! The measures are those of ISO/IEC 29794-5 (and of its reference implementation, OFIQ) as far as one frame and
//! 68 landmarks give them; each is a plain number with a unit, so that a test can move it. What differs from the
//! standard, and why, is said at the measure; how often each refuses a usable picture, in `docs/quality.md`.
//!
//! No measure holds a person's own looks against them: brightness is judged by the brightest parts of a face and by
//! one side of it against the other, eyes by the iris and not by how wide they are, what covers a face by its colour
//! against the same face's skin.

mod covered;
mod eyes;
mod hints;
mod light;
mod limits;
mod motion;
mod mouth;
mod patience;
mod place;
mod portrait;
mod pose;
mod sharpness;
mod statistics;

use nod_protocol::codes::Code;
use nod_protocol::ids::Purpose;

use crate::detect::Face;
use crate::image::Frame;
use crate::landmarks::Landmarks;
use portrait::Portrait;

pub use hints::Hints;
pub use light::hint_without_face;
pub use motion::Motion;
pub use patience::Patience;
pub use place::main_face;

/// What was measured about the face that counts.
///
/// A measure that cannot be taken (of points that span no face) is NaN, and NaN is within no limit.
#[derive(Clone)]
pub struct Quality {
    /// Head size: height of the face box in frame pixels.
    pub head_height: f32,
    /// Head size: height of the face box as a part of the frame's height.
    pub head_share: f32,
    /// Inter-eye distance in frame pixels, as it would be seen from the front.
    pub inter_eye: f32,
    /// Distance of the face's centre from the frame's, as a part of the frame's width and height, 0 to 0.5.
    pub offset: [f32; 2],
    /// Crop of the face image: from the face box to the frame's left, top, right and bottom edge, as a part of
    /// the box's width or height. Negative where the box reaches over the edge.
    pub margins: [f32; 4],
    /// Single face present: area of the largest other face as a part of this one's; 0 when it is alone.
    pub company: f32,
    /// 95th percentile of the luma inside the face's outline, 0 to 255. Stands for under-exposure: ISO's share of
    /// pixels with luma 25 or less would call darker skin "too dark" in light that is fine, the brightest parts
    /// (the whites of the eyes, reflections on skin) do not.
    pub highlight: f32,
    /// Over-exposure: part of the face's outline with luma 247 or more, 0 to 1.
    pub over_exposed: f32,
    /// Illumination uniformity: luma of the darker cheek over that of the brighter one, 0 to 1.
    pub uniformity: f32,
    /// Deviation of the Laplacian over the deviation of the luma, in the face box at 96×96; about 0.05
    /// (blurred) to 0.6 (crisp). A ratio, so that low contrast alone does not count as blur.
    pub sharpness: f32,
    /// Head pose in degrees: 0 is frontal, positive turns the nose to the right of the image.
    pub yaw: f32,
    /// Head pose in degrees: 0 is level, positive looks down.
    pub pitch: f32,
    /// Head pose in degrees: 0 is upright, positive is clockwise in the image.
    pub roll: f32,
    /// Eyes open: how much darker the iris is than what lies left and right of it, as a difference of logarithms;
    /// about 0 (closed) to 1, the mean of both eyes.
    pub iris: f32,
    /// Mouth open: gap between the lips as a part of the distance from eyes to chin, 0 (closed) to about 0.4.
    /// Makes a frame worth less ([`Quality::score`]) and gives no hint: a smile is no fault.
    pub mouth_open: f32,
    /// Face occlusion: colour of the least skin-like of mouth, nose, cheeks and the surroundings of the eyes,
    /// against this face's own skin; about 1 is skin, 0 is grey cloth, less is blue or green. 1 for a picture
    /// without colour.
    pub skin: f32,
    /// Eyes visible: luma of the brightest parts around the eyes over that of the cheeks; about 0.9, and 0.4 or
    /// less behind dark glasses.
    pub eyes_lit: f32,
}

/// Measures `main` (one of `faces`) with its landmarks.
///
/// Pose and eye distance come from the landmarks also where a detector gives points of its own: YuNet's follow a head
/// that leans by 30° only half way (`tests/quality.rs` turns a portrait), the landmarks all the way.
pub fn measure(frame: &Frame<'_>, faces: &[Face], main: &Face, landmarks: &Landmarks) -> Quality {
    let bounds = &main.bounds;
    let portrait = Portrait::of(frame, landmarks);
    let outline = portrait.outline_luma(landmarks);
    let points = landmarks.five();
    let pose = pose::Pose::of(&points);
    Quality {
        head_height: bounds.height,
        head_share: bounds.height / frame.height() as f32,
        inter_eye: place::inter_eye(&points, &pose),
        offset: place::offset(frame, bounds),
        margins: place::margins(frame, bounds),
        company: place::company(faces, bounds),
        highlight: light::highlight(&outline),
        over_exposed: light::over_exposed(&outline),
        uniformity: light::uniformity(&portrait),
        sharpness: sharpness::sharpness(frame, bounds),
        yaw: pose.yaw,
        pitch: pose.pitch,
        roll: pose.roll,
        iris: eyes::iris(&portrait),
        mouth_open: mouth::open(landmarks),
        skin: covered::skin(&portrait, landmarks),
        eyes_lit: covered::eyes_lit(&portrait),
    }
}

impl Quality {
    /// What to change first to be verified, or nothing when the frame is good.
    pub fn hint(&self) -> Option<Code> {
        self.fault(Purpose::Verify, None)
    }

    /// What to change first for this purpose, while `shown` is the hint that the resident sees: that one goes
    /// only when its limit is kept with a margin, so that it does not flicker.
    pub fn fault(&self, purpose: Purpose, shown: Option<Code>) -> Option<Code> {
        self.faults(purpose, shown).next()
    }

    /// Everything that is not good enough for this purpose, the most useful first.
    pub fn faults(&self, purpose: Purpose, shown: Option<Code>) -> impl Iterator<Item = Code> {
        limits::TABLE
            .iter()
            .filter(move |row| !row.keeps(self, purpose, shown == Some(row.hint)))
            .map(|row| row.hint)
    }

    /// One number to rank and weigh frames without a hint, 0 (poor) to 1.
    ///
    /// A product: what is wrong in one respect is not made good by another. Sharpness and size count in full,
    /// because the embedder sees less with less of them; the rest by half at the limit of its hint.
    pub fn score(&self) -> f32 {
        let sharp = (self.sharpness / 0.32).clamp(0.0, 1.0);
        let sized = (self.head_height / 160.0).clamp(0.0, 1.0);
        let halved = |value: f32, at: f32| 1.0 - 0.5 * (value / at).clamp(0.0, 1.0);
        let score = sharp
            * sized
            * halved(self.yaw.abs(), 33.0)
            * halved(self.pitch.abs(), 60.0)
            * halved(self.over_exposed, 0.30)
            * halved(1.0 - self.uniformity, 0.90)
            * halved(0.25 - self.iris, 0.25)
            * halved(self.mouth_open - 0.05, 0.40)
            * halved(0.7 - self.skin, 0.40);
        if score.is_finite() { score } else { 0.0 }
    }
}
