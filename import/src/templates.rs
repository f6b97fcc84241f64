//! A photograph → one embedding per live model set, or the reason to refuse it.

use std::path::Path;

use nod::{
    manifest::Manifest,
    pipeline::{Models, Pipeline, PipelineError},
};
use nod_protocol::{
    ids::{ModelSetId, Purpose},
    payload::SetCapture,
};

use crate::{error::ImportError, photograph::Photograph, reason::Reason};

/// The models of a directory, by their manifest.
pub struct Library<'a> {
    directory: &'a Path,
    manifest: Manifest,
}

/// Looks at photographs with every live model set; one serves all threads.
pub struct TemplateMaker(Vec<(ModelSetId, Pipeline)>);

impl<'a> Library<'a> {
    /// Reads the manifest.
    pub fn open(directory: &'a Path) -> Result<Self, ImportError> {
        let path = directory.join("manifest.json");
        let json = std::fs::read_to_string(&path).map_err(ImportError::file(&path))?;
        let manifest = Manifest::parse(&json).map_err(PipelineError::from)?;
        Ok(Self {
            directory,
            manifest,
        })
    }

    /// Whether another manifest means the same networks by these sets. Templates of other networks under the same
    /// name would never match anybody.
    pub fn agrees(&self, other: &Manifest, sets: &[ModelSetId]) -> Result<bool, ImportError> {
        let networks = |manifest: &Manifest, id: &ModelSetId| {
            let set = manifest.set(id.as_str()).map_err(PipelineError::from)?;
            let files = [&set.detector, &set.landmarks, &set.embedder];
            Ok::<_, ImportError>(files.map(|file| file.sha256.clone()))
        };
        for id in sets {
            if networks(&self.manifest, id)? != networks(other, id)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Loads the networks of these sets, each checked against its hash.
    pub fn load(&self, sets: &[ModelSetId]) -> Result<TemplateMaker, ImportError> {
        let ids: Vec<String> = sets.iter().map(|id| id.as_str().to_owned()).collect();
        let mut models = Models::default();
        for file in self.manifest.needed(&ids).map_err(PipelineError::from)? {
            let path = self.directory.join(&file.file);
            let plan = std::fs::read(&path).map_err(ImportError::file(&path))?;
            models.load(&self.manifest, &file.name, &plan)?;
        }
        let pipelines = sets.iter().map(|id| {
            let pipeline = Pipeline::assemble(&self.manifest, id.as_str(), &models)?;
            Ok((id.clone(), pipeline))
        });
        Ok(TemplateMaker(
            pipelines.collect::<Result<_, PipelineError>>()?,
        ))
    }
}

impl TemplateMaker {
    /// What is sealed of a photograph. It must be good enough to enrol in every set, as a live capture must.
    pub fn make(&self, photograph: &Photograph) -> Result<Vec<SetCapture>, Reason> {
        let frame = photograph.frame()?;
        let captures = self.0.iter().map(|(id, pipeline)| {
            let look = pipeline.look(&frame).map_err(|_| Reason::NoTemplate)?;
            let seen = look
                .seen
                .ok_or(look.hint.map_or(Reason::NoTemplate, Reason::Hint))?;
            if let Some(hint) = seen.quality.fault(Purpose::Enrol, None) {
                return Err(Reason::Hint(hint));
            }
            let fused = pipeline
                .align(&frame, &seen)
                .and_then(|aligned| pipeline.embed(&aligned))
                .map_err(|_| Reason::NoTemplate)?;
            Ok(SetCapture {
                model_set: id.clone(),
                fused,
                keyframes: vec![],
                crops: vec![],
            })
        });
        captures.collect()
    }
}
