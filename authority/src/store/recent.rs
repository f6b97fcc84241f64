//! Recent captures: the last ones that were answered with yes, as encrypted digests.

use std::sync::Arc;

use nod_protocol::random;
use zeroize::Zeroizing;

use super::{
    ResidentId, Store, StoreError,
    database::{Connection, query},
    fixed,
    writer::{Applied, Change},
};
use crate::{
    recent::{CaptureDigest, LONGEST_DIGEST, Recent, Sketcher},
    vault::{Cell, OVERHEAD, Vault, VaultError},
};

/// Captures that are remembered of a resident.
pub const KEPT: i64 = 50;

impl Store {
    /// What a new capture of a resident is held against. As many digests for everybody: the resident's, filled up with the
    /// decoy's, which nothing equals, so that the time taken tells neither who is enrolled nor how often they came.
    pub async fn recent_captures(&self, resident: ResidentId) -> Result<Recent, StoreError> {
        // Two reads in the order of the index: sorting all rows at once would copy what they hold.
        let rows = query(
            "SELECT * FROM (SELECT resident_id, number, digest FROM recent_captures
                            WHERE resident_id = $1 ORDER BY number DESC LIMIT $3) AS own
             UNION ALL
             SELECT * FROM (SELECT resident_id, number, digest FROM recent_captures
                            WHERE resident_id = (SELECT resident_id FROM resident_lookups WHERE lookup = $2)
                              AND resident_id <> $1 ORDER BY number DESC
                            LIMIT (SELECT CASE WHEN COUNT(*) < $3 THEN $3 - COUNT(*) ELSE 0 END
                                   FROM recent_captures WHERE resident_id = $1)) AS decoys",
        )
        .bind(resident.0.as_slice())
        .bind(self.vault.decoy_lookup().as_slice())
        .bind(KEPT)
        .fetch_all(&self.database)
        .await?;
        let mut opened = Zeroizing::new(Vec::with_capacity(LONGEST_DIGEST + OVERHEAD));
        let captures = rows
            .iter()
            .map(|row| {
                let owner = fixed(row.try_get(0)?, "recent_captures.resident_id")?;
                let key = capture_row(&owner, row.try_get(1)?);
                self.vault
                    .open_into(digest_cell(&key), row.try_get(2)?, &mut opened)?;
                CaptureDigest::from_bytes(&opened)
                    .ok_or(StoreError::Damaged("recent_captures.digest"))
            })
            .collect::<Result<_, _>>()?;
        Ok(Recent {
            sketcher: Sketcher::new(self.vault.sketching_key(&resident.0)),
            captures,
        })
    }

    /// Remembers a capture and forgets the oldest beyond [`KEPT`].
    pub async fn remember_capture(
        &self,
        resident: ResidentId,
        digest: &CaptureDigest,
    ) -> Result<(), StoreError> {
        let change = Remember {
            vault: self.vault.clone(),
            resident: resident.0,
            digest: digest.to_bytes(),
        };
        self.writer.write(change).await?;
        Ok(())
    }

    /// Gives the decoy as many captures as anybody may have, each of so many embeddings.
    pub(super) async fn fill_decoys_captures(
        &self,
        connection: &mut Connection<'_>,
        decoy: &[u8; 16],
        embeddings: usize,
    ) -> Result<(), StoreError> {
        let row = query("SELECT COUNT(*) AS there FROM recent_captures WHERE resident_id = $1")
            .bind(decoy.as_slice())
            .fetch_one(&mut *connection)
            .await?;
        for number in row.try_get::<i64, _>("there")?..KEPT {
            let nothing = CaptureDigest::of_nothing(embeddings, random::bytes);
            let nothing = nothing.map_err(VaultError::from)?;
            insert_capture(
                &self.vault,
                connection,
                decoy,
                number + 1,
                &nothing.to_bytes(),
            )
            .await?;
        }
        Ok(())
    }
}

struct Remember {
    vault: Arc<Vault>,
    resident: [u8; 16],
    /// [`CaptureDigest::to_bytes`]; wiped when dropped.
    digest: Zeroizing<Vec<u8>>,
}

impl Change for Remember {
    const IS_ONE_STATEMENT: bool = false;

    fn apply<'a>(&'a self, connection: &'a mut Connection<'_>) -> Applied<'a> {
        Box::pin(async move {
            // The number is part of what the digest is sealed to, and so it is read before.
            let row = query(
                "SELECT COALESCE(MAX(number), 0) AS last FROM recent_captures WHERE resident_id = $1",
            )
            .bind(self.resident.as_slice())
            .fetch_one(&mut *connection)
            .await?;
            let number = row.try_get::<i64, _>("last")? + 1;
            let inserted = insert_capture(
                &self.vault,
                connection,
                &self.resident,
                number,
                &self.digest,
            );
            if !inserted.await? {
                return Err(StoreError::Conflict);
            }
            if number > KEPT {
                query("DELETE FROM recent_captures WHERE resident_id = $1 AND number <= $2")
                    .bind(self.resident.as_slice())
                    .bind(number - KEPT)
                    .execute(connection)
                    .await?;
            }
            Ok(true)
        })
    }
}

/// `false` if the number is taken.
async fn insert_capture(
    vault: &Vault,
    connection: &mut Connection<'_>,
    resident: &[u8; 16],
    number: i64,
    digest: &[u8],
) -> Result<bool, StoreError> {
    let row = capture_row(resident, number);
    let sealed = vault.seal(digest_cell(&row), digest)?;
    let inserted = query(
        "INSERT INTO recent_captures (resident_id, number, digest) VALUES ($1, $2, $3)
         ON CONFLICT (resident_id, number) DO NOTHING",
    )
    .bind(resident.as_slice())
    .bind(number)
    .bind(sealed)
    .execute(connection)
    .await?;
    Ok(inserted == 1)
}

/// The primary key as bytes: both parts have a fixed length.
pub(super) fn capture_row(resident: &[u8; 16], number: i64) -> Vec<u8> {
    [resident.as_slice(), &number.to_be_bytes()].concat()
}

pub(super) fn digest_cell(row: &[u8]) -> Cell<'_> {
    Cell {
        table: "recent_captures",
        row,
        column: "digest",
    }
}
