-- Enrolment at an authorised terminal (docs/terminal.md).

-- Who works at terminals.
CREATE TABLE operators (
    id          TEXT    PRIMARY KEY NOT NULL,
    secret_hash BLOB    NOT NULL UNIQUE,
    name        TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    revoked_at  INTEGER
) STRICT, WITHOUT ROWID;

-- Those who are signed in.
CREATE TABLE shifts (
    -- Keyed hash of the secret that the terminal's page holds.
    secret    BLOB    PRIMARY KEY NOT NULL,
    operator  TEXT    NOT NULL REFERENCES operators (id) ON DELETE CASCADE,
    opened_at INTEGER NOT NULL,
    -- When the operator did something last: a page that only looks does not count.
    used_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Enrolments under way. What is sealed here is gone once the operator has decided.
CREATE TABLE terminal_enrolments (
    id         TEXT    PRIMARY KEY NOT NULL,
    operator   TEXT    NOT NULL REFERENCES operators (id) ON DELETE CASCADE,
    ticket_id  TEXT    NOT NULL UNIQUE,
    -- Encrypted.
    claimed_id BLOB,
    -- Encrypted: the number that a code was sent to last.
    phone      BLOB,
    -- Keyed hash of that code, and until when it is good.
    code       BLOB,
    code_until INTEGER,
    codes      INTEGER NOT NULL DEFAULT 0,
    tries      INTEGER NOT NULL DEFAULT 0,
    -- When the code was typed.
    phone_at   INTEGER,
    -- Encrypted hash of the new passcode.
    passcode   BLOB,
    -- Keyed hash of the secret that the resident's phone waits with.
    waiting    BLOB    UNIQUE,
    -- Keyed hash of the secret that a device key may be bound with once they are enrolled.
    registration BLOB,
    held_at    INTEGER,
    -- The imported photograph: none, same, differs.
    portrait   TEXT    CHECK (portrait IN ('none', 'same', 'differs')),
    decided_at INTEGER,
    outcome    TEXT    CHECK (outcome IN ('issued', 'refused')),
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX terminal_enrolments_expiry ON terminal_enrolments (expires_at);

-- Whether a ticket enrols nobody before an operator has confirmed it.
ALTER TABLE tickets ADD COLUMN at_terminal INTEGER NOT NULL DEFAULT 0;

-- Their templates, until they become a resident's.
CREATE TABLE terminal_templates (
    enrolment_id TEXT NOT NULL REFERENCES terminal_enrolments (id) ON DELETE CASCADE,
    model_set    TEXT NOT NULL,
    embedding    BLOB NOT NULL,
    PRIMARY KEY (enrolment_id, model_set)
) STRICT, WITHOUT ROWID;

-- Where residents are reached: encrypted, of one length.
CREATE TABLE contacts (
    resident_id BLOB    PRIMARY KEY NOT NULL REFERENCES residents (id) ON DELETE CASCADE,
    phone       BLOB    NOT NULL,
    given_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
