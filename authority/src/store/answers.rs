//! Which answers were checked by their site already.

use super::{Store, StoreError, to_db};
use crate::clock::UnixSeconds;

impl Store {
    /// Marks an answer as checked; `false` if it was before. One statement, so that of two checks at
    /// the same time only one is the first.
    pub async fn use_answer(&self, jti: &str, keep_until: UnixSeconds) -> Result<bool, StoreError> {
        let marked = sqlx::query(
            "INSERT INTO used_answers (jti, keep_until) VALUES (?, ?) ON CONFLICT (jti) DO NOTHING",
        )
        .bind(jti)
        .bind(to_db(keep_until))
        .execute(&self.pool)
        .await?;
        Ok(marked.rows_affected() == 1)
    }

    pub(super) async fn forget_answers(&self, now: UnixSeconds) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM used_answers WHERE keep_until < ?")
            .bind(to_db(now))
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
