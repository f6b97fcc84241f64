//! Everything that is held about a resident, as one file (GDPR Articles 15 and 20, PIPL Article 45).
//!
//! Templates, the passcode's hash and digests of captures are named and not written out: docs/card.md says why.

use super::{
    Export, OpenCard,
    messages::{AttributesEntry, CoverEntry, Failures, NotIncluded},
    overview,
};
use crate::{
    clock::UnixSeconds,
    error::Error,
    questions::{Attributes, Date, Month},
    state::Authority,
};

const NOT_INCLUDED: [NotIncluded; 3] = [
    NotIncluded {
        what: "the numbers of the templates",
        why: "Nobody can read a face in them, and whoever has them can try to make one up that passes for it. They never \
              leave the authority, for nobody.",
    },
    NotIncluded {
        what: "the hash of the passcode",
        why: "Whoever has it can try out passcodes until one fits.",
    },
    NotIncluded {
        what: "the digests of recent captures",
        why: "They serve to notice a capture that is sent twice, and say nothing else; whoever has them could avoid that.",
    },
];

/// Makes the file; that it was made is in the audit log and among the alerts before it is handed out.
pub(super) async fn export(authority: &Authority, card: &OpenCard) -> Result<Export, Error> {
    let now = authority.now();
    let store = &authority.store;
    let record = card.record(authority).await?;
    store.record_export(card.resident, now).await?;
    let receipts = store.receipts(card.resident).await?;
    let overview = overview::of_record(authority, card, &record, &receipts).await?;
    let attributes = store.own_attributes(card.resident).await?;
    let phone = store.contact(card.resident).await?;
    let mut failures_in_a_row = Vec::new();
    let sites = store.sites().await?;
    for site in sites.iter().chain([&authority.own_site]) {
        let (vault, id, site) = (store.vault(), &record.claimed_id, &site.site_key);
        for subject in [
            vault.attempts_lookup(id, site),
            vault.handle_attempts_lookup(id, site),
        ] {
            let attempts = store.attempts(&subject).await?;
            if attempts.failures > 0 {
                failures_in_a_row.push(Failures {
                    sitekey: site.clone(),
                    failures: attempts.failures,
                    not_before: attempts.not_before,
                });
            }
        }
    }
    Ok(Export {
        format: "nod-export-1",
        exported_at: now,
        authority: authority.config.issuer.to_string(),
        authority_name: authority.config.name.clone(),
        claimed_id: record.claimed_id.expose().to_owned(),
        overview,
        phone: phone.map(|number| number.expose().to_owned()),
        attributes: attributes.map(|(attributes, given_at)| written(&attributes, given_at)),
        not_included: NOT_INCLUDED,
        recent_captures: record.recent_captures,
        failures_in_a_row,
        receipts,
    })
}

fn written(attributes: &Attributes, given_at: UnixSeconds) -> AttributesEntry {
    let covers = attributes.covers().map(|(category, cover)| {
        let entry = CoverEntry {
            active: cover.active,
            paid_until: cover.paid_until.as_ref().map(Month::written),
        };
        (category, entry)
    });
    AttributesEntry {
        given_at,
        date_of_birth: attributes.date_of_birth.as_ref().map(Date::written),
        insurance: covers
            .filter(|(_, entry)| entry.active.is_some() || entry.paid_until.is_some())
            .collect(),
    }
}
