//! What stands on the card.

use base64ct::{Base64UrlUnpadded, Encoding};

use super::{DeviceEntry, OpenCard, Overview, TemplateEntry, keys};
use crate::{
    error::Error,
    state::Authority,
    store::{CREDENTIALS_KEPT, Card, CardState, DEVICE_LIFETIME, Note, Noted, RECEIPTS_KEPT},
};

/// Failed attempts within this are counted on the card.
const LATELY: u64 = 30 * 24 * 3600;
/// Characters of the ID that the card shows.
const SHOWN: usize = 3;

pub(super) async fn overview(authority: &Authority, card: &OpenCard) -> Result<Overview, Error> {
    let record = card.record(authority).await?;
    let notes = authority.store.receipts(card.resident).await?;
    of_record(authority, card, &record, &notes).await
}

/// The same where the record has been read already.
pub(super) async fn of_record(
    authority: &Authority,
    card: &OpenCard,
    record: &Card,
    notes: &[Noted],
) -> Result<Overview, Error> {
    let (state, since) = match record.state {
        CardState::Active => ("active", None),
        CardState::Frozen(at) => ("frozen", Some(at)),
        CardState::Revoked(at) => ("revoked", Some(at)),
    };
    let templates = record.templates.iter().map(|template| TemplateEntry {
        model_set: template.model_set.clone(),
        source: template.source.clone(),
        created_at: template.created_at,
        expires_at: None,
        in_cohort: template.in_cohort,
    });
    Ok(Overview {
        id_end: end_of(record.claimed_id.expose()),
        level: record.level,
        state,
        since,
        passcode: record.has_passcode,
        enrolled_at: record.enrolled_at,
        expires_at: None,
        consent_version: record.consent_version.clone(),
        consent_at: record.consent_at,
        issuer: record.issuer.clone(),
        templates: templates.collect(),
        devices: devices(authority, card).await?,
        keys: keys::entries(authority, card).await?,
        keys_kept: CREDENTIALS_KEPT,
        failed_attempts: failed(notes, authority.now().saturating_sub(LATELY)),
        receipts_kept: RECEIPTS_KEPT,
        expires_in: card.expires_in,
    })
}

async fn devices(authority: &Authority, card: &OpenCard) -> Result<Vec<DeviceEntry>, Error> {
    let mut entries = Vec::new();
    for device in authority.store.devices_of(card.resident).await? {
        let site = match authority.site(&device.site_key).await {
            Ok(site) => site.name,
            Err(Error::UnknownSite) => device.site_key.to_string(),
            Err(error) => return Err(error),
        };
        entries.push(DeviceEntry {
            device: Base64UrlUnpadded::encode_string(&device.name),
            sitekey: device.site_key,
            site,
            since: device.since,
            until: device.since + DEVICE_LIFETIME,
        });
    }
    Ok(entries)
}

fn failed(notes: &[Noted], since: u64) -> usize {
    let recent = notes.iter().filter(|noted| noted.at >= since);
    recent
        .filter(|noted| matches!(&noted.note, Note::Answer(answer) if !answer.yes))
        .count()
}

/// A short ID is not shown whole.
fn end_of(id: &str) -> String {
    let length = id.chars().count();
    let passed_over = length.saturating_sub(SHOWN.min(length / 3));
    id.chars().skip(passed_over).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_an_id_is_three_characters_and_never_more_than_half() {
        for (id, end) in [
            ("", ""),
            ("1", ""),
            ("1234", "4"),
            ("11010519491231002X", "02X"),
        ] {
            assert_eq!(end_of(id), end);
        }
    }
}
