//! Model sets: which networks work together, how faces are brought before them, what scores mean.

use serde::{Deserialize, Serialize};

/// Networks that work together, and what their scores mean.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Set {
    /// Identifier stored with every template; templates of different sets never meet.
    pub id: String,
    /// What it is, for people.
    pub title: String,
    /// Licences of its networks, together.
    pub licence: String,
    /// Whether an authority may use it in production without being told to.
    pub production: bool,
    /// Whether set-up fails when it cannot be had.
    pub required: bool,
    /// File that finds faces.
    pub detector: String,
    /// File that finds 68 landmarks.
    pub landmarks: String,
    /// File that describes a face.
    pub embedder: String,
    /// The square that the landmark network is shown.
    pub crop: Crop,
    /// The embedder's crop and its answer.
    pub embedding: Embedding,
    /// How an authority normalises scores against its cohort.
    pub normalisation: Normalisation,
    /// Above which score two faces are one person's.
    pub thresholds: Thresholds,
}

/// The square around a face box: its side is the box's longer side times `enlarge`, its centre the
/// box's centre moved down by `shift_down` of the box's height.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Crop {
    /// Factor on the longer side.
    pub enlarge: f32,
    /// Part of the box's height.
    pub shift_down: f32,
}

/// How a face is brought before the embedder, and how its answers are compared.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Embedding {
    /// Values in one embedding.
    pub size: usize,
    /// How two embeddings compare.
    pub similarity: Similarity,
    /// Where the five points come from. Points of another network shift the embedding.
    pub points: Points,
    /// Whether an embedding is the mean of the crop's and of its mirror image's.
    pub mirror: bool,
    /// Where the five points go, in pixels of the embedder's input: image-left eye, image-right eye,
    /// nose, image-left and image-right corner of the mouth. Least-squares similarity transform.
    pub template: [[f32; 2]; 5],
}

/// How two embeddings compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Similarity {
    /// The dot product of both after division by their length.
    Cosine,
}

/// Where the five alignment points come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Points {
    /// The detector gives them.
    Detector,
    /// Of the 68 landmarks: means of 36–41 and 42–47, then 30, 48 and 54.
    Landmarks68,
    /// The mean of three: the detector's, the detector's in the mirrored picture, the 68 landmarks'.
    Consensus,
}

/// Adaptive symmetric score normalisation (docs/cohort.md); the thresholds are calibrated with it.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Normalisation {
    /// How many of the largest cohort scores count: 10 to 499.
    pub top: usize,
    /// Whether the cohort's mean is taken off every embedding first.
    pub centre: bool,
    /// Raw cosine below which two faces are two people whatever the normalised score says.
    pub floor: f32,
}

/// The threshold of each assurance level.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Face alone.
    pub light: Threshold,
    /// Face and a second factor.
    pub full: Threshold,
}

/// From where on two faces count as one person's.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// Raw scores from here on are a match, until there is a cohort to normalise against.
    pub cosine: f32,
    /// Normalised scores from here on are, once there is one; in deviations.
    pub normalised: f32,
    /// False match rate promised for the group it is worst for.
    pub false_match_rate: f64,
    /// How many times lower the raw score's rate over all pairs is, to make up for that group.
    pub tightening: u32,
    /// What it was measured on.
    pub data: String,
}

impl Set {
    /// Its files: detector, landmarks, embedder.
    #[must_use]
    pub fn roles(&self) -> [&str; 3] {
        [&self.detector, &self.landmarks, &self.embedder]
    }
}
