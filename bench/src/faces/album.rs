//! Pictures → embeddings, by the widget's own pipeline, on all cores.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nod::image::Frame;
use nod::pipeline::Pipeline;
use nod_protocol::payload::Embedding;

use super::list::{List, Picture};
use crate::side_by_side::side_by_side;

/// The pictures of a list with what the pipeline made of them.
pub(super) struct Album {
    /// Sorted by person.
    pub(super) faces: Vec<Portrait>,
    /// Pictures in which the detector found no face.
    pub(super) without_face: Vec<PathBuf>,
    /// How many people there are.
    pub(super) people: usize,
    /// Thread time for each picture, from file to embedding.
    pub(super) per_picture: Duration,
}

/// One face.
pub(super) struct Portrait {
    pub(super) picture: Picture,
    /// Number of the person, 0 to `people - 1`.
    pub(super) person: usize,
    pub(super) embedding: Embedding,
    /// How good the picture is, as the widget ranks frames: 0 to 1.
    pub(super) score: f32,
}

impl Album {
    /// Embeds every picture of the list.
    ///
    /// # Errors
    /// When a picture cannot be read or the pipeline fails; the message names the picture.
    pub(super) fn embed(
        pipeline: &Pipeline,
        list: &List,
        folder: &Path,
        jobs: usize,
    ) -> Result<Self> {
        let pictures: Vec<&Picture> = list.pictures().into_iter().collect();
        let began = Instant::now();
        let jobs = jobs.clamp(1, pictures.len().max(1));
        let mut found = side_by_side("pictures", &pictures, jobs, |picture| {
            let path = folder.join(picture.path());
            embed(pipeline, &path).with_context(|| path.display().to_string())
        })?;
        let per_picture = began
            .elapsed()
            .mul_f64(jobs as f64 / found.len().max(1) as f64);

        found.sort_by_key(|(at, _)| *at);
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let (mut faces, mut without_face) = (Vec::new(), Vec::new());
        for (at, embedding) in found {
            let picture = pictures.get(at).copied().context("a picture was lost")?;
            match embedding {
                Some((embedding, score)) => {
                    let next = numbers.len();
                    faces.push(Portrait {
                        picture: picture.clone(),
                        person: *numbers.entry(&picture.person).or_insert(next),
                        embedding,
                        score,
                    });
                }
                None => without_face.push(picture.path()),
            }
        }
        Ok(Self {
            faces,
            without_face,
            people: numbers.len(),
            per_picture,
        })
    }

    /// The face in a picture of the list, unless none was found.
    pub(super) fn find(&self, picture: &Picture) -> Option<&Portrait> {
        let at = self
            .faces
            .binary_search_by(|face| face.picture.cmp(picture))
            .ok()?;
        self.faces.get(at)
    }
}

/// File → face → embedding and quality; nothing when there is no face.
fn embed(pipeline: &Pipeline, path: &Path) -> Result<Option<(Embedding, f32)>> {
    let picture = image::open(path)?.into_rgba8();
    let frame = Frame::new(picture.width(), picture.height(), picture.as_raw())?;
    let Some(seen) = pipeline.look(&frame)?.seen else {
        return Ok(None);
    };
    let embedding = pipeline.embed(&pipeline.align(&frame, &seen)?)?;
    Ok(Some((embedding, seen.quality.score())))
}
