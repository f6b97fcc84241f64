//! The capture pipeline for `cargo xtask bench web`: the code, the profile and the target features of the shipped
//! module, with calls that the shipped module deliberately has not. Those return single networks' outputs and
//! embeddings, which there never leave the module; so this one is never shipped.

// On other targets there is nothing: a browser calls it, and the pipeline natively has benchmarks of its own.
#![cfg(target_arch = "wasm32")]

pub mod limits;

use nod::image::Frame;
use nod::manifest::Manifest;
use nod::model::Net;
use nod::pipeline::{Look, Models, Pipeline};
use nod_engine::Plan;
use wasm_bindgen::Clamped;
use wasm_bindgen::prelude::{JsError, wasm_bindgen};

/// One network alone.
#[wasm_bindgen]
pub struct Network(Net);

#[wasm_bindgen]
impl Network {
    /// The network `name` of a manifest (its text), from the bytes of its file.
    #[wasm_bindgen(constructor)]
    pub fn new(manifest: &str, name: &str, bytes: &[u8]) -> Result<Network, JsError> {
        let manifest = Manifest::parse(manifest)?;
        let file = manifest.model(name)?;
        let net = Net::load(name, bytes, &file.sha256, file.input.clone())?;
        Ok(Self(net))
    }

    /// All outputs of one run, joined in the order of the ONNX file. `values` is the input, already
    /// normalised, three for each pixel.
    pub fn run(&self, values: &[f32]) -> Result<Vec<f32>, JsError> {
        let outputs = self.0.run_values(values)?;
        let values = outputs.iter().flat_map(|output| output.values());
        Ok(values.copied().collect())
    }
}

/// What one run of a plan has to do at least: multiplications with their additions, and bytes.
#[wasm_bindgen]
pub fn work(plan: &[u8]) -> Result<Vec<f64>, JsError> {
    let work = Plan::decode(plan)?.work();
    Ok(vec![work.multiplications as f64, work.bytes as f64])
}

/// Model sets in use.
#[wasm_bindgen]
pub struct Faces {
    manifest: Manifest,
    models: Models,
    pipelines: Vec<(String, Pipeline)>,
}

#[wasm_bindgen]
impl Faces {
    /// With the text of a manifest.
    #[wasm_bindgen(constructor)]
    pub fn new(manifest: &str) -> Result<Faces, JsError> {
        Ok(Self {
            manifest: Manifest::parse(manifest)?,
            models: Models::default(),
            pipelines: Vec::new(),
        })
    }

    /// Checks and prepares one network.
    pub fn load(&mut self, name: &str, bytes: &[u8]) -> Result<(), JsError> {
        Ok(self.models.load(&self.manifest, name, bytes)?)
    }

    /// Puts a set together from what was loaded, as the text of this manifest describes it, and keeps it as `name`.
    pub fn assemble(&mut self, name: String, manifest: &str, set: &str) -> Result<(), JsError> {
        let pipeline = Pipeline::assemble(&Manifest::parse(manifest)?, set, &self.models)?;
        self.pipelines.push((name, pipeline));
        Ok(())
    }

    /// Whether there is a face in the picture: it was found, its landmarks placed and its quality measured.
    pub fn look(
        &self,
        name: &str,
        width: u32,
        height: u32,
        rgba: Clamped<Vec<u8>>,
    ) -> Result<bool, JsError> {
        let frame = Frame::new(width, height, &rgba)?;
        let Look { seen, .. } = self.pipeline(name)?.look(&frame)?;
        Ok(seen.is_some())
    }

    /// The embedding of the face in the picture.
    pub fn embed(
        &self,
        name: &str,
        width: u32,
        height: u32,
        rgba: Clamped<Vec<u8>>,
    ) -> Result<Vec<f32>, JsError> {
        let frame = Frame::new(width, height, &rgba)?;
        let pipeline = self.pipeline(name)?;
        let seen = pipeline.look(&frame)?.seen;
        let seen = seen.ok_or_else(|| JsError::new("no face"))?;
        let embedding = pipeline.embed(&pipeline.align(&frame, &seen)?)?;
        Ok(embedding.values().to_vec())
    }

    fn pipeline(&self, name: &str) -> Result<&Pipeline, JsError> {
        let found = self.pipelines.iter().find(|(known, _)| known == name);
        found
            .map(|(_, pipeline)| pipeline)
            .ok_or_else(|| JsError::new("no such set"))
    }
}
