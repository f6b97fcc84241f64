//! Who is claimed, as the frame hands it over: texts that the resident typed, or that the device kept.

use nod_protocol::codes::Code;
use nod_protocol::ids::{ClaimHandle, ClaimedId, DeviceHandle, Passcode};
use nod_protocol::payload::Claim;

use crate::failure::Failure;

/// A claim and its second factor in words. Both `id` and `device`: the device is to be remembered. `device` alone: it was. `handle`
/// stands alone.
#[derive(Clone, Copy, Default)]
pub struct Claimed<'a> {
    /// The ID number as typed.
    pub id: Option<&'a str>,
    /// The device's handle, 43 characters of base64url.
    pub device: Option<&'a str>,
    /// What the camera of a kiosk was shown: `NOD1:` and 32 hexadecimal digits.
    pub handle: Option<&'a str>,
    /// Eight digits.
    pub passcode: Option<&'a str>,
}

impl Claimed<'_> {
    /// # Errors
    /// `seal.malformed` for a text that is none of these, and where nobody is claimed.
    pub(super) fn parse(&self) -> Result<(Claim, Option<Passcode>), Failure> {
        let id = self.id.map(ClaimedId::parse).transpose()?;
        let device = self.device.map(DeviceHandle::parse).transpose()?;
        let handle = self.handle.map(ClaimHandle::parse).transpose()?;
        let passcode = self.passcode.map(Passcode::parse).transpose()?;
        let claim = match (id, device, handle) {
            (Some(id), remember, None) => Claim::Id { id, remember },
            (None, Some(device), None) => Claim::Device(device),
            (None, None, Some(handle)) => Claim::Handle(handle),
            _ => return Err(Code::SealMalformed.into()),
        };
        Ok((claim, passcode))
    }
}
