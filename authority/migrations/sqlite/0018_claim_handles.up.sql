-- What residents show to a kiosk's camera in place of their ID number (docs/kiosk.md). A handle says who is claimed and proves
-- nothing. One a resident: a new one ends the one before.
CREATE TABLE claim_handles (
    resident_id BLOB    PRIMARY KEY NOT NULL REFERENCES residents (id) ON DELETE CASCADE,
    -- HMAC of the handle.
    handle      BLOB    NOT NULL UNIQUE,
    expires_at  INTEGER NOT NULL,
    -- When a verification has named it, whatever came of that; NULL until then.
    spent_at    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX claim_handles_by_expiry ON claim_handles (expires_at);
