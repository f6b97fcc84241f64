//! Buckets of requests, by keyed hash of what is counted.

use super::{
    Store, StoreError,
    database::{Connection, query},
    from_db, to_db,
    writer::{Applied, Change},
};
use crate::clock::UnixSeconds;

/// What is to be taken of a bucket. Times are in microseconds.
#[derive(Clone, Copy)]
pub struct Tokens {
    /// The bucket.
    pub subject: [u8; 32],
    /// In which time the bucket gets what is taken.
    pub cost: u64,
    /// Since 1970.
    pub now: u64,
    /// In which time an empty bucket is full.
    pub span: u64,
}

impl Store {
    /// Takes it if it is there; `false` if it is not.
    pub async fn take_tokens(&self, tokens: &Tokens) -> Result<bool, StoreError> {
        self.writer.write(Take(*tokens)).await
    }

    /// When the bucket has everything again, in microseconds since 1970; `None` if it has.
    pub async fn bucket_full_at(&self, subject: &[u8; 32]) -> Result<Option<u64>, StoreError> {
        let row = query("SELECT full_at FROM request_buckets WHERE subject = $1")
            .bind(subject.as_slice())
            .fetch_optional(&self.database)
            .await?;
        row.map(|row| Ok(from_db(row.try_get(0)?))).transpose()
    }

    pub(super) async fn forget_full_buckets(&self, now: UnixSeconds) -> Result<(), StoreError> {
        query("DELETE FROM request_buckets WHERE full_at < $1")
            .bind(to_db(now.saturating_mul(1_000_000)))
            .execute(&self.database)
            .await?;
        Ok(())
    }
}

struct Take(Tokens);

impl Change for Take {
    fn apply<'a>(&'a self, connection: &'a mut Connection<'_>) -> Applied<'a> {
        Box::pin(async move {
            let Tokens {
                subject,
                cost,
                now,
                span,
            } = &self.0;
            // A moment that is further away than any bucket takes was written by a clock that is set right again.
            let taken = query(
                "INSERT INTO request_buckets (subject, full_at) VALUES ($1, $2)
                 ON CONFLICT (subject) DO UPDATE
                     SET full_at = $3 + CASE WHEN request_buckets.full_at BETWEEN $4 AND $5
                                             THEN request_buckets.full_at ELSE $6 END
                     WHERE CASE WHEN request_buckets.full_at BETWEEN $7 AND $8
                                THEN request_buckets.full_at ELSE $9 END <= $10",
            )
            .bind(subject.as_slice())
            .bind(to_db(now + cost))
            .bind(to_db(*cost))
            .bind(to_db(*now))
            .bind(to_db(now + 2 * span))
            .bind(to_db(*now))
            .bind(to_db(*now))
            .bind(to_db(now + 2 * span))
            .bind(to_db(*now))
            .bind(to_db((now + span).saturating_sub(*cost)))
            .execute(connection)
            .await?;
            Ok(taken == 1)
        })
    }
}
