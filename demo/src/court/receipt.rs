//! The sealed receipt: a JWS (RFC 7515) by the court's own key over what was filed, with the answers that it was filed on. Whoever
//! has it can check, without asking anybody: that the court received these documents, and that the authority confirmed the person
//! for these very documents.

use base64ct::{Base64UrlUnpadded, Encoding};
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use serde::Serialize;
use serde_json::{Value, json};

use super::filing::{Filing, Matter, State, money};

/// The court's key. Made at each start: a court has one in a safe.
pub(super) struct Seal(SigningKey);

/// The JWS `typ` of a receipt.
const TYPE: &str = "riverbend-receipt+jws";

#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
    bytes: usize,
    sha256: String,
}

impl Seal {
    pub(super) fn new() -> anyhow::Result<Self> {
        loop {
            let mut scalar = [0; 32];
            getrandom::fill(&mut scalar)?;
            // Zero and what is above the group's order are no keys: once in 2³² times.
            if let Ok(key) = SigningKey::from_slice(&scalar) {
                return Ok(Self(key));
            }
        }
    }

    /// The public key as a JWK (RFC 7517).
    pub(super) fn public(&self) -> Value {
        let point = self.0.verifying_key().to_sec1_point(false);
        let part =
            |bytes: Option<&[u8]>| Base64UrlUnpadded::encode_string(bytes.unwrap_or_default());
        let x = point.x().map(|x| x.as_slice());
        let y = point.y().map(|y| y.as_slice());
        json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "x": part(x), "y": part(y)})
    }

    /// The receipt of a filing that is on record.
    pub(super) fn receipt(&self, filing: &Filing) -> Option<String> {
        let State::Filed { at, answer, paid } = &filing.state else {
            return None;
        };
        let documents = filing.documents.iter().map(|document| Named {
            name: &document.name,
            bytes: document.bytes.len(),
            sha256: document.hash_in_words(),
        });
        let (matter, amount) = match &filing.matter {
            Matter::Claim(cents) => ("claim".to_owned(), Some(money(*cents))),
            Matter::Response(to) => (format!("response to {to}"), None),
        };
        let receipt = json!({
            "number": filing.number,
            "filed_at": at,
            "matter": matter,
            "amount": amount,
            "by": filing.by.name,
            "party": filing.party.name,
            "against": filing.against.name,
            "documents": documents.collect::<Vec<_>>(),
            "bind": filing.bind(),
            "answer": answer,
            "fee": paid.as_ref().map(|answer| json!({
                "amount": money(filing.fee()), "bind": filing.fee_bind(), "answer": answer, "sandbox": true,
            })),
        });
        Some(self.sealed(&receipt))
    }

    fn sealed(&self, payload: &Value) -> String {
        let part = |value: &Value| Base64UrlUnpadded::encode_string(value.to_string().as_bytes());
        let header = json!({"alg": "ES256", "typ": TYPE});
        let signed = format!("{}.{}", part(&header), part(payload));
        let signature: Signature = self.0.sign(signed.as_bytes());
        let signature = Base64UrlUnpadded::encode_string(&signature.to_bytes());
        format!("{signed}.{signature}")
    }
}
