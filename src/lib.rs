//! Nod's capture pipeline: from camera frames to a sealed face template.
//!
//! The same code runs in the resident's browser (as WebAssembly in a worker, through `bindings`) and natively
//! (tests, benchmarks, import). Its whole story, with two photographs in place of a camera:
//!
//! ```
//! use std::path::Path;
//!
//! use nod::image::Frame;
//! use nod::manifest::Manifest;
//! use nod::pipeline::{Models, Pipeline};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Set-up resolves and checks the networks and lays them out as an authority serves them.
//! let checkout = Path::new(env!("CARGO_MANIFEST_DIR"));
//! let served = std::env::temp_dir().join("nod-models-of-the-crate-documentation");
//! let prepared = nod_models::prepare(&nod_models::Options::from_env(checkout)?, &mut |_| ())?;
//! nod_planner::assemble(&prepared, &served)?;
//!
//! // The widget reads the manifest, fetches what a model set needs, and puts the set together. Each file is
//! // checked against its hash before it is read.
//! let manifest = Manifest::parse(&std::fs::read_to_string(served.join("manifest.json"))?)?;
//! let mut models = Models::default();
//! for file in manifest.needed(&["everywhere-1".to_owned()])? {
//!     models.load(&manifest, &file.name, &std::fs::read(served.join(&file.file))?)?;
//! }
//! let pipeline = Pipeline::assemble(&manifest, "everywhere-1", &models)?;
//!
//! // Frame → face, points, quality and one hint → aligned crop → embedding.
//! let mut embeddings = Vec::new();
//! for name in ["obama.jpg", "obama3.jpg", "biden.jpg"] {
//!     let picture = image::open(checkout.join("tests/faces").join(name))?.into_rgba8();
//!     let frame = Frame::new(picture.width(), picture.height(), picture.as_raw())?;
//!     let look = pipeline.look(&frame)?;
//!     assert!(look.hint.is_none(), "a good picture needs no hint");
//!     let seen = look.seen.ok_or("no face")?;
//!     embeddings.push(pipeline.embed(&pipeline.align(&frame, &seen)?)?);
//! }
//!
//! // One person, and two.
//! let same = embeddings[0].cosine(&embeddings[1]).ok_or("different lengths")?;
//! let other = embeddings[0].cosine(&embeddings[2]).ok_or("different lengths")?;
//! assert!(same > 0.95 && other < 0.85);
//! # Ok(())
//! # }
//! ```
//!
//! With a camera, [`attempt::Attempt`] does this frame by frame: it waits for one well-placed face, asks for the
//! authority's challenge, picks keyframes, fuses their embeddings and seals them for that one session.
//!
//! The modules follow the flow. Types that hold faces or what was made of them can be neither printed nor
//! serialised, and are wiped when dropped.

// The camera's frame.
#[cfg(target_arch = "wasm32")]
mod camera;
pub mod geometry;
pub mod image;

// Frame → embedding, one step a file.
pub mod manifest;
pub mod model;
pub mod resample;

pub mod detect;
pub mod landmarks;

pub mod liveness;
pub mod quality;

pub mod align;
pub mod embed;
mod put_back;
mod similarity;

pub mod follow;
pub mod pipeline;

// Frames → capture → sealed body → answer.
pub mod capture;
pub mod keyframes;

pub mod seal;

pub mod attempt;
pub mod failure;

pub mod answer;
#[cfg(target_arch = "wasm32")]
mod post;
pub mod relay;

#[cfg(target_arch = "wasm32")]
pub mod bindings;
