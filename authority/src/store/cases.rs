//! Answers that were a no, by number.

use nod_protocol::ids::{ClaimedId, SiteKey};

use super::{
    Store, StoreError,
    database::{Connection, Row, query},
    fixed, from_db, parsed, to_db,
    writer::{Applied, Change},
};
use crate::{
    case::{CaseNumber, KEPT, Stopped},
    clock::UnixSeconds,
};

/// A case as stored.
#[derive(Clone)]
pub struct Case {
    /// Its number.
    pub number: CaseNumber,
    /// When.
    pub at: UnixSeconds,
    /// The site that asked.
    pub site_key: SiteKey,
    /// Whether a limit stopped the attempt.
    pub stopped: Stopped,
    /// Keyed hash of the claimed ID.
    pub claim: [u8; 32],
    /// What the failure counts under ([`Store::attempts`]).
    pub subject: [u8; 32],
}

/// An attempt on a resident that was answered no, as the resident may know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedAttempt {
    /// When.
    pub at: UnixSeconds,
    /// At which site.
    pub site_key: SiteKey,
}

impl Store {
    /// Keeps a case; `false` if its number is taken.
    pub async fn add_case(&self, case: Case) -> Result<bool, StoreError> {
        self.writer.write(Add(case)).await
    }

    /// The case with this number.
    pub async fn case(&self, number: &CaseNumber) -> Result<Option<Case>, StoreError> {
        let row = query(
            "SELECT number, at, site_key, stopped, claim, subject FROM cases WHERE number = $1",
        )
        .bind(number.as_str())
        .fetch_optional(&self.database)
        .await?;
        row.as_ref().map(case_of_row).transpose()
    }

    /// The latest attempts on a claimed ID that were answered no since `since`, the last first: theirs and strangers', at every
    /// site, also those before a yes. For the resident's own pages.
    pub async fn failed_attempts(
        &self,
        claimed_id: &ClaimedId,
        since: UnixSeconds,
        most: u32,
    ) -> Result<Vec<FailedAttempt>, StoreError> {
        let claim = self.vault.resident_lookup(claimed_id);
        query(
            "SELECT at, site_key FROM cases WHERE claim = $1 AND at >= $2
             ORDER BY at DESC, number LIMIT $3",
        )
        .bind(claim.as_slice())
        .bind(to_db(since))
        .bind(i64::from(most))
        .fetch_all(&self.database)
        .await?
        .iter()
        .map(|row| {
            Ok(FailedAttempt {
                at: from_db(row.try_get("at")?),
                site_key: parsed(SiteKey::parse(row.try_get("site_key")?), "cases.site_key")?,
            })
        })
        .collect()
    }

    pub(super) async fn forget_old_cases(&self, now: UnixSeconds) -> Result<(), StoreError> {
        query("DELETE FROM cases WHERE at < $1")
            .bind(to_db(now.saturating_sub(KEPT)))
            .execute(&self.database)
            .await?;
        Ok(())
    }
}

fn case_of_row(row: &Row) -> Result<Case, StoreError> {
    Ok(Case {
        number: parsed(CaseNumber::parse(row.try_get("number")?), "cases.number")?,
        at: from_db(row.try_get("at")?),
        site_key: parsed(SiteKey::parse(row.try_get("site_key")?), "cases.site_key")?,
        stopped: Stopped::from_name(row.try_get("stopped")?)
            .ok_or(StoreError::Damaged("cases.stopped"))?,
        claim: fixed(row.try_get("claim")?, "cases.claim")?,
        subject: fixed(row.try_get("subject")?, "cases.subject")?,
    })
}

struct Add(Case);

impl Change for Add {
    fn apply<'a>(&'a self, connection: &'a mut Connection<'_>) -> Applied<'a> {
        Box::pin(async move {
            let case = &self.0;
            let added = query(
                "INSERT INTO cases (number, at, site_key, stopped, claim, subject)
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (number) DO NOTHING",
            )
            .bind(case.number.as_str())
            .bind(to_db(case.at))
            .bind(case.site_key.as_str())
            .bind(case.stopped.name())
            .bind(case.claim.as_slice())
            .bind(case.subject.as_slice())
            .execute(connection)
            .await?;
            Ok(added == 1)
        })
    }
}
