//! Who verifies, and with which capture. No resident seals one performance twice: the authority remembers. And residents
//! come in turn: two attempts on one of them at the same moment are none of a person's, and the authority's limits admit one.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use nod_load::face::Face;
use nod_load::performance::Performance;
use nod_load::random::Random;
use nod_protocol::challenge::Challenge;
use nod_protocol::envelope::{Header, VERSION};
use nod_protocol::http::{KeysReply, SessionReply};
use nod_protocol::ids::{ClaimedId, KeyId, Level, Passcode};
use nod_protocol::payload::{Payload, SetCapture};
use nod_protocol::seal::{self, SealPublicKey};

use crate::client::{Connection, Request};
use crate::server::Server;
use crate::town::{Resident, Site, Town, now};

/// Part of the verifications that somebody else than the claimed resident makes.
pub(crate) const STRANGERS: f64 = 0.1;

/// Milliseconds after the challenge at which a body can be posted: all performances are over.
pub(crate) const AFTER: u64 = 23_300;
/// Milliseconds that it may be late: the authority does not believe in longer postings (`judge/movement.rs`).
pub(crate) const LATE: u64 = 3_000;

/// Everybody.
pub(crate) struct Crowd {
    pub(crate) town: Town,
    performances: Vec<Performance>,
    by_order: HashMap<String, Vec<usize>>,
    key: (KeyId, SealPublicKey),
    drawn: Mutex<Drawn>,
}

/// What was given away.
struct Drawn {
    random: Random,
    /// Whose turn it is.
    next: usize,
    /// How many performances of an order a resident has had.
    used: HashMap<(usize, String), usize>,
}

/// A sealed body, and the answer that is due.
pub(crate) struct Sealed {
    pub(crate) body: Vec<u8>,
    pub(crate) is_resident: bool,
}

/// An answer that was not the one due.
pub(crate) struct OtherThanDue {
    pub(crate) yes: bool,
    pub(crate) after: Duration,
}

/// Somebody before the camera.
pub(crate) struct Who {
    /// The ID that they claim.
    pub(crate) id: String,
    pub(crate) face: Face,
    pub(crate) follows: Follows,
}

/// In which order they move.
#[derive(Clone, Copy)]
pub(crate) enum Follows {
    TheChallenge,
    AnotherOrder,
}

impl Sealed {
    /// `None` if the answer is the one due.
    pub(crate) fn held_against(&self, yes: bool, after: Duration) -> Option<OtherThanDue> {
        (yes != self.is_resident).then_some(OtherThanDue { yes, after })
    }
}

impl Crowd {
    /// With the sealing key that the authority publishes and the root has signed.
    pub(crate) fn of(
        town: Town,
        performances: Vec<Performance>,
        server: &Server<'_>,
        seed: u64,
    ) -> Result<Self> {
        let keys = Connection::open(&server.address)?.ask(&Request {
            method: "GET",
            path: "/v1/keys",
            kind: "text/plain",
            secret: None,
            body: b"",
        })?;
        let keys: KeysReply = serde_json::from_slice(&keys)?;
        let key = town
            .root
            .choose(&keys.keys, now())
            .context("no sealing key")?;
        let mut by_order: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, performance) in performances.iter().enumerate() {
            let names = performance.order.iter().map(|movement| movement.as_str());
            let places = by_order.entry(joined(names)).or_default();
            places.push(at);
        }
        Ok(Self {
            town,
            performances,
            by_order,
            key: (key.kid, key.public_key),
            drawn: Mutex::new(Drawn {
                random: Random::branch(seed, "crowd", 0),
                next: 0,
                used: HashMap::new(),
            }),
        })
    }

    /// The site of this kind.
    pub(crate) fn site(&self, kind: &str) -> Result<&Site> {
        let mut sites = self.town.sites.iter();
        sites
            .find(|site| site.kind.name == kind)
            .context("no such site")
    }

    /// What somebody seals who has followed the challenge.
    pub(crate) fn seal(
        &self,
        site: &Site,
        session: &SessionReply,
        challenge: &Challenge,
    ) -> Result<Sealed> {
        let names = challenge.steps.iter().map(|step| step.movement.as_str());
        let (resident, performance, mut random) = self.draw(joined(names))?;
        let passcode = match site.kind.level {
            Level::Light => None,
            Level::Full => Some(Passcode::parse(&resident.passcode)?),
        };
        let is_resident = !random.chance(STRANGERS);
        let stranger = Face::any(self.town.likeness, &mut random);
        let face = if is_resident {
            &resident.face
        } else {
            &stranger
        };
        let body = self.sealed(
            (session, challenge),
            (&resident.id, passcode),
            face,
            performance,
            &mut random,
        )?;
        Ok(Sealed { body, is_resident })
    }

    /// What this person seals, at a site of level light.
    pub(crate) fn seal_as(
        &self,
        who: Who,
        session: &SessionReply,
        challenge: &Challenge,
        random: &mut Random,
    ) -> Result<Vec<u8>> {
        let names = challenge.steps.iter().map(|step| step.movement.as_str());
        let asked = joined(names);
        let of_order = |order: &String| match who.follows {
            Follows::TheChallenge => *order == asked,
            // As long, so that the body is no shorter.
            Follows::AnotherOrder => {
                *order != asked && order.split(' ').count() == challenge.steps.len()
            }
        };
        let orders = self.by_order.iter().filter(|(order, _)| of_order(order));
        let mut places: Vec<usize> = orders.flat_map(|(_, places)| places).copied().collect();
        // A map has no order of its own, and the same seed gives the same bodies.
        places.sort_unstable();
        ensure!(!places.is_empty(), "a new order of movements");
        let performance = &self.performances[places[random.below(places.len())]];
        let claimed = (who.id.as_str(), None);
        self.sealed(
            (session, challenge),
            claimed,
            &who.face,
            performance,
            random,
        )
    }

    fn sealed(
        &self,
        (session, challenge): (&SessionReply, &Challenge),
        (id, passcode): (&str, Option<Passcode>),
        face: &Face,
        performance: &Performance,
        random: &mut Random,
    ) -> Result<Vec<u8>> {
        let (keyframes, together) = Resident::looks(face, random)?;
        let payload = Payload {
            claim: ClaimedId::parse(id)?.into(),
            passcode,
            captures: vec![SetCapture {
                model_set: self.town.set.clone(),
                fused: together,
                keyframes,
                crops: vec![],
            }],
            track: Some(performance.track()),
            assertion: None,
        };
        let header = Header {
            version: VERSION,
            session: session.session.clone(),
            key: self.key.0.clone(),
            model_set: self.town.set.clone(),
            build: [0; 32],
        };
        let context = session.context(challenge);
        let envelope = seal::seal(&self.key.1, header, &context, &payload)?;
        Ok(envelope.encode())
    }

    /// A resident who has a performance of this order left, and numbers for the rest.
    fn draw(&self, order: String) -> Result<(&Resident, &Performance, Random)> {
        let places = self
            .by_order
            .get(&order)
            .context("a new order of movements")?;
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..10 * self.town.residents.len() {
            let resident = drawn.next;
            drawn.next = (resident + 1) % self.town.residents.len();
            let used = drawn.used.entry((resident, order.clone())).or_insert(0);
            if let Some(place) = places.get(*used) {
                *used += 1;
                let random = Random::seeded(drawn.random.bits());
                return Ok((
                    &self.town.residents[resident],
                    &self.performances[*place],
                    random,
                ));
            }
        }
        anyhow::bail!("every resident has had every performance of an order: fewer --seconds")
    }
}

fn joined<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(" ")
}
