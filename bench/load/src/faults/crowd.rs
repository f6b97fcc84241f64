//! Everybody who enrols and verifies: faces, passcodes and tickets of their own, and what their pages seal.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use nod_authority::keys;
use nod_authority::passcode::weakness;
use nod_authority::state::database_path;
use nod_authority::store::{Store, Ticket};
use nod_authority::vault::TokenKind;
use nod_load::face::Likeness;
use nod_load::performance::Performance;
use nod_load::random::Random;
use nod_protocol::challenge::Challenge;
use nod_protocol::context::TicketContext;
use nod_protocol::envelope::{Header, VERSION};
use nod_protocol::http::{KeysReply, SessionReply};
use nod_protocol::ids::{ClaimedId, KeyId, Level, ModelSetId, Passcode, TicketId, TicketKind};
use nod_protocol::payload::{Payload, SetCapture, Track};
use nod_protocol::seal::{self, SealPublicKey};

use super::patient::Patient;
use super::scene::Scene;
use crate::town::{Resident, SET, dimensions, now};

/// Everybody, and what they seal to.
pub(crate) struct Crowd {
    pub(super) people: Vec<(Resident, String)>,
    set: ModelSetId,
    performances: Vec<Performance>,
    key: (KeyId, SealPublicKey),
    pub(super) issuer: String,
    pub(super) seed: u64,
}

const TICKET_LIFETIME: u64 = 3_600;

impl Crowd {
    /// Each with a ticket.
    pub(crate) fn new(
        scene: &Scene,
        performances: Vec<Performance>,
        count: usize,
        seed: u64,
    ) -> Result<Self> {
        let mut random = Random::branch(seed, "people", 0);
        let likeness = Likeness::of(SET, dimensions(&scene.dist)?);
        let mut people = Vec::with_capacity(count);
        for number in 0..count {
            let mut resident = Resident::any(number, likeness, &mut random);
            let claimed_id = ClaimedId::parse(&resident.id)?;
            // Nobody enrols with a date or a row of digits.
            while weakness(&Passcode::parse(&resident.passcode)?, &claimed_id).is_some() {
                resident.passcode = format!("{:08}", random.below(100_000_000));
            }
            let code = format!("faults-{number}-{:016x}", random.bits());
            people.push((resident, code));
        }
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build()?;
        runtime.block_on(give_tickets(scene, &people))?;
        let mut client = Patient::new(scene, 0);
        let keys: KeysReply = serde_json::from_value(client.get("/v1/keys")?.body)?;
        let key = scene.root.choose(&keys.keys, now());
        let key = key.context("no sealing key")?;
        let well_known = client.get("/.well-known/nod")?.body;
        let issuer = well_known["issuer"].as_str().context("no issuer")?;
        Ok(Self {
            people,
            set: ModelSetId::parse(SET)?,
            performances,
            key: (key.kid, key.public_key),
            issuer: issuer.to_owned(),
            seed,
        })
    }

    /// What a resident's page seals.
    pub(super) fn seal(
        &self,
        resident: &Resident,
        session: &SessionReply,
        challenge: &Challenge,
        track: Option<Track>,
        random: &mut Random,
    ) -> Result<Vec<u8>> {
        let (keyframes, fused) = Resident::looks(&resident.face, random)?;
        let payload = Payload {
            claim: ClaimedId::parse(&resident.id)?.into(),
            passcode: match track {
                None => Some(Passcode::parse(&resident.passcode)?),
                Some(_) => None,
            },
            captures: vec![SetCapture {
                model_set: self.set.clone(),
                fused,
                keyframes,
                crops: vec![],
            }],
            track,
            assertion: None,
        };
        let header = Header {
            version: VERSION,
            session: session.session.clone(),
            key: self.key.0.clone(),
            model_set: self.set.clone(),
            build: [0; 32],
        };
        let context = session.context(challenge);
        Ok(seal::seal(&self.key.1, header, &context, &payload)?.encode())
    }

    /// A performance that follows the challenge, another one at each attempt.
    pub(super) fn performance(
        &self,
        challenge: &Challenge,
        attempt: usize,
    ) -> Result<&Performance> {
        let order: Vec<&str> = challenge
            .steps
            .iter()
            .map(|step| step.movement.as_str())
            .collect();
        let follows = |performance: &&Performance| {
            let names = performance.order.iter().map(|movement| movement.as_str());
            names.eq(order.iter().copied())
        };
        let those: Vec<&Performance> = self.performances.iter().filter(follows).collect();
        let chosen = those.get(attempt % those.len().max(1)).copied();
        chosen.context("a new order of movements")
    }
}

async fn give_tickets(scene: &Scene, people: &[(Resident, String)]) -> Result<()> {
    let vault = Arc::new(keys::vault(&scene.data, now())?);
    let store = match &scene.url {
        None => {
            let file = database_path(&scene.data);
            Store::open(&file, vault, false).await?
        }
        Some(url) => Store::connect(url, vault).await?,
    };
    for (number, (resident, code)) in people.iter().enumerate() {
        let claimed_id = ClaimedId::parse(&resident.id)?;
        let id = TicketId::parse(&format!("faults{number}"))?;
        let ticket = Ticket {
            context: TicketContext {
                claimed_id_hash: claimed_id.hash_for_ticket(&id),
                id,
                level: Level::Full,
                consent_version: "2".into(),
                issuer: "faults".into(),
                kind: TicketKind::Live,
            },
            expires_at: now() + TICKET_LIFETIME,
            spent: false,
            at_terminal: false,
        };
        let hash = store.vault().token_hash(TokenKind::TicketCode, code);
        ensure!(
            store.add_ticket(&ticket, &hash, None, now()).await?,
            "a ticket was there"
        );
    }
    store.close().await;
    Ok(())
}
