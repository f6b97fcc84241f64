//! What travels inside the seal: the claim, the templates, the liveness track. Pixels only for a site that registered
//! for them: the aligned crops of the keyframes, looked at once and dropped.
//!
//! None of these types derives `Debug`, `Clone` or serde's traits: a biometric must not find its way
//! into a log line or a JSON body by accident. CBOR through [`Payload::encode`] is the one way out.

mod assertion;
mod claim;
pub(crate) mod codec;
pub(crate) mod crop;
mod embedding;
mod shortest;
mod track;

pub use assertion::{
    AUTHENTICATOR_DATA, Assertion, CLIENT_DATA, CREDENTIAL_ID, SIGNATURE,
    challenge as key_challenge,
};
pub use claim::Claim;
pub use codec::PayloadError;
pub use crop::{EvidenceCrop, MAX_CROP_SIDE};
pub use embedding::{BadEmbedding, Embedding, MAX_DIMENSIONS};

use crate::ids::{ModelSetId, Passcode};

/// At most this many model sets are live at once.
pub const MAX_SETS: usize = 4;
/// At most this many keyframes per set.
pub const MAX_KEYFRAMES: usize = 16;
/// At most this many frames in a track: 60 s at 20 frames a second.
pub const MAX_TRACK_FRAMES: usize = 1200;

/// The content of a sealed body.
pub struct Payload {
    /// Who the resident claims to be.
    pub claim: Claim,
    /// The second factor, where the level or a still challenge asks for it; for enrolment the new one.
    pub passcode: Option<Passcode>,
    /// One capture per live model set, at least one.
    pub captures: Vec<SetCapture>,
    /// How the face moved, for the authority to judge; absent in a still capture.
    pub track: Option<Track>,
    /// What a device key signed for the session (WebAuthn): a second factor too, in place of the passcode or beside it.
    pub assertion: Option<Assertion>,
}

/// The embeddings of one model set.
pub struct SetCapture {
    /// The set that made them.
    pub model_set: ModelSetId,
    /// The fusion of the keyframes: what is compared or stored.
    pub fused: Embedding,
    /// The keyframes one by one, for the judge: one person, yet not the same picture.
    pub keyframes: Vec<Embedding>,
    /// Where the session's site asks for evidence, the first set's: crop `i` is what keyframe `i` was made of. Empty or as
    /// many as keyframes.
    pub crops: Vec<EvidenceCrop>,
}

/// Landmarks over time.
pub struct Track {
    /// Landmark model and crop that the numbers come from; thresholds belong to it.
    pub landmark_model: String,
    /// In order of time.
    pub frames: Vec<TrackFrame>,
}

/// One frame of a [`Track`]; coordinates in pixels of the unmirrored frame, x right, y down.
pub struct TrackFrame {
    /// Milliseconds since the challenge was received.
    pub millis: u32,
    /// Face box: left, top, width, height.
    pub face: [f32; 4],
    /// x and y of each landmark in turn.
    pub points: Vec<f32>,
    /// The overall quality, 0 to 1.
    pub quality: f32,
}

impl Drop for TrackFrame {
    fn drop(&mut self) {
        use zeroize::Zeroize;
        self.face.zeroize();
        self.points.zeroize();
    }
}

impl Payload {
    /// The capture made with this model set, if there is one.
    pub fn capture(&self, model_set: &ModelSetId) -> Option<&SetCapture> {
        self.captures
            .iter()
            .find(|capture| capture.model_set == *model_set)
    }
}
