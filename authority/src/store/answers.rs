//! Which answers were checked by their site already.

use super::{
    Store, StoreError,
    database::{Connection, query},
    from_db, to_db,
    writer::{Applied, Change},
};
use crate::clock::UnixSeconds;

/// Used answers are kept so much longer than any of them is valid: a clock that was ahead, and that is set right again, must
/// not have had one forgotten that is valid still.
const KEPT_LONGER: u64 = 3600;
/// In place of an answer's name: every answer that would be kept no longer than this row counts as checked. No answer has it,
/// names are base64url. Written when an older state of the database takes the place of a newer one.
pub(super) const ALL_UNTIL: &str = "*";

impl Store {
    /// Marks an answer as checked; `false` if it was before. One statement, so that of two checks at
    /// the same time only one is the first.
    pub async fn use_answer(&self, jti: &str, keep_until: UnixSeconds) -> Result<bool, StoreError> {
        // By itself: it is written while no authority runs.
        let all = query("SELECT keep_until FROM used_answers WHERE jti = $1")
            .bind(ALL_UNTIL)
            .fetch_optional(&self.database)
            .await?;
        if let Some(row) = all
            && from_db(row.try_get(0)?) >= keep_until
        {
            return Ok(false);
        }
        let change = Use {
            jti: jti.to_owned(),
            keep_until,
        };
        self.writer.write(change).await
    }

    pub(super) async fn forget_answers(&self, now: UnixSeconds) -> Result<(), StoreError> {
        query("DELETE FROM used_answers WHERE keep_until < $1")
            .bind(to_db(now.saturating_sub(KEPT_LONGER)))
            .patiently()
            .execute(&self.database)
            .await?;
        Ok(())
    }
}

struct Use {
    jti: String,
    keep_until: UnixSeconds,
}

impl Change for Use {
    fn apply<'a>(&'a self, connection: &'a mut Connection<'_>) -> Applied<'a> {
        Box::pin(async move {
            let marked = query(
                "INSERT INTO used_answers (jti, keep_until) VALUES ($1, $2) ON CONFLICT (jti) DO NOTHING",
            )
            .bind(&self.jti)
            .bind(to_db(self.keep_until))
            .execute(connection)
            .await?;
            Ok(marked == 1)
        })
    }
}
