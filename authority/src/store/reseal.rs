//! Sealing everything anew with the at-rest key that is in use, beside a running authority: row by row, and only where the
//! value is still the one that was read.

use nod_protocol::ids::{ModelSetId, TicketId};

use super::{
    ResidentId, Store, StoreError, attributes, credentials,
    database::{Row, Value, query},
    fixed, from_db, handoffs, issue, parsed, pending, receipts, recent, residents, sprayed,
    statistics, templates, terminal, tickets,
};
use crate::{
    terminal::EnrolmentId,
    vault::{KeyNumber, Vault},
};

/// A column of sealed values.
struct Column {
    name: &'static str,
    /// How many are sealed with a key.
    count: &'static str,
    /// Rows after a place (or from it on, where several rows may have one) whose value is sealed with another key, in order.
    find: &'static str,
    /// Puts a value in another's place.
    put: &'static str,
    /// Columns that tell a row from others, in their order; the first is the place.
    keys: &'static [Key],
    seal_again: fn(&Vault, &Row) -> Result<Vec<u8>, StoreError>,
}

#[derive(Clone, Copy)]
enum Key {
    Blob(&'static str),
    Text(&'static str),
    Integer(&'static str),
}

macro_rules! column {
    ($table:literal, $column:literal, $keys:literal, $order:literal $after:literal, $put:literal, $names:expr, $seal_again:expr) => {
        Column {
            name: concat!($table, ".", $column),
            count: concat!(
                "SELECT COUNT(*) FROM ",
                $table,
                " WHERE substr(",
                $column,
                ", 1, 1) = $1"
            ),
            find: concat!(
                "SELECT ",
                $keys,
                ", ",
                $column,
                " FROM ",
                $table,
                " WHERE substr(",
                $column,
                ", 1, 1) <> $1 AND ",
                $order,
                " ",
                $after,
                " $2 ORDER BY ",
                $order,
                " LIMIT $3"
            ),
            put: concat!(
                "UPDATE ",
                $table,
                " SET ",
                $column,
                " = $1 WHERE ",
                $column,
                " = $2 AND ",
                $put
            ),
            keys: &$names,
            seal_again: $seal_again,
        }
    };
}

/// Every column that the vault seals. A new one is added here, or its old key can never go.
const COLUMNS: [Column; 18] = [
    column!(
        "residents", "claimed_id", "id", "id" ">", "id = $3", [Key::Blob("id")],
        |vault, row| resident_value(vault, row, "claimed_id")
    ),
    column!(
        "residents", "passcode", "id", "id" ">", "id = $3", [Key::Blob("id")],
        |vault, row| resident_value(vault, row, "passcode")
    ),
    column!(
        "templates", "embedding", "resident_id, model_set", "resident_id" ">=", "resident_id = $3 AND model_set = $4",
        [Key::Blob("resident_id"), Key::Text("model_set")],
        |vault, row| {
            let (_, set, place) = template_of(row)?;
            let stored = row.try_get("embedding")?;
            Ok(vault.seal_template_again(templates::embedding_cell(&place), &set, stored)?)
        }
    ),
    column!(
        "pending_templates", "embedding", "resident_id, model_set", "resident_id" ">=",
        "resident_id = $3 AND model_set = $4",
        [Key::Blob("resident_id"), Key::Text("model_set")],
        |vault, row| {
            let (_, set, place) = template_of(row)?;
            let stored = row.try_get("embedding")?;
            Ok(vault.seal_template_again(pending::pending_cell(&place), &set, stored)?)
        }
    ),
    column!(
        "templates", "statistics", "resident_id, model_set, cohort", "resident_id" ">=",
        "resident_id = $3 AND model_set = $4 AND cohort = $5",
        [Key::Blob("resident_id"), Key::Text("model_set"), Key::Text("cohort")],
        |vault, row| {
            let (id, set, _) = template_of(row)?;
            let place = statistics::statistics_row(&ResidentId(id), &set, row.try_get("cohort")?);
            Ok(vault.seal_again(statistics::statistics_cell(&place), row.try_get("statistics")?)?)
        }
    ),
    column!(
        "receipts", "note", "resident_id, id", "resident_id" ">=", "resident_id = $3 AND id = $4",
        [Key::Blob("resident_id"), Key::Blob("id")],
        |vault, row| {
            let owner = fixed(row.try_get("resident_id")?, "receipts.resident_id")?;
            let id = fixed(row.try_get("id")?, "receipts.id")?;
            let place = receipts::receipt_row(&owner, &id);
            Ok(vault.seal_again(receipts::note_cell(&place), row.try_get("note")?)?)
        }
    ),
    column!(
        "recent_captures", "digest", "resident_id, number", "resident_id" ">=", "resident_id = $3 AND number = $4",
        [Key::Blob("resident_id"), Key::Integer("number")],
        |vault, row| {
            let owner = fixed(row.try_get("resident_id")?, "recent_captures.resident_id")?;
            let place = recent::capture_row(&owner, row.try_get("number")?);
            Ok(vault.seal_again(recent::digest_cell(&place), row.try_get("digest")?)?)
        }
    ),
    column!(
        "resident_attributes", "record", "resident_id", "resident_id" ">", "resident_id = $3",
        [Key::Blob("resident_id")],
        |vault, row| {
            let owner = fixed(row.try_get("resident_id")?, "resident_attributes.resident_id")?;
            Ok(vault.seal_again(attributes::record_cell(&owner), row.try_get("record")?)?)
        }
    ),
    column!(
        "credentials", "record", "resident_id, lookup", "resident_id" ">=", "resident_id = $3 AND lookup = $4",
        [Key::Blob("resident_id"), Key::Blob("lookup")],
        |vault, row| credentials::seal_again(vault, row)
    ),
    column!(
        "tickets", "claimed_id_hash", "id", "id" ">", "id = $3", [Key::Text("id")],
        |vault, row| {
            let id = parsed(TicketId::parse(row.try_get("id")?), "tickets.id")?;
            Ok(vault.seal_again(tickets::claimed_id_hash_cell(&id), row.try_get("claimed_id_hash")?)?)
        }
    ),
    column!(
        "spraying_keys", "key", "day", "day" ">", "day = $3", [Key::Integer("day")],
        |vault, row| {
            let place = from_db(row.try_get("day")?).to_be_bytes();
            Ok(vault.seal_again(sprayed::key_cell(&place), row.try_get("key")?)?)
        }
    ),
    column!(
        "sprayed", "sketch", "id, claim, day", "id" ">", "id = $3 AND claim = $4 AND day = $5",
        [Key::Integer("id"), Key::Blob("claim"), Key::Integer("day")],
        |vault, row| {
            let claim = fixed(row.try_get("claim")?, "sprayed.claim")?;
            let place = sprayed::sketch_row(&claim, from_db(row.try_get("day")?));
            Ok(vault.seal_again(sprayed::sketch_cell(&place), row.try_get("sketch")?)?)
        }
    ),
    column!(
        "handoffs", "token", "id", "id" ">", "id = $3", [Key::Blob("id")],
        |vault, row| {
            let id = handoffs::HandoffId(fixed(row.try_get("id")?, "handoffs.id")?);
            Ok(vault.seal_again(handoffs::token_cell(&id), row.try_get("token")?)?)
        }
    ),
    column!(
        "contacts", "phone", "resident_id", "resident_id" ">", "resident_id = $3", [Key::Blob("resident_id")],
        |vault, row| {
            let owner = fixed(row.try_get("resident_id")?, "contacts.resident_id")?;
            Ok(vault.seal_again(issue::contact_cell(&owner), row.try_get("phone")?)?)
        }
    ),
    column!(
        "terminal_enrolments", "claimed_id", "id", "id" ">", "id = $3", [Key::Text("id")],
        |vault, row| enrolment_value(vault, row, "claimed_id")
    ),
    column!(
        "terminal_enrolments", "phone", "id", "id" ">", "id = $3", [Key::Text("id")],
        |vault, row| enrolment_value(vault, row, "phone")
    ),
    column!(
        "terminal_enrolments", "passcode", "id", "id" ">", "id = $3", [Key::Text("id")],
        |vault, row| enrolment_value(vault, row, "passcode")
    ),
    column!(
        "terminal_templates", "embedding", "enrolment_id, model_set", "enrolment_id" ">=",
        "enrolment_id = $3 AND model_set = $4",
        [Key::Text("enrolment_id"), Key::Text("model_set")],
        |vault, row| {
            let id = enrolment_of(row, "enrolment_id")?;
            let set = ModelSetId::parse(row.try_get("model_set")?);
            let set = parsed(set, "terminal_templates.model_set")?;
            let place = terminal::template_row(&id, &set);
            let stored = row.try_get("embedding")?;
            Ok(vault.seal_template_again(terminal::template_cell(&place), &set, stored)?)
        }
    ),
];

/// Rows of one transaction: on SQLite nobody else writes meanwhile.
const BATCH: i64 = 200;

/// What sealing anew came to.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Resealed {
    /// Values sealed anew.
    pub values: u64,
    /// Values that do not open: damaged, or sealed with a key that is gone. They stay as they are.
    pub unreadable: u64,
}

impl Store {
    /// How many values of each column are sealed with this key.
    pub async fn sealed_with(
        &self,
        number: KeyNumber,
    ) -> Result<Vec<(&'static str, u64)>, StoreError> {
        let mut counts = Vec::with_capacity(COLUMNS.len());
        for column in &COLUMNS {
            let row = query(column.count)
                .bind([number.0].as_slice())
                .fetch_one(&self.database)
                .await?;
            let count = row.try_get::<i64, _>(0)?;
            counts.push((column.name, count.unsigned_abs()));
        }
        Ok(counts)
    }

    /// Seals everything with the key that is in use now, templates in its coordinates. `told` hears of each batch.
    pub async fn reseal(&self, told: &mut dyn FnMut(Resealed)) -> Result<Resealed, StoreError> {
        let mut all = Resealed::default();
        for column in &COLUMNS {
            let mut place = column.first_place();
            loop {
                let (batch, next) = self.reseal_batch(column, &place).await?;
                all.values += batch.values;
                all.unreadable += batch.unreadable;
                told(all);
                match next {
                    Some(next) => place = next,
                    None => break,
                }
            }
        }
        Ok(all)
    }

    /// Some rows from a place on, and where the next ones begin.
    async fn reseal_batch(
        &self,
        column: &Column,
        place: &Place,
    ) -> Result<(Resealed, Option<Place>), StoreError> {
        let number = [self.vault.sealing().0];
        let mut tx = self.database.begin().await?;
        let rows = query(column.find)
            .bind(number.as_slice())
            .bind(place.value())
            .bind(BATCH)
            .fetch_all(&mut tx)
            .await?;
        let mut done = Resealed::default();
        for row in &rows {
            let Ok(sealed) = (column.seal_again)(&self.vault, row) else {
                done.unreadable += 1;
                continue;
            };
            let before: &[u8] = row.try_get(column.keys.len())?;
            let mut put = query(column.put).bind(sealed).bind(before);
            for key in column.keys {
                put = put.bind(key.value(row)?);
            }
            done.values += put.execute(&mut tx).await?;
        }
        tx.commit().await?;
        let Some(last) = rows.last() else {
            return Ok((done, None));
        };
        let next = Place::of(column, last)?;
        // Of several rows with one first key some may be left, and are found again; unless none of them could be read.
        let is_stuck = next == *place && done.values == 0;
        Ok((done, Some(if is_stuck { next.after() } else { next })))
    }
}

/// Where a batch begins: a value of a column's first key.
#[derive(PartialEq, Eq)]
enum Place {
    Blob(Vec<u8>),
    Text(String),
    Integer(i64),
}

impl Place {
    fn of(column: &Column, row: &Row) -> Result<Self, StoreError> {
        Ok(match column.keys {
            [Key::Text(name), ..] => Self::Text(row.try_get(*name)?),
            [Key::Blob(name), ..] => Self::Blob(row.try_get(*name)?),
            [Key::Integer(name), ..] => Self::Integer(row.try_get(*name)?),
            [] => Self::Blob(Vec::new()),
        })
    }

    fn value(&self) -> Value<'_> {
        match self {
            Self::Blob(bytes) => bytes.as_slice().into(),
            Self::Text(text) => text.as_str().into(),
            Self::Integer(number) => (*number).into(),
        }
    }

    /// The least value that is greater; texts and numbers are found after themselves anyway.
    fn after(mut self) -> Self {
        if let Self::Blob(bytes) = &mut self {
            bytes.push(0);
        }
        self
    }
}

impl Column {
    fn first_place(&self) -> Place {
        match self.keys {
            [Key::Text(_), ..] => Place::Text(String::new()),
            [Key::Integer(_), ..] => Place::Integer(i64::MIN),
            _ => Place::Blob(Vec::new()),
        }
    }
}

impl Key {
    fn value(self, row: &Row) -> Result<Value<'static>, StoreError> {
        Ok(match self {
            Self::Blob(name) => row.try_get::<Vec<u8>, _>(name)?.into(),
            Self::Text(name) => row.try_get::<String, _>(name)?.into(),
            Self::Integer(name) => row.try_get::<i64, _>(name)?.into(),
        })
    }
}

fn resident_value(vault: &Vault, row: &Row, column: &'static str) -> Result<Vec<u8>, StoreError> {
    let id = fixed(row.try_get("id")?, "residents.id")?;
    let cell = residents::resident_cell(&id, column);
    Ok(vault.seal_again(cell, row.try_get(column)?)?)
}

fn enrolment_of(row: &Row, column: &'static str) -> Result<EnrolmentId, StoreError> {
    EnrolmentId::parse(row.try_get(column)?).ok_or(StoreError::Damaged("terminal_enrolments.id"))
}

fn enrolment_value(vault: &Vault, row: &Row, column: &'static str) -> Result<Vec<u8>, StoreError> {
    let id = enrolment_of(row, "id")?;
    let cell = terminal::enrolment_cell(&id, column);
    Ok(vault.seal_again(cell, row.try_get(column)?)?)
}

fn template_of(row: &Row) -> Result<([u8; 16], ModelSetId, Vec<u8>), StoreError> {
    let id = fixed(row.try_get("resident_id")?, "templates.resident_id")?;
    let set = parsed(
        ModelSetId::parse(row.try_get("model_set")?),
        "templates.model_set",
    )?;
    let place = templates::template_row(&id, &set);
    Ok((id, set, place))
}
