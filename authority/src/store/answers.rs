//! Which answers were checked by their site already.

use sqlx::SqliteConnection;

use super::{
    Store, StoreError, to_db,
    writer::{Applied, Change},
};
use crate::clock::UnixSeconds;

impl Store {
    /// Marks an answer as checked; `false` if it was before. One statement, so that of two checks at
    /// the same time only one is the first.
    pub async fn use_answer(&self, jti: &str, keep_until: UnixSeconds) -> Result<bool, StoreError> {
        let change = Use {
            jti: jti.to_owned(),
            keep_until,
        };
        self.writer.write(change).await
    }

    pub(super) async fn forget_answers(&self, now: UnixSeconds) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM used_answers WHERE keep_until < ?")
            .bind(to_db(now))
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

struct Use {
    jti: String,
    keep_until: UnixSeconds,
}

impl Change for Use {
    fn apply<'a>(&'a self, connection: &'a mut SqliteConnection) -> Applied<'a> {
        Box::pin(async move {
            let marked = sqlx::query(
                "INSERT INTO used_answers (jti, keep_until) VALUES (?, ?) ON CONFLICT (jti) DO NOTHING",
            )
            .bind(&self.jti)
            .bind(to_db(self.keep_until))
            .execute(connection)
            .await?;
            Ok(marked.rows_affected() == 1)
        })
    }
}
