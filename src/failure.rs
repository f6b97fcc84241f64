//! What goes wrong in a capture, as the page and the frame see it: a code, and what to do next.

use nod_protocol::codes::{Code, Next};
use nod_protocol::ids::BadSecret;
use nod_protocol::key_config::KeyConfigError;
use nod_protocol::payload::BadEmbedding;
use nod_protocol::seal::SealError;
use serde::Serialize;
use thiserror::Error;

use crate::embed::EmbedError;
use crate::image::FrameError;
use crate::manifest::ManifestError;
use crate::model::ModelError;
use crate::pipeline::PipelineError;

/// A failure with its public code. The detail behind it is deliberately gone: it may have come from a
/// frame or from what was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error, Serialize)]
#[error("{}: {}", code.as_str(), code.title())]
pub struct Failure {
    /// Stable name.
    pub code: Code,
    /// Whether the same person can succeed by trying again.
    pub retryable: bool,
    /// What to do.
    pub next: Next,
}

impl From<Code> for Failure {
    fn from(code: Code) -> Self {
        Self {
            code,
            retryable: code.retryable(),
            next: code.next(),
        }
    }
}

impl From<PipelineError> for Failure {
    fn from(error: PipelineError) -> Self {
        match error {
            PipelineError::Manifest(error) => error.into(),
            PipelineError::Model(error) => error.into(),
            PipelineError::Embed(EmbedError::Model(error)) => error.into(),
            // The face that was seen cannot be embedded: another frame may do.
            PipelineError::Embed(_) => Code::CaptureHolding.into(),
        }
    }
}

impl From<ManifestError> for Failure {
    fn from(_: ManifestError) -> Self {
        Code::EnvAssetIntegrity.into()
    }
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        match error {
            ModelError::WrongHash { .. } => Code::EnvAssetIntegrity.into(),
            ModelError::Missing { .. } => Code::EnvAssetFetch.into(),
            ModelError::Unusable { .. } | ModelError::Failed { .. } => Code::EnvUnsupported.into(),
        }
    }
}

impl From<FrameError> for Failure {
    fn from(_: FrameError) -> Self {
        Code::CameraTooSmall.into()
    }
}

impl From<BadEmbedding> for Failure {
    fn from(_: BadEmbedding) -> Self {
        Code::CapturePositioning.into()
    }
}

impl From<BadSecret> for Failure {
    fn from(_: BadSecret) -> Self {
        Code::SealMalformed.into()
    }
}

impl From<KeyConfigError> for Failure {
    fn from(_: KeyConfigError) -> Self {
        Code::SealUnknownKey.into()
    }
}

impl From<SealError> for Failure {
    fn from(error: SealError) -> Self {
        match error {
            SealError::Randomness(_) => Code::EnvUnsupported.into(),
            SealError::Key => Code::SealUnknownKey.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_form_has_three_fields_and_no_detail() {
        let error = ModelError::WrongHash {
            name: "embedder".into(),
            expected: "00".into(),
            found: "11".into(),
        };
        let json = serde_json::to_string(&Failure::from(error)).unwrap();
        assert_eq!(
            json,
            r#"{"code":"env.asset_integrity","retryable":false,"next":"contact_operator"}"#
        );
    }
}
