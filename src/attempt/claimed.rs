//! Who is claimed, and what proves it besides the face, as the frame hands it over: texts that the resident typed, that the device
//! kept, or that a device key signed.

use base64ct::{Base64UrlUnpadded, Encoding};
use nod_protocol::codes::Code;
use nod_protocol::ids::{ClaimedId, DeviceHandle, Passcode};
use nod_protocol::payload::{Assertion, Claim};

use crate::failure::Failure;
use crate::seal::SecondFactor;

/// A claim and its second factor in words. Both `id` and `device`: the device is to be remembered. `device` alone: it was.
#[derive(Clone, Copy, Default)]
pub struct Claimed<'a> {
    /// The ID number as typed.
    pub id: Option<&'a str>,
    /// The device's handle, 43 characters of base64url.
    pub device: Option<&'a str>,
    /// Eight digits.
    pub passcode: Option<&'a str>,
    /// What a device key signed for the session.
    pub signed: Option<Signed<'a>>,
}

/// The parts of an assertion (WebAuthn Level 3, §5.2.2), each in base64url without padding.
#[derive(Clone, Copy)]
pub struct Signed<'a> {
    /// `rawId`
    pub credential: &'a str,
    /// `response.authenticatorData`
    pub authenticator_data: &'a str,
    /// `response.clientDataJSON`
    pub client_data: &'a str,
    /// `response.signature`
    pub signature: &'a str,
}

impl Claimed<'_> {
    /// # Errors
    /// `seal.malformed` for a text that is none of these, and where nobody is claimed.
    pub(super) fn parse(&self) -> Result<(Claim, SecondFactor), Failure> {
        let id = self.id.map(ClaimedId::parse).transpose()?;
        let device = self.device.map(DeviceHandle::parse).transpose()?;
        let factor = SecondFactor {
            passcode: self.passcode.map(Passcode::parse).transpose()?,
            assertion: self.signed.map(|signed| signed.parse()).transpose()?,
        };
        let claim = match (id, device) {
            (Some(id), remember) => Claim::Id { id, remember },
            (None, Some(device)) => Claim::Device(device),
            (None, None) => return Err(Code::SealMalformed.into()),
        };
        Ok((claim, factor))
    }
}

impl Signed<'_> {
    fn parse(&self) -> Result<Assertion, Failure> {
        let decoded = |text| Base64UrlUnpadded::decode_vec(text).map_err(|_| Code::SealMalformed);
        let assertion = Assertion {
            credential: decoded(self.credential)?,
            authenticator_data: decoded(self.authenticator_data)?,
            client_data: decoded(self.client_data)?,
            signature: decoded(self.signature)?,
        };
        Ok(assertion.checked().ok_or(Code::SealMalformed)?)
    }
}
