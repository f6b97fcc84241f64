//! Renewing a template after a strong match, so that it ages with its owner. Off unless the operator says
//! `renew_templates = true`; why, and when one would: docs/templates.md.
//!
//! Whoever is taken for the resident moves the template towards their own face. So a match must be strong (the right
//! passcode, the normalised score, and the raw cosine of the tightened threshold as well), the step is small, and the
//! next one has to wait.

use nod_protocol::ids::Level;

use crate::{
    clock::UnixSeconds,
    compare::{Comparison, same_person},
    model_sets::ModelSet,
    protect::ProtectedEmbedding,
    state::Authority,
    store::{ResidentId, StoreError, StoredTemplate},
};

/// Weight of the new capture; the template has the rest.
const STEP: f32 = 0.1;
/// Seconds between two steps.
pub const WAIT: u64 = 30 * 24 * 3600;

/// Moves the template towards the capture that has just been confirmed with the right passcode, if that may be; says
/// whether it did.
///
/// Without a cohort nothing is renewed: one measure alone is no strong match. Nor is a template that is in the cohort,
/// whose members stay as they were drawn.
pub async fn after_yes(
    authority: &Authority,
    resident: ResidentId,
    template: &StoredTemplate,
    capture: &ProtectedEmbedding,
    now: UnixSeconds,
) -> Result<bool, StoreError> {
    let sets = authority.sets.live(now);
    let Some(set) = sets.iter().find(|set| set.id == template.model_set) else {
        return Ok(false);
    };
    let may_be = authority.config.renew_templates
        && authority.cohorts.of(&set.id).is_normalising()
        && is_strong(template, capture, set);
    match template.embedding.moved(capture, STEP) {
        Ok(renewed) if may_be => {
            let unchanged_since = now.saturating_sub(WAIT);
            let store = &authority.store;
            store
                .renew_template(resident, &set.id, &renewed, unchanged_since, now)
                .await
        }
        _ => Ok(false),
    }
}

fn is_strong(template: &StoredTemplate, capture: &ProtectedEmbedding, set: &ModelSet) -> bool {
    same_person(capture, &template.embedding, set, Level::Full) == Ok(Comparison::Same)
}
