-- Permission to enrol one person once. Few and short-lived: a quarter of an hour, and a day until they are forgotten.
CREATE TABLE tickets (
    id              TEXT COLLATE "C" PRIMARY KEY,
    -- HMAC of the code; the code itself is shown once and not kept.
    code_hash       BYTEA  NOT NULL UNIQUE,
    -- Encrypted: the hash inside is salted but not keyed, and IDs can be guessed.
    claimed_id_hash BYTEA  NOT NULL,
    level           TEXT   NOT NULL,
    consent_version TEXT   NOT NULL,
    issuer          TEXT   NOT NULL,
    -- 'live': a capture in front of a camera. 'portrait': one reference photograph, never above level light.
    kind            TEXT   NOT NULL CHECK (kind = 'live' OR (kind = 'portrait' AND level = 'light')),
    -- The import key that asked for the ticket; NULL for tickets made by an operator.
    import_key      TEXT COLLATE "C",
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    spent_at        BIGINT
);

-- Keys that let an importer ask for tickets of kind 'portrait': bulk import of photographs that the authority already holds.
CREATE TABLE import_keys (
    -- Public name, for listing and revoking.
    id         TEXT COLLATE "C" PRIMARY KEY,
    -- HMAC of the key; the key itself is shown once and not kept.
    key_hash   BYTEA  NOT NULL UNIQUE,
    -- Written into every ticket that the key asks for, and with it into every enrolment.
    issuer     TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    -- From then on neither the key nor the tickets it got are worth anything.
    revoked_at BIGINT
);
