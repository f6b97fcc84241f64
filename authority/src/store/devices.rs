//! Devices that residents had remembered on a site: by keyed hash of their handle.

use nod_protocol::ids::{ClaimedId, SiteKey};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{
    ResidentId, Store, StoreError, fixed, from_db, parsed,
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
        let row = sqlx::query(
            "SELECT r.id, r.claimed_id FROM devices AS d JOIN residents AS r ON r.id = d.resident_id
             WHERE d.device = ? AND d.since > ?",
        )
        .bind(device.as_slice())
        .bind(to_db(now.saturating_sub(DEVICE_LIFETIME)))
        .fetch_optional(&self.pool)
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
        sqlx::query(
            "SELECT site_key, since FROM devices
             WHERE resident_id = (SELECT id FROM residents WHERE lookup = ?) ORDER BY since, device",
        )
        .bind(self.vault.resident_lookup(claimed_id).as_slice())
        .fetch_all(&self.pool)
        .await?
        .iter()
        .map(device_of_row)
        .collect()
    }

    /// Forgets all devices of a resident; how many there were.
    pub async fn forget_devices(&self, claimed_id: &ClaimedId) -> Result<usize, StoreError> {
        let rows = sqlx::query(
            "SELECT device FROM devices
             WHERE resident_id = (SELECT id FROM residents WHERE lookup = ?)",
        )
        .bind(self.vault.resident_lookup(claimed_id).as_slice())
        .fetch_all(&self.pool)
        .await?;
        for row in &rows {
            self.forget_device(fixed(row.try_get("device")?, "devices.device")?)
                .await?;
        }
        Ok(rows.len())
    }

    pub(super) async fn forget_old_devices(&self, now: UnixSeconds) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM devices WHERE since <= ?")
            .bind(to_db(now.saturating_sub(DEVICE_LIFETIME)))
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

fn device_of_row(row: &SqliteRow) -> Result<Device, StoreError> {
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

    fn apply<'a>(&'a self, connection: &'a mut SqliteConnection) -> Applied<'a> {
        Box::pin(async move {
            // Who is erased meanwhile has no device; a handle that is there already keeps its owner.
            let added = sqlx::query(
                "INSERT INTO devices (device, resident_id, site_key, since)
                 SELECT ?, id, ?, ? FROM residents WHERE id = ?
                 ON CONFLICT (device) DO NOTHING",
            )
            .bind(self.device.as_slice())
            .bind(self.site.as_str())
            .bind(to_db(self.now))
            .bind(self.resident.as_slice())
            .execute(&mut *connection)
            .await?;
            sqlx::query(
                "DELETE FROM devices WHERE device IN (
                     SELECT device FROM devices WHERE resident_id = ? AND site_key = ? AND device <> ?
                     ORDER BY since DESC, device LIMIT 1000 OFFSET ?)",
            )
            .bind(self.resident.as_slice())
            .bind(self.site.as_str())
            .bind(self.device.as_slice())
            .bind(DEVICES_KEPT - 1)
            .execute(connection)
            .await?;
            Ok(added.rows_affected() == 1)
        })
    }
}

struct Forget {
    device: [u8; 32],
    subject: [u8; 32],
}

impl Change for Forget {
    const IS_ONE_STATEMENT: bool = false;

    fn apply<'a>(&'a self, connection: &'a mut SqliteConnection) -> Applied<'a> {
        Box::pin(async move {
            let forgotten = sqlx::query("DELETE FROM devices WHERE device = ?")
                .bind(self.device.as_slice())
                .execute(&mut *connection)
                .await?;
            sqlx::query("DELETE FROM attempts WHERE subject = ?")
                .bind(self.subject.as_slice())
                .execute(connection)
                .await?;
            Ok(forgotten.rows_affected() == 1)
        })
    }
}
