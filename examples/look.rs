//! Says what the pipeline sees in pictures: quality measures, the hint, and how long each step took.
//!
//! ```text
//! cargo run --release --example look -- <models> <set> <picture>…
//! ```
//!
//! `<models>` is a directory with `manifest.json` (`dist/models`). For finding out why a camera's picture gets the
//! hint it gets.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use nod::image::Frame;
use nod::manifest::Manifest;
use nod::pipeline::{Models, Pipeline};
use nod_protocol::codes::Code;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [models, set, pictures @ ..] = args.as_slice() else {
        return Err("usage: look <models> <set> <picture>…".into());
    };
    let pipeline = load(Path::new(models), set)?;
    for path in pictures {
        let picture = image::open(path)?.into_rgba8();
        let frame = Frame::new(picture.width(), picture.height(), picture.as_raw())?;
        let began = Instant::now();
        let look = pipeline.look(&frame)?;
        let looked = began.elapsed();
        let hint = look.hint.map_or("good", Code::as_str);
        report(&format!(
            "{path}: {hint}, looked in {} ms",
            looked.as_millis()
        ));
        let Some(seen) = look.seen else { continue };
        let q = &seen.quality;
        report(&format!(
            "  head {:.0} px ({:.2} of the frame), eyes {:.0} px apart, off by {:.2?}, margins {:.2?}, company {:.2}",
            q.head_height, q.head_share, q.inter_eye, q.offset, q.margins, q.company,
        ));
        report(&format!(
            "  highlight {:.0}, over-exposed {:.2}, uniformity {:.2}, sharpness {:.2}, yaw {:.0}°, pitch {:.0}°, \
             roll {:.0}°",
            q.highlight, q.over_exposed, q.uniformity, q.sharpness, q.yaw, q.pitch, q.roll,
        ));
        report(&format!(
            "  iris {:.2}, mouth open {:.2}, skin {:.2}, eyes lit {:.2}, score {:.2}",
            q.iris,
            q.mouth_open,
            q.skin,
            q.eyes_lit,
            q.score(),
        ));
        let began = Instant::now();
        drop(pipeline.embed(&pipeline.align(&frame, &seen)?)?);
        report(&format!(
            "  aligned and embedded in {} ms",
            began.elapsed().as_millis()
        ));
    }
    Ok(())
}

fn load(directory: &Path, set: &str) -> Result<Pipeline, Box<dyn Error>> {
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

/// The one thing this program prints: its measurements.
#[expect(clippy::print_stdout, reason = "a program for the terminal")]
fn report(line: &str) {
    println!("{line}");
}
