//! A network as it is served: the plan of its ONNX file.

use std::path::Path;

use nod_models::Error;
use nod_models::manifest::File;
use nod_models::store::Wanted;
use sha2::{Digest, Sha256};

use super::AssembleError;

/// The plan of one network.
pub(super) struct Planned {
    /// Of the network.
    pub(super) name: String,
    /// Of the plan, in lower-case hexadecimal.
    pub(super) sha256: String,
    pub(super) bytes: Vec<u8>,
}

impl Planned {
    /// Plans the verified file at `path`.
    pub(super) fn of(file: &File, path: &Path) -> Result<Self, AssembleError> {
        let wanted = Wanted {
            name: &file.name,
            sha256: &file.sha256,
            bytes: file.bytes,
        };
        let Some(onnx) = wanted.read(path)? else {
            return Err(Error::io("read", path)(std::io::ErrorKind::NotFound.into()).into());
        };
        let failed = |reason| AssembleError::Plan {
            file: file.name.clone(),
            reason,
        };
        let plan = crate::plan(&onnx).map_err(failed)?;
        let bytes = plan.encode().map_err(|e| failed(e.into()))?;
        Ok(Self {
            name: file.name.clone(),
            sha256: hex::encode(Sha256::digest(&bytes)),
            bytes,
        })
    }

    /// Name under which an authority serves it.
    pub(super) fn served_name(&self) -> String {
        format!("{}.plan", self.sha256)
    }
}
