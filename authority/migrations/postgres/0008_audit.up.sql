-- The audit log (docs/audit.md): what happened, each entry chained to the one before it. No IDs, nothing of a face, and no
-- answer's yes or no.
CREATE TABLE audit_entries (
    -- Which chain: several, so that transactions at the same time need not wait for one another's.
    lane   BIGINT NOT NULL,
    -- 1, 2, … without a gap.
    number BIGINT NOT NULL,
    -- authority/src/audit.rs says what is in it.
    entry  BYTEA  NOT NULL,
    -- SHA-256 over the link before it and the entry.
    link   BYTEA  NOT NULL,
    PRIMARY KEY (lane, number)
);

-- How far each chain goes, with an HMAC: entries that are missing at its end are noticed too. A row is updated with every
-- entry; the room in its page lets that happen without touching the index.
CREATE TABLE audit_heads (
    lane  BIGINT PRIMARY KEY,
    count BIGINT NOT NULL,
    link  BYTEA  NOT NULL,
    mac   BYTEA  NOT NULL
) WITH (fillfactor = 10);

-- Against mistakes. Who owns the database can take these away; then the chain tells.
CREATE FUNCTION audit_entries_stay() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'the audit log is only appended to'; END $$;
CREATE TRIGGER audit_entries_are_not_changed BEFORE UPDATE OR DELETE ON audit_entries
    FOR EACH ROW EXECUTE FUNCTION audit_entries_stay();
CREATE TRIGGER audit_entries_are_not_emptied BEFORE TRUNCATE ON audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_stay();
