//! The judge with evidence crops: keyframes are rendered and go through the pipeline, and what is claimed of them goes
//! through the examiner that the authority asks (`nod-evidence`, in the same process).
//!
//! [`studio`] (people, their sessions, pictures of them) → [`claims`] (what is sealed of a session, by species) →
//! examiner and judge → the report. The movement is judged on projected tracks, as in the bench without evidence: only
//! the keyframes' frames are rendered, and they are what crops are held against. [`photographs`] measures the same on
//! photographs of many people.

mod bent;
mod claims;
mod key;
mod photographs;
mod studio;

use anyhow::{Result, anyhow};
use nod_authority::judge::Check;
use nod_authority::judge::crops::{Crops, LARGEST_RESIDUAL, LEAST_COSINE};
use nod_evidence::examiner::Examiner;
use nod_protocol::evidence::{EvidenceMeasures, EvidenceRequest, Item, Received};
use nod_protocol::payload::Embedding;

use super::attempt::Workshop;
use super::judge::failed;
use super::report::{self, Tally};
use super::species::{Expected, Verdict};
use super::{Options, Record};
use crate::pictures;
use crate::random::Random;
use crate::side_by_side::side_by_side;
use claims::{ATTACKS, Claim};
use studio::{Session, Studio};

/// Names of the columns of the measures.
pub(super) const COLUMNS: &str = "least_cosine,largest_residual";

/// The species that has sessions of its own.
const INJECTED: &str = "injected film, rendered from a photograph";

/// Tries people and attacks, and reports.
pub(super) fn run(workshop: &Workshop, options: &Options, record: &mut Record) -> Result<()> {
    let models = pictures::models(options.models.as_deref())?;
    let court = Court {
        workshop,
        options,
        examiner: Examiner::open(&models).map_err(|error| anyhow!("{error}"))?,
    };
    let studio = Studio::open(&options.portraits, &models, &options.set, options.seed)?;
    record.say(&report::heading(
        options,
        "evidence crops of rendered keyframes",
    ));
    let mut figures = Figures::default();
    let sessions = court.sessions("genuine", 3 * options.count, |number, random| {
        studio.session(workshop, number, random)
    })?;
    let outcomes = court.try_all("genuine", &sessions, |session, _| Ok(own(session)))?;
    figures.count("genuine", Expected::Accept(0.03), &outcomes, record);

    let attacked = sessions.get(..options.count).unwrap_or(&sessions);
    for species in &ATTACKS {
        if !options.wants(species.name) {
            continue;
        }
        let outcomes = court.try_all(species.name, attacked, |session, random| {
            (species.claims)(&studio, session, random)
        })?;
        figures.count(species.name, species.expected, &outcomes, record);
    }
    if options.wants(INJECTED) {
        let sessions = court.sessions(INJECTED, options.count, |number, random| {
            studio.injected(workshop, number, random)
        })?;
        let outcomes = court.try_all(INJECTED, &sessions, |session, _| Ok(own(session)))?;
        figures.count(INJECTED, Expected::Nothing, &outcomes, record);
    }
    record.say(&figures.0);
    if let Some(folder) = &options.dir {
        photographs::run(folder, &models, options.jobs, record)?;
    }
    Ok(())
}

fn own(session: &Session) -> Vec<Claim<'_>> {
    session.keys.iter().map(Claim::own).collect()
}

/// What became of one attempt.
struct Outcome {
    verdict: Verdict,
    cosine: f32,
    residual: f32,
    /// The least [`Claim::left`].
    left: Option<f32>,
}

/// A table of what was measured, after that of what was accepted.
struct Figures(String);

impl Default for Figures {
    fn default() -> Self {
        Self(format!(
            "\nLimits: cosine at least {LEAST_COSINE}, residual at most {LARGEST_RESIDUAL} eye distances.\n\
             {:50} {:>18}  {:^26}\n{:50} {:>9} {:>8}  {:>8} {:>8} {:>8}\n",
            "",
            "least cosine",
            "largest residual",
            "species",
            "least",
            "median",
            "0.5 %",
            "median",
            "99.5 %"
        ))
    }
}

impl Figures {
    fn count(&mut self, name: &str, expected: Expected, outcomes: &[Outcome], record: &mut Record) {
        let mut tally = Tally::default();
        outcomes
            .iter()
            .for_each(|outcome| tally.add(&outcome.verdict));
        record.count_as(name, expected, &tally);
        let sorted = |value: fn(&Outcome) -> f32| {
            let mut values: Vec<f32> = outcomes.iter().map(value).collect();
            values.sort_by(f32::total_cmp);
            values
        };
        let (cosines, residuals) = (sorted(|o| o.cosine), sorted(|o| o.residual));
        self.0 += &format!(
            "{name:50} {:>9.6} {:>8.4}  {:>8.4} {:>8.4} {:>8.4}\n",
            quantile(&cosines, 0.0),
            quantile(&cosines, 0.5),
            quantile(&residuals, 0.005),
            quantile(&residuals, 0.5),
            quantile(&residuals, 0.995),
        );
        let mut left: Vec<f32> = outcomes.iter().filter_map(|o| o.left).collect();
        left.sort_by(f32::total_cmp);
        if !left.is_empty() {
            self.0 += &format!(
                "{:50} least cosine to the unbent picture: {:.4} at 5 %, {:.4} median\n",
                "",
                quantile(&left, 0.05),
                quantile(&left, 0.5)
            );
        }
    }
}

/// Of sorted values, the nearest; NaN of none.
fn quantile(sorted: &[f32], part: f64) -> f32 {
    let at = (part * sorted.len().saturating_sub(1) as f64).round() as usize;
    sorted.get(at).copied().unwrap_or(f32::NAN)
}

/// Everything that judges.
struct Court<'a> {
    workshop: &'a Workshop,
    options: &'a Options,
    examiner: Examiner,
}

impl Court<'_> {
    fn sessions(
        &self,
        name: &str,
        count: usize,
        session: impl Fn(usize, &mut Random) -> Result<Session> + Sync,
    ) -> Result<Vec<Session>> {
        let numbers: Vec<usize> = (0..count).collect();
        let made = side_by_side("sessions", &numbers, self.options.jobs, |number| {
            let mut random = Random::branch(self.options.seed, name, *number);
            session(*number, &mut random)
        })?;
        Ok(in_order(made))
    }

    /// What becomes of the claims about each session.
    fn try_all<'s>(
        &self,
        name: &str,
        sessions: &'s [Session],
        claims: impl Fn(&'s Session, &mut Random) -> Result<Vec<Claim<'s>>> + Sync,
    ) -> Result<Vec<Outcome>> {
        let sessions: Vec<&Session> = sessions.iter().collect();
        let tried = side_by_side("attempts", &sessions, self.options.jobs, |session| {
            let mut random = Random::branch(self.options.seed, name, session.number);
            let claims = claims(session, &mut random)?;
            self.outcome(session, &claims, &mut random)
        })?;
        Ok(in_order(tried))
    }

    fn outcome(
        &self,
        session: &Session,
        claims: &[Claim<'_>],
        random: &mut Random,
    ) -> Result<Outcome> {
        let copy =
            |claim: &Claim<'_>| Embedding::from_unit(claim.embedding.as_ref().values().to_vec());
        let keyframes = claims.iter().map(copy).collect::<Result<_, _>>()?;
        let (challenge, film) = (session.challenge.clone(), session.film.clone());
        let attempt = self.workshop.attempt(challenge, film, keyframes, random)?;
        let measures = self.examine(session, claims)?;
        let failed = failed(&attempt, &self.workshop.set, Crops::Measured(measures));
        let cosine = measures.least_cosine;
        let residual = measures.largest_residual.unwrap_or(f32::INFINITY);
        let verdict = Verdict {
            failed: failed.into_iter().map(Check::name).collect(),
            measures: Some(format!("{cosine:.6},{residual:.5}")),
        };
        Ok(Outcome {
            verdict,
            cosine,
            residual,
            left: claims
                .iter()
                .filter_map(|claim| claim.left)
                .reduce(f32::min),
        })
    }

    /// Through the wire, as the authority asks.
    fn examine(&self, session: &Session, claims: &[Claim<'_>]) -> Result<EvidenceMeasures> {
        let request = EvidenceRequest {
            model_set: &self.workshop.set.id,
            landmark_model: Some(&session.landmark_model),
            items: claims
                .iter()
                .map(|claim| Item {
                    crop: claim.crop.as_ref(),
                    keyframe: claim.embedding.as_ref(),
                    frame: Some(claim.frame),
                })
                .collect(),
        };
        let message = request.encode()?;
        let received = Received::decode(message.get(4..).unwrap_or_default())?;
        self.examiner
            .examine(&received)
            .map_err(|refusal| anyhow!("the examiner refuses: {refusal}"))
    }
}

fn in_order<T>(mut numbered: Vec<(usize, T)>) -> Vec<T> {
    numbered.sort_by_key(|(number, _)| *number);
    numbered.into_iter().map(|(_, value)| value).collect()
}
