//! What the authority asks the process that looks at evidence crops, and what that answers.
//!
//! Over a local stream socket, one request and one reply a connection. Each is its length in four bytes, big-endian, and that
//! many bytes of CBOR, at most [`MAX_MESSAGE`]:
//!
//! ```text
//! request = { 0: model_set tstr, ? 1: landmark_model tstr, 2: [+ item] }
//! item    = { 0: crop, 1: keyframe bstr, ? 2: frame bstr }       ; crop as in the payload; bstr: f32, little-endian
//! frame   = left, top, width, height of the face box, then x and y of each landmark
//! reply   = { 0: least_cosine float32, ? 1: largest_residual float32 } / { 2: refusal uint }
//! ```
//!
//! The reply measures and does not judge: what is near enough is the authority's to say.

mod codec;

pub use codec::{BadMessage, body_length, decode_reply, encode_reply};

use crate::{
    ids::ModelSetId,
    payload::{Embedding, EvidenceCrop, TrackFrame},
};

/// The longest message after its length, in bytes: more than the crops of the largest sealed body.
pub const MAX_MESSAGE: usize = 1024 * 1024;

/// A question: do these embeddings and landmarks belong to these pixels?
///
/// Borrows from the opened payload, so that nothing of it is copied but into the message.
pub struct EvidenceRequest<'a> {
    /// The set that made the keyframes' embeddings.
    pub model_set: &'a ModelSetId,
    /// The track's, where there is one.
    pub landmark_model: Option<&'a str>,
    /// One a keyframe, at least one.
    pub items: Vec<Item<'a>>,
}

/// A keyframe in an [`EvidenceRequest`].
pub struct Item<'a> {
    /// What the embedder is said to have seen.
    pub crop: &'a EvidenceCrop,
    /// What it is said to have made of it.
    pub keyframe: &'a Embedding,
    /// The track's frame of that moment, [`EvidenceCrop::millis`]. Its face box is needed beside the points: the net's
    /// landmarks depend on how its box lay around the face.
    pub frame: Option<&'a TrackFrame>,
}

/// A read [`EvidenceRequest`].
pub struct Received {
    /// [`EvidenceRequest::model_set`].
    pub model_set: ModelSetId,
    /// [`EvidenceRequest::landmark_model`].
    pub landmark_model: Option<String>,
    /// [`EvidenceRequest::items`].
    pub items: Vec<ReceivedItem>,
}

/// A read [`Item`].
pub struct ReceivedItem {
    /// [`Item::crop`].
    pub crop: EvidenceCrop,
    /// [`Item::keyframe`].
    pub keyframe: Embedding,
    /// [`Item::frame`].
    pub frame: Option<ReceivedFrame>,
}

/// What is needed of a track's frame; all numbers finite, wiped when dropped.
pub struct ReceivedFrame {
    /// Left, top, width, height, in pixels of the frame.
    pub face: [f32; 4],
    /// x and y of each landmark in turn.
    pub points: Vec<f32>,
}

impl Drop for ReceivedFrame {
    fn drop(&mut self) {
        use zeroize::Zeroize;
        self.face.zeroize();
        self.points.zeroize();
    }
}

/// What comes back: measures, or why there are none.
pub type EvidenceReply = Result<EvidenceMeasures, Refusal>;

/// How far claims and pixels agree, in the worst of the keyframes. Not printable: scores are nobody's to read.
#[derive(Clone, Copy, PartialEq)]
pub struct EvidenceMeasures {
    /// Cosine similarity of the embedding that came and the one made of its crop, −1 to 1.
    pub least_cosine: f32,
    /// Root mean square distance of the crop's 68 landmarks from the track's after the best similarity (turn, scale and
    /// shift), in eye distances; none where no
    /// frame came.
    pub largest_residual: Option<f32>,
}

/// Why nothing was measured. The number is the one on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[repr(u8)]
pub enum Refusal {
    /// Not a request: cut off, too long, or another form.
    #[error("the request is malformed")]
    Malformed = 0,
    /// No models of that name were loaded.
    #[error("the model set is not loaded")]
    UnknownModelSet = 1,
    /// The track's landmarks are another net's, or of another crop of the face.
    #[error("the landmark model is not the model set's")]
    UnknownLandmarkModel = 2,
    /// Crop, embedding or points have another size than the model set's, or the points span no face.
    #[error("a crop, an embedding or landmarks have the wrong size")]
    WrongShape = 3,
    /// The networks make nothing of a crop that could be compared.
    #[error("a crop has no embedding or no landmarks")]
    UnreadableCrop = 4,
    /// A fault of the process, not of the request.
    #[error("the measuring itself failed")]
    Internal = 5,
}

impl Refusal {
    const ALL: [Self; 6] = [
        Self::Malformed,
        Self::UnknownModelSet,
        Self::UnknownLandmarkModel,
        Self::WrongShape,
        Self::UnreadableCrop,
        Self::Internal,
    ];
}
