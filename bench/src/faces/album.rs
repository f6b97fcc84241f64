//! Pictures → embeddings, by the widget's own pipeline, on all cores.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use nod::image::Frame;
use nod::pipeline::Pipeline;
use nod_protocol::payload::Embedding;

use super::list::{List, Picture};
use crate::terminal::progress;

/// How often the reading of pictures reports how far it is.
const HEARTBEAT: Duration = Duration::from_secs(10);

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
        let mut found = side_by_side(&pictures, jobs, |picture| {
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

/// Works through the items on several threads; results come with the item's index, in any order. The first
/// error ends it.
fn side_by_side<I: Sync, T: Send>(
    items: &[I],
    jobs: usize,
    work: impl Fn(&I) -> Result<T> + Sync,
) -> Result<Vec<(usize, T)>> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new((Vec::with_capacity(items.len()), Instant::now()));
    let worker = || -> Result<()> {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else {
                return Ok(());
            };
            let result = work(item).inspect_err(|_| next.store(items.len(), Ordering::Relaxed))?;
            let mut done = done.lock().map_err(|_| anyhow!("a thread panicked"))?;
            let (results, spoke) = &mut *done;
            results.push((at, result));
            if spoke.elapsed() >= HEARTBEAT {
                *spoke = Instant::now();
                progress(&format!("{} of {} pictures", results.len(), items.len()));
            }
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs).map(|_| scope.spawn(worker)).collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().map_err(|_| anyhow!("a thread panicked"))?)
    })?;
    let (results, _) = done
        .into_inner()
        .map_err(|_| anyhow!("a thread panicked"))?;
    Ok(results)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_worked_on_once_and_an_error_ends_it() {
        let items: Vec<u32> = (0..500).collect();
        let mut done = side_by_side(&items, 3, |n| Ok(n * 2)).unwrap();
        done.sort_unstable();
        let expected: Vec<_> = (0..500).map(|n| (n as usize, n * 2)).collect();
        assert_eq!(done, expected);
        let failed = side_by_side(&items, 3, |n| {
            anyhow::ensure!(*n != 77, "no {n}");
            Ok(())
        });
        assert_eq!(failed.unwrap_err().to_string(), "no 77");
    }
}
