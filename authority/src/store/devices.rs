//! Devices that residents had remembered on a site: by keyed hash of their handle.

use nod_protocol::ids::{ClaimedId, SiteKey};
use subtle::ConstantTimeEq;

use super::{
    Alert, Note, ResidentId, Store, StoreError,
    database::{Connection, Row, query},
    fixed, from_db, parsed,
    receipts::SealedNote,
    to_db,
    writer::{Applied, Change},
};
use crate::{audit::Event, clock::UnixSeconds};

/// Devices that are remembered of a resident on one site; another one takes the place of the oldest.
pub const DEVICES_KEPT: i64 = 5;
/// Seconds that a device is remembered: a year.
pub const DEVICE_LIFETIME: u64 = 365 * 24 * 3600;

/// A remembered device, as its owner or an operator may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// What it is called on its owner's card.
    pub name: [u8; 32],
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
            note: self.seal_note(
                resident,
                Note::Alert {
                    alert: Alert::DeviceRemembered,
                },
                now,
            )?,
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
        row.map(|row| self.claimed_id_of_row(&row)).transpose()
    }

    /// Forgets a device and what failed on it.
    pub async fn forget_device(&self, device: [u8; 32]) -> Result<(), StoreError> {
        let subject = self.vault.device_attempts_lookup(&device);
        self.writer.write(Forget { device, subject }).await?;
        Ok(())
    }

    /// The devices of a resident, the oldest first.
    pub async fn devices(&self, claimed_id: &ClaimedId) -> Result<Vec<Device>, StoreError> {
        match self.enrolled(claimed_id).await? {
            Some(resident) => self.devices_of(resident).await,
            None => Ok(vec![]),
        }
    }

    /// The same by the resident's internal name.
    pub async fn devices_of(&self, resident: ResidentId) -> Result<Vec<Device>, StoreError> {
        query("SELECT device, site_key, since FROM devices WHERE resident_id = $1 ORDER BY since, device")
            .bind(resident.0.as_slice())
            .fetch_all(&self.database)
            .await?
            .iter()
            .map(|row| self.device_of_row(row))
            .collect()
    }

    /// Forgets all devices of a resident, or the one of this name, and tells the resident; how many there were.
    pub async fn forget_devices(
        &self,
        resident: ResidentId,
        name: Option<&[u8; 32]>,
        now: UnixSeconds,
    ) -> Result<usize, StoreError> {
        let mut tx = self.database.begin().await?;
        let connection = &mut tx.connection();
        let count = match name {
            None => self.forget_devices_within(connection, resident).await?,
            Some(name) => {
                let devices = devices_within(connection, resident).await?;
                let named = devices.iter().find(|device| {
                    let candidate = self.vault.device_name(device);
                    bool::from(candidate.ct_eq(name))
                });
                match named {
                    Some(device) => self.forget_device_within(connection, device).await?,
                    None => 0,
                }
            }
        };
        if count > 0 {
            self.alert(connection, resident, Alert::DevicesForgotten, now)
                .await?;
            let event = Event::DevicesForgotten;
            self.append(connection, event, Some(&resident), now).await?;
            tx.commit().await?;
        }
        Ok(count)
    }

    /// All devices of a resident, in a transaction.
    pub(super) async fn forget_devices_within(
        &self,
        connection: &mut Connection<'_>,
        resident: ResidentId,
    ) -> Result<usize, StoreError> {
        let devices = devices_within(connection, resident).await?;
        for device in &devices {
            self.forget_device_within(connection, device).await?;
        }
        Ok(devices.len())
    }

    async fn forget_device_within(
        &self,
        connection: &mut Connection<'_>,
        device: &[u8; 32],
    ) -> Result<usize, StoreError> {
        let change = Forget {
            device: *device,
            subject: self.vault.device_attempts_lookup(device),
        };
        Ok(usize::from(change.apply(connection).await?))
    }

    fn device_of_row(&self, row: &Row) -> Result<Device, StoreError> {
        let device = fixed(row.try_get("device")?, "devices.device")?;
        Ok(Device {
            name: self.vault.device_name(&device),
            site_key: parsed(SiteKey::parse(row.try_get("site_key")?), "devices.site_key")?,
            since: from_db(row.try_get("since")?),
        })
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

pub(super) async fn devices_within(
    connection: &mut Connection<'_>,
    resident: ResidentId,
) -> Result<Vec<[u8; 32]>, StoreError> {
    query("SELECT device FROM devices WHERE resident_id = $1")
        .bind(resident.0.as_slice())
        .fetch_all(connection)
        .await?
        .iter()
        .map(|row| fixed(row.try_get("device")?, "devices.device"))
        .collect()
}

struct Remember {
    device: [u8; 32],
    resident: [u8; 16],
    site: SiteKey,
    now: UnixSeconds,
    /// For the resident.
    note: SealedNote,
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
            .execute(&mut *connection)
            .await?;
            if added == 1 {
                self.note.insert(connection).await?;
            }
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
