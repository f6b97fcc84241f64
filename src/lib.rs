//! Nod's capture pipeline: from camera frames to a sealed face template.

pub mod align;
pub mod capture;
pub mod detect;
pub mod embed;
pub mod geometry;
pub mod image;
pub mod keyframes;
pub mod landmarks;
pub mod manifest;
pub mod model;
pub mod pipeline;
pub mod quality;
pub mod resample;
