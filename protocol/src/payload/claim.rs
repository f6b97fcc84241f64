//! Who the resident claims to be: an ID number, or a device or a handle that stands for one.

use crate::ids::{ClaimHandle, ClaimedId, DeviceHandle};

/// A claim. It says whose template to compare with and proves nothing: face, movement and passcode do.
pub enum Claim {
    /// A typed ID number.
    Id {
        /// The number.
        id: ClaimedId,
        /// What the device calls itself from now on, if the resident wants it remembered. It counts only with a yes.
        remember: Option<DeviceHandle>,
    },
    /// A device that was remembered on this site.
    Device(DeviceHandle),
    /// A handle that was shown to a kiosk's camera.
    Handle(ClaimHandle),
}

impl Claim {
    /// The number, where one was typed.
    pub fn id(&self) -> Option<&ClaimedId> {
        match self {
            Self::Id { id, .. } => Some(id),
            Self::Device(_) | Self::Handle(_) => None,
        }
    }
}

impl From<ClaimedId> for Claim {
    fn from(id: ClaimedId) -> Self {
        Self::Id { id, remember: None }
    }
}
