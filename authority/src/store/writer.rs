//! Changes that requests make, each durable before its request is answered.
//!
//! **SQLite: group commit.** Changes of requests that come at the same time share one transaction, and one wait for the disk.
//! SQLite writes one transaction at a time, and a durable commit waits for the disk (`synchronous = FULL`) far longer than
//! the change itself takes. So one task writes: what has arrived while the last transaction was on its way to the disk goes
//! into the next. Nobody is told that a change is made before its transaction is committed, as if each had its own.
//!
//! Changes are independent: each is right whatever the others do, because only conditions in its own statements decide
//! (`WHERE state = …`), and they run one after the other. If one fails, the transaction is taken back and each is tried by
//! itself, so that no request fails for another's change. If it does not even begin (somebody else writes, the disk is full),
//! all of them fail at once: one after the other each would wait as long again, and nobody gets an answer in time.
//!
//! **PostgreSQL: each change by itself**, on a connection of its own. Commits at the same time share the way to the disk in
//! the server, for all its clients; and transactions of many changes would hold what they have changed until the last is
//! done, against each other in several processes. Changes still are independent of one another, but no longer one after the
//! other: a change of several statements locks what its later statements rely on ([`Query::lock`]).
//!
//! [`Query::lock`]: super::database::Query::lock

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::{mpsc, oneshot};

use super::{
    StoreError,
    audit::AuditLog,
    database::{Connection, Database, Kind, Transaction},
    trouble::Trouble,
};
use crate::audit::Entry;

/// Something that a request changes.
pub(super) trait Change: Send + Sync + 'static {
    /// Whether it is a single statement, which is a transaction by itself.
    const IS_ONE_STATEMENT: bool = true;

    /// Runs its statements in a transaction that is not its own; `true` if they changed what they are there for. May be
    /// run again after the transaction was taken back.
    fn apply<'a>(&'a self, connection: &'a mut Connection<'_>) -> Applied<'a>;

    /// What the audit log says of it, in the same transaction, if it changed what it is there for. Not for a single statement.
    fn entries(&self) -> Vec<Entry> {
        Vec::new()
    }
}

/// The outcome of a change, once it is there.
pub(super) type Applied<'a> = Pin<Box<dyn Future<Output = Result<bool, StoreError>> + Send + 'a>>;

/// Makes changes.
#[derive(Clone)]
pub(super) enum Writer {
    /// Hands them to the task that writes. The task ends when the last of these is gone.
    Together(mpsc::Sender<Order>),
    /// Makes each at once.
    Apart(Target),
}

/// Where changes and what the log says of them go.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) database: Database,
    pub(super) audit: Arc<AuditLog>,
}

/// A change, and who waits for it.
pub(super) struct Order {
    change: Box<dyn Erased>,
    since: Instant,
    done: oneshot::Sender<Result<bool, StoreError>>,
}

/// [`Change`] as a trait object.
trait Erased: Send + Sync {
    fn is_one_statement(&self) -> bool;
    fn apply<'a>(&'a self, connection: &'a mut Connection<'_>) -> Applied<'a>;
    fn entries(&self) -> Vec<Entry>;
}

impl<C: Change> Erased for C {
    fn is_one_statement(&self) -> bool {
        C::IS_ONE_STATEMENT
    }

    fn apply<'a>(&'a self, connection: &'a mut Connection<'_>) -> Applied<'a> {
        Change::apply(self, connection)
    }

    fn entries(&self) -> Vec<Entry> {
        Change::entries(self)
    }
}

/// Changes in one transaction at most; those who wait for it all wait for its last.
const MOST: usize = 64;
/// Changes that wait at most; more requests wait to hand theirs over.
const WAITING: usize = 1024;
/// How long a change waits for those before it. One that waited longer is not made: whoever asked for it is told to ask again.
const TURN: Duration = Duration::from_secs(5);

/// How often a change is made again that came to nothing because of another one. At each time one of those that are under
/// way gets through, so that it takes as many at most.
const AGAIN: u32 = 64;

impl Writer {
    /// How this database is written to; on SQLite it starts the task on the running runtime.
    pub(super) fn start(target: Target, kind: Kind) -> Self {
        match kind {
            Kind::Sqlite => Self::Together(start_task(target)),
            Kind::Postgres => Self::Apart(target),
        }
    }

    /// Makes a change; returns when it is durable. A caller who stops waiting does not take it back.
    pub(super) async fn write(&self, change: impl Change) -> Result<bool, StoreError> {
        let change = Box::new(change);
        // Only a stopping runtime drops a task.
        let stopping = || StoreError::Unavailable(sqlx::Error::PoolClosed);
        match self {
            Self::Together(orders) => {
                let (done, outcome) = oneshot::channel();
                let handed_over = orders.send(Order::new(change, done)).await;
                handed_over.map_err(|_| stopping())?;
                outcome.await.map_err(|_| stopping())?
            }
            Self::Apart(target) => {
                let target = target.clone();
                let made = tokio::spawn(async move { persistently(&target, &*change).await });
                made.await.map_err(|_| stopping())?
            }
        }
    }
}

fn start_task(target: Target) -> mpsc::Sender<Order> {
    let (sender, mut orders) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        let mut batch = Vec::with_capacity(MOST);
        while orders.recv_many(&mut batch, MOST).await > 0 {
            give_up_the_late(&mut batch);
            write(&target, &mut batch).await;
        }
    });
    sender
}

async fn persistently(target: &Target, change: &dyn Erased) -> Result<bool, StoreError> {
    let mut again = AGAIN;
    loop {
        match alone(target, change).await {
            Err(error) if error.is_conflict() && again > 0 => again -= 1,
            outcome => return outcome,
        }
    }
}

impl Order {
    fn new(change: Box<dyn Erased>, done: oneshot::Sender<Result<bool, StoreError>>) -> Self {
        Self {
            change,
            since: Instant::now(),
            done,
        }
    }

    fn end(self, outcome: Result<bool, StoreError>) {
        // Whoever went away knows nothing of an outcome either way.
        let _ = self.done.send(outcome);
    }
}

fn give_up_the_late(batch: &mut Vec<Order>) {
    for late in batch.extract_if(.., |order| order.since.elapsed() > TURN) {
        late.end(Err(StoreError::GivenUp(Trouble::Slow)));
    }
}

async fn write(target: &Target, batch: &mut Vec<Order>) {
    if batch.len() > 1 {
        let tx = match target.database.begin().await {
            Ok(tx) => tx,
            Err(error) => return give_up(batch, error),
        };
        match together(target, tx, batch).await {
            Ok(outcomes) => {
                for (order, outcome) in batch.drain(..).zip(outcomes) {
                    order.end(Ok(outcome));
                }
                return;
            }
            Err(error) => tracing::warn!(%error, "changes are made one by one"),
        }
    }
    while !batch.is_empty() {
        let order = batch.remove(0);
        let outcome = alone(target, order.change.as_ref()).await;
        match outcome.as_ref().err().and_then(StoreError::trouble) {
            // It would be in the way of the next ones as well, and take as long.
            Some(Trouble::Locked | Trouble::Slow) => {
                if let Err(error) = outcome {
                    batch.insert(0, order);
                    return give_up(batch, error);
                }
            }
            _ => order.end(outcome),
        }
    }
}

/// The first is told what happened, the others that they were not tried.
fn give_up(batch: &mut Vec<Order>, error: StoreError) {
    let trouble = error.trouble().unwrap_or(Trouble::Other);
    let mut error = Some(error);
    for order in batch.drain(..) {
        let why = error.take().unwrap_or(StoreError::GivenUp(trouble));
        order.end(Err(why));
    }
}

/// All in one transaction, or none. What the log says of them is appended at once.
async fn together(
    target: &Target,
    mut tx: Transaction,
    batch: &[Order],
) -> Result<Vec<bool>, StoreError> {
    let mut outcomes = Vec::with_capacity(batch.len());
    let mut entries = Vec::new();
    for order in batch {
        let is_made = order.change.apply(&mut tx.connection()).await?;
        if is_made {
            entries.extend(order.change.entries());
        }
        outcomes.push(is_made);
    }
    target.audit.append(&mut tx.connection(), &entries).await?;
    tx.commit().await?;
    Ok(outcomes)
}

async fn alone(target: &Target, change: &dyn Erased) -> Result<bool, StoreError> {
    if change.is_one_statement() {
        let mut taken = target.database.take().await?;
        return change.apply(&mut taken.connection()).await;
    }
    let mut tx = target.database.begin().await?;
    let is_made = change.apply(&mut tx.connection()).await?;
    if is_made {
        let entries = change.entries();
        target.audit.append(&mut tx.connection(), &entries).await?;
    }
    tx.commit().await?;
    Ok(is_made)
}
