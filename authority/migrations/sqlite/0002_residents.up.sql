-- Enrolled residents. Everything about a person is ciphertext (the vault's AES-256-GCM, bound to table,
-- row and column) or a keyed hash.
CREATE TABLE residents (
    -- 16 random bytes; pseudonyms are made from it, so deleting the row cuts every link.
    id              BLOB    PRIMARY KEY NOT NULL,
    -- HMAC of the claimed ID: the one way to find a resident. Unique: nobody is enrolled twice.
    lookup          BLOB    NOT NULL UNIQUE,
    claimed_id      BLOB    NOT NULL,
    level           TEXT    NOT NULL,
    -- Encrypted Argon2id hash; NULL if the resident set none.
    passcode        BLOB,
    consent_version TEXT    NOT NULL,
    consent_at      INTEGER NOT NULL,
    -- Who issued the ticket that enrolled, and which one.
    issuer          TEXT    NOT NULL,
    ticket_id       TEXT    NOT NULL,
    created_at      INTEGER NOT NULL
) STRICT;

-- One template per resident and model set; sets are never compared with one another.
CREATE TABLE templates (
    resident_id BLOB    NOT NULL REFERENCES residents (id) ON DELETE CASCADE,
    model_set   TEXT    NOT NULL,
    embedding   BLOB    NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (resident_id, model_set)
) STRICT, WITHOUT ROWID;

-- Permission to enrol one person once.
CREATE TABLE tickets (
    id              TEXT    PRIMARY KEY NOT NULL,
    -- HMAC of the code; the code itself is shown once and not kept.
    code_hash       BLOB    NOT NULL UNIQUE,
    -- Encrypted: the hash inside is salted but not keyed, and IDs can be guessed.
    claimed_id_hash BLOB    NOT NULL,
    level           TEXT    NOT NULL,
    consent_version TEXT    NOT NULL,
    issuer          TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    spent_at        INTEGER
) STRICT;
