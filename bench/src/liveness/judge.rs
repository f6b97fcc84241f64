//! The authority's judge over one attempt: the only place that knows how it is called.

use nod_authority::judge::{Check, Evidence, failed_checks};
use nod_authority::model_sets::ModelSet;

use super::attempt::Attempt;

/// Which checks the attempt fails; it passes when there are none. A movement challenge counts without a passcode.
pub(super) fn failed(attempt: &Attempt, set: &ModelSet) -> Vec<Check> {
    failed_checks(&Evidence {
        payload: &attempt.payload,
        challenge: &attempt.challenge,
        seconds: attempt.seconds,
        passcode_is_good: false,
        sets: std::slice::from_ref(set),
    })
}
