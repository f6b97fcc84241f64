//! Verification: open → examine → identify → judge → compare → answer, and remember the capture if it is a yes. No answer is
//! handed out before its receipt and its entry in the audit log are durable.
//!
//! Each step consumes the one before and is the only way to the next, so a step that is left out or
//! out of order does not compile. "No", "not enrolled", "locked" and "judge failed" run through the
//! same steps, do the same work and give the same answer.

mod asked;
mod claimed;
mod factor;
mod kept;

use std::collections::BTreeMap;

use nod_protocol::{
    answer::LIFETIME,
    challenge::Mode,
    http::VerifyReply,
    ids::{Level, Purpose, Question},
};

use crate::{
    answer::{self, Factors, Finding},
    case::{self, Refused, Stopped},
    clock::UnixSeconds,
    compare::{Comparison, Probe, compare},
    devices,
    error::Error,
    evidence, handoff,
    judge::{self, Evidence, Verdict, crops::Crops},
    limits,
    metrics::Counter,
    model_sets::ModelSet,
    open::{Opened, open},
    recent::Recent,
    spraying::{self, Undecided},
    state::Authority,
    store::{Resident, StoredTemplate},
    vault::TokenKind,
};

/// Answers a sealed capture with a signed yes or no.
pub async fn verify(
    authority: &Authority,
    body: &[u8],
    arrived: UnixSeconds,
) -> Result<VerifyReply, Error> {
    let now = authority.now();
    let opened = open(authority, Purpose::Verify, body, arrived, now).await?;
    let examined = Examined::of(authority, opened).await?;
    let identified = Identified::of(authority, examined, now).await?;
    let judged = Judged::of(authority, identified, now);
    let compared = Compared::of(authority, judged, now).await?;
    compared.answer(authority, now).await
}

/// The crops were looked at, where the site asks for them, and are gone.
struct Examined {
    opened: Opened,
    crops: Crops,
}

/// The claimed ID, or the one that a device or a handle stands for, was looked up and the second factor checked, whoever it is.
struct Identified {
    opened: Opened,
    crops: Crops,
    /// The resident, or the decoy.
    resident: Resident,
    /// What was proved besides the face.
    factors: Factors,
    /// Whether the limits let this attempt count.
    admitted: bool,
    attempts: [u8; 32],
    /// Keyed hash of the claimed ID.
    claim: [u8; 32],
    /// What a moving capture is held against, so that none counts twice.
    recent: Option<Recent>,
    /// What a yes says of the questions of the session.
    answers: BTreeMap<Question, bool>,
}

/// The capture was held against the policy.
struct Judged {
    identified: Identified,
    verdict: Verdict,
}

/// The face was held against the template.
struct Compared {
    judged: Judged,
    /// The capture in each live set, in the coordinates of templates.
    probes: Vec<Probe>,
    is_same_person: bool,
    /// Whether this face has not failed on too many other claimed IDs.
    face_is_admitted: bool,
    /// The attempt as it was counted by its face.
    by_face: Option<Undecided>,
}

impl Examined {
    async fn of(authority: &Authority, mut opened: Opened) -> Result<Self, Error> {
        let crops = evidence::examine(authority, &mut opened).await?;
        Ok(Self { opened, crops })
    }
}

impl Identified {
    async fn of(
        authority: &Authority,
        examined: Examined,
        now: UnixSeconds,
    ) -> Result<Self, Error> {
        let Examined { mut opened, crops } = examined;
        let store = &authority.store;
        let site = &opened.site.site_key;
        let said = &opened.payload.claim;
        let owner = claimed::owner(authority, &opened, now).await?;
        let claimed_id = owner.as_ref().or(said.id());
        let claimed_id = claimed_id.ok_or(Error::Internal("nobody is claimed"))?;
        let claim = store.vault().resident_lookup(claimed_id);
        let attempts = claimed::attempts_lookup(authority, said, claimed_id, site);
        let admitted = limits::admit(store, &attempts, now).await?;
        if !admitted {
            authority.metrics.count(Counter::Stopped, "claimed_id");
        }
        let resident = store.resident(claimed_id).await?;
        let recent = match opened.challenge.mode {
            Mode::Still => None,
            Mode::Move => Some(store.recent_captures(resident.id).await?),
        };
        let answers = asked::answers(authority, &opened, &resident, now).await?;
        let factors = factor::proved(authority, &mut opened, &resident, now).await?;
        Ok(Self {
            opened,
            crops,
            factors,
            resident,
            admitted,
            attempts,
            claim,
            recent,
            answers,
        })
    }

    /// What is compared: in the first live set that has a template of the resident, in order of preference.
    fn in_common<'a>(
        &'a self,
        authority: &'a Authority,
        probes: &'a [Probe],
        now: UnixSeconds,
    ) -> Option<(&'a ModelSet, &'a StoredTemplate, &'a Probe)> {
        authority.sets.live(now).iter().find_map(|set| {
            let mut templates = self.resident.templates.iter();
            let template = templates.find(|t| t.model_set == set.id)?;
            let probe = probes.iter().find(|probe| probe.model_set == set.id)?;
            Some((set, template, probe))
        })
    }

    /// The attempt as it is counted by its face: in the first live set that it has a capture of.
    fn by_face<'a>(
        &'a self,
        authority: &'a Authority,
        now: UnixSeconds,
    ) -> Option<spraying::Attempt<'a>> {
        let payload = &self.opened.payload;
        let shown = |set: &'a ModelSet| Some((set, payload.capture(&set.id)?));
        let (set, capture) = authority.sets.live(now).iter().find_map(shown)?;
        Some(spraying::Attempt {
            set: &set.id,
            same_face: set.threshold(Level::Light),
            face: &capture.fused,
            claim: self.claim,
        })
    }
}

impl Judged {
    fn of(authority: &Authority, identified: Identified, now: UnixSeconds) -> Self {
        let verdict = judge::judge(&Evidence {
            payload: &identified.opened.payload,
            challenge: &identified.opened.challenge,
            seconds: identified.opened.seconds,
            second_factor_is_good: identified.factors.any(),
            sets: authority.sets.live(now),
            recent: identified.recent.as_ref(),
            crops: identified.crops,
        });
        for check in &verdict.failed {
            authority.metrics.count(Counter::FailedChecks, check.name());
        }
        // One line for every capture, good or not: what is only said of some takes longer for them.
        let failed = judge::names(&verdict.failed);
        tracing::info!(failed, "capture judged");
        Self {
            identified,
            verdict,
        }
    }
}

impl Compared {
    async fn of(authority: &Authority, judged: Judged, now: UnixSeconds) -> Result<Self, Error> {
        let Identified {
            opened, resident, ..
        } = &judged.identified;
        let vault = authority.store.vault();
        let probes = authority.sets.live(now).iter().filter_map(|set| {
            let captured = opened.payload.capture(&set.id)?;
            Probe::new(vault, set, &captured.fused).ok()
        });
        let probes: Vec<Probe> = probes.collect();
        let in_common = judged.identified.in_common(authority, &probes, now);
        let is_same_person = in_common.is_some_and(|(set, template, probe)| {
            let live = authority.cohorts.of(&set.id);
            let scale = live.scale(resident.id, template);
            compare(probe, template, set, opened.session.level, &scale) == Ok(Comparison::Same)
        });
        let by_face = match judged.identified.by_face(authority, now) {
            Some(attempt) => {
                let spraying = &authority.spraying;
                spraying.count(&authority.store, &attempt, now).await?
            }
            None => None,
        };
        let face_is_admitted = by_face.as_ref().is_none_or(Undecided::is_admitted);
        if !face_is_admitted {
            authority.metrics.count(Counter::Stopped, "face");
        }
        Ok(Self {
            judged,
            probes,
            is_same_person,
            face_is_admitted,
            by_face,
        })
    }

    /// What is kept of a no: the same whatever it was for.
    fn refused(&self) -> Refused<'_> {
        let identified = &self.judged.identified;
        let stopped = if !identified.admitted {
            Stopped::ByClaimedId
        } else if !self.face_is_admitted && !identified.factors.any() {
            Stopped::ByFace
        } else {
            Stopped::Nowhere
        };
        Refused {
            site: &identified.opened.site.site_key,
            stopped,
            claim: identified.claim,
            subject: identified.attempts,
        }
    }

    /// A yes needs all of it; one missing condition, whichever, is the same no.
    async fn answer(
        mut self,
        authority: &Authority,
        now: UnixSeconds,
    ) -> Result<VerifyReply, Error> {
        let by_face = self.by_face.take();
        let identified = &self.judged.identified;
        let Identified {
            opened,
            resident,
            factors,
            admitted,
            attempts,
            ..
        } = identified;
        let names = answer::Names::of(opened, resident.id, now);
        // Level full always has a second factor, still or not.
        let second_factor = factors.any() || opened.session.level < Level::Full;
        // Who knows the passcode of the claimed ID, or holds its device key, does not guess at IDs; and a stranger who sprays with
        // somebody's picture must not lock that person out.
        let is_no_spraying = self.face_is_admitted || factors.any();
        // A card shows and does more than any site learns: it opens at the resident's highest level, and while it is frozen.
        let is_own = opened.site.site_key == authority.own_site.site_key;
        let conditions = [
            *admitted,
            is_no_spraying,
            resident.enrolled,
            resident.level >= opened.session.level,
            !is_own || opened.session.level >= resident.level,
            is_own || !resident.frozen,
            second_factor,
            opened.challenge.mode != Mode::Still || opened.site.still,
            self.judged.verdict.failed.is_empty(),
            self.is_same_person,
        ];
        let is_confirmed = conditions.iter().all(|holds| *holds);
        let is_expected = names.are_expected(opened.session.expected_sub.as_deref());
        let yes = is_confirmed && is_expected;
        let answers = identified.answers.clone();
        let finding = Finding {
            yes,
            sub: names.told,
            answers,
            factors: *factors,
        };
        let token = answer::sign(authority, opened, finding, now)?;
        let opens = (is_own && yes).then(|| {
            let hash = authority.store.vault();
            let hash = hash.token_hash(TokenKind::CardAnswer, &token);
            (hash, now + LIFETIME)
        });
        let recorded = identified.record(authority, yes, opens, now);
        let store = &authority.store;
        let settled = async {
            match by_face {
                Some(attempt) => {
                    authority
                        .spraying
                        .settle(store, attempt, is_confirmed)
                        .await
                }
                None => Ok(()),
            }
        };
        let forgiven = async {
            match is_confirmed {
                true => limits::forgive(store, attempts).await,
                false => Ok(()),
            }
        };
        let remembered = async {
            match (yes, &self.judged.verdict.digest) {
                (true, Some(digest)) => identified.remember(authority, digest).await,
                _ => Ok(()),
            }
        };
        let kept = async {
            match yes {
                true => None,
                false => case::open(authority, &self.refused(), now).await,
            }
        };
        // At the same moment, so that they are on their way to the disk together.
        let (recorded, settled, forgiven, remembered, case) =
            tokio::join!(recorded, settled, forgiven, remembered, kept);
        recorded.and(settled).and(forgiven)?;
        remembered?;
        if yes && factors.any() {
            identified.renew(authority, &self.probes, now).await;
        }
        if yes {
            identified.migrate(authority, &self.probes, now).await;
        }
        // Where the answer goes to another screen, this device is not the one that will ask again.
        if yes && opened.session.handoff.is_none() {
            devices::remember(authority, opened, resident.id, now).await;
        }
        handoff::deliver(authority, &opened.session, token, case, now).await
    }
}
