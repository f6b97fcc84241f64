//! One attempt as it reaches the authority, and what every attempt is made with.

use anyhow::{Context, Result};
use nod_authority::judge::digest;
use nod_authority::model_sets::ModelSet;
use nod_authority::recent::{Recent, Sketcher};
use nod_protocol::challenge::{Challenge, Mode, Movement, Step};
use nod_protocol::ids::{ClaimedId, ModelSetId, Nonce};
use nod_protocol::payload::{Embedding, Payload, SetCapture, Track};

use super::net::LandmarkNet;
use super::person::{Likeness, Person, fused};
use super::scene::{Film, Scene};
use super::script::{PERSON, perform};
use crate::random::Random;

/// The key that sketches of one resident are made with: any will do here.
const KEY: [u8; 32] = [7; 32];

/// What the authority judges.
pub(super) struct Attempt {
    pub(super) challenge: Challenge,
    pub(super) payload: Payload,
    /// From drawing the challenge to the body, by the authority's clock.
    pub(super) seconds: u64,
    /// What the authority remembers of whom the attempt claims to be.
    pub(super) recent: Option<Recent>,
}

/// What every attempt is made with.
pub(super) struct Workshop {
    pub(super) net: LandmarkNet,
    /// What embeddings stand for, with its size and thresholds as deployed.
    pub(super) set: ModelSet,
    /// How the widget names the set's landmark net and the crop it looks at.
    landmark_model: String,
}

/// A person who followed a challenge.
pub(super) struct Session {
    pub(super) person: Person,
    pub(super) film: Film,
    pub(super) keyframes: Vec<Embedding>,
}

impl Workshop {
    /// With a model set as it is deployed.
    ///
    /// # Errors
    /// When there is no such set, or the measured data or the manifest of the models is broken.
    pub(super) fn open(id: &str) -> Result<Self> {
        let manifest = nod_models::manifest::Manifest::built_in()?;
        let set = manifest
            .set(id)
            .with_context(|| format!("the manifest has no {id}"))?;
        let [light, full] = [&set.thresholds.light, &set.thresholds.full].map(|t| t.cosine);
        Ok(Self {
            net: LandmarkNet::measured(id)?,
            set: ModelSet::new(ModelSetId::parse(id)?, set.embedding.size, light, full),
            // As nod::pipeline::Pipeline::landmark_model has it.
            landmark_model: format!(
                "{} {} {}",
                set.landmarks, set.crop.enlarge, set.crop.shift_down
            ),
        })
    }

    /// Somebody.
    pub(super) fn person(&self, random: &mut Random) -> Person {
        Person::any(&self.net, self.likeness(), random)
    }

    /// How alike the embeddings of a person's frames are in this set.
    pub(super) fn likeness(&self) -> Likeness {
        Likeness::of(self.set.id.as_str(), self.set.dimensions)
    }

    /// Somebody who does what a challenge asks.
    pub(super) fn session(&self, challenge: &Challenge, random: &mut Random) -> Result<Session> {
        let person = self.person(random);
        self.session_of(person, challenge, random)
    }

    /// This person does it.
    pub(super) fn session_of(
        &self,
        person: Person,
        challenge: &Challenge,
        random: &mut Random,
    ) -> Result<Session> {
        let scene = Scene::any(&self.net, random);
        let performance = perform(&challenge.steps, &PERSON, &scene.camera, random);
        Ok(Session {
            film: scene.person(&person, &performance, random),
            keyframes: person.embeddings(performance.keyframes.len(), random)?,
            person,
        })
    }

    /// What the widget seals.
    pub(super) fn attempt(
        &self,
        challenge: Challenge,
        film: Film,
        keyframes: Vec<Embedding>,
        random: &mut Random,
    ) -> Result<Attempt> {
        let seconds = posted(film.end(), random);
        Ok(Attempt {
            challenge,
            payload: self.payload(
                film.into_track(&self.landmark_model),
                fused(&keyframes)?,
                keyframes,
            )?,
            seconds,
            recent: None,
        })
    }

    /// What the authority remembers after these captures were answered with yes.
    pub(super) fn remembered(&self, captures: &[Payload]) -> Result<Recent> {
        let sketcher = Sketcher::new(KEY.into());
        let digests = captures.iter().map(|capture| digest(capture, &sketcher));
        let digests = digests.collect::<Option<_>>();
        Ok(Recent {
            captures: digests.context("a capture without a track")?,
            sketcher,
        })
    }

    /// The content of a body.
    pub(super) fn payload(
        &self,
        track: Track,
        fused: Embedding,
        keyframes: Vec<Embedding>,
    ) -> Result<Payload> {
        Ok(Payload {
            claim: ClaimedId::parse("11010519491231002X")?.into(),
            passcode: None,
            captures: vec![SetCapture {
                model_set: self.set.id.clone(),
                fused,
                keyframes,
                crops: vec![],
            }],
            track: Some(track),
            assertion: None,
        })
    }
}

/// Seconds until the body is there: sealing and posting take a moment.
pub(super) fn posted(millis: f64, random: &mut Random) -> u64 {
    (millis / 1000.0 + random.between(0.3, 4.0)) as u64
}

/// A challenge as the authority draws them (`authority/src/challenge.rs`), from seeded numbers.
pub(super) fn challenge(random: &mut Random) -> Challenge {
    let mut movements = vec![
        Movement::TurnLeft,
        Movement::TurnRight,
        Movement::LookUp,
        Movement::LookDown,
    ];
    if random.chance(0.5) {
        movements.push(Movement::ComeCloser);
    }
    random.shuffle(&mut movements);
    timed(movements, random)
}

/// These movements, each for a time of its own.
pub(super) fn timed(movements: Vec<Movement>, random: &mut Random) -> Challenge {
    let steps = movements.into_iter().map(|movement| Step {
        movement,
        millis: random.between(1600.0, 2600.0) as u32,
    });
    let steps = steps.collect();
    let mut nonce = [0; 32];
    for bytes in nonce.chunks_exact_mut(8) {
        bytes.copy_from_slice(&random.bits().to_le_bytes());
    }
    Challenge {
        nonce: Nonce::from_bytes(nonce),
        mode: Mode::Move,
        steps,
    }
}

/// The movements of a challenge.
pub(super) fn movements(challenge: &Challenge) -> Vec<Movement> {
    challenge.steps.iter().map(|step| step.movement).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn challenges_are_those_of_the_authority() {
        let mut random = Random::seeded(1);
        let mut orders = HashSet::new();
        for _ in 0..4000 {
            let challenge = challenge(&mut random);
            let mut names: Vec<_> = movements(&challenge)
                .into_iter()
                .map(Movement::as_str)
                .collect();
            orders.insert(names.join(" "));
            names.retain(|name| *name != "come_closer");
            names.sort_unstable();
            assert_eq!(names, ["look_down", "look_up", "turn_left", "turn_right"]);
            assert!(
                challenge
                    .steps
                    .iter()
                    .all(|s| (1600..=2600).contains(&s.millis))
            );
        }
        assert_eq!(orders.len(), 24 + 120);
    }
}
