//! The audit log in the database: entries are appended in the transaction that makes what they tell of, so that neither is
//! there without the other.
//!
//! A chain has one end, and whoever appends to it keeps that end to themselves until their transaction is durable. SQLite writes
//! one transaction at a time anyway, with many requests in it: one chain. On PostgreSQL transactions of many processes are
//! under way at the same time, and one chain would make each of them wait for the disk in turn. So there are [`LANES`] chains
//! side by side, and a transaction takes any that is free. Order within a lane is proven, order between lanes is by the entries'
//! times (docs/audit.md).

use nod_protocol::random;

use super::{
    Store, StoreError,
    database::{Connection, Kind, Row, query},
    fixed,
    writer::{Applied, Change},
};
use crate::{
    audit::{Audit, Broken, Entry, Event, Head, Record, Subject},
    clock::UnixSeconds,
    store::ResidentId,
    vault::{Vault, VaultError},
};

/// Chains on PostgreSQL: as many as a process has connections.
const LANES: u8 = 16;
/// Entries that are read at a time.
const PAGE: i64 = 1_000;

/// Appends to the log.
pub(super) struct AuditLog {
    lanes: Vec<Audit>,
}

/// How far every lane goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Heads(Vec<Head>);

/// Why the log is not to be believed, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokenLog {
    /// One of the chains.
    #[error("lane {lane}: {broken}")]
    Lane {
        /// Its number.
        lane: u8,
        /// What is wrong.
        broken: Broken,
    },
    /// A lane has no head, and others have.
    #[error("lane {0}: its head is missing")]
    NoHead(u8),
    /// Entries that belong to no lane.
    #[error("there are entries in lane {0}, which there is none of")]
    NoLane(i64),
    /// The head that was kept is of a log with other lanes.
    #[error("the head that was kept is of another log")]
    OtherLog,
}

/// An entry, and where it stands.
pub struct Listed {
    /// Which chain.
    pub lane: u8,
    /// 1, 2, … in its lane.
    pub number: u64,
    /// What it says.
    pub entry: Entry,
}

impl AuditLog {
    pub(super) fn new(vault: &Vault, kind: Kind) -> Self {
        let lanes = match kind {
            Kind::Sqlite => 1,
            Kind::Postgres => LANES,
        };
        let lane = |number| Audit::new(vault.audit_key(), &format!("lane {number}"));
        Self {
            lanes: (0..lanes).map(lane).collect(),
        }
    }

    /// Whom an entry is about, by the random name of their row: once that is gone, nothing leads from the person to the entry.
    pub(super) fn subject(&self, resident: &[u8; 16]) -> Option<Subject> {
        self.lanes.first().map(|lane| lane.subject(resident))
    }

    /// Appends entries in the transaction of this connection, as its last change: nobody waits for a lane while they hold
    /// one.
    pub(super) async fn append(
        &self,
        connection: &mut Connection<'_>,
        entries: &[Entry],
    ) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        let (number, head) = self.take_lane(connection).await?;
        let damaged = StoreError::Damaged("audit_heads");
        let lane = usize::try_from(number).ok();
        let lane = lane.and_then(|lane| self.lanes.get(lane)).ok_or(damaged)?;
        // Appending to a head that somebody put there would make it true.
        let log = lane.resume(&head);
        let mut log = log.map_err(|_| StoreError::Damaged("audit_heads.mac"))?;
        for entry in entries {
            let record = log.append(entry);
            query("INSERT INTO audit_entries (lane, number, entry, link) VALUES ($1, $2, $3, $4)")
                .bind(number)
                .bind(to_signed(log.count()))
                .bind(record.entry)
                .bind(record.link.as_slice())
                .execute(&mut *connection)
                .await?;
        }
        let head = log.head();
        query("UPDATE audit_heads SET count = $1, link = $2, mac = $3 WHERE lane = $4")
            .bind(to_signed(head.count))
            .bind(head.link().as_slice())
            .bind(head.mac().as_slice())
            .bind(number)
            .execute(connection)
            .await?;
        Ok(())
    }

    /// A lane that is this transaction's until its end.
    async fn take_lane(&self, connection: &mut Connection<'_>) -> Result<(i64, Head), StoreError> {
        let free = match connection.kind() {
            Kind::Sqlite => "SELECT lane, count, link, mac FROM audit_heads WHERE lane = 0",
            Kind::Postgres => {
                "SELECT lane, count, link, mac FROM audit_heads LIMIT 1 FOR UPDATE SKIP LOCKED"
            }
        };
        if let Some(row) = query(free).fetch_optional(&mut *connection).await? {
            return head_of_row(&row);
        }
        self.begin(connection).await?;
        let wait = match connection.kind() {
            Kind::Sqlite => "SELECT lane, count, link, mac FROM audit_heads WHERE lane = $1",
            Kind::Postgres => {
                "SELECT lane, count, link, mac FROM audit_heads WHERE lane = $1 FOR UPDATE"
            }
        };
        let [byte] = random::bytes::<1>().map_err(VaultError::from)?;
        let lanes = u8::try_from(self.lanes.len()).unwrap_or(LANES);
        let row = query(wait)
            .bind(i64::from(byte % lanes))
            .fetch_optional(connection)
            .await?;
        head_of_row(&row.ok_or(StoreError::Damaged("audit_heads"))?)
    }

    /// Makes the heads of a log that nothing was written to yet.
    async fn begin(&self, connection: &mut Connection<'_>) -> Result<(), StoreError> {
        let row = query(
            "SELECT (SELECT COUNT(*) FROM audit_heads) + (SELECT COUNT(*) FROM (SELECT 1 FROM audit_entries LIMIT 1) AS e)
                 AS there",
        )
        .fetch_one(&mut *connection)
        .await?;
        if row.try_get::<i64, _>("there")? > 0 {
            return Ok(());
        }
        for (number, lane) in (0i64..).zip(&self.lanes) {
            let head = lane.begin().head();
            query(
                "INSERT INTO audit_heads (lane, count, link, mac) VALUES ($1, 0, $2, $3)
                 ON CONFLICT (lane) DO NOTHING",
            )
            .bind(number)
            .bind(head.link().as_slice())
            .bind(head.mac().as_slice())
            .execute(&mut *connection)
            .await?;
        }
        Ok(())
    }
}

impl Store {
    /// Records what is no change of the database: that the authority began or stopped, or that a key was changed.
    pub async fn record(&self, event: Event, now: UnixSeconds) -> Result<(), StoreError> {
        let change = Happened(self.entry(event, None, now));
        self.writer.write(change).await?;
        Ok(())
    }

    /// Appends one entry in a transaction, as its last change.
    pub(super) async fn append(
        &self,
        connection: &mut Connection<'_>,
        event: Event,
        resident: Option<&ResidentId>,
        now: UnixSeconds,
    ) -> Result<(), StoreError> {
        let entry = self.entry(event, resident, now);
        self.audit.append(connection, &[entry]).await
    }

    pub(super) fn entry(
        &self,
        event: Event,
        resident: Option<&ResidentId>,
        now: UnixSeconds,
    ) -> Entry {
        Entry {
            at: now,
            event,
            subject: resident.and_then(|id| self.audit.subject(&id.0)),
        }
    }

    /// Looks the whole log through, as it is at one moment; `earlier` is what was kept of it before. Returns how far it goes.
    pub async fn verify_audit(
        &self,
        earlier: Option<&Heads>,
    ) -> Result<Result<Heads, BrokenLog>, StoreError> {
        let lanes = &self.audit.lanes;
        if earlier.is_some_and(|earlier| earlier.0.len() != lanes.len()) {
            return Ok(Err(BrokenLog::OtherLog));
        }
        let mut tx = self.database.begin_reading().await?;
        let connection = &mut tx.connection();
        let rows = query("SELECT lane, count, link, mac FROM audit_heads ORDER BY lane")
            .fetch_all(&mut *connection)
            .await?;
        let stored = rows
            .iter()
            .map(head_of_row)
            .collect::<Result<Vec<_>, _>>()?;
        let mut heads = Vec::with_capacity(lanes.len());
        for (lane, audit) in (0u8..).zip(lanes) {
            let head = stored.iter().find(|(number, _)| *number == i64::from(lane));
            let head = match head {
                Some((_, head)) => *head,
                // Nothing was written yet, as far as anybody can tell who has kept no head.
                None if stored.is_empty() => audit.begin().head(),
                None => return Ok(Err(BrokenLog::NoHead(lane))),
            };
            let earlier = earlier.and_then(|earlier| earlier.0.get(usize::from(lane)));
            let checked = check_lane(connection, lane, audit, &head, earlier.copied()).await?;
            if let Err(broken) = checked {
                return Ok(Err(BrokenLog::Lane { lane, broken }));
            }
            heads.push(head);
        }
        let elsewhere =
            query("SELECT lane FROM audit_entries WHERE lane < 0 OR lane >= $1 LIMIT 1")
                .bind(i64::try_from(lanes.len()).unwrap_or(i64::MAX))
                .fetch_optional(connection)
                .await?;
        if let Some(row) = elsewhere {
            return Ok(Err(BrokenLog::NoLane(row.try_get("lane")?)));
        }
        Ok(Ok(Heads(heads)))
    }

    /// The last entries by their time, the oldest of them first. They are shown, not checked: [`Store::verify_audit`] checks.
    pub async fn audit_entries(&self, last: u32) -> Result<Vec<Listed>, StoreError> {
        let mut listed = Vec::new();
        for lane in 0..self.audit.lanes.len() {
            let rows = query(
                "SELECT lane, number, entry, link FROM audit_entries WHERE lane = $1
                 ORDER BY number DESC LIMIT $2",
            )
            .bind(i64::try_from(lane).unwrap_or(i64::MAX))
            .bind(i64::from(last))
            .fetch_all(&self.database)
            .await?;
            for row in &rows {
                listed.push(listed_of_row(row)?);
            }
        }
        listed.sort_by_key(|one| (one.entry.at, one.lane, one.number));
        let surplus = listed
            .len()
            .saturating_sub(last.try_into().unwrap_or(usize::MAX));
        Ok(listed.split_off(surplus))
    }

    /// One entry.
    pub async fn audit_entry(&self, lane: u8, number: u64) -> Result<Option<Listed>, StoreError> {
        query("SELECT lane, number, entry, link FROM audit_entries WHERE lane = $1 AND number = $2")
            .bind(i64::from(lane))
            .bind(to_signed(number))
            .fetch_optional(&self.database)
            .await?
            .as_ref()
            .map(listed_of_row)
            .transpose()
    }
}

/// What is in the log and nowhere else.
struct Happened(Entry);

impl Change for Happened {
    const IS_ONE_STATEMENT: bool = false;

    fn apply<'a>(&'a self, _: &'a mut Connection<'_>) -> Applied<'a> {
        Box::pin(async { Ok(true) })
    }

    fn entries(&self) -> Vec<Entry> {
        vec![self.0.clone()]
    }
}

async fn check_lane(
    connection: &mut Connection<'_>,
    lane: u8,
    audit: &Audit,
    head: &Head,
    earlier: Option<Head>,
) -> Result<Result<(), Broken>, StoreError> {
    let mut check = match audit.check(head, earlier) {
        Ok(check) => check,
        Err(broken) => return Ok(Err(broken)),
    };
    // Also what somebody has put before the first.
    let mut after = i64::MIN;
    loop {
        let rows = query(
            "SELECT number, entry, link FROM audit_entries WHERE lane = $1 AND number > $2
             ORDER BY number LIMIT $3",
        )
        .bind(i64::from(lane))
        .bind(after)
        .bind(PAGE)
        .fetch_all(&mut *connection)
        .await?;
        for row in &rows {
            after = row.try_get("number")?;
            let number = u64::try_from(after).unwrap_or(0);
            let link: &[u8] = row.try_get("link")?;
            let Ok(link) = link.try_into() else {
                return Ok(Err(Broken::Changed(number)));
            };
            let entry = row.try_get("entry")?;
            if let Err(broken) = check.next(number, &Record { entry, link }) {
                return Ok(Err(broken));
            }
        }
        if rows.is_empty() {
            return Ok(check.finish());
        }
    }
}

impl Heads {
    /// Entries in all lanes.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|head| head.count).sum()
    }

    /// One word, to be kept where the database is not.
    pub fn to_text(&self) -> String {
        let lanes: Vec<String> = self.0.iter().map(Head::to_text).collect();
        lanes.join(".")
    }

    /// Reads [`Heads::to_text`].
    pub fn from_text(text: &str) -> Option<Self> {
        let lanes = text.trim().split('.').map(Head::from_text);
        lanes.collect::<Option<_>>().map(Self)
    }
}

fn head_of_row(row: &Row) -> Result<(i64, Head), StoreError> {
    let count: i64 = row.try_get("count")?;
    let count = u64::try_from(count).map_err(|_| StoreError::Damaged("audit_heads.count"))?;
    let link = fixed(row.try_get("link")?, "audit_heads.link")?;
    let mac = fixed(row.try_get("mac")?, "audit_heads.mac")?;
    Ok((row.try_get("lane")?, Head::from_parts(count, link, mac)))
}

fn listed_of_row(row: &Row) -> Result<Listed, StoreError> {
    let damaged = || StoreError::Damaged("audit_entries");
    let entry = Entry::decode(row.try_get("entry")?);
    Ok(Listed {
        lane: u8::try_from(row.try_get::<i64, _>("lane")?).map_err(|_| damaged())?,
        number: u64::try_from(row.try_get::<i64, _>("number")?).map_err(|_| damaged())?,
        entry: entry.ok_or_else(damaged)?,
    })
}

/// Numbers of entries never come near the difference.
fn to_signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
