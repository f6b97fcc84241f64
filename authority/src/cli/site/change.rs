//! `nod-authority site rotate-secret` and `site remove`.

use std::path::Path;

use anyhow::bail;
use clap::Args;
use nod_protocol::ids::SiteKey;
use serde::Serialize;

use super::{Added, new_secret};
use crate::{
    cli::time::{self, DAY},
    clock::{Clock, SystemClock, utc},
    sites::BELIEVED,
    vault::TokenKind,
};

/// The longest that an old secret works beside the new one.
const MOST_OVERLAP: u64 = 30 * DAY;

/// Which site.
#[derive(Args)]
pub(in crate::cli) struct Named {
    /// Public key name, for example pk_court.
    #[arg(long, value_parser = |text: &str| SiteKey::parse(text).map_err(|e| e.to_string()))]
    pub(super) sitekey: SiteKey,
    /// Print one line of JSON.
    #[arg(long)]
    pub(super) json: bool,
}

/// `site rotate-secret`.
#[derive(Args)]
pub(in crate::cli) struct Rotate {
    #[command(flatten)]
    named: Named,
    /// Time that the old secret goes on working, so that the site loses nothing while it takes the new one over; at most 30d.
    /// 0 ends it at once: for a secret that leaked. What was rotated away before ends at once in any case.
    #[arg(long, default_value = "1d", value_parser = parse_overlap)]
    overlap: u64,
}

/// `site rotate-secret --json`. The secret is printed here and nowhere else.
#[derive(Serialize)]
struct Rotated<'a> {
    #[serde(flatten)]
    new: Added<'a>,
    /// Seconds since 1970; missing where the old one has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    old_secret_until: Option<u64>,
}

/// `site remove --json`.
#[derive(Serialize)]
struct Removed<'a> {
    sitekey: &'a SiteKey,
    forgotten_devices: u64,
}

fn parse_overlap(text: &str) -> Result<u64, String> {
    let overlap = if text == "0" { 0 } else { time::parse(text)? };
    match overlap {
        0..=MOST_OVERLAP => Ok(overlap),
        _ => Err("at most 30d".into()),
    }
}

/// A new secret in the place of the old one, which is worth nothing once the overlap is over.
pub(super) async fn rotate_secret(data: &Path, arguments: Rotate) -> anyhow::Result<()> {
    let Rotate { named, overlap } = arguments;
    let Named { sitekey, json } = named;
    let secret = new_secret()?;
    let now = SystemClock.now();
    let old_until = (overlap > 0).then(|| now.saturating_add(overlap));
    let store = crate::cli::store(data).await?;
    let hash = store.vault().token_hash(TokenKind::SiteSecret, &secret);
    let rotated = store.rotate_site_secret(&sitekey, &hash, old_until, now);
    let is_there = rotated.await;
    store.close().await;
    if !is_there? {
        bail!("no site has the key {sitekey}");
    }
    let old = match old_until {
        Some(until) => format!("The old one works until {}, beside it.", utc(until)),
        None => format!(
            "Running servers refuse the old one within {BELIEVED} seconds. What the site asks with it until its back end has \
             the new one is refused; answers in browsers stay valid and can be checked with the new one."
        ),
    };
    let text = format!(
        "New secret for the back end of {sitekey} (shown once, not kept): {}\n{old}",
        *secret
    );
    let rotated = Rotated {
        new: Added {
            sitekey: &sitekey,
            secret: &secret,
        },
        old_secret_until: old_until,
    };
    crate::cli::print(json, &rotated, &text)
}

/// Takes a registration back, with the devices that stood for residents there.
pub(super) async fn remove(data: &Path, named: Named) -> anyhow::Result<()> {
    let Named { sitekey, json } = named;
    let store = crate::cli::store(data).await?;
    let removed = store.remove_site(&sitekey, SystemClock.now()).await;
    store.close().await;
    let Some(forgotten_devices) = removed? else {
        bail!("no site has the key {sitekey}");
    };
    let text = format!(
        "Removed {sitekey}, and {forgotten_devices} devices that were remembered there. Running servers refuse it within \
         {BELIEVED} seconds."
    );
    let removed = Removed {
        sitekey: &sitekey,
        forgotten_devices,
    };
    crate::cli::print(json, &removed, &text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overlap_is_a_time_of_thirty_days_at_most() {
        assert_eq!(parse_overlap("0"), Ok(0));
        assert_eq!(parse_overlap("0s"), Ok(0));
        assert_eq!(parse_overlap("12h"), Ok(DAY / 2));
        assert_eq!(parse_overlap("30d"), Ok(MOST_OVERLAP));
        for bad in ["31d", "-1s", "12", "soon"] {
            assert!(parse_overlap(bad).is_err(), "{bad}");
        }
    }
}
