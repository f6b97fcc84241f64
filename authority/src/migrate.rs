//! From one model set to the next, while both are live, without anybody enrolling again.
//!
//! ```text
//! yes by the old set ── the new set's embedding waits (pending)
//! strong yes, a day later or more, and the new set says "the same face" ── counted
//! the same once more ── the template of the new set, and the new set decides from now on
//! the new set says "another face" ── begun anew with this one
//! ```
//!
//! Whoever is taken for the resident by the old set is remembered by the new one. So a yes must be strong: the old set's cosine
//! at level full, and the right passcode (or, from residents who have none, a head that moved as asked). Three such days are
//! needed, and the new set must find one face in all of them. When the old set's date comes, who has not come often enough
//! enrols again: docs/model-sets.md.

use nod_protocol::{ids::Level, payload::BadEmbedding};

use crate::{
    clock::UnixSeconds,
    compare::{Comparison, Probe, same_person},
    metrics::Counter,
    model_sets::ModelSet,
    protect::ProtectedEmbedding,
    state::Authority,
    store::{Pending, Resident, StoreError},
};

/// Agreeing matches after the first capture until it becomes a template.
const MATCHES: u32 = 2;
/// Seconds between two captures that count: one day's impostor is not three matches.
pub const WAIT: u64 = 24 * 3600;

/// What becomes of a capture in a set that the resident has no template of.
enum Next {
    /// The first, or one that disagrees with what waited.
    Begin,
    /// The last one was too short a while ago.
    Wait,
    /// It agrees; what waits becomes the mean of all.
    Count(ProtectedEmbedding),
    /// It agrees, and enough did.
    Promote(ProtectedEmbedding),
}

/// Takes note of a strong yes for the sets that the resident has no template of. `probes` are the capture in each live set.
pub async fn after_strong_yes(
    authority: &Authority,
    resident: &Resident,
    probes: &[Probe],
    now: UnixSeconds,
) -> Result<(), StoreError> {
    let store = &authority.store;
    for set in authority.sets.live(now) {
        let has_template = resident.templates.iter().any(|t| t.model_set == set.id);
        let probe = probes.iter().find(|probe| probe.model_set == set.id);
        let Some(probe) = probe.filter(|_| !has_template) else {
            continue;
        };
        let pending = store.pending_template(resident.id, &set.id).await?;
        let (outcome, is_done) = match next(pending.as_ref(), &probe.embedding, set, now) {
            Err(BadEmbedding) | Ok(Next::Wait) => continue,
            Ok(Next::Begin) => {
                let begun = store.keep_pending(resident.id, probe, 0, pending.as_ref(), now);
                ("begun", begun.await?)
            }
            Ok(Next::Count(embedding)) => {
                let matches = pending.as_ref().map_or(0, |pending| pending.matches) + 1;
                let mean = Probe {
                    model_set: set.id.clone(),
                    embedding,
                };
                let kept = store.keep_pending(resident.id, &mean, matches, pending.as_ref(), now);
                ("counted", kept.await?)
            }
            Ok(Next::Promote(embedding)) => {
                let promoted =
                    store.promote(resident.id, &set.id, &embedding, pending.as_ref(), now);
                ("promoted", promoted.await?)
            }
        };
        if is_done {
            authority.metrics.count(Counter::Migrations, outcome);
        }
    }
    Ok(())
}

fn next(
    pending: Option<&Pending>,
    captured: &ProtectedEmbedding,
    set: &ModelSet,
    now: UnixSeconds,
) -> Result<Next, BadEmbedding> {
    let Some(pending) = pending else {
        return Ok(Next::Begin);
    };
    if now < pending.seen_at.saturating_add(WAIT) {
        return Ok(Next::Wait);
    }
    if same_person(captured, &pending.embedding, set, Level::Full) != Ok(Comparison::Same) {
        return Ok(Next::Begin);
    }
    let share = 1.0 / (pending.matches + 2) as f32;
    let mean = pending.embedding.moved(captured, share)?;
    Ok(if pending.matches + 1 >= MATCHES {
        Next::Promote(mean)
    } else {
        Next::Count(mean)
    })
}

#[cfg(test)]
mod tests {
    use nod_protocol::{ids::ModelSetId, payload::Embedding};

    use super::*;

    const DAY: u64 = 24 * 3600;

    fn set() -> ModelSet {
        ModelSet::new(ModelSetId::parse("open-2").unwrap(), 2, 0.5, 0.9)
    }

    fn face(values: [f32; 2]) -> ProtectedEmbedding {
        ProtectedEmbedding::of(Embedding::normalised(values.to_vec()).unwrap())
    }

    fn pending(matches: u32) -> Pending {
        Pending {
            embedding: face([1.0, 0.0]),
            matches,
            seen_at: 1_000,
        }
    }

    #[test]
    fn two_agreeing_matches_on_other_days_make_a_template() {
        let same = face([0.99, 0.14]);
        let after = |pending: Option<&Pending>, now| next(pending, &same, &set(), now).unwrap();
        assert!(matches!(after(None, 0), Next::Begin));
        assert!(matches!(
            after(Some(&pending(0)), 1_000 + DAY - 1),
            Next::Wait
        ));
        let Next::Count(mean) = after(Some(&pending(0)), 1_000 + DAY) else {
            panic!("not counted")
        };
        // Half of the way from the one to the other.
        assert!(
            (mean.cosine(&same).unwrap() - mean.cosine(&face([1.0, 0.0])).unwrap()).abs() < 1e-3
        );
        assert!(matches!(
            after(Some(&pending(1)), 1_000 + DAY),
            Next::Promote(_)
        ));
    }

    #[test]
    fn another_face_begins_anew_however_many_agreed_before() {
        // 0.8: the same person at level light, not at level full.
        let other = face([0.8, 0.6]);
        for matches in [0, 1] {
            let outcome = next(Some(&pending(matches)), &other, &set(), 1_000 + DAY);
            assert!(matches!(outcome, Ok(Next::Begin)));
        }
        let wrong_size = ProtectedEmbedding::of(Embedding::normalised(vec![1.0; 3]).unwrap());
        let outcome = next(Some(&pending(1)), &wrong_size, &set(), 1_000 + DAY);
        assert!(matches!(outcome, Ok(Next::Begin)));
    }
}
