//! `nod-authority resident …`: the way back from too many failures and from a freeze, the devices that stand for somebody and the device
//! keys that prove them, what questions are answered from, who else has their face, and the way out.

mod attributes;
mod duplicates;

use std::path::Path;

use anyhow::bail;
use clap::{Args, Subcommand};
use nod_protocol::ids::ClaimedId;
use serde::Serialize;

use crate::{
    clock::{Clock, SystemClock},
    store::{Erasure, Store, Traces, Unfreezing},
};

#[derive(Subcommand)]
pub(super) enum ResidentCommand {
    #[command(flatten)]
    OfOne(OfOne),
    /// Give the record that questions about residents are answered from, in the place of the one before (docs/questions.md).
    Attributes(attributes::Given),
    /// Look for one resident's face among all (docs/duplicates.md). Off unless the settings allow it.
    Duplicates(duplicates::Search),
}

/// What is about one resident, by their ID.
#[derive(Subcommand)]
pub(super) enum OfOne {
    /// Forget the failed attempts on an ID number at every site, after checking who asks.
    Unlock(Named),
    /// Let a resident be confirmed again who froze their card and cannot open it any more, after checking who asks by
    /// other means than the number: whoever froze it may have done so against the one who asks now. Their card says that the
    /// authority did it.
    Unfreeze(Named),
    /// List the devices that stand for an ID number, and on which site.
    Devices(Listed),
    /// Forget the devices of a resident: after a theft, or when they ask for it.
    ForgetDevices(Named),
    /// List the device keys of a resident: a second factor, in place of the passcode (docs/device-keys.md).
    Keys(Listed),
    /// Remove the device keys of a resident: when a device is lost, after checking who asks. Their card says so.
    ForgetKeys(Named),
    /// Delete a resident for good: templates, passcode, record, receipts, place in the cohort. There is no way back but
    /// a new enrolment.
    Erase(Named),
}

#[derive(Args)]
pub(super) struct Named {
    /// ID number; "-" reads it from the standard input.
    #[arg(long)]
    id: String,
}

#[derive(Args)]
pub(super) struct Listed {
    #[command(flatten)]
    named: Named,
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
}

/// A device key in a list.
#[derive(Serialize)]
struct Key {
    /// Seconds since 1970.
    since: u64,
    /// The day when it was last used, at its first second (UTC).
    used_on: Option<u64>,
}

/// A device in a list.
#[derive(Serialize)]
struct Device {
    sitekey: String,
    /// Seconds since 1970.
    since: u64,
}

pub(super) async fn run(data: &Path, command: ResidentCommand) -> anyhow::Result<()> {
    let command = match command {
        ResidentCommand::OfOne(command) => command,
        ResidentCommand::Attributes(given) => return attributes::run(data, given).await,
        ResidentCommand::Duplicates(search) => return duplicates::run(data, search).await,
    };
    use OfOne::{Devices, Erase, ForgetDevices, ForgetKeys, Keys, Unfreeze, Unlock};
    let (Unlock(named)
    | Unfreeze(named)
    | Erase(named)
    | ForgetDevices(named)
    | ForgetKeys(named)
    | Keys(Listed { named, .. })
    | Devices(Listed { named, .. })) = &command;
    let claimed_id = super::claimed_id(named.id.clone())?;
    let store = super::store(data).await?;
    let done = match command {
        Unlock(_) => unlock(&store, &claimed_id).await.and_then(say),
        Unfreeze(_) => unfreeze(&store, &claimed_id).await.and_then(say),
        Devices(Listed { json, .. }) => devices(&store, &claimed_id, json).await,
        ForgetDevices(_) => forget_devices(&store, &claimed_id).await,
        Keys(Listed { json, .. }) => keys(&store, &claimed_id, json).await,
        ForgetKeys(_) => forget_keys(&store, &claimed_id).await,
        Erase(_) => erase(&store, &claimed_id).await.and_then(say),
    };
    store.close().await;
    done
}

fn say(text: &str) -> anyhow::Result<()> {
    super::print(false, &(), text)
}

async fn unlock(store: &Store, claimed_id: &ClaimedId) -> anyhow::Result<&'static str> {
    store.unlock(claimed_id, SystemClock.now()).await?;
    // The same words whether anybody is enrolled or was locked: this is no way to find out.
    Ok("Failed attempts on this ID are forgotten.")
}

async fn unfreeze(store: &Store, claimed_id: &ClaimedId) -> anyhow::Result<&'static str> {
    let Some(resident) = store.enrolled(claimed_id).await? else {
        bail!("nobody is enrolled under this ID");
    };
    let by = Unfreezing::Operator;
    match store.unfreeze(resident, by, SystemClock.now()).await? {
        true => Ok("Unfrozen. The resident's card says that the authority did it."),
        false => bail!("the card of this resident is not frozen"),
    }
}

async fn devices(store: &Store, claimed_id: &ClaimedId, json: bool) -> anyhow::Result<()> {
    let devices = store.devices(claimed_id).await?.into_iter();
    let devices: Vec<Device> = devices
        .map(|device| Device {
            sitekey: device.site_key.to_string(),
            since: device.since,
        })
        .collect();
    let text = match devices.as_slice() {
        [] => "No device stands for this ID.".to_owned(),
        some => some
            .iter()
            .map(|device| format!("{:<32} since {} (Unix time)", device.sitekey, device.since))
            .collect::<Vec<_>>()
            .join("\n"),
    };
    super::print(json, &devices, &text)
}

async fn forget_devices(store: &Store, claimed_id: &ClaimedId) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let count = match store.enrolled(claimed_id).await? {
        Some(resident) => store.forget_devices(resident, None, now).await?,
        None => 0,
    };
    say(&format!("Devices forgotten: {count}."))
}

async fn keys(store: &Store, claimed_id: &ClaimedId, json: bool) -> anyhow::Result<()> {
    let keys = match store.enrolled(claimed_id).await? {
        Some(resident) => store.credentials_of(resident).await?,
        None => vec![],
    };
    let keys: Vec<Key> = keys
        .into_iter()
        .map(|key| Key {
            since: key.created_at,
            used_on: key.used_on,
        })
        .collect();
    let line = |key: &Key| match key.used_on {
        Some(day) => format!("since {}, last used on {day} (Unix time)", key.since),
        None => format!("since {} (Unix time), not used yet", key.since),
    };
    let text = match keys.as_slice() {
        [] => "No device key is bound under this ID.".to_owned(),
        some => some.iter().map(line).collect::<Vec<_>>().join("\n"),
    };
    super::print(json, &keys, &text)
}

async fn forget_keys(store: &Store, claimed_id: &ClaimedId) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let count = match store.enrolled(claimed_id).await? {
        Some(resident) => store.forget_credentials(resident, None, now).await?,
        None => 0,
    };
    say(&format!("Device keys removed: {count}."))
}

async fn erase(store: &Store, claimed_id: &ClaimedId) -> anyhow::Result<&'static str> {
    match store.erase(claimed_id, SystemClock.now()).await? {
        Erasure::NotEnrolled => bail!("nobody is enrolled under this ID"),
        Erasure::Erased(traces) => Ok(match traces {
            Traces::None => "Erased. Running servers forget a cohort member within seconds.",
            Traces::InTheLog => {
                "Erased. Running servers forget a cohort member within seconds. Encrypted copies stay in \
                 the write-ahead log until the database's next checkpoint: the log was in use."
            }
            Traces::UntilReused => {
                "Erased. Running servers forget a cohort member within seconds. Encrypted copies stay in \
                 PostgreSQL's files until their space, which is free now, is used again, and in its log and \
                 backups as long as those are kept."
            }
        }),
    }
}
