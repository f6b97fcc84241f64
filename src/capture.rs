//! The course of a capture: positioning → ready → asked → capturing or moving → captured.
//!
//! Each stage is a type and moving on consumes it, so keyframes cannot be taken before the challenge is there,
//! nor sealed before there are enough of them. Time is an argument (milliseconds, any origin).

mod moving;

use nod_protocol::challenge::Challenge;
use nod_protocol::payload::{BadEmbedding, Embedding, EvidenceCrop, Track};

use crate::embed::fuse;
use crate::image::Crop;
use crate::keyframes::Keyframes;

pub use moving::{MovedOn, Moving};

/// A face must have been good for this long, and in this many frames, before a challenge is asked for.
const STEADY_MILLIS: u64 = 300;
const STEADY_FRAMES: u32 = 3;

/// How many keyframes make a capture, and how far apart they are at least, so that they are not one
/// picture several times.
pub const KEYFRAMES: usize = 5;
const SPACING_MILLIS: u64 = 120;

/// What the course of a capture needs to know of one frame.
#[derive(Clone, Copy)]
pub struct Glance {
    /// When the frame was taken.
    pub at: u64,
    /// No hint: one well-placed face.
    pub good: bool,
    /// To rank good frames, 0 to 1.
    pub score: f32,
}

/// Waiting for one face, well placed and steady.
#[derive(Default)]
pub struct Positioning {
    run: Option<Run>,
}

/// Good frames without a break.
struct Run {
    since: u64,
    last: u64,
    frames: u32,
}

/// Where [`Positioning`] leads.
pub enum Positioned {
    /// Not yet.
    Waiting(Positioning),
    /// A challenge may be asked for.
    Ready(Ready),
}

/// A face is in place.
pub struct Ready(());

/// The challenge was asked for and is on its way; what the camera shows meanwhile does not matter.
pub struct Asked(());

/// Taking keyframes for a challenge.
pub struct Capturing {
    challenge: Challenge,
    keyframes: Keyframes<Vec<Crop>>,
    taken: Vec<Keyframe>,
}

/// What is made of a frame that is kept.
pub struct Keyframe {
    /// One per model set.
    pub embeddings: Vec<Embedding>,
    /// What the first set's embedder saw, where the session's site asks for it.
    pub crop: Option<EvidenceCrop>,
}

/// Where [`Capturing`] leads.
pub enum Advanced {
    /// More keyframes are needed.
    Capturing(Capturing),
    /// Enough.
    Captured(Captured),
}

/// Everything that will be sealed.
pub struct Captured {
    challenge: Challenge,
    sets: Vec<SetEmbeddings>,
    /// Of a movement challenge.
    track: Option<Track>,
}

/// What one model set made of the keyframes.
pub struct SetEmbeddings {
    /// All keyframes as one.
    pub fused: Embedding,
    /// In order of time.
    pub keyframes: Vec<Embedding>,
    /// One for each keyframe, of the first set, where the session's site asks for them.
    pub crops: Vec<EvidenceCrop>,
}

impl Positioning {
    /// Takes note of a frame. Any hint starts the wait again.
    pub fn observe(self, glance: Glance) -> Positioned {
        if !glance.good {
            return Positioned::Waiting(Self::default());
        }
        let run = match self.run {
            // A frame that is not later than the one before proves nothing.
            Some(run) if glance.at > run.last => Run {
                last: glance.at,
                frames: run.frames + 1,
                ..run
            },
            Some(run) => run,
            None => Run {
                since: glance.at,
                last: glance.at,
                frames: 1,
            },
        };
        if run.frames >= STEADY_FRAMES && run.last - run.since >= STEADY_MILLIS {
            Positioned::Ready(Ready(()))
        } else {
            Positioned::Waiting(Self { run: Some(run) })
        }
    }
}

impl Ready {
    /// A hint leads back to positioning.
    pub fn observe(self, glance: Glance) -> Positioned {
        if glance.good {
            Positioned::Ready(self)
        } else {
            Positioned::Waiting(Positioning::default())
        }
    }

    /// The challenge is being asked for.
    pub fn ask(self) -> Asked {
        Asked(())
    }
}

impl Asked {
    /// A challenge with movements has come. `landmark_model` names the net and the crop that landmarks come from;
    /// with `evidence`, every keyframe is of a frame that is in the track.
    pub fn move_along(
        self,
        challenge: Challenge,
        landmark_model: String,
        evidence: bool,
    ) -> Moving {
        Moving::begin(challenge, landmark_model, evidence)
    }

    /// A still challenge has come.
    pub fn begin(self, challenge: Challenge) -> Capturing {
        Capturing {
            challenge,
            keyframes: Keyframes::new(SPACING_MILLIS),
            taken: Vec::with_capacity(KEYFRAMES),
        }
    }
}

impl Capturing {
    /// Takes note of a frame: `align` makes its crops (one per model set) if it is kept for now, `embed`
    /// turns the crops of a finished keyframe into embeddings (in the same order), and keeps what is evidence.
    ///
    /// A frame with a hint changes nothing, nor does an error.
    pub fn observe<E>(
        &mut self,
        glance: Glance,
        align: impl FnOnce() -> Result<Vec<Crop>, E>,
        embed: impl FnOnce(Vec<Crop>) -> Result<Keyframe, E>,
    ) -> Result<(), E> {
        if !glance.good || self.taken.len() == KEYFRAMES {
            return Ok(());
        }
        if let Some(crops) = self.keyframes.offer(glance.at, glance.score, align)? {
            self.taken.push(embed(crops)?);
        }
        Ok(())
    }

    /// Moves on when there are enough keyframes.
    ///
    /// Fails when they cannot be fused because they have nothing in common; the capture is lost then.
    pub fn advance(self) -> Result<Advanced, BadEmbedding> {
        if self.taken.len() < KEYFRAMES {
            return Ok(Advanced::Capturing(self));
        }
        let sets = by_set(self.taken)?;
        Ok(Advanced::Captured(Captured {
            challenge: self.challenge,
            sets,
            track: None,
        }))
    }

    /// Part of the keyframes taken, 0 to 1.
    pub fn progress(&self) -> f32 {
        self.taken.len() as f32 / KEYFRAMES as f32
    }
}

impl Captured {
    /// The challenge that was captured for, one entry per model set in the order of the embeddings, and the track of
    /// a movement challenge.
    pub fn into_parts(self) -> (Challenge, Vec<SetEmbeddings>, Option<Track>) {
        (self.challenge, self.sets, self.track)
    }
}

/// Keyframes of sets → sets of keyframes, each with its fusion.
fn by_set(taken: Vec<Keyframe>) -> Result<Vec<SetEmbeddings>, BadEmbedding> {
    let count = taken.first().map_or(0, |first| first.embeddings.len());
    let mut sets: Vec<Vec<Embedding>> = (0..count).map(|_| Vec::new()).collect();
    let mut crops = Vec::with_capacity(taken.len());
    for keyframe in taken {
        if keyframe.embeddings.len() != count {
            return Err(BadEmbedding);
        }
        for (set, embedding) in sets.iter_mut().zip(keyframe.embeddings) {
            set.push(embedding);
        }
        crops.extend(keyframe.crop);
    }
    sets.into_iter()
        .map(|keyframes| {
            Ok(SetEmbeddings {
                fused: fuse(&keyframes)?,
                keyframes,
                // The first set takes them all.
                crops: std::mem::take(&mut crops),
            })
        })
        .collect()
}

#[cfg(test)]
#[path = "capture/tests.rs"]
mod tests;
