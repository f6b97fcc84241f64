//! Who is claimed, and what proves it besides the face, as the frame hands it over: texts that the resident typed, that the device
//! kept, or that a device key signed.

use base64ct::{Base64UrlUnpadded, Encoding};
use nod_protocol::codes::Code;
use nod_protocol::ids::{ClaimHandle, ClaimedId, DeviceHandle, Passcode};
use nod_protocol::payload::{Assertion, Claim};

use crate::failure::Failure;
use crate::seal::SecondFactor;

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
        let handle = self.handle.map(ClaimHandle::parse).transpose()?;
        let factor = SecondFactor {
            passcode: self.passcode.map(Passcode::parse).transpose()?,
            assertion: self.signed.map(|signed| signed.parse()).transpose()?,
        };
        let claim = match (id, device, handle) {
            (Some(id), remember, None) => Claim::Id { id, remember },
            (None, Some(device), None) => Claim::Device(device),
            (None, None, Some(handle)) => Claim::Handle(handle),
            _ => return Err(Code::SealMalformed.into()),
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

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNED: Signed<'static> = Signed {
        credential: "AQID",
        authenticator_data: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        client_data: "e30",
        signature: "MAYCAQECAQE",
    };

    fn parsed(signed: Signed<'_>) -> Result<(Claim, SecondFactor), Code> {
        let claimed = Claimed {
            id: Some("1234"),
            signed: Some(signed),
            ..Claimed::default()
        };
        claimed.parse().map_err(|failure| failure.code)
    }

    #[test]
    fn what_a_device_key_signed_is_taken_in_its_parts() {
        let Ok((_, factor)) = parsed(SIGNED) else {
            panic!("not taken");
        };
        assert!(factor.passcode.is_none());
        let assertion = factor.assertion.unwrap();
        assert_eq!(assertion.credential, [1, 2, 3]);
        assert_eq!(assertion.authenticator_data, [0; 37]);
        assert_eq!(assertion.client_data, b"{}");
        assert_eq!(assertion.signature.len(), 8);
    }

    #[test]
    fn other_texts_and_lengths_are_malformed_and_cost_nothing() {
        for wrong in ["", "A", "AQID=", "+/+/"] {
            let credential = Signed {
                credential: wrong,
                ..SIGNED
            };
            let signature = Signed {
                signature: wrong,
                ..SIGNED
            };
            for signed in [credential, signature] {
                assert_eq!(parsed(signed).err(), Some(Code::SealMalformed), "{wrong}");
            }
        }
    }
}
