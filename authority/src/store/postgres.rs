//! PostgreSQL: a server that several authorities share, with one resident's rows in one partition.
//!
//! What is committed is as durable as the server makes it (`fsync` and `synchronous_commit` are on unless its operator
//! turns them off).

use std::{io, str::FromStr, time::Duration};

use sqlx::{
    Connection, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions, PgSslMode},
};

use super::{BUSY, StoreError, migrations};

/// Of one process. PostgreSQL gives 100 in all unless told otherwise, and each is a process of its own there.
const CONNECTIONS: u32 = 16;
/// How long a transaction may stand still: a machine that dies in one shall not hold its locks for the hours that TCP takes.
const IDLE: &str = "10s";
/// How often the server looks whether the client of a long statement is still there (PostgreSQL 14 and newer, on Linux).
const IS_CLIENT_THERE: &str = "1s";
/// A connection that was used within this time is used again without asking whether it lives. If it does not, one request is
/// told to ask again.
const RESTED: Duration = Duration::from_secs(1);

/// Connects and brings the schema up to date; of several processes that start at once, one does.
pub(super) async fn connect(url: &str) -> Result<PgPool, StoreError> {
    let options = options(url)?;
    // By itself, because it may take longer than a request may wait, for the work and for who is at it already.
    let migrating = PgPoolOptions::new().max_connections(1);
    let migrating = migrating.connect_with(options.clone()).await?;
    migrations::postgres().run(&migrating).await?;
    migrating.close().await;

    let milliseconds = format!("{}ms", BUSY.as_millis());
    let settings = [
        ("lock_timeout", milliseconds.as_str()),
        ("idle_in_transaction_session_timeout", IDLE),
        ("client_connection_check_interval", IS_CLIENT_THERE),
        // Every statement finds its rows by their keys, whatever the values: planning it anew each time, for sixteen
        // partitions of several tables, takes ten times as long as running it.
        ("plan_cache_mode", "force_generic_plan"),
    ];
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(BUSY)
        // Whether a connection lives is asked where it has stood a while: asking before each statement would double its way.
        .test_before_acquire(false)
        .before_acquire(|connection, about| {
            Box::pin(async move {
                if about.idle_for > RESTED {
                    answers(connection).await?;
                }
                Ok(true)
            })
        })
        // A connection on which something was left under way comes back when that has ended. One to a server that stands
        // still, or to a machine that is gone, would take a place for as long as TCP takes to notice.
        .after_release(|connection, _| {
            Box::pin(async move { answers(connection).await.map(|()| true) })
        })
        .connect_with(options.options(settings))
        .await?;
    Ok(pool)
}

/// Whether it answers soon.
async fn answers(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    match tokio::time::timeout(BUSY, connection.ping()).await {
        Ok(answered) => answered,
        Err(_) => Err(sqlx::Error::Io(io::ErrorKind::TimedOut.into())),
    }
}

/// The driver would settle for no TLS where the server offers none. To another machine it is a must here, with a certificate
/// that is checked, unless the address says otherwise (`sslmode`).
fn options(url: &str) -> Result<PgConnectOptions, StoreError> {
    let mut options = PgConnectOptions::from_str(url)?.application_name("nod-authority");
    let asks = url.split_once('?').map_or("", |(_, asks)| asks);
    let is_told = asks.contains("sslmode=") || asks.contains("ssl-mode=");
    if !is_told && !is_local(&options) {
        options = options.ssl_mode(PgSslMode::VerifyFull);
    }
    Ok(options)
}

/// Whether nothing of the connection leaves the machine.
fn is_local(options: &PgConnectOptions) -> bool {
    options.get_socket().is_some()
        || matches!(
            options.get_host(),
            "localhost" | "127.0.0.1" | "::1" | "[::1]"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stays_in_the_machine_goes_without_tls_unless_told_to() {
        let mode = |url| options(url).unwrap().get_ssl_mode();
        for local in [
            "postgres://nod@localhost/nod",
            "postgres://nod:secret@127.0.0.1:5433/nod",
            "postgres://nod@[::1]/nod",
            "postgres://nod@%2Frun%2Fpostgresql/nod",
            "postgres:///nod?host=/run/postgresql",
        ] {
            assert!(matches!(mode(local), PgSslMode::Prefer), "{local}");
        }
        for remote in [
            "postgres://nod:secret@db.example.gov/nod",
            "postgresql://nod@10.0.0.7/nod",
            "postgres:///nod?host=localhost.example.gov",
        ] {
            assert!(matches!(mode(remote), PgSslMode::VerifyFull), "{remote}");
        }
        let told = "postgres://nod@10.0.0.7/nod?sslmode=disable";
        assert!(matches!(mode(told), PgSslMode::Disable));
    }
}
