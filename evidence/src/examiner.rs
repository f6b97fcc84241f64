//! Crops → how far the embeddings and landmarks that came with them are from those that the networks make of them.

use std::path::Path;

use nod::embed::EmbedError;
use nod::geometry::{Point, Rect};
use nod::image::Crop;
use nod::landmarks::{COUNT, Landmarks};
use nod::manifest::Manifest;
use nod::pipeline::{Models, Pipeline, PipelineError};
use nod_protocol::evidence::{EvidenceMeasures, EvidenceReply, Received, ReceivedItem, Refusal};
use nod_protocol::ids::ModelSetId;

use crate::error::EvidenceError;

/// The loaded model sets; one serves all threads.
pub struct Examiner(Vec<(String, Pipeline)>);

impl Examiner {
    /// Loads every model set of a directory, each network checked against the manifest's hash.
    pub fn open(models: &Path) -> Result<Self, EvidenceError> {
        let path = models.join("manifest.json");
        let json = std::fs::read_to_string(&path).map_err(EvidenceError::file(&path))?;
        let manifest = Manifest::parse(&json).map_err(PipelineError::from)?;
        let ids: Vec<String> = manifest.set_ids().map(str::to_owned).collect();
        let mut loaded = Models::default();
        for file in manifest.needed(&ids).map_err(PipelineError::from)? {
            let path = models.join(&file.file);
            let plan = std::fs::read(&path).map_err(EvidenceError::file(&path))?;
            loaded.load(&manifest, &file.name, &plan)?;
        }
        let pipelines = ids.into_iter().map(|id| {
            let pipeline = Pipeline::assemble(&manifest, &id, &loaded)?;
            Ok((id, pipeline))
        });
        Ok(Self(pipelines.collect::<Result<_, PipelineError>>()?))
    }

    /// The ids of the loaded sets.
    pub fn sets(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(id, _)| id.as_str())
    }

    /// Measures every keyframe of a request and reports the worst.
    pub fn examine(&self, request: &Received) -> EvidenceReply {
        let pipeline = self.set(&request.model_set)?;
        let model = request.landmark_model.as_deref();
        let mut worst = EvidenceMeasures {
            least_cosine: 1.0,
            largest_residual: None,
        };
        for item in &request.items {
            // Landmarks of another net, or of none, would be measured against this one's.
            if item.frame.is_some() && model != Some(pipeline.landmark_model()) {
                return Err(Refusal::UnknownLandmarkModel);
            }
            let (cosine, residual) = measure(pipeline, item)?;
            worst.least_cosine = worst.least_cosine.min(cosine);
            worst.largest_residual = match (worst.largest_residual, residual) {
                (Some(a), Some(b)) => Some(a.max(b)),
                (a, b) => a.or(b),
            };
        }
        Ok(worst)
    }

    fn set(&self, id: &ModelSetId) -> Result<&Pipeline, Refusal> {
        let found = self.0.iter().find(|(name, _)| name == id.as_str());
        found.map(|(_, p)| p).ok_or(Refusal::UnknownModelSet)
    }
}

/// Cosine and, where a frame came, residual of one keyframe.
fn measure(pipeline: &Pipeline, item: &ReceivedItem) -> Result<(f32, Option<f32>), Refusal> {
    let side = u32::from(item.crop.side);
    if pipeline.crop_side() != usize::from(item.crop.side) {
        return Err(Refusal::WrongShape);
    }
    let crop = Crop::from_rgb8(side, side, &item.crop.rgb).map_err(|_| Refusal::WrongShape)?;
    let embedding = pipeline.embed(&crop).map_err(refusal)?;
    let cosine = embedding
        .cosine(&item.keyframe)
        .ok_or(Refusal::WrongShape)?;
    let Some(frame) = &item.frame else {
        return Ok((cosine, None));
    };
    let landmarks = landmarks(&frame.points).ok_or(Refusal::WrongShape)?;
    let [x, y, width, height] = frame.face;
    let face = Rect {
        x,
        y,
        width,
        height,
    };
    let again = pipeline.place_again(&crop, &face, &landmarks);
    let residual = again
        .map_err(refusal)?
        .and_then(|again| again.residual(&landmarks))
        .ok_or(Refusal::WrongShape)?;
    Ok((cosine, Some(residual)))
}

fn landmarks(numbers: &[f32]) -> Option<Landmarks> {
    let (pairs, rest) = numbers.as_chunks::<2>();
    let pairs: &[[f32; 2]; COUNT] = pairs.try_into().ok()?;
    rest.is_empty()
        .then(|| Landmarks::from(pairs.map(|[x, y]| Point::new(x, y))))
}

fn refusal(error: PipelineError) -> Refusal {
    match error {
        PipelineError::Embed(EmbedError::Embedding(_) | EmbedError::Align(_)) => {
            Refusal::UnreadableCrop
        }
        PipelineError::Embed(EmbedError::Model(_))
        | PipelineError::Model(_)
        | PipelineError::Manifest(_) => Refusal::Internal,
    }
}
