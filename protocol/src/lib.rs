//! Wire messages, the seal and the signed answer of Nod: no browser, no server, no I/O.
//!
//! The crate is the one place where the widget, the authority and anybody's own implementation must
//! agree to the byte. Its whole story, from a drawn challenge to a checked answer:
//!
//! ```
//! use nod_protocol::{
//!     answer::{AnswerKey, Claims, Expected},
//!     challenge::{Challenge, Mode},
//!     context::SessionContext,
//!     envelope::{Envelope, Header, VERSION},
//!     ids::{Action, ClaimedId, KeyId, Level, ModelSetId, Nonce, Origin, Purpose, SessionId, SiteKey},
//!     payload::{Embedding, Payload, SetCapture},
//!     seal::{self, SealKeyPair},
//! };
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // The authority publishes a sealing key and keeps, with the session, what the seal is bound to.
//! let authority = SealKeyPair::generate()?;
//! let context = SessionContext {
//!     purpose: Purpose::Verify,
//!     site_key: SiteKey::parse("pk_court")?,
//!     origin: Origin::parse("https://court.example.gov")?,
//!     action: Action::parse("efile-submit")?,
//!     level: Level::Full,
//!     ask: vec![],
//!     rp_nonce: None,
//!     session_nonce: Nonce::random()?,
//!     bind: None,
//!     challenge: Challenge { nonce: Nonce::random()?, mode: Mode::Still, steps: vec![] }.hash(),
//!     consent_version: "1".into(),
//!     ticket: None,
//! };
//!
//! // The widget seals a capture to that key, for that session only.
//! let header = Header {
//!     version: VERSION,
//!     session: SessionId::random()?,
//!     key: KeyId::parse("k1")?,
//!     model_set: ModelSetId::parse("open-1")?,
//!     build: [0; 32],
//! };
//! let payload = Payload {
//!     claim: ClaimedId::parse("440106-1990-0001")?.into(),
//!     passcode: None,
//!     captures: vec![SetCapture {
//!         model_set: header.model_set.clone(),
//!         fused: Embedding::normalised(vec![1.0; 256])?,
//!         keyframes: vec![],
//!         crops: vec![],
//!     }],
//!     track: None,
//!     assertion: None,
//! };
//! let body = seal::seal(&authority.public_key(), header, &context, &payload)?.encode();
//!
//! // The authority opens it, and signs what it found. Any changed field of header or context fails.
//! let opened = seal::open(&authority, &Envelope::decode(&body)?, &context)?;
//! assert!(opened.claim.id() == payload.claim.id());
//!
//! let key = AnswerKey::generate("a1")?;
//! let token = key.sign(&Claims::new("https://id.example.gov", &context, true, Level::Full, 1_700_000_000)?);
//! let claims = key.verifying_key().verify(&token, &Expected {
//!     issuer: "https://id.example.gov",
//!     audience: &context.site_key,
//!     now: 1_700_000_010,
//! })?;
//! assert!(claims.yes);
//! # Ok(())
//! # }
//! ```

pub mod answer;
pub mod bhttp;
pub mod challenge;
pub mod codes;
pub mod context;
pub mod envelope;
pub mod evidence;
pub mod handoff;
pub mod http;
pub mod ids;
pub mod key_config;
pub mod ohttp;
pub mod parallax;
pub mod payload;
pub mod questions;
pub mod random;
pub mod seal;
