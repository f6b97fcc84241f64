//! What is kept of a verification: its receipt, its capture, and what a yes does to templates.

use nod_protocol::{challenge::Mode, ids::Level};

use super::Identified;
use crate::{
    clock::UnixSeconds,
    compare::{Comparison, Probe, same_person},
    error::Error,
    migrate,
    recent::CaptureDigest,
    renew,
    state::Authority,
    store::{Answer, Answered, StoreError},
};

impl Identified {
    /// The receipt and the entry of the audit log: the same statements for a yes and for a no, about whomever.
    pub(super) async fn record(
        &self,
        authority: &Authority,
        yes: bool,
        opens: Option<([u8; 32], UnixSeconds)>,
        now: UnixSeconds,
    ) -> Result<(), StoreError> {
        let (site, action) = (&self.opened.site, &self.opened.session.action);
        let asked = self.answers.iter();
        let answer = Answer {
            sitekey: site.site_key.clone(),
            site: site.name.clone(),
            action: action.clone(),
            purpose: site.purpose_text(action).unwrap_or_default().to_owned(),
            level: self.opened.session.level,
            yes,
            asked: asked
                .map(|(question, answer)| (question.clone(), yes.then_some(*answer)))
                .collect(),
        };
        let answered = Answered {
            resident: self.resident.id,
            answer,
            opens,
        };
        authority.store.record_answer(answered, now).await
    }

    /// Before the yes is given: one whose capture is not remembered durably could be had with the same capture again.
    pub(super) async fn remember(
        &self,
        authority: &Authority,
        digest: &CaptureDigest,
    ) -> Result<(), Error> {
        let store = &authority.store;
        Ok(store.remember_capture(self.resident.id, digest).await?)
    }

    /// A template that could not be renewed is no reason to withhold an answer.
    pub(super) async fn renew(&self, authority: &Authority, probes: &[Probe], now: UnixSeconds) {
        let Some((_, template, probe)) = self.in_common(authority, probes, now) else {
            return;
        };
        let capture = &probe.embedding;
        let renewed = renew::after_yes(authority, self.resident.id, template, capture, now).await;
        if let Err(error) = renewed {
            tracing::warn!(%error, "a template was not renewed");
        }
    }

    /// Nor is one that did not find its way to the next model set.
    pub(super) async fn migrate(&self, authority: &Authority, probes: &[Probe], now: UnixSeconds) {
        let compared = self.in_common(authority, probes, now);
        let looks_the_same = compared.is_some_and(|(set, template, probe)| {
            same_person(&probe.embedding, &template.embedding, set, Level::Full)
                == Ok(Comparison::Same)
        });
        let has_moved = self.opened.challenge.mode == Mode::Move;
        // Who has no passcode may have moved instead.
        let second_factor = self.factors.any() || (self.resident.passcode.is_none() && has_moved);
        if !looks_the_same || !second_factor {
            return;
        }
        let migrated = migrate::after_strong_yes(authority, &self.resident, probes, now).await;
        if let Err(error) = migrated {
            tracing::warn!(%error, "a capture was not kept for the next model set");
        }
    }
}
