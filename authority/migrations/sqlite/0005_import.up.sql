-- Keys that let an importer ask for tickets of kind 'portrait': bulk import of photographs that the authority
-- already holds.
CREATE TABLE import_keys (
    -- Public name, for listing and revoking.
    id         TEXT    PRIMARY KEY NOT NULL,
    -- HMAC of the key; the key itself is shown once and not kept.
    key_hash   BLOB    NOT NULL UNIQUE,
    -- Written into every ticket that the key asks for, and with it into every enrolment.
    issuer     TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    -- From then on neither the key nor the tickets it got are worth anything.
    revoked_at INTEGER
) STRICT;

-- 'live': a capture in front of a camera. 'portrait': one reference photograph, never above level light.
ALTER TABLE tickets ADD COLUMN kind TEXT NOT NULL DEFAULT 'live'
    CHECK (kind = 'live' OR (kind = 'portrait' AND level = 'light'));
-- The import key that asked for the ticket; NULL for tickets made by an operator.
ALTER TABLE tickets ADD COLUMN import_key TEXT;

-- What the template was made of: 'capture' or 'portrait'.
ALTER TABLE templates ADD COLUMN source TEXT NOT NULL DEFAULT 'capture'
    CHECK (source IN ('capture', 'portrait'));
