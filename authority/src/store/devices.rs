//! Devices that residents had remembered on a site: by keyed hash of their handle.

use nod_protocol::ids::{ClaimedId, SiteKey};

use super::{
    ResidentId, Store, StoreError,
    database::{Connection, Row, query},
    fixed, from_db, parsed,
    residents::resident_cell,
    to_db,
    writer::{Applied, Change},
};
use crate::clock::UnixSeconds;

/// Devices that are remembered of a resident on one site; another one takes the place of the oldest.
pub const DEVICES_KEPT: i64 = 5;
/// Seconds that a device is remembered: a year.
pub const DEVICE_LIFETIME: u64 = 365 * 24 * 3600;

/// A remembered device, as its owner or an operator may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The site on which it stands for the resident's number.
    pub site_key: SiteKey,
    /// When it was remembered.
    pub since: UnixSeconds,
}

impl Store {
    /// Remembers a device; forgets the oldest beyond [`DEVICES_KEPT`].
    pub async fn remember_device(
        &self,
        device: [u8; 32],
        resident: ResidentId,
        site: &SiteKey,
        now: UnixSeconds,
    ) -> Result<(), StoreError> {
        let change = Remember {
            device,
            resident: resident.0,
            site: site.clone(),
            now,
        };
        self.writer.write(change).await?;
        Ok(())
    }

    /// The claimed ID of whoever had a device remembered.
    pub async fn owner_of_device(
        &self,
        device: &[u8; 32],
        now: UnixSeconds,
    ) -> Result<Option<ClaimedId>, StoreError> {
        let row = query(
            "SELECT r.id, r.claimed_id FROM devices AS d JOIN residents AS r ON r.id = d.resident_id
             WHERE d.device = $1 AND d.since > $2",
        )
        .bind(device.as_slice())
        .bind(to_db(now.saturating_sub(DEVICE_LIFETIME)))
        .fetch_optional(&self.database)
        .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let id: [u8; 16] = fixed(row.try_get("id")?, "residents.id")?;
        let stored: &[u8] = row.try_get("claimed_id")?;
        let opened = self.vault.open(resident_cell(&id, "claimed_id"), stored)?;
        let text = parsed(std::str::from_utf8(&opened), "residents.claimed_id")?;
        let claimed_id = parsed(ClaimedId::parse(text), "residents.claimed_id")?;
        Ok(Some(claimed_id))
    }

    /// Forgets a device and what failed on it.
    pub async fn forget_device(&self, device: [u8; 32]) -> Result<(), StoreError> {
        let subject = self.vault.device_attempts_lookup(&device);
        self.writer.write(Forget { device, subject }).await?;
        Ok(())
    }

    /// The devices of a resident, the oldest first.
    pub async fn devices(&self, claimed_id: &ClaimedId) -> Result<Vec<Device>, StoreError> {
        query(
            "SELECT site_key, since FROM devices
             WHERE resident_id = (SELECT resident_id FROM resident_lookups WHERE lookup = $1) ORDER BY since, device",
        )
        .bind(self.vault.resident_lookup(claimed_id).as_slice())
        .fetch_all(&self.database)
        .await?
        .iter()
        .map(device_of_row)
        .collect()
    }

    /// Forgets all devices of a resident; how many there were.
    pub async fn forget_devices(&self, claimed_id: &ClaimedId) -> Result<usize, StoreError> {
        let rows = query(
            "SELECT device FROM devices
             WHERE resident_id = (SELECT resident_id FROM resident_lookups WHERE lookup = $1)",
        )
        .bind(self.vault.resident_lookup(claimed_id).as_slice())
        .fetch_all(&self.database)
        .await?;
        for row in &rows {
            self.forget_device(fixed(row.try_get("device")?, "devices.device")?)
                .await?;
        }
        Ok(rows.len())
    }

    pub(super) async fn forget_old_devices(&self, now: UnixSeconds) -> Result<(), StoreError> {
        query("DELETE FROM devices WHERE since <= $1")
            .bind(to_db(now.saturating_sub(DEVICE_LIFETIME)))
            .patiently()
            .execute(&self.database)
            .await?;
        Ok(())
    }
}

fn device_of_row(row: &Row) -> Result<Device, StoreError> {
    Ok(Device {
        site_key: parsed(SiteKey::parse(row.try_get("site_key")?), "devices.site_key")?,
        since: from_db(row.try_get("since")?),
    })
}

struct Remember {
    device: [u8; 32],
    resident: [u8; 16],
    site: SiteKey,
    now: UnixSeconds,
}

impl Change for Remember {
    const IS_ONE_STATEMENT: bool = false;

    fn apply<'a>(&'a self, connection: &'a mut Connection<'_>) -> Applied<'a> {
        Box::pin(async move {
            // Who is erased meanwhile has no device; a handle that is there already keeps its owner.
            let added = query(
                "INSERT INTO devices (device, resident_id, site_key, since)
                 SELECT $1, id, $2, $3 FROM residents WHERE id = $4
                 ON CONFLICT (device) DO NOTHING",
            )
            .bind(self.device.as_slice())
            .bind(self.site.as_str())
            .bind(to_db(self.now))
            .bind(self.resident.as_slice())
            .execute(&mut *connection)
            .await?;
            query(
                "DELETE FROM devices WHERE device IN (
                     SELECT device FROM devices WHERE resident_id = $1 AND site_key = $2 AND device <> $3
                     ORDER BY since DESC, device LIMIT 1000 OFFSET $4)",
            )
            .bind(self.resident.as_slice())
            .bind(self.site.as_str())
            .bind(self.device.as_slice())
            .bind(DEVICES_KEPT - 1)
            .execute(connection)
            .await?;
            Ok(added == 1)
        })
    }
}

struct Forget {
    device: [u8; 32],
    subject: [u8; 32],
}

impl Change for Forget {
    const IS_ONE_STATEMENT: bool = false;

    fn apply<'a>(&'a self, connection: &'a mut Connection<'_>) -> Applied<'a> {
        Box::pin(async move {
            let forgotten = query("DELETE FROM devices WHERE device = $1")
                .bind(self.device.as_slice())
                .execute(&mut *connection)
                .await?;
            query("DELETE FROM attempts WHERE subject = $1")
                .bind(self.subject.as_slice())
                .execute(connection)
                .await?;
            Ok(forgotten == 1)
        })
    }
}
