-- What residents show to a kiosk's camera in place of their ID number (docs/kiosk.md). A handle says who is claimed and proves
-- nothing. One a resident: a new one ends the one before. Not partitioned: rows live for minutes.
CREATE TABLE claim_handles (
    resident_id BYTEA  PRIMARY KEY REFERENCES residents (id) ON DELETE CASCADE,
    -- HMAC of the handle.
    handle      BYTEA  NOT NULL UNIQUE,
    expires_at  BIGINT NOT NULL,
    -- When a verification has named it, whatever came of that; NULL until then.
    spent_at    BIGINT
);
CREATE INDEX claim_handles_by_expiry ON claim_handles (expires_at);
