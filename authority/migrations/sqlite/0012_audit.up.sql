-- The audit log (docs/audit.md): what happened, each entry chained to the one before it. No IDs, nothing of a face, and no
-- answer's yes or no.
CREATE TABLE audit_entries (
    -- Which chain; SQLite has one writer and one chain.
    lane   INTEGER NOT NULL,
    -- 1, 2, … without a gap.
    number INTEGER NOT NULL,
    -- authority/src/audit.rs says what is in it.
    entry  BLOB    NOT NULL,
    -- SHA-256 over the link before it and the entry.
    link   BLOB    NOT NULL,
    PRIMARY KEY (lane, number)
) STRICT, WITHOUT ROWID;

-- How far each chain goes, with an HMAC: entries that are missing at its end are noticed too.
CREATE TABLE audit_heads (
    lane  INTEGER PRIMARY KEY NOT NULL,
    count INTEGER NOT NULL,
    link  BLOB    NOT NULL,
    mac   BLOB    NOT NULL
) STRICT;

-- Against mistakes. Who can write the file can take these away; then the chain tells.
CREATE TRIGGER audit_entries_are_not_changed BEFORE UPDATE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'the audit log is only appended to'); END;
CREATE TRIGGER audit_entries_are_not_removed BEFORE DELETE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'the audit log is only appended to'); END;
