//! Measures a model set on a list of face pairs with the project's own pipeline.
//!
//! ```text
//! cargo run --release --example pairs -- <models> <set> <images> <pairs.txt>
//! ```
//!
//! `<models>` is a directory with `manifest.json` (`dist/models`), `<images>` and `<pairs.txt>` have the form of
//! LFW: `Name/Name_0001.jpg`, and lines `Name 1 2` (one person) or `Name 1 Other 2` (two), separated by tabs.
//! Prints detection failures, accuracy and equal error rate on the pairs, and over all pairs of images the true
//! match rate at several false match rates, with the thresholds and the numbers of comparisons behind them.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::Path;

use nod::image::Frame;
use nod::manifest::Manifest;
use nod::pipeline::{Models, Pipeline};
use nod_protocol::payload::Embedding;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [models, set, images, pairs] = args.as_slice() else {
        return Err("usage: pairs <models> <set> <images> <pairs.txt>".into());
    };
    let pairs = read_pairs(&std::fs::read_to_string(pairs)?)?;
    let pipeline = load(Path::new(models), set)?;
    let names: BTreeSet<&Picture> = pairs.iter().flat_map(|pair| [&pair.a, &pair.b]).collect();
    let mut embeddings = BTreeMap::new();
    let mut failures = Vec::new();
    for picture in &names {
        match embed(&pipeline, &Path::new(images).join(picture.path()))? {
            Some(embedding) => drop(embeddings.insert((*picture).clone(), embedding)),
            None => failures.push(picture.path()),
        }
    }
    report(&format!(
        "set {set}, {} images, {} without a face {failures:?}",
        names.len(),
        failures.len()
    ));
    report_pairs(&pairs, &embeddings);
    report_all_pairs(&embeddings);
    Ok(())
}

/// A person and the number of the photograph.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Picture {
    person: String,
    number: u32,
}

impl Picture {
    fn path(&self) -> String {
        format!("{0}/{0}_{1:04}.jpg", self.person, self.number)
    }
}

struct Pair {
    a: Picture,
    b: Picture,
}

fn read_pairs(text: &str) -> Result<Vec<Pair>> {
    let picture = |person: &str, number: &str| -> Result<Picture> {
        Ok(Picture {
            person: person.to_owned(),
            number: number.trim().parse()?,
        })
    };
    let mut pairs = Vec::new();
    for line in text.lines() {
        match line.split('\t').collect::<Vec<_>>().as_slice() {
            [p, a, b] => pairs.push(Pair {
                a: picture(p, a)?,
                b: picture(p, b)?,
            }),
            [p, a, q, b] => pairs.push(Pair {
                a: picture(p, a)?,
                b: picture(q, b)?,
            }),
            // The first line counts the pairs.
            _ => {}
        }
    }
    Ok(pairs)
}

fn load(directory: &Path, set: &str) -> Result<Pipeline> {
    let manifest = Manifest::parse(&std::fs::read_to_string(directory.join("manifest.json"))?)?;
    let mut models = Models::default();
    for file in manifest.needed(&[set.to_owned()])? {
        models.load(
            &manifest,
            &file.name,
            &std::fs::read(directory.join(&file.file))?,
        )?;
    }
    Ok(Pipeline::assemble(&manifest, set, &models)?)
}

fn embed(pipeline: &Pipeline, path: &Path) -> Result<Option<Embedding>> {
    let picture = image::open(path)?.into_rgba8();
    let frame = Frame::new(picture.width(), picture.height(), picture.as_raw())?;
    let Some(seen) = pipeline.look(&frame)?.seen else {
        return Ok(None);
    };
    Ok(Some(pipeline.embed(&pipeline.align(&frame, &seen)?)?))
}

fn report_pairs(pairs: &[Pair], embeddings: &BTreeMap<Picture, Embedding>) {
    let mut scores = Scores::default();
    for pair in pairs {
        if let (Some(a), Some(b)) = (embeddings.get(&pair.a), embeddings.get(&pair.b)) {
            scores.add(a, b, pair.a.person == pair.b.person);
        }
    }
    scores.sort();
    let (accuracy, at) = scores.best_accuracy();
    report(&format!(
        "listed pairs: {} genuine, {} impostor; best accuracy {:.2} % (cosine {at:.3}); EER {:.2} %",
        scores.genuine.len(),
        scores.impostor.len(),
        accuracy * 100.0,
        scores.equal_error_rate() * 100.0,
    ));
}

fn report_all_pairs(embeddings: &BTreeMap<Picture, Embedding>) {
    let all: Vec<_> = embeddings.iter().collect();
    let mut scores = Scores::default();
    for (i, (a, x)) in all.iter().enumerate() {
        for (b, y) in &all[i + 1..] {
            scores.add(x, y, a.person == b.person);
        }
    }
    scores.sort();
    report(&format!(
        "all pairs: {} genuine, {} impostor",
        scores.genuine.len(),
        scores.impostor.len()
    ));
    for rate in [1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 4e-7] {
        let threshold = scores.threshold(rate);
        report(&format!(
            "  FMR {rate:e}: cosine {threshold:.4}, TMR {:.2} %, {} impostor scores above",
            scores.true_match_rate(threshold) * 100.0,
            (scores.impostor.len() as f64 * rate) as usize,
        ));
    }
}

/// Scores in ascending order.
#[derive(Default)]
struct Scores {
    genuine: Vec<f32>,
    impostor: Vec<f32>,
}

impl Scores {
    fn add(&mut self, a: &Embedding, b: &Embedding, same: bool) {
        if let Some(cosine) = a.cosine(b) {
            if same {
                &mut self.genuine
            } else {
                &mut self.impostor
            }
            .push(cosine);
        }
    }

    fn sort(&mut self) {
        self.genuine.sort_by(f32::total_cmp);
        self.impostor.sort_by(f32::total_cmp);
    }

    fn true_match_rate(&self, threshold: f32) -> f64 {
        let below = self.genuine.partition_point(|s| *s < threshold);
        1.0 - below as f64 / self.genuine.len().max(1) as f64
    }

    fn false_match_rate(&self, threshold: f32) -> f64 {
        let below = self.impostor.partition_point(|s| *s < threshold);
        1.0 - below as f64 / self.impostor.len().max(1) as f64
    }

    /// Just above the impostor score that would be one too many.
    fn threshold(&self, rate: f64) -> f32 {
        let allowed = (self.impostor.len() as f64 * rate) as usize;
        let worst = self.impostor.len().checked_sub(allowed + 1);
        worst
            .and_then(|i| self.impostor.get(i))
            .map_or(1.0, |s| s.next_up())
    }

    fn best_accuracy(&self) -> (f64, f32) {
        let total = (self.genuine.len() + self.impostor.len()).max(1) as f64;
        let right = |t: f32| {
            (self.true_match_rate(t) * self.genuine.len() as f64
                + (1.0 - self.false_match_rate(t)) * self.impostor.len() as f64)
                / total
        };
        let candidates = self.genuine.iter().chain(&self.impostor);
        candidates
            .map(|t| (right(*t), *t))
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .unwrap_or((0.0, 0.0))
    }

    fn equal_error_rate(&self) -> f64 {
        let gap = |t: f32| {
            let (rejected, accepted) = (1.0 - self.true_match_rate(t), self.false_match_rate(t));
            ((rejected - accepted).abs(), (rejected + accepted) / 2.0)
        };
        let candidates = self.genuine.iter().chain(&self.impostor);
        candidates
            .map(|t| gap(*t))
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map_or(1.0, |g| g.1)
    }
}

/// The one thing this program prints: its measurements.
#[expect(clippy::print_stdout, reason = "a program for the terminal")]
fn report(line: &str) {
    println!("{line}");
}
