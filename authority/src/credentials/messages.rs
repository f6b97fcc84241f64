//! JSON about binding a device key. The options have the specification's own form (WebAuthn Level 3, §5.1.8,
//! `PublicKeyCredentialCreationOptionsJSON`), so that any client can hand them to its browser. No `Debug`: secrets.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};

/// `POST /v1/enrol/key/options`: after an enrolment.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistrationRequest {
    /// `key_registration` of the enrolment's reply.
    pub registration: String,
}

/// Its reply, and that of `POST /v1/me/keys/options`.
#[derive(Serialize)]
pub struct RegistrationReply {
    /// The secret to register with, once.
    pub registration: String,
    /// Seconds until it is over, at most.
    pub expires_in: u64,
    /// For `navigator.credentials.create`.
    pub options: KeyOptions,
}

/// `POST /v1/enrol/key` and `POST /v1/me/keys`: what the authenticator made of the options, in base64url.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterRequest {
    /// The secret.
    pub registration: String,
    /// `response.clientDataJSON`.
    pub client_data: String,
    /// `response.attestationObject`.
    pub attestation: String,
}

/// Its reply.
#[derive(Serialize)]
pub struct RegisterReply {
    /// `true`; failures are problems.
    pub added: bool,
}

/// What a browser is asked to make (§5.4).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyOptions {
    rp: Party,
    user: User,
    challenge: String,
    pub_key_cred_params: [Algorithm; 1],
    /// Milliseconds.
    timeout: u64,
    exclude_credentials: Vec<Descriptor>,
    authenticator_selection: Selection,
    attestation: &'static str,
}

#[derive(Serialize)]
struct Party {
    id: String,
    name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct User {
    id: String,
    name: String,
    display_name: String,
}

#[derive(Serialize)]
struct Algorithm {
    #[serde(rename = "type")]
    kind: &'static str,
    alg: i32,
}

#[derive(Serialize)]
struct Descriptor {
    #[serde(rename = "type")]
    kind: &'static str,
    id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Selection {
    resident_key: &'static str,
    require_resident_key: bool,
    user_verification: &'static str,
}

const PUBLIC_KEY: &str = "public-key";
/// COSE's number of ES256 (RFC 9053 §2.1).
const ES256: i32 = -7;
/// §15.1: five minutes, for people who need time to find and use a device.
const TIMEOUT: u64 = 300_000;

impl KeyOptions {
    /// A key that is found without a name (§4, "discoverable") and asks whose finger, face or PIN it is.
    ///
    /// What it is called on the device is the authority's name for it and the day, and says nothing of its owner.
    pub(super) fn new<'a>(
        party: &str,
        authority: &str,
        challenge: &[u8; 32],
        handle: &[u8; 32],
        today: &str,
        bound: impl Iterator<Item = &'a [u8]>,
    ) -> Self {
        let base64url = Base64UrlUnpadded::encode_string;
        let name = format!("Nod card, {today}");
        let descriptors = bound.map(|id| Descriptor {
            kind: PUBLIC_KEY,
            id: base64url(id),
        });
        Self {
            rp: Party {
                id: party.to_owned(),
                name: authority.to_owned(),
            },
            user: User {
                id: base64url(handle),
                name: name.clone(),
                display_name: name,
            },
            challenge: base64url(challenge),
            pub_key_cred_params: [Algorithm {
                kind: PUBLIC_KEY,
                alg: ES256,
            }],
            timeout: TIMEOUT,
            exclude_credentials: descriptors.collect(),
            authenticator_selection: Selection {
                resident_key: "required",
                // The same for browsers that know Level 1 alone (§5.4.4).
                require_resident_key: true,
                user_verification: "required",
            },
            attestation: "none",
        }
    }
}
