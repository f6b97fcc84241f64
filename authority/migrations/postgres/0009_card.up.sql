-- What residents see and decide on "My card" (docs/card.md).

-- Set while nobody is to be confirmed in this resident's name, at their own wish.
ALTER TABLE residents ADD COLUMN frozen_at BIGINT;
-- Set once the resident has ended the credential: templates and passcode are gone, and the lookup is another one, under which
-- only a new enrolment finds the row.
ALTER TABLE residents ADD COLUMN revoked_at BIGINT;

-- Receipts and alerts: who asked about a resident, why, when and what was answered; what else happened in their name.
CREATE TABLE receipts (
    resident_id BYTEA  NOT NULL REFERENCES residents (id) ON DELETE CASCADE,
    -- 16 random bytes: no order tells which came first.
    id          BYTEA  NOT NULL,
    -- Days since 1970: the hour is in the note alone, or times would link residents to what the audit log says of sites.
    day         BIGINT NOT NULL,
    -- Encrypted, in steps of 256 bytes.
    note        BYTEA  NOT NULL,
    PRIMARY KEY (resident_id, id)
) PARTITION BY HASH (resident_id);
CREATE INDEX receipts_by_day ON receipts (day);
-- Ciphertext does not get smaller; trying costs time with every answer.
ALTER TABLE receipts ALTER COLUMN note SET STORAGE EXTERNAL;

-- Opened cards: the answer that opens one, once, and the secret that it is then used with.
CREATE TABLE card_sessions (
    -- HMAC of the signed answer.
    answer      BYTEA  PRIMARY KEY,
    resident_id BYTEA  NOT NULL REFERENCES residents (id) ON DELETE CASCADE,
    -- HMAC of the secret; NULL until it is opened.
    secret      BYTEA  UNIQUE,
    expires_at  BIGINT NOT NULL
);
CREATE INDEX card_sessions_by_owner ON card_sessions (resident_id);
CREATE INDEX card_sessions_by_expiry ON card_sessions (expires_at);

DO $$
BEGIN
    FOR remainder IN 0..15 LOOP
        EXECUTE format('CREATE TABLE %I PARTITION OF receipts FOR VALUES WITH (MODULUS 16, REMAINDER %s)',
                       'receipts_' || remainder, remainder);
    END LOOP;
END
$$;
