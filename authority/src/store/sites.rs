//! Registered relying parties.

use nod_protocol::ids::{Action, Level, Origin, Question, SiteKey};

use super::{
    Store, StoreError,
    database::{Connection, Query, Row, query},
    parsed, to_db,
};
use crate::{audit::Event, clock::UnixSeconds, traffic::PerMinute};

/// A relying party as registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Public name, in every page that embeds the element.
    pub site_key: SiteKey,
    /// Display name in the consent.
    pub name: String,
    /// Address of the way without a face.
    pub alternative: String,
    /// Sessions are never below this level.
    pub level: Level,
    /// Whether residents may choose to verify without movement.
    pub still: bool,
    /// Answers carry no pseudonym.
    pub kiosk: bool,
    /// Captures carry sealed pictures of their keyframes, for nod-evidence to look at.
    pub evidence: bool,
    /// Sessions that it may open in a minute; `None`: as many as the settings say (docs/limits.md).
    pub sessions_per_minute: Option<PerMinute>,
    /// Exact origins of the pages that may embed the frame.
    pub origins: Vec<Origin>,
    /// What the site may ask for, with the words of the consent; the first is the default.
    pub actions: Vec<(Action, String)>,
    /// Questions beyond identity that it may ask.
    pub ask: Vec<Question>,
}

impl Site {
    /// The words of the consent for an action; `None` if the site is not registered for it.
    pub fn purpose_text(&self, action: &Action) -> Option<&str> {
        self.actions
            .iter()
            .find(|(known, _)| known == action)
            .map(|(_, text)| text.as_str())
    }
}

impl Store {
    /// Registers a site; `false` if its key is taken.
    pub async fn add_site(
        &self,
        site: &Site,
        secret_hash: &[u8; 32],
        now: UnixSeconds,
    ) -> Result<bool, StoreError> {
        let mut tx = self.database.begin().await?;
        let added = query(
            "INSERT INTO sites
                 (site_key, name, secret_hash, alternative, level, still, kiosk, evidence, created_at,
                  sessions_per_minute)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (site_key) DO NOTHING",
        )
        .bind(site.site_key.as_str())
        .bind(&site.name)
        .bind(secret_hash.as_slice())
        .bind(&site.alternative)
        .bind(site.level.as_str())
        .bind(site.still)
        .bind(site.kiosk)
        .bind(site.evidence)
        .bind(to_db(now))
        .bind(site.sessions_per_minute.map(i64::from))
        .execute(&mut tx)
        .await?;
        if added == 0 {
            return Ok(false);
        }
        for origin in &site.origins {
            query("INSERT INTO site_origins (site_key, origin) VALUES ($1, $2)")
                .bind(site.site_key.as_str())
                .bind(origin.as_str())
                .execute(&mut tx)
                .await?;
        }
        for (position, (action, text)) in (0i64..).zip(&site.actions) {
            query(
                "INSERT INTO site_actions (site_key, action, position, purpose_text)
                 VALUES ($1, $2, $3, $4)",
            )
            .bind(site.site_key.as_str())
            .bind(action.as_str())
            .bind(position)
            .bind(text)
            .execute(&mut tx)
            .await?;
        }
        insert_questions(&mut tx.connection(), &site.site_key, &site.ask).await?;
        let event = Event::SiteAdded(site.site_key.clone());
        self.append(&mut tx.connection(), event, None, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Gives a site a limit of its own, or the settings' again; `false` if there is no such site. Running servers know within
    /// seconds.
    pub async fn limit_site(
        &self,
        site_key: &SiteKey,
        sessions_per_minute: Option<PerMinute>,
        now: UnixSeconds,
    ) -> Result<bool, StoreError> {
        let limit = query("UPDATE sites SET sessions_per_minute = $1 WHERE site_key = $2")
            .bind(sessions_per_minute.map(i64::from))
            .bind(site_key.as_str());
        self.change_site(limit, Event::SiteLimited(site_key.clone()), now)
            .await
    }

    /// Gives a site other questions in the place of its own; `false` if there is no such site. Running servers know within seconds.
    pub async fn set_site_questions(
        &self,
        site_key: &SiteKey,
        ask: &[Question],
        now: UnixSeconds,
    ) -> Result<bool, StoreError> {
        let mut tx = self.database.begin().await?;
        let connection = &mut tx.connection();
        let site = query("SELECT site_key FROM sites WHERE site_key = $1")
            .bind(site_key.as_str())
            .fetch_optional(&mut *connection)
            .await?;
        if site.is_none() {
            return Ok(false);
        }
        query("DELETE FROM site_questions WHERE site_key = $1")
            .bind(site_key.as_str())
            .execute(&mut *connection)
            .await?;
        insert_questions(connection, site_key, ask).await?;
        let event = Event::SiteQuestionsSet(site_key.clone());
        self.append(connection, event, None, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Runs a statement that changes one site, and has the log say so in the same transaction; `false` if there is no such site.
    pub(super) async fn change_site(
        &self,
        statement: Query<'_>,
        event: Event,
        now: UnixSeconds,
    ) -> Result<bool, StoreError> {
        let mut tx = self.database.begin().await?;
        if statement.execute(&mut tx).await? == 0 {
            return Ok(false);
        }
        self.append(&mut tx.connection(), event, None, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Removes a site and the devices that are remembered there; says how many, or `None` if there is no such site.
    pub async fn remove_site(
        &self,
        site_key: &SiteKey,
        now: UnixSeconds,
    ) -> Result<Option<u64>, StoreError> {
        let mut tx = self.database.begin().await?;
        // Origins and actions follow by their foreign keys.
        let removed = query("DELETE FROM sites WHERE site_key = $1")
            .bind(site_key.as_str())
            .execute(&mut tx)
            .await?;
        if removed == 0 {
            return Ok(None);
        }
        let devices = query("DELETE FROM devices WHERE site_key = $1")
            .bind(site_key.as_str())
            .execute(&mut tx)
            .await?;
        let event = Event::SiteRemoved(site_key.clone());
        self.append(&mut tx.connection(), event, None, now).await?;
        tx.commit().await?;
        Ok(Some(devices))
    }

    /// The site with this key.
    pub async fn site(&self, site_key: &SiteKey) -> Result<Option<Site>, StoreError> {
        let row = query(
            "SELECT site_key, name, alternative, level, still, kiosk, evidence, sessions_per_minute FROM sites
             WHERE site_key = $1",
        )
        .bind(site_key.as_str())
        .fetch_optional(&self.database)
        .await?;
        match row {
            Some(row) => Ok(Some(self.site_of_row(&row).await?)),
            None => Ok(None),
        }
    }

    /// All sites, by key.
    pub async fn sites(&self) -> Result<Vec<Site>, StoreError> {
        let rows = query(
            "SELECT site_key, name, alternative, level, still, kiosk, evidence, sessions_per_minute FROM sites
             ORDER BY site_key",
        )
        .fetch_all(&self.database)
        .await?;
        let mut sites = Vec::with_capacity(rows.len());
        for row in &rows {
            sites.push(self.site_of_row(row).await?);
        }
        Ok(sites)
    }

    pub(super) async fn site_of_row(&self, row: &Row) -> Result<Site, StoreError> {
        let key: String = row.try_get("site_key")?;
        let origins = query("SELECT origin FROM site_origins WHERE site_key = $1 ORDER BY origin")
            .bind(&key)
            .fetch_all(&self.database)
            .await?;
        let actions = query(
            "SELECT action, purpose_text FROM site_actions WHERE site_key = $1 ORDER BY position",
        )
        .bind(&key)
        .fetch_all(&self.database)
        .await?;
        let ask =
            query("SELECT question FROM site_questions WHERE site_key = $1 ORDER BY question")
                .bind(&key)
                .fetch_all(&self.database)
                .await?;
        let level: String = row.try_get("level")?;
        Ok(Site {
            site_key: parsed(SiteKey::parse(&key), "sites.site_key")?,
            name: row.try_get("name")?,
            alternative: row.try_get("alternative")?,
            level: Level::from_name(&level).ok_or(StoreError::Damaged("sites.level"))?,
            still: row.try_get("still")?,
            kiosk: row.try_get("kiosk")?,
            evidence: row.try_get("evidence")?,
            sessions_per_minute: row
                .try_get::<Option<i64>, _>("sessions_per_minute")?
                .map(|number| parsed(PerMinute::try_from(number), "sites.sessions_per_minute"))
                .transpose()?,
            origins: origins
                .iter()
                .map(|row| parsed(Origin::parse(row.try_get(0)?), "site_origins.origin"))
                .collect::<Result<_, _>>()?,
            actions: actions
                .iter()
                .map(|row| {
                    let action = parsed(Action::parse(row.try_get(0)?), "site_actions.action")?;
                    Ok((action, row.try_get(1)?))
                })
                .collect::<Result<_, StoreError>>()?,
            ask: ask
                .iter()
                .map(|row| parsed(Question::parse(row.try_get(0)?), "site_questions.question"))
                .collect::<Result<_, _>>()?,
        })
    }
}

async fn insert_questions(
    connection: &mut Connection<'_>,
    site_key: &SiteKey,
    ask: &[Question],
) -> Result<(), StoreError> {
    for question in ask {
        query(
            "INSERT INTO site_questions (site_key, question) VALUES ($1, $2)
             ON CONFLICT (site_key, question) DO NOTHING",
        )
        .bind(site_key.as_str())
        .bind(question.as_str())
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
