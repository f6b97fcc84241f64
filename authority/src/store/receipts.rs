//! Receipts and alerts: what a resident may know of what happened in their name (docs/card.md). For nobody else.
//!
//! A row says whose it is and on which day it came; who asked, why, when and what was answered is ciphertext, and rows have
//! random names, so that a copy of the database is no record of where people have been.

use std::{collections::BTreeMap, sync::Arc};

use nod_protocol::{
    ids::{Action, Level, Question, SiteKey},
    random,
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    ResidentId, Store, StoreError,
    database::{Connection, Row, query},
    fixed, parsed, to_db,
    writer::{Applied, Change},
};
use crate::{
    audit::{Entry, Event},
    clock::UnixSeconds,
    vault::{Cell, Vault, VaultError},
};

const DAY: u64 = 24 * 3600;
/// Seconds that a receipt or an alert is kept: twelve months.
pub const RECEIPTS_KEPT: u64 = 365 * DAY;
/// Notes are filled up to a multiple of this, so that their length does not tell which site it was.
const STEP: usize = 256;

/// What a resident is told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Note {
    /// Somebody was answered about them.
    Answer(Answer),
    /// Something else happened in their name.
    Alert {
        /// What.
        alert: Alert,
    },
}

/// A site was answered: with the names that it had then.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// Who asked.
    pub sitekey: SiteKey,
    /// As residents read it in the consent.
    pub site: String,
    /// For what.
    pub action: Action,
    /// As residents read it in the consent.
    pub purpose: String,
    /// Which level was asked for.
    pub level: Level,
    /// What was answered.
    pub yes: bool,
    /// What else was asked, and the answer, if the site got one: it does with a yes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub asked: BTreeMap<Question, Option<bool>>,
}

/// What else a resident is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alert {
    /// They enrolled, or enrolled anew.
    Enrolled,
    /// The template moved towards a capture.
    TemplateRenewed,
    /// A device stands for their number from now on.
    DeviceRemembered,
    /// One or all of those do so no more.
    DevicesForgotten,
    /// Nobody is confirmed in their name until they say otherwise.
    Frozen,
    /// They said otherwise.
    Unfrozen,
    /// An operator did so for them.
    UnfrozenByOperator,
    /// An operator lifted the limit on attempts.
    Unlocked,
    /// They ended their credential.
    Revoked,
    /// An operator did so for them.
    RevokedByOperator,
    /// All that is held about them was handed out.
    Exported,
    /// A device key was bound.
    KeyAdded,
    /// A device key was removed.
    KeyRemoved,
    /// A device key was used whose counter did not go on: it may have been copied.
    KeyCopied,
}

/// A note with its time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Noted {
    /// When it happened.
    pub at: UnixSeconds,
    /// What.
    #[serde(flatten)]
    pub note: Note,
}

/// An answer as it is recorded, with a yes or a no, in the same statements.
pub struct Answered {
    /// The resident, or the decoy.
    pub resident: ResidentId,
    /// What they are told of it.
    pub answer: Answer,
    /// Keyed hash of the signed answer, if it opens their card, and until when it does.
    pub opens: Option<([u8; 32], UnixSeconds)>,
}

/// A note as it is stored.
pub(super) struct SealedNote {
    id: [u8; 16],
    resident: [u8; 16],
    day: i64,
    note: Vec<u8>,
}

impl Store {
    /// Records an answer: an entry of the audit log, which names the site alone, and the receipt.
    pub async fn record_answer(
        &self,
        answered: Answered,
        now: UnixSeconds,
    ) -> Result<(), StoreError> {
        let Answered {
            resident,
            answer,
            opens,
        } = answered;
        let event = Event::Answered(answer.sitekey.clone());
        let change = Record {
            note: self.seal_note(resident, Note::Answer(answer), now)?,
            opens,
            entry: self.entry(event, None, now),
        };
        self.writer.write(change).await?;
        Ok(())
    }

    /// Everything that is kept for a resident, the newest first.
    pub async fn receipts(&self, resident: ResidentId) -> Result<Vec<Noted>, StoreError> {
        let rows = query("SELECT id, note FROM receipts WHERE resident_id = $1")
            .bind(resident.0.as_slice())
            .fetch_all(&self.database)
            .await?;
        let notes = rows.iter().map(|row| self.note_of_row(&resident.0, row));
        let mut notes = notes.collect::<Result<Vec<_>, _>>()?;
        notes.sort_by_key(|noted| std::cmp::Reverse(noted.at));
        Ok(notes)
    }

    pub(super) fn seal_note(
        &self,
        resident: ResidentId,
        note: Note,
        now: UnixSeconds,
    ) -> Result<SealedNote, StoreError> {
        SealedNote::new(&self.vault, resident.0, &Noted { at: now, note })
    }

    /// Tells a resident something, in a transaction.
    pub(super) async fn alert(
        &self,
        connection: &mut Connection<'_>,
        resident: ResidentId,
        alert: Alert,
        now: UnixSeconds,
    ) -> Result<(), StoreError> {
        let note = self.seal_note(resident, Note::Alert { alert }, now)?;
        note.insert(connection).await
    }

    /// Those that are too old, and the decoy's, which nobody will read.
    pub(super) async fn forget_old_receipts(&self, now: UnixSeconds) -> Result<(), StoreError> {
        query("DELETE FROM receipts WHERE day < $1")
            .bind(day_of(now.saturating_sub(RECEIPTS_KEPT)))
            .execute(&self.database)
            .await?;
        query(
            "DELETE FROM receipts
             WHERE resident_id = (SELECT resident_id FROM resident_lookups WHERE lookup = $1)",
        )
        .bind(self.vault.decoy_lookup().as_slice())
        .execute(&self.database)
        .await?;
        Ok(())
    }

    fn note_of_row(&self, resident: &[u8; 16], row: &Row) -> Result<Noted, StoreError> {
        let id: [u8; 16] = fixed(row.try_get("id")?, "receipts.id")?;
        let key = receipt_row(resident, &id);
        let opened = self.vault.open(note_cell(&key), row.try_get("note")?)?;
        parsed(serde_json::from_slice(&opened), "receipts.note")
    }
}

impl SealedNote {
    fn new(vault: &Arc<Vault>, resident: [u8; 16], noted: &Noted) -> Result<Self, StoreError> {
        let id: [u8; 16] = random::bytes().map_err(VaultError::from)?;
        let text = parsed(serde_json::to_vec(noted), "receipts.note")?;
        let mut text = Zeroizing::new(text);
        // JSON does not mind spaces at its end.
        let length = text.len().next_multiple_of(STEP);
        text.resize(length, b' ');
        Ok(Self {
            note: vault.seal(note_cell(&receipt_row(&resident, &id)), &text)?,
            day: day_of(noted.at),
            id,
            resident,
        })
    }

    /// Nothing, if the resident is gone meanwhile.
    pub(super) async fn insert(&self, connection: &mut Connection<'_>) -> Result<(), StoreError> {
        query(
            "INSERT INTO receipts (resident_id, id, day, note) SELECT id, $1, $2, $3 FROM residents WHERE id = $4",
        )
        .bind(self.id.as_slice())
        .bind(self.day)
        .bind(self.note.as_slice())
        .bind(self.resident.as_slice())
        .execute(connection)
        .await?;
        Ok(())
    }
}

struct Record {
    note: SealedNote,
    opens: Option<([u8; 32], UnixSeconds)>,
    entry: Entry,
}

impl Change for Record {
    const IS_ONE_STATEMENT: bool = false;

    fn apply<'a>(&'a self, connection: &'a mut Connection<'_>) -> Applied<'a> {
        Box::pin(async move {
            self.note.insert(connection).await?;
            if let Some((answer, until)) = &self.opens {
                query(
                    "INSERT INTO card_sessions (answer, resident_id, expires_at)
                     SELECT $1, id, $2 FROM residents WHERE id = $3",
                )
                .bind(answer.as_slice())
                .bind(to_db(*until))
                .bind(self.note.resident.as_slice())
                .execute(connection)
                .await?;
            }
            Ok(true)
        })
    }

    fn entries(&self) -> Vec<Entry> {
        vec![self.entry.clone()]
    }
}

fn day_of(at: UnixSeconds) -> i64 {
    to_db(at / DAY)
}

/// The primary key as bytes: both parts have a fixed length.
pub(super) fn receipt_row(resident: &[u8; 16], id: &[u8; 16]) -> [u8; 32] {
    let mut row = [0; 32];
    let (front, back) = row.split_at_mut(16);
    front.copy_from_slice(resident);
    back.copy_from_slice(id);
    row
}

pub(super) fn note_cell(row: &[u8]) -> Cell<'_> {
    Cell {
        table: "receipts",
        row,
        column: "note",
    }
}
