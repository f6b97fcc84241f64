//! What a template made of several pictures is worth against one made of a single picture.

use anyhow::{Context, Result};
use nod_protocol::payload::Embedding;

use super::album::{Album, Portrait};
use super::scores::{Score, Scores};

/// A template is made of at most this many pictures, as the widget takes five keyframes.
const MOST: usize = 5;
/// A picture of quality 0 counts for little, and not for nothing.
const LEAST_WEIGHT: f32 = 0.01;

/// The same probes against templates made in three ways.
pub(super) struct Fusion {
    /// People with three pictures or more.
    pub(super) people: usize,
    /// One picture: the next one of the same person.
    pub(super) single: Scores,
    /// All other pictures, each weighing the same, as the widget fuses keyframes.
    pub(super) equal: Scores,
    /// All other pictures, weighed by their quality.
    pub(super) weighed: Scores,
}

impl Fusion {
    /// Every picture of a person who has three or more is once the probe, and the person's others the template;
    /// everybody else's pictures are compared with the same templates.
    pub(super) fn measure(album: &Album) -> Result<Self> {
        let by_person = album.faces.chunk_by(|a, b| a.person == b.person);
        let groups: Vec<&[Portrait]> = by_person.filter(|pictures| pictures.len() >= 3).collect();
        let mut ways = [const { (Vec::new(), Vec::new()) }; 3];
        for pictures in &groups {
            for (at, probe) in pictures.iter().enumerate() {
                let others: Vec<&Portrait> = (1..pictures.len())
                    .map(|step| &pictures[(at + step) % pictures.len()])
                    .take(MOST)
                    .collect();
                let templates = [
                    template(&others[..1], |_| 1.0)?,
                    template(&others, |_| 1.0)?,
                    template(&others, |picture| picture.score.max(LEAST_WEIGHT))?,
                ];
                for ((genuine, impostor), template) in ways.iter_mut().zip(&templates) {
                    genuine.extend(score(template, probe));
                    let strangers = album.faces.iter().filter(|f| f.person != probe.person);
                    impostor.extend(strangers.filter_map(|face| score(template, face)));
                }
            }
        }
        let [single, equal, weighed] =
            ways.map(|(genuine, impostor)| Scores::new(genuine, impostor));
        Ok(Self {
            people: groups.len(),
            single,
            equal,
            weighed,
        })
    }
}

/// The weighted mean, scaled to norm 1.
fn template(pictures: &[&Portrait], weight: impl Fn(&Portrait) -> f32) -> Result<Embedding> {
    let first = pictures.first().context("a template of nothing")?;
    let mut sum = vec![0.0; first.embedding.values().len()];
    for picture in pictures {
        let weight = weight(picture);
        for (sum, value) in sum.iter_mut().zip(picture.embedding.values()) {
            *sum += weight * value;
        }
    }
    Ok(Embedding::normalised(sum)?)
}

fn score(template: &Embedding, face: &Portrait) -> Option<Score> {
    let value = template.cosine(&face.embedding)?;
    Some(Score { value, weight: 1.0 })
}
