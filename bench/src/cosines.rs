//! The native half of a comparison between the pipeline's two builds: cosines between the faces in a few
//! pictures. The other half feeds the same pixels to the module in a browser (tests/e2e/agreement.test.mjs).

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use nod::image::Frame;
use nod::manifest::Manifest;
use nod::pipeline::Pipeline;
use nod_protocol::payload::Embedding;
use serde::Serialize;

use crate::pictures;

/// Cosines between the faces in a few pictures, as JSON on standard output.
#[derive(Args)]
pub(crate) struct Options {
    /// Folder with manifest.json and the networks, as an authority serves them; made if not named.
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
    /// The model set.
    #[arg(long, value_name = "ID")]
    set: String,
    /// Write each picture here as a PNG: a browser reads the same pixels from it, which it would not from a
    /// JPEG.
    #[arg(long, value_name = "DIR")]
    png: PathBuf,
    /// Pictures with one face each.
    #[arg(required = true, value_name = "PICTURE")]
    pictures: Vec<PathBuf>,
}

/// The answer: picture i is `png[i]`, its cosine with picture j `cosines[i][j]`.
#[derive(Serialize)]
struct Answer {
    png: Vec<PathBuf>,
    cosines: Vec<Vec<f32>>,
}

/// # Errors
/// When a picture cannot be read or written, or shows no face; the message names it.
pub(crate) fn run(options: &Options) -> Result<()> {
    let models = pictures::models(options.models.as_deref())?;
    let json = fs::read_to_string(models.join("manifest.json"))
        .with_context(|| format!("no manifest.json in {}", models.display()))?;
    let pipeline = pictures::load(&models, &Manifest::parse(&json)?, &options.set)?;
    fs::create_dir_all(&options.png)?;

    let (mut png, mut embeddings) = (Vec::new(), Vec::new());
    for (number, picture) in options.pictures.iter().enumerate() {
        let copy = options.png.join(format!("{number}.png"));
        let embedding = embed(&pipeline, picture, &copy)
            .with_context(|| format!("picture {}", picture.display()))?;
        png.push(copy);
        embeddings.push(embedding);
    }
    let cosine = |a: &Embedding, b: &Embedding| a.cosine(b).context("embeddings of two sizes");
    let cosines = embeddings
        .iter()
        .map(|a| embeddings.iter().map(|b| cosine(a, b)).collect())
        .collect::<Result<_>>()?;
    print(&serde_json::to_string(&Answer { png, cosines })?);
    Ok(())
}

fn embed(pipeline: &Pipeline, from: &Path, copy: &Path) -> Result<Embedding> {
    let picture = image::open(from)?.into_rgba8();
    picture.save(copy)?;
    let frame = Frame::new(picture.width(), picture.height(), picture.as_raw())?;
    let look = pipeline.look(&frame)?;
    // The capture would wait for a better frame; the same pixels come again and again.
    ensure!(look.hint.is_none(), "needs the hint {:?}", look.hint);
    let seen = look.seen.context("no face")?;
    Ok(pipeline.embed(&pipeline.align(&frame, &seen)?)?)
}

#[expect(clippy::print_stdout, reason = "a program for the terminal")]
fn print(line: &str) {
    println!("{line}");
}
