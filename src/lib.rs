//! Nod's capture pipeline: from camera frames to a sealed face template.

pub mod align;
pub mod answer;
pub mod attempt;
pub mod capture;
pub mod detect;
pub mod embed;
pub mod failure;
pub mod geometry;
pub mod image;
pub mod keyframes;
pub mod landmarks;
pub mod manifest;
pub mod model;
pub mod pipeline;
pub mod quality;
pub mod resample;
pub mod seal;

#[cfg(target_arch = "wasm32")]
pub mod bindings;
#[cfg(target_arch = "wasm32")]
mod camera;
#[cfg(target_arch = "wasm32")]
mod post;
