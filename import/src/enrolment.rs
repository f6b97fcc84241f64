//! One person: ticket → session → challenge → seal → post.

use std::cell::Cell;

use base64ct::{Base64UrlUnpadded, Encoding};
use nod_protocol::{
    challenge::Mode,
    codes::Code,
    envelope::{Header, VERSION},
    http::{
        ChallengeReply, ChallengeRequest, EnrolReply, FrameSessionRequest, PortraitTicketReply,
        PortraitTicketRequest, SessionReply,
    },
    ids::{ClaimedId, ModelSetId, Nonce, Origin, Purpose, SiteKey, TicketId},
    payload::{Payload, SetCapture},
    random, seal,
};
use sha2::{Digest, Sha256};

use crate::{
    authority::{Authority, Description, Fault},
    error::ImportError,
    journal::Outcome,
    reason::Reason,
    rows::Row,
};

/// Enrols people at one authority.
pub struct Enroller<'a> {
    authority: &'a Authority,
    origin: Origin,
    model_sets: Vec<ModelSetId>,
    site: SiteKey,
    build: [u8; 32],
}

impl<'a> Enroller<'a> {
    /// For an authority that was checked.
    pub fn new(authority: &'a Authority, description: Description) -> Result<Self, ImportError> {
        let site = SiteKey::parse("pk_self").map_err(internal)?;
        Ok(Self {
            authority,
            origin: description.issuer,
            model_sets: description.model_sets,
            site,
            // The widget puts the hash of its wasm here; this is what stands for another program.
            build: Sha256::digest(concat!("nod-import ", env!("CARGO_PKG_VERSION"))).into(),
        })
    }

    /// Enrols one person from the templates of a photograph, with a new ticket for every try.
    pub fn enrol(&self, row: &Row, captures: Vec<SetCapture>) -> Result<Outcome, ImportError> {
        let payload = Payload {
            claim: ClaimedId::parse(row.id.expose()).map_err(internal)?.into(),
            passcode: None,
            captures,
            track: None,
            assertion: None,
        };
        // A session can run out, or a key be rotated, between two steps: once more, and then it is a refusal.
        let renewed = Cell::new(false);
        self.authority.patiently(|| match self.try_once(&payload) {
            Err(Fault::Problem(code)) => match code {
                Code::EnrolExists => Ok(Outcome::Exists),
                Code::EnrolQuality => Ok(Outcome::Refused(Reason::Judged)),
                code if is_of_this_try(code) && !renewed.replace(true) => {
                    self.authority.forget_key();
                    Err(Fault::Away(code.as_str().to_owned()))
                }
                other => Err(Fault::Problem(other)),
            },
            other => other.map(|_| Outcome::Enrolled),
        })
    }

    fn try_once(&self, payload: &Payload) -> Result<EnrolReply, Fault> {
        let claimed_id = payload.claim.id();
        let claimed_id = claimed_id.ok_or_else(|| final_error("nobody is claimed"))?;
        let session = self.session(claimed_id)?;
        let path = format!("/v1/sessions/{}/challenge", session.session);
        let request = ChallengeRequest { mode: Mode::Still };
        let ChallengeReply { challenge, .. } = self.authority.post(&path, false, &request)?;
        let key = self.authority.sealing_key()?;
        let model_set = self
            .model_sets
            .first()
            .cloned()
            .ok_or_else(|| final_error("no live model set"))?;
        let header = Header {
            version: VERSION,
            session: session.session.clone(),
            key: key.kid,
            model_set,
            build: self.build,
        };
        let context = session.context(&challenge);
        let envelope =
            seal::seal(&key.public_key, header, &context, payload).map_err(final_error)?;
        self.authority.post_sealed("/v1/enrol", &envelope.encode())
    }

    /// A ticket and the session that it opens.
    fn session(&self, claimed_id: &ClaimedId) -> Result<SessionReply, Fault> {
        let name = random::bytes::<16>().map_err(final_error)?;
        let id = TicketId::parse(&format!("t{}", Base64UrlUnpadded::encode_string(&name)))
            .map_err(final_error)?;
        let request = PortraitTicketRequest {
            claimed_id_hash: Nonce::from_bytes(claimed_id.hash_for_ticket(&id)),
            id,
        };
        let ticket: PortraitTicketReply = self.authority.post("/v1/tickets", true, &request)?;
        let request = FrameSessionRequest {
            sitekey: self.site.clone(),
            origin: self.origin.clone(),
            purpose: Purpose::Enrol,
            session: None,
            action: None,
            level: None,
            rp_nonce: None,
            bind: None,
            ask: vec![],
            ticket: Some(ticket.code),
        };
        let session: SessionReply = self.authority.post("/v1/sessions", false, &request)?;
        if session.model_sets == self.model_sets {
            Ok(session)
        } else {
            Err(final_error(
                "the authority's live model sets changed meanwhile; run the same command again",
            ))
        }
    }
}

/// Problems of one session or key that a new one does not have.
fn is_of_this_try(code: Code) -> bool {
    matches!(
        code,
        Code::SessionUnknown
            | Code::SessionExpired
            | Code::SessionSpent
            | Code::SealUnknownKey
            | Code::SealOpenFailed
            | Code::EnrolTicketUnknown
            | Code::EnrolTicketSpent
    )
}

fn final_error(what: impl std::fmt::Display) -> Fault {
    Fault::Final(ImportError::Refused(what.to_string()))
}

fn internal(what: impl std::fmt::Display) -> ImportError {
    ImportError::Input(what.to_string())
}
