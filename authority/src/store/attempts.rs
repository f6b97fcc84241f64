//! Failures in a row, by keyed hash of site and claimed ID.

use nod_protocol::ids::{ClaimedId, SiteKey};

use super::{
    Alert, OWN_SITE, Store, StoreError,
    database::{Connection, query},
    from_db, parsed, to_db,
    writer::{Applied, Change},
};
use crate::{audit::Event, clock::UnixSeconds};

/// How often in a row an identity was not confirmed at a site, and when it may be tried again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// Attempts since the last yes.
    pub failures: u32,
    /// Attempts before this moment do not count and cannot succeed.
    pub not_before: UnixSeconds,
}

impl Store {
    /// What is known about a subject; zero failures if nothing is.
    pub async fn attempts(&self, subject: &[u8; 32]) -> Result<Attempts, StoreError> {
        let row = query("SELECT failures, not_before FROM attempts WHERE subject = $1")
            .bind(subject.as_slice())
            .fetch_optional(&self.database)
            .await?;
        match row {
            None => Ok(Attempts::default()),
            Some(row) => Ok(Attempts {
                failures: u32::try_from(row.try_get::<i64, _>(0)?)
                    .map_err(|_| StoreError::Damaged("attempts.failures"))?,
                not_before: from_db(row.try_get(1)?),
            }),
        }
    }

    /// Replaces `seen` by `next`; `false` if another request changed it in between (compare and swap).
    ///
    /// It counts the attempt besides, whatever `next` is: SQLite does not write a row that stays as it is, and takes less time for
    /// that (`btreeOverwriteCell` compares first, so that nothing waits for the disk).
    pub async fn record_attempt(
        &self,
        subject: &[u8; 32],
        seen: Attempts,
        next: Attempts,
    ) -> Result<bool, StoreError> {
        let subject = *subject;
        let change = Swap {
            subject,
            seen,
            next,
        };
        self.writer.write(change).await
    }

    /// Forgets the failures on a claimed ID at every site, and tells whoever is enrolled under it.
    pub async fn unlock(&self, claimed_id: &ClaimedId, now: UnixSeconds) -> Result<(), StoreError> {
        let resident = self.enrolled(claimed_id).await?;
        let mut tx = self.database.begin().await?;
        let connection = &mut tx.connection();
        for subject in self.attempts_of(connection, claimed_id).await? {
            query("DELETE FROM attempts WHERE subject = $1")
                .bind(subject.as_slice())
                .execute(&mut *connection)
                .await?;
        }
        if let Some(resident) = resident {
            self.alert(connection, resident, Alert::Unlocked, now)
                .await?;
        }
        self.append(connection, Event::Unlocked, resident.as_ref(), now)
            .await?;
        tx.commit().await
    }

    /// What failures on a claimed ID are counted under: at every site, by number and by handle, and on the authority's own pages.
    pub(super) async fn attempts_of(
        &self,
        connection: &mut Connection<'_>,
        claimed_id: &ClaimedId,
    ) -> Result<Vec<[u8; 32]>, StoreError> {
        let own = parsed(SiteKey::parse(OWN_SITE), "the own site's key")?;
        let mut subjects = vec![self.vault.attempts_lookup(claimed_id, &own)];
        let sites = query("SELECT site_key FROM sites")
            .fetch_all(connection)
            .await?;
        for site in &sites {
            let site = parsed(SiteKey::parse(site.try_get("site_key")?), "sites.site_key")?;
            subjects.push(self.vault.attempts_lookup(claimed_id, &site));
            subjects.push(self.vault.handle_attempts_lookup(claimed_id, &site));
        }
        Ok(subjects)
    }

    /// Forgets the failures of a subject, after a yes.
    pub async fn clear_attempts(&self, subject: &[u8; 32]) -> Result<(), StoreError> {
        self.writer.write(Clear(*subject)).await?;
        Ok(())
    }
}

struct Swap {
    subject: [u8; 32],
    seen: Attempts,
    next: Attempts,
}

impl Change for Swap {
    fn apply<'a>(&'a self, connection: &'a mut Connection<'_>) -> Applied<'a> {
        Box::pin(async move {
            let changed = query(
                "INSERT INTO attempts (subject, failures, not_before, tries) VALUES ($1, $2, $3, 1)
                 ON CONFLICT (subject) DO UPDATE
                     SET failures = excluded.failures, not_before = excluded.not_before,
                         tries = attempts.tries + 1
                     WHERE attempts.failures = $4 AND attempts.not_before = $5",
            )
            .bind(self.subject.as_slice())
            .bind(i64::from(self.next.failures))
            .bind(to_db(self.next.not_before))
            .bind(i64::from(self.seen.failures))
            .bind(to_db(self.seen.not_before))
            .execute(connection)
            .await?;
            Ok(changed == 1)
        })
    }
}

struct Clear([u8; 32]);

impl Change for Clear {
    fn apply<'a>(&'a self, connection: &'a mut Connection<'_>) -> Applied<'a> {
        Box::pin(async move {
            query("DELETE FROM attempts WHERE subject = $1")
                .bind(self.0.as_slice())
                .execute(connection)
                .await?;
            Ok(true)
        })
    }
}
