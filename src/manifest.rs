//! `models/manifest.json`: which networks make up a model set, and how each is fed.
//!
//! Written by the `models` crate from `models/manifest.toml`. What concerns only the authority (thresholds) is
//! in the same file and is skipped here.

use serde::Deserialize;
use thiserror::Error;

use crate::geometry::Point;
use crate::landmarks::CropRule;
use crate::model::InputSpec;

/// Everything the widget needs to know about the networks it may be asked to run.
#[derive(Deserialize)]
pub struct Manifest {
    sets: Vec<ModelSet>,
}

/// Networks that belong together: embeddings of different sets are never compared.
#[derive(Deserialize)]
pub struct ModelSet {
    /// For example `open-1`.
    pub id: String,
    /// Finds faces.
    pub detector: ModelFile,
    /// Places 68 landmarks in a found face.
    pub landmarks: ModelFile,
    /// Makes an embedding of an aligned face.
    pub embedder: ModelFile,
    /// From the detector's box to the landmark net's crop.
    pub crop: CropRule,
    /// How the embedder is used.
    pub embedding: EmbeddingRule,
}

/// One network as a file.
#[derive(Deserialize)]
pub struct ModelFile {
    /// Short and unique.
    pub name: String,
    /// Which network it is, and so how its outputs are read.
    pub kind: String,
    /// File name beside the manifest.
    pub file: String,
    /// Of the file, lower-case hexadecimal.
    pub sha256: String,
    /// Length of the file.
    pub bytes: u64,
    /// How it is fed.
    pub input: InputSpec,
}

/// How faces are brought before an embedder.
#[derive(Deserialize)]
pub struct EmbeddingRule {
    /// How many numbers an embedding has.
    pub size: usize,
    /// Whose five points the alignment uses: enrolment and verification must use the same.
    pub points: PointSource,
    /// Whether an embedding is the mean of the crop's and of its mirror image's.
    pub mirror: bool,
    /// Where the five points belong, in pixels of the embedder's input.
    template: [[f32; 2]; 5],
}

/// Who places the five points that a face is aligned by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PointSource {
    /// The detector itself.
    Detector,
    /// The landmark net: eye centres, nose tip and mouth corners of its 68.
    Landmarks68,
    /// The mean of the detector's, of the detector's in the mirrored picture, and of the landmark net's.
    Consensus,
}

/// Why a manifest is of no use.
#[derive(Debug, Error)]
pub enum ManifestError {
    /// Not JSON of the expected form.
    #[error("the model manifest is malformed: {0}")]
    Malformed(#[from] serde_json::Error),
    /// No such model set.
    #[error("the model manifest has no set {0}")]
    UnknownSet(String),
    /// No set uses a model of this name.
    #[error("the model manifest has no model {0}")]
    UnknownModel(String),
    /// A set's detector is of a kind that nobody here can read.
    #[error("the model manifest has a detector of the unknown kind {0}")]
    UnknownDetector(String),
}

impl Manifest {
    /// Reads the JSON form.
    pub fn parse(json: &str) -> Result<Self, ManifestError> {
        Ok(serde_json::from_str(json)?)
    }

    /// The set with this id.
    pub fn set(&self, id: &str) -> Result<&ModelSet, ManifestError> {
        self.sets
            .iter()
            .find(|set| set.id == id)
            .ok_or_else(|| ManifestError::UnknownSet(id.to_owned()))
    }

    /// The ids of all sets, the recommended one first.
    pub fn set_ids(&self) -> impl Iterator<Item = &str> {
        self.sets.iter().map(|set| set.id.as_str())
    }

    /// The model with this name.
    pub fn model(&self, name: &str) -> Result<&ModelFile, ManifestError> {
        self.sets
            .iter()
            .flat_map(ModelSet::files)
            .find(|file| file.name == name)
            .ok_or_else(|| ManifestError::UnknownModel(name.to_owned()))
    }

    /// Every model that the sets need, each once, in the order in which it is used.
    pub fn needed(&self, set_ids: &[String]) -> Result<Vec<&ModelFile>, ManifestError> {
        let mut files: Vec<&ModelFile> = Vec::new();
        for id in set_ids {
            for file in self.set(id)?.files() {
                if files.iter().all(|f| f.name != file.name) {
                    files.push(file);
                }
            }
        }
        Ok(files)
    }
}

impl ModelSet {
    fn files(&self) -> [&ModelFile; 3] {
        [&self.detector, &self.landmarks, &self.embedder]
    }
}

impl EmbeddingRule {
    /// The template's five points, in pixels of the embedder's input.
    pub fn template(&self) -> [Point; 5] {
        self.template.map(|[x, y]| Point::new(x, y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json() -> String {
        let file = |name: &str, kind: &str| {
            format!(
                r#"{{"name":"{name}","kind":"{kind}","file":"{name}.plan","sha256":"00","bytes":7,
                "input":{{"name":"image","width":8,"height":8,"channels":"bgr","mean":[0,0,0],"divisor":1}}}}"#
            )
        };
        let set = |id: &str, detector: &str| {
            format!(
                r#"{{"id":"{id}","title":"any","detector":{},"landmarks":{},"embedder":{},
                "crop":{{"enlarge":1.1,"shift_down":0.08}},
                "embedding":{{"size":4,"similarity":"cosine","points":"landmarks68","mirror":false,
                "template":[[1,2],[3,2],[2,3],[1,4],[3,4]]}},"thresholds":{{}}}}"#,
                file(detector, "yunet"),
                file("points", "landmarks68"),
                file(id, "reid-0095"),
            )
        };
        format!(
            r#"{{"version":1,"sets":[{},{}]}}"#,
            set("a", "one"),
            set("b", "two")
        )
    }

    #[test]
    fn each_needed_model_is_listed_once() {
        let manifest = Manifest::parse(&json()).unwrap();
        let both = ["a".to_owned(), "b".to_owned()];
        let names: Vec<&str> = manifest
            .needed(&both)
            .unwrap()
            .iter()
            .map(|f| f.name.as_str())
            .collect();
        assert_eq!(names, ["one", "points", "a", "two", "b"]);
        assert_eq!(manifest.set_ids().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn what_is_not_there_is_named() {
        let manifest = Manifest::parse(&json()).unwrap();
        let set = manifest.set("c").err().unwrap().to_string();
        assert_eq!(set, "the model manifest has no set c");
        let model = manifest.model("x").err().unwrap().to_string();
        assert_eq!(model, "the model manifest has no model x");
        assert!(Manifest::parse("{}").is_err());
        assert!(Manifest::parse(&json().replace("bgr", "gbr")).is_err());
    }
}
