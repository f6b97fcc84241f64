//! Who works at authorised terminals, and who of them is signed in (docs/terminal.md).

use super::{
    Store, StoreError,
    database::{Row, query},
    from_db, parsed, to_db,
};
use crate::{audit::Event, clock::UnixSeconds, terminal::OperatorId};

/// Seconds after which an operator who does nothing is signed out, and after which everybody is (NIST SP 800-63B §4.2.3, AAL2).
pub const SHIFT_IDLE: u64 = 30 * 60;
/// See there.
pub const SHIFT: u64 = 12 * 3600;

/// An operator as stored; the secret is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// Public name, which stands in the audit log.
    pub id: OperatorId,
    /// Written into every enrolment: the office and the person, as the authority's records have them.
    pub name: String,
    /// When they were added.
    pub created_at: UnixSeconds,
    /// From when on they are one no more.
    pub revoked_at: Option<UnixSeconds>,
}

impl Store {
    /// Adds an operator under the hash of their secret.
    pub async fn add_operator(
        &self,
        operator: &Operator,
        secret_hash: &[u8; 32],
    ) -> Result<(), StoreError> {
        let mut tx = self.database.begin().await?;
        query("INSERT INTO operators (id, secret_hash, name, created_at) VALUES ($1, $2, $3, $4)")
            .bind(operator.id.as_str())
            .bind(secret_hash.as_slice())
            .bind(&operator.name)
            .bind(to_db(operator.created_at))
            .execute(&mut tx)
            .await?;
        let event = Event::OperatorAdded(operator.id.clone());
        self.append(&mut tx.connection(), event, None, operator.created_at)
            .await?;
        tx.commit().await
    }

    /// All operators, the oldest first, former ones included.
    pub async fn operators(&self) -> Result<Vec<Operator>, StoreError> {
        query("SELECT id, name, created_at, revoked_at FROM operators ORDER BY created_at, id")
            .fetch_all(&self.database)
            .await?
            .iter()
            .map(operator_of_row)
            .collect()
    }

    /// Ends an operator's work, with what is open at their terminal; `false` if there is no such operator at work.
    pub async fn revoke_operator(
        &self,
        id: &OperatorId,
        now: UnixSeconds,
    ) -> Result<bool, StoreError> {
        let mut tx = self.database.begin().await?;
        let revoked =
            query("UPDATE operators SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL")
                .bind(to_db(now))
                .bind(id.as_str())
                .execute(&mut tx)
                .await?;
        if revoked == 1 {
            for statement in [
                "DELETE FROM shifts WHERE operator = $1",
                "UPDATE tickets SET spent_at = created_at WHERE spent_at IS NULL AND id IN
                     (SELECT ticket_id FROM terminal_enrolments WHERE operator = $1)",
                "DELETE FROM terminal_enrolments WHERE operator = $1",
            ] {
                query(statement).bind(id.as_str()).execute(&mut tx).await?;
            }
            let event = Event::OperatorRevoked(id.clone());
            self.append(&mut tx.connection(), event, None, now).await?;
            tx.commit().await?;
        }
        Ok(revoked == 1)
    }

    /// Signs the operator in whose secret has this hash; `None` if there is none.
    pub async fn begin_shift(
        &self,
        secret_hash: &[u8; 32],
        shift: &[u8; 32],
        now: UnixSeconds,
    ) -> Result<Option<Operator>, StoreError> {
        let mut tx = self.database.begin().await?;
        let row = query(
            "SELECT id, name, created_at, revoked_at FROM operators
             WHERE secret_hash = $1 AND revoked_at IS NULL",
        )
        .bind(secret_hash.as_slice())
        .fetch_optional(&mut tx)
        .await?;
        let Some(operator) = row.as_ref().map(operator_of_row).transpose()? else {
            return Ok(None);
        };
        query("INSERT INTO shifts (secret, operator, opened_at, used_at) VALUES ($1, $2, $3, $3)")
            .bind(shift.as_slice())
            .bind(operator.id.as_str())
            .bind(to_db(now))
            .execute(&mut tx)
            .await?;
        let event = Event::OperatorSignedIn(operator.id.clone());
        self.append(&mut tx.connection(), event, None, now).await?;
        tx.commit().await?;
        Ok(Some(operator))
    }

    /// The operator whose page holds this secret, and who has done something lately; `acts` says that they do so now.
    pub async fn operator_at_work(
        &self,
        shift: &[u8; 32],
        acts: bool,
        now: UnixSeconds,
    ) -> Result<Option<Operator>, StoreError> {
        let used_at = if acts { now } else { 0 };
        let row = query(
            "UPDATE shifts SET used_at = CASE WHEN used_at < $1 THEN $1 ELSE used_at END
             WHERE secret = $2 AND used_at > $3 AND opened_at > $4 RETURNING operator",
        )
        .bind(to_db(used_at))
        .bind(shift.as_slice())
        .bind(to_db(now.saturating_sub(SHIFT_IDLE)))
        .bind(to_db(now.saturating_sub(SHIFT)))
        .fetch_optional(&self.database)
        .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        query(
            "SELECT id, name, created_at, revoked_at FROM operators
             WHERE id = $1 AND revoked_at IS NULL",
        )
        .bind(row.try_get::<&str, _>("operator")?)
        .fetch_optional(&self.database)
        .await?
        .as_ref()
        .map(operator_of_row)
        .transpose()
    }

    /// Signs an operator out.
    pub async fn end_shift(&self, shift: &[u8; 32]) -> Result<(), StoreError> {
        query("DELETE FROM shifts WHERE secret = $1")
            .bind(shift.as_slice())
            .execute(&self.database)
            .await?;
        Ok(())
    }

    pub(super) async fn forget_shifts(&self, now: UnixSeconds) -> Result<(), StoreError> {
        query("DELETE FROM shifts WHERE used_at <= $1 OR opened_at <= $2")
            .bind(to_db(now.saturating_sub(SHIFT_IDLE)))
            .bind(to_db(now.saturating_sub(SHIFT)))
            .execute(&self.database)
            .await?;
        Ok(())
    }
}

fn operator_of_row(row: &Row) -> Result<Operator, StoreError> {
    Ok(Operator {
        id: parsed(
            OperatorId::parse(row.try_get("id")?).ok_or("operator"),
            "operators.id",
        )?,
        name: row.try_get("name")?,
        created_at: from_db(row.try_get("created_at")?),
        revoked_at: row.try_get::<Option<i64>, _>("revoked_at")?.map(from_db),
    })
}
