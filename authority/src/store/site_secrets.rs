//! The secrets of sites' back ends: keyed hashes of the one that a site has, and of the one before as long as that is good too.

use nod_protocol::ids::SiteKey;
use subtle::ConstantTimeEq;

use super::{Site, Store, StoreError, database::query, from_db, parsed, to_db};
use crate::{audit::Event, clock::UnixSeconds};

/// A site, found by a secret of its back end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundBySecret {
    /// Whose it is.
    pub site: Site,
    /// The moment from which on it is nobody's, if another has taken its place.
    pub until: Option<UnixSeconds>,
}

impl Store {
    /// Puts another secret in the place of a site's, which goes on being good until a moment, or ends at once. The one before
    /// that ends in either case. `false` if there is no such site.
    pub async fn rotate_site_secret(
        &self,
        site_key: &SiteKey,
        secret_hash: &[u8; 32],
        old_until: Option<UnixSeconds>,
        now: UnixSeconds,
    ) -> Result<bool, StoreError> {
        let rotate = match old_until {
            Some(until) => query(
                "UPDATE sites SET old_secret_hash = secret_hash, old_secret_until = $1, secret_hash = $2
                 WHERE site_key = $3",
            )
            .bind(to_db(until)),
            None => query(
                "UPDATE sites SET old_secret_hash = NULL, old_secret_until = NULL, secret_hash = $1
                 WHERE site_key = $2",
            ),
        };
        let rotate = rotate.bind(secret_hash.as_slice()).bind(site_key.as_str());
        self.change_site(rotate, Event::SiteSecretRotated(site_key.clone()), now)
            .await
    }

    /// The site whose back end holds the secret with this hash.
    pub async fn site_by_secret(
        &self,
        hash: &[u8; 32],
        now: UnixSeconds,
    ) -> Result<Option<FoundBySecret>, StoreError> {
        // The indexes compare keyed hashes, not secrets: how long that takes tells nothing that helps to guess a secret.
        let row = query(
            "SELECT site_key, name, alternative, level, still, kiosk, evidence, sessions_per_minute,
                    secret_hash, old_secret_until
             FROM sites
             WHERE secret_hash = $1 OR (old_secret_hash = $2 AND old_secret_until > $3)",
        )
        .bind(hash.as_slice())
        .bind(hash.as_slice())
        .bind(to_db(now))
        .fetch_optional(&self.database)
        .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let current: &[u8] = row.try_get("secret_hash")?;
        let is_current: bool = current.ct_eq(hash).into();
        let until = match is_current {
            true => None,
            false => row.try_get::<Option<i64>, _>("old_secret_until")?,
        };
        Ok(Some(FoundBySecret {
            site: self.site_of_row(&row).await?,
            until: until.map(from_db),
        }))
    }

    /// The sites whose secret before the last is still good, and until when.
    pub async fn old_site_secrets(
        &self,
        now: UnixSeconds,
    ) -> Result<Vec<(SiteKey, UnixSeconds)>, StoreError> {
        query(
            "SELECT site_key, old_secret_until FROM sites WHERE old_secret_until > $1 ORDER BY site_key",
        )
        .bind(to_db(now))
        .fetch_all(&self.database)
        .await?
        .iter()
        .map(|row| {
            let key = SiteKey::parse(row.try_get("site_key")?);
            let until = from_db(row.try_get("old_secret_until")?);
            Ok((parsed(key, "sites.site_key")?, until))
        })
        .collect()
    }

    pub(super) async fn forget_old_secrets(&self, now: UnixSeconds) -> Result<(), StoreError> {
        query(
            "UPDATE sites SET old_secret_hash = NULL, old_secret_until = NULL
             WHERE old_secret_until <= $1",
        )
        .bind(to_db(now))
        .execute(&self.database)
        .await?;
        Ok(())
    }
}
