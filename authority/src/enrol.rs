//! Enrolment: open → ticket holder → judge → store, or at a terminal → [hold](crate::terminal). Nobody enrols without a ticket, and an
//! existing template is never replaced.

use nod_protocol::{
    context::TicketContext,
    http::EnrolReply,
    ids::{ClaimedId, Level, Passcode, Purpose, TicketKind},
    payload::Claim,
};
use subtle::ConstantTimeEq;

use crate::{
    clock::UnixSeconds,
    compare::Probe,
    credentials,
    error::Error,
    judge::{self, Evidence, crops::Crops},
    metrics::Counter,
    open::{Opened, open},
    passcode::{self, Weakness},
    state::Authority,
    store::{Enrolment, NewResident, StoreError},
    terminal::{self, Capture},
    vault::TokenKind,
};

/// Stores the template of a ticket's holder and spends the ticket.
pub async fn enrol(
    authority: &Authority,
    body: &[u8],
    arrived: UnixSeconds,
) -> Result<EnrolReply, Error> {
    let now = authority.now();
    let opened = open(authority, Purpose::Enrol, body, arrived, now).await?;
    let holder = Holder::of(opened)?;
    let accepted = Accepted::of(authority, holder, now).await?;
    accepted.store(authority, now).await
}

/// The claimed ID in the seal is the one that the ticket was issued for.
struct Holder {
    opened: Opened,
    claimed_id: ClaimedId,
    ticket: TicketContext,
}

/// Capture and passcode are good enough to be remembered.
struct Accepted {
    holder: Holder,
    passcode_hash: Option<String>,
}

impl Holder {
    fn of(opened: Opened) -> Result<Self, Error> {
        let ticket = opened.context.ticket.clone().ok_or(Error::TicketUnknown)?;
        // A device stands for nobody who is not enrolled.
        let Claim::Id { id, .. } = &opened.payload.claim else {
            return Err(Error::TicketMismatch);
        };
        let claimed_id = ClaimedId::parse(id.expose()).map_err(|_| Error::TicketMismatch)?;
        let hash = claimed_id.hash_for_ticket(&ticket.id);
        if bool::from(hash.ct_eq(&ticket.claimed_id_hash)) {
            Ok(Self {
                opened,
                claimed_id,
                ticket,
            })
        } else {
            Err(Error::TicketMismatch)
        }
    }
}

impl Accepted {
    async fn of(
        authority: &Authority,
        mut holder: Holder,
        now: UnixSeconds,
    ) -> Result<Self, Error> {
        let passcode = holder.opened.payload.passcode.take();
        let weakness = passcode
            .as_ref()
            .and_then(|passcode| passcode::weakness(passcode, &holder.claimed_id));
        let evidence = Evidence {
            payload: &holder.opened.payload,
            challenge: &holder.opened.challenge,
            seconds: holder.opened.seconds,
            second_factor_is_good: passcode.is_some(),
            sets: authority.sets.live(now),
            recent: None,
            // An enrolment is no site's.
            crops: Crops::Unasked,
        };
        // The ticket decides, and it was in the seal: no payload can choose its judge.
        let failed = match holder.ticket.kind {
            TicketKind::Live => judge::failed_checks(&evidence),
            TicketKind::Portrait => judge::failed_portrait_checks(&evidence),
        };
        for check in &failed {
            authority.metrics.count(Counter::FailedChecks, check.name());
        }
        let lacks_second_factor = holder.ticket.level == Level::Full && passcode.is_none();
        if !failed.is_empty() || weakness.is_some() || lacks_second_factor {
            authority.metrics.count(Counter::Enrolments, "refused");
            let weak = weakness.map_or("", Weakness::name);
            return Err(Error::Quality(format!("{} {weak}", judge::names(&failed))));
        }
        let passcode_hash = hashed(authority, passcode).await?;
        Ok(Self {
            holder,
            passcode_hash,
        })
    }

    async fn store(self, authority: &Authority, now: UnixSeconds) -> Result<EnrolReply, Error> {
        let Holder {
            opened,
            claimed_id,
            ticket,
        } = &self.holder;
        let vault = authority.store.vault();
        let captured = authority.sets.live(now).iter().filter_map(|set| {
            let captured = opened.payload.capture(&set.id)?;
            let embedding = vault.protect(&set.id, set.dimensions, &captured.fused);
            Some(embedding.map(|embedding| Probe {
                model_set: set.id.clone(),
                embedding,
            }))
        });
        let captured: Vec<Probe> = captured
            .collect::<Result<_, _>>()
            .map_err(StoreError::from)?;
        // Nobody is there when a photograph is imported.
        let registration = match ticket.kind {
            TicketKind::Live => Some(credentials::fresh_secret()?),
            TicketKind::Portrait => None,
        };
        let hash = registration.as_ref();
        let hash = hash.map(|secret| vault.token_hash(TokenKind::KeyRegistration, secret));
        if opened.at_terminal {
            let enrolment = authority.store.at_terminal_by_ticket(&ticket.id).await?;
            let enrolment = enrolment.ok_or(Error::TicketSpent)?;
            let capture = Capture {
                claimed_id,
                // Level full has one.
                passcode: self.passcode_hash.as_deref().unwrap_or_default(),
                templates: captured,
                registration: hash,
            };
            let mut reply = terminal::hold(authority, &enrolment, ticket, capture, now).await?;
            reply.key_registration = registration.map(|secret| secret.to_string());
            return Ok(reply);
        }
        let templates = captured.iter().map(|it| (&it.model_set, &it.embedding));
        let outcome = authority
            .store
            .enrol(
                &NewResident {
                    claimed_id,
                    passcode: self.passcode_hash.as_deref(),
                    templates: templates.collect(),
                    ticket,
                    registration: hash,
                },
                now,
            )
            .await?;
        match outcome {
            Enrolment::Stored => {
                let stored = match ticket.kind {
                    TicketKind::Live => "stored",
                    TicketKind::Portrait => "imported",
                };
                authority.metrics.count(Counter::Enrolments, stored);
                Ok(EnrolReply {
                    enrolled: true,
                    level: ticket.level,
                    waiting: None,
                    key_registration: registration.map(|secret| secret.to_string()),
                })
            }
            Enrolment::TicketNotValid => Err(Error::TicketSpent),
            Enrolment::Exists => {
                authority.metrics.count(Counter::Enrolments, "exists");
                Err(Error::AlreadyEnrolled)
            }
        }
    }
}

async fn hashed(
    authority: &Authority,
    passcode: Option<Passcode>,
) -> Result<Option<String>, Error> {
    match passcode {
        Some(passcode) => Ok(Some(
            authority
                .hashing(move || passcode::hash(&passcode))
                .await??,
        )),
        None => Ok(None),
    }
}
