//! Group commit: changes of requests that come at the same time share one transaction, and one wait for the disk.
//!
//! SQLite writes one transaction at a time, and a durable commit waits for the disk (`synchronous = FULL`) far longer than
//! the change itself takes. So one task writes: what has arrived while the last transaction was on its way to the disk goes
//! into the next. Nobody is told that a change is made before its transaction is committed, as if each had its own.
//!
//! Changes are independent: each is right whatever the others do, because only conditions in its own statements decide
//! (`WHERE state = …`), and they run one after the other. If one fails, the transaction is taken back and each is tried by
//! itself, so that no request fails for another's change.

use std::{future::Future, pin::Pin};

use sqlx::{SqliteConnection, SqlitePool};
use tokio::sync::{mpsc, oneshot};

use super::StoreError;

/// Something that a request changes.
pub(super) trait Change: Send + Sync + 'static {
    /// Whether it is a single statement, which is a transaction by itself.
    const IS_ONE_STATEMENT: bool = true;

    /// Runs its statements in a transaction that is not its own; `true` if they changed what they are there for. May be
    /// run again after the transaction was taken back.
    fn apply<'a>(&'a self, connection: &'a mut SqliteConnection) -> Applied<'a>;
}

/// The outcome of a change, once it is there.
pub(super) type Applied<'a> = Pin<Box<dyn Future<Output = Result<bool, StoreError>> + Send + 'a>>;

/// Hands changes to the task that writes. The task ends when the last of these is gone.
#[derive(Clone)]
pub(super) struct Writer(mpsc::Sender<Order>);

/// A change, and who waits for it.
struct Order {
    change: Box<dyn Erased>,
    done: oneshot::Sender<Result<bool, StoreError>>,
}

/// [`Change`] as a trait object.
trait Erased: Send + Sync {
    fn is_one_statement(&self) -> bool;
    fn apply<'a>(&'a self, connection: &'a mut SqliteConnection) -> Applied<'a>;
}

impl<C: Change> Erased for C {
    fn is_one_statement(&self) -> bool {
        C::IS_ONE_STATEMENT
    }

    fn apply<'a>(&'a self, connection: &'a mut SqliteConnection) -> Applied<'a> {
        Change::apply(self, connection)
    }
}

/// Changes in one transaction at most; those who wait for it all wait for its last.
const MOST: usize = 64;
/// Changes that wait at most; more requests wait to hand theirs over.
const WAITING: usize = 1024;

impl Writer {
    /// Starts the task on the running runtime.
    pub(super) fn start(pool: SqlitePool) -> Self {
        let (sender, mut orders) = mpsc::channel(WAITING);
        tokio::spawn(async move {
            let mut batch = Vec::with_capacity(MOST);
            while orders.recv_many(&mut batch, MOST).await > 0 {
                write(&pool, &mut batch).await;
            }
        });
        Self(sender)
    }

    /// Makes a change; returns when it is durable. A caller who stops waiting does not take it back.
    pub(super) async fn write(&self, change: impl Change) -> Result<bool, StoreError> {
        let (done, outcome) = oneshot::channel();
        let change = Box::new(change);
        // Only a stopping runtime drops the task.
        let stopping = || StoreError::Unavailable(sqlx::Error::PoolClosed);
        let handed_over = self.0.send(Order { change, done }).await;
        handed_over.map_err(|_| stopping())?;
        outcome.await.map_err(|_| stopping())?
    }
}

async fn write(pool: &SqlitePool, batch: &mut Vec<Order>) {
    if batch.len() > 1 {
        match together(pool, batch).await {
            Ok(outcomes) => {
                for (order, outcome) in batch.drain(..).zip(outcomes) {
                    // Whoever went away knows nothing of an outcome either way.
                    let _ = order.done.send(Ok(outcome));
                }
                return;
            }
            Err(error) => tracing::warn!(%error, "changes are made one by one"),
        }
    }
    for order in batch.drain(..) {
        let outcome = alone(pool, order.change.as_ref()).await;
        let _ = order.done.send(outcome);
    }
}

/// All in one transaction, or none.
async fn together(pool: &SqlitePool, batch: &[Order]) -> Result<Vec<bool>, StoreError> {
    let mut tx = pool.begin_with("BEGIN IMMEDIATE").await?;
    let mut outcomes = Vec::with_capacity(batch.len());
    for order in batch {
        outcomes.push(order.change.apply(&mut tx).await?);
    }
    tx.commit().await?;
    Ok(outcomes)
}

async fn alone(pool: &SqlitePool, change: &dyn Erased) -> Result<bool, StoreError> {
    if change.is_one_statement() {
        return change.apply(&mut *pool.acquire().await?).await;
    }
    let mut tx = pool.begin_with("BEGIN IMMEDIATE").await?;
    let outcome = change.apply(&mut tx).await?;
    tx.commit().await?;
    Ok(outcome)
}
