//! What a sealed body is bound to: the session as the authority stored it.

use minicbor::Encoder;

use crate::{
    envelope::Header,
    ids::{
        Action, Bind, Level, Nonce, Origin, Purpose, Question, RpNonce, SiteKey, TicketId,
        TicketKind,
    },
};

/// Everything besides the header that a sealed body is authenticated against.
///
/// The authority builds it from its own record of the session, never from the request; the widget
/// builds it from the reply that opened the session. If the two differ in one bit, the body does not
/// open, and nobody learns which bit it was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionContext {
    /// Verify or enrol.
    pub purpose: Purpose,
    /// The relying party.
    pub site_key: SiteKey,
    /// The origin of the page that the frame sits in, as the browser attested it to the frame.
    pub origin: Origin,
    /// What the resident is confirming.
    pub action: Action,
    /// The level that was asked for.
    pub level: Level,
    /// Questions beyond identity, in the order of the session.
    pub ask: Vec<Question>,
    /// The relying party's one-time value.
    pub rp_nonce: Option<RpNonce>,
    /// The authority's one-time value for this session.
    pub session_nonce: Nonce,
    /// What the answer signs for.
    pub bind: Option<Bind>,
    /// [`Challenge::hash`](crate::challenge::Challenge::hash) of the challenge that was drawn.
    pub challenge: [u8; 32],
    /// Version of the consent text that the resident accepted.
    pub consent_version: String,
    /// The ticket, for enrolment only.
    pub ticket: Option<TicketContext>,
}

/// The fields of an enrolment ticket that the seal is bound to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TicketContext {
    /// The ticket's public name.
    pub id: TicketId,
    /// [`ClaimedId::hash_for_ticket`](crate::ids::ClaimedId::hash_for_ticket) of the holder's ID.
    pub claimed_id_hash: [u8; 32],
    /// The level that the ticket enrols for.
    pub level: Level,
    /// Version of the consent text that the ticket was issued under.
    pub consent_version: String,
    /// Who issued it.
    pub issuer: String,
    /// What it lets its holder enrol with.
    pub kind: TicketKind,
}

impl SessionContext {
    /// HPKE `info`: protocol, version and purpose.
    pub fn info(&self) -> &'static [u8] {
        match self.purpose {
            Purpose::Verify => b"nod/1 verify",
            Purpose::Enrol => b"nod/1 enrol",
        }
    }

    /// The additional authenticated data: one CBOR array (RFC 8949), definite lengths, shortest
    /// integers, in this order:
    ///
    /// ```text
    /// ["nod-aad", v, session, kid, model_set, build,
    ///  purpose, site_key, origin, action, level, [ask…], rp_nonce / null, session_nonce,
    ///  bind / null, challenge, consent_version,
    ///  [ticket_id, claimed_id_hash, level, consent_version, issuer, kind] / null]
    /// ```
    ///
    /// An array and not a map: one order, so one encoding.
    pub fn aad(&self, header: &Header) -> Vec<u8> {
        let mut encoder = Encoder::new(Vec::with_capacity(512));
        let written = self.write_aad(header, &mut encoder);
        // Writing to a Vec has no error to give; the type says so (Infallible).
        debug_assert!(written.is_ok());
        encoder.into_writer()
    }

    fn write_aad(
        &self,
        header: &Header,
        e: &mut Encoder<Vec<u8>>,
    ) -> Result<(), minicbor::encode::Error<core::convert::Infallible>> {
        e.array(18)?.str("nod-aad")?.u8(header.version)?;
        e.str(header.session.as_str())?.str(header.key.as_str())?;
        e.str(header.model_set.as_str())?.bytes(&header.build)?;
        e.str(self.purpose.as_str())?.str(self.site_key.as_str())?;
        e.str(self.origin.as_str())?
            .str(self.action.as_str())?
            .str(self.level.as_str())?;
        e.array(self.ask.len() as u64)?;
        for question in &self.ask {
            e.str(question.as_str())?;
        }
        optional_text(e, self.rp_nonce.as_ref().map(RpNonce::as_str))?;
        e.bytes(self.session_nonce.as_bytes())?;
        optional_text(e, self.bind.as_ref().map(Bind::as_str))?;
        e.bytes(&self.challenge)?.str(&self.consent_version)?;
        match &self.ticket {
            None => e.null()?,
            Some(ticket) => e
                .array(6)?
                .str(ticket.id.as_str())?
                .bytes(&ticket.claimed_id_hash)?
                .str(ticket.level.as_str())?
                .str(&ticket.consent_version)?
                .str(&ticket.issuer)?
                .str(ticket.kind.as_str())?,
        };
        Ok(())
    }
}

fn optional_text(
    encoder: &mut Encoder<Vec<u8>>,
    text: Option<&str>,
) -> Result<(), minicbor::encode::Error<core::convert::Infallible>> {
    match text {
        Some(text) => encoder.str(text)?,
        None => encoder.null()?,
    };
    Ok(())
}
