//! The limits behind the hints: one table, a column for each purpose.
//!
//! How they were chosen and what they refuse: `docs/quality.md`.

use nod_protocol::codes::Code;
use nod_protocol::ids::Purpose;

use super::Quality;

/// One measure, its limits and the hint for what lies beyond them.
pub(super) struct Row {
    pub(super) hint: Code,
    measure: fn(&Quality) -> f32,
    good: Good,
    /// While the hint is shown, the limit must be kept by this much more, in the measure's unit.
    margin: f32,
}

/// Which values are good enough: to verify, and to enrol. A template is compared with for years, so enrolling asks
/// for more.
enum Good {
    AtLeast(f32, f32),
    AtMost(f32, f32),
}

use Good::{AtLeast, AtMost};

/// In the order in which hints are given: what must be settled before the next can be judged. Nobody can say whether
/// a head is turned while it is cut off, nor whether eyes are open while the picture is blurred.
#[rustfmt::skip]
pub(super) const TABLE: &[Row] = &[
    //  hint                     measure                        verify  enrol   margin
    row(Code::HintManyFaces,   |q| q.company,           AtMost(  0.33,   0.20),   0.05),
    // Cut by two edges or more: only moving back helps.
    row(Code::HintTooClose,    |q| second(&q.margins), AtLeast(  0.02,   0.02),   0.02),
    row(Code::HintTooClose,    |q| q.head_share,        AtMost(  0.97,   0.97),   0.02),
    row(Code::HintOffCentre,   |q| least(&q.margins),  AtLeast(  0.02,   0.02),   0.02),
    row(Code::HintTooFar,      |q| q.head_height,      AtLeast( 80.0,  100.0),    4.0),
    row(Code::HintTooFar,      |q| q.head_share,       AtLeast(  0.15,   0.20),   0.01),
    row(Code::HintTooFar,      |q| q.inter_eye,        AtLeast( 20.0,   38.0),    1.0),
    row(Code::HintOffCentre,   |q| q.offset[0],         AtMost(  0.36,   0.30),   0.02),
    row(Code::HintOffCentre,   |q| q.offset[1],         AtMost(  0.36,   0.30),   0.02),
    row(Code::HintTooDark,     |q| q.highlight,        AtLeast( 70.0,   80.0),    5.0),
    row(Code::HintTooBright,   |q| q.over_exposed,      AtMost(  0.30,   0.15),   0.03),
    row(Code::HintNotFrontal,  |q| q.yaw.abs(),         AtMost( 33.0,   27.0),    2.0),
    row(Code::HintNotFrontal,  |q| q.pitch.abs(),       AtMost( 30.0,   28.0),    2.0),
    row(Code::HintNotFrontal,  |q| q.roll.abs(),        AtMost( 25.0,   15.0),    2.0),
    row(Code::HintBlurred,     |q| q.sharpness,        AtLeast(  0.08,   0.10),   0.01),
    row(Code::HintUnevenLight, |q| q.uniformity,       AtLeast(  0.45,   0.55),   0.03),
    row(Code::HintCovered,     |q| q.skin,             AtLeast(  0.20,   0.30),   0.05),
    row(Code::HintCovered,     |q| q.eyes_lit,         AtLeast(  0.38,   0.45),   0.03),
    row(Code::HintEyesClosed,  |q| q.iris,             AtLeast(  0.05,   0.08),   0.01),
];

const fn row(hint: Code, measure: fn(&Quality) -> f32, good: Good, margin: f32) -> Row {
    Row {
        hint,
        measure,
        good,
        margin,
    }
}

impl Row {
    /// Whether the limit is kept, `strictly` with the margin. NaN keeps none.
    pub(super) fn keeps(&self, quality: &Quality, purpose: Purpose, strictly: bool) -> bool {
        let value = (self.measure)(quality);
        let margin = if strictly { self.margin } else { 0.0 };
        let column = |verify, enrol| match purpose {
            Purpose::Verify => verify,
            Purpose::Enrol => enrol,
        };
        match self.good {
            AtLeast(verify, enrol) => value >= column(verify, enrol) + margin,
            AtMost(verify, enrol) => value <= column(verify, enrol) - margin,
        }
    }
}

fn least(margins: &[f32; 4]) -> f32 {
    sorted(margins)[0]
}

fn second(margins: &[f32; 4]) -> f32 {
    sorted(margins)[1]
}

fn sorted(margins: &[f32; 4]) -> [f32; 4] {
    let mut sorted = *margins;
    sorted.sort_by(f32::total_cmp);
    sorted
}
