//! Residents as an enrolment leaves them: the same cells under the authority's own keys, the same statistics. What is different:
//! all have one passcode (five million Argon2id take a day and a half), a template is one look and not seven together, and they come
//! by COPY and without tickets, alerts and the audit log, whose sizes are measured by themselves.

use std::sync::{Arc, mpsc};

use anyhow::{Context, Result, ensure};
use nod_authority::clock::UnixSeconds;
use nod_authority::cohorts::Cohorts;
use nod_authority::compare::cohort::Cohort;
use nod_authority::config::Config;
use nod_authority::keys;
use nod_authority::model_sets::ModelSets;
use nod_authority::passcode;
use nod_authority::vault::{Cell, Vault};
use nod_load::face::Likeness;
use nod_load::random::Random;
use nod_load::terminal::progress;
use nod_protocol::ids::{ClaimedId, Level, ModelSetId, Passcode};
use sqlx::{Connection, PgConnection};

use super::copy::Rows;
use crate::database::Database;
use crate::town::{Resident, Town, now};

/// Residents of one transaction.
const BATCH: usize = 20_000;
const PASSCODE: &str = "20261130";

/// Everybody so far.
pub(super) struct Population {
    vault: Arc<Vault>,
    cohort: Arc<Cohort>,
    stamp: String,
    set: ModelSetId,
    likeness: Likeness,
    passcode_hash: String,
    random: Random,
    count: usize,
    now: UnixSeconds,
}

/// Rows of some residents.
struct Batch {
    residents: Rows,
    lookups: Rows,
    templates: Rows,
}

impl Population {
    /// Those of the town.
    pub(super) fn beside(town: &Town, database: &Database, seed: u64) -> Result<Self> {
        let now = now();
        let vault = Arc::new(keys::vault(&town.data, now)?);
        let config = Config::load(&town.data.join("config.toml"), std::iter::empty())?;
        let sets = ModelSets::load(&config)?;
        let cohorts = runtime()?.block_on(async {
            let store = database.store(&town.data, vault.clone()).await?;
            let cohorts = Cohorts::load(&store, &sets).await?;
            store.close().await;
            anyhow::Ok(cohorts)
        })?;
        let cohort = cohorts.of(&town.set).cohort().context("no cohort")?;
        let passcode = Passcode::parse(PASSCODE)?;
        Ok(Self {
            vault,
            stamp: cohort.stamp(),
            cohort,
            set: town.set.clone(),
            likeness: town.likeness,
            passcode_hash: passcode::hash(&passcode)?,
            random: Random::branch(seed, "population", 0),
            count: town.residents.len(),
            now,
        })
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Adds residents until there are so many; returns some of them, evenly from all that were added.
    pub(super) fn grow(
        &mut self,
        database: &Database,
        until: usize,
        some: usize,
    ) -> Result<Vec<Resident>> {
        let added = until.saturating_sub(self.count);
        ensure!(added > 0, "each stage has more residents than the last");
        let each = (added / some).max(1);
        let url = database.url().context("no PostgreSQL")?;
        let mut chosen = Vec::with_capacity(some + 1);
        let (batches, filled) = mpsc::sync_channel(2);
        std::thread::scope(|scope| {
            let sealer = scope.spawn(|| {
                // The end of what sends tells whoever receives.
                let batches = batches;
                while self.count < until {
                    let size = BATCH.min(until - self.count);
                    let batch = self.batch(size, each, &mut chosen)?;
                    if batches.send(batch).is_err() {
                        break;
                    }
                }
                anyhow::Ok(())
            });
            let copied = runtime()?.block_on(copied(&url, filled, added));
            sealer.join().ok().context("the sealing thread died")??;
            copied
        })?;
        Ok(chosen)
    }

    fn batch(&mut self, size: usize, each: usize, chosen: &mut Vec<Resident>) -> Result<Batch> {
        let mut batch = Batch::new();
        for _ in 0..size {
            let mut resident = Resident::any(self.count, self.likeness, &mut self.random);
            PASSCODE.clone_into(&mut resident.passcode);
            self.add(&resident, &mut batch)?;
            if self.count.is_multiple_of(each) {
                chosen.push(resident);
            }
            self.count += 1;
        }
        Ok(batch)
    }

    fn add(&mut self, resident: &Resident, batch: &mut Batch) -> Result<()> {
        let (vault, set) = (&self.vault, &self.set);
        let id: [u8; 16] =
            (u128::from(self.random.bits()) << 64 | u128::from(self.random.bits())).to_be_bytes();
        let claimed_id = ClaimedId::parse(&resident.id)?;
        let seal = |table, row: &[u8], column, value: &[u8]| {
            let cell = Cell { table, row, column };
            vault.seal(cell, value)
        };
        let look = resident.face.look(&mut self.random)?;
        let template = vault.protect(set, look.values().len(), &look)?;
        let view = self.cohort.view(&template)?;
        let statistics = self.cohort.statistics(&view, Some(&id))?.to_bytes();
        // As authority/src/store/{templates,statistics}.rs have them: a place that is not theirs would not open.
        let row = [id.as_slice(), set.as_str().as_bytes()].concat();
        let row_of_statistics = [&row, [0].as_slice(), self.stamp.as_bytes()].concat();
        let embedding = Cell {
            table: "templates",
            row: &row,
            column: "embedding",
        };
        batch
            .lookups
            .row()
            .bytes(vault.resident_lookup(&claimed_id))
            .bytes(id);
        batch
            .residents
            .row()
            .bytes(id)
            .bytes(seal(
                "residents",
                &id,
                "claimed_id",
                resident.id.as_bytes(),
            )?)
            .bytes(Level::Full.as_str())
            .bytes(seal(
                "residents",
                &id,
                "passcode",
                self.passcode_hash.as_bytes(),
            )?)
            .bytes("2")
            .number(self.now)
            .bytes("load")
            .bytes(format!("load{}", self.count))
            .number(self.now);
        batch
            .templates
            .row()
            .bytes(id)
            .bytes(set.as_str())
            .bytes(vault.seal_template(embedding, set, &template)?)
            .bytes("capture")
            .number(self.now)
            .bytes(seal(
                "templates",
                &row_of_statistics,
                "statistics",
                &statistics,
            )?)
            .bytes(&self.stamp);
        Ok(())
    }
}

impl Batch {
    fn new() -> Self {
        Self {
            residents: Rows::of(
                "COPY residents (id, claimed_id, level, passcode, consent_version, consent_at, issuer, ticket_id, created_at)
                 FROM STDIN (FORMAT binary)",
                9,
            ),
            lookups: Rows::of(
                "COPY resident_lookups (lookup, resident_id) FROM STDIN (FORMAT binary)",
                2,
            ),
            templates: Rows::of(
                "COPY templates (resident_id, model_set, embedding, source, created_at, statistics, cohort)
                 FROM STDIN (FORMAT binary)",
                7,
            ),
        }
    }
}

/// Each batch in a transaction.
async fn copied(url: &str, batches: mpsc::Receiver<Batch>, all: usize) -> Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    let mut done = 0;
    for batch in batches {
        let mut transaction = connection.begin().await?;
        let rows = batch.residents.send(&mut transaction).await?;
        batch.lookups.send(&mut transaction).await?;
        batch.templates.send(&mut transaction).await?;
        transaction.commit().await?;
        let before = done;
        done += usize::try_from(rows)?;
        if before * 20 / all != done * 20 / all {
            progress(&format!("{done} of {all} residents are in the database"));
        }
    }
    connection.close().await?;
    Ok(())
}

pub(super) fn runtime() -> Result<tokio::runtime::Runtime> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    Ok(runtime.enable_all().build()?)
}
