-- Enrolment at an authorised terminal (docs/terminal.md).

-- Who works at terminals.
CREATE TABLE operators (
    id          TEXT   COLLATE "C" PRIMARY KEY,
    secret_hash BYTEA  NOT NULL UNIQUE,
    name        TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    revoked_at  BIGINT
);

-- Those who are signed in.
CREATE TABLE shifts (
    -- Keyed hash of the secret that the terminal's page holds.
    secret    BYTEA  PRIMARY KEY,
    operator  TEXT   COLLATE "C" NOT NULL REFERENCES operators (id) ON DELETE CASCADE,
    opened_at BIGINT NOT NULL,
    -- When the operator did something last: a page that only looks does not count.
    used_at   BIGINT NOT NULL
);

-- Enrolments under way. What is sealed here is gone once the operator has decided.
CREATE TABLE terminal_enrolments (
    id         TEXT   COLLATE "C" PRIMARY KEY,
    operator   TEXT   COLLATE "C" NOT NULL REFERENCES operators (id) ON DELETE CASCADE,
    ticket_id  TEXT   COLLATE "C" NOT NULL UNIQUE,
    -- Encrypted.
    claimed_id BYTEA,
    -- Encrypted: the number that a code was sent to last.
    phone      BYTEA,
    -- Keyed hash of that code, and until when it is good.
    code       BYTEA,
    code_until BIGINT,
    codes      BIGINT NOT NULL DEFAULT 0,
    tries      BIGINT NOT NULL DEFAULT 0,
    -- When the code was typed.
    phone_at   BIGINT,
    -- Encrypted hash of the new passcode.
    passcode   BYTEA,
    -- Keyed hash of the secret that the resident's phone waits with.
    waiting    BYTEA  UNIQUE,
    -- Keyed hash of the secret that a device key may be bound with once they are enrolled.
    registration BYTEA,
    held_at    BIGINT,
    -- The imported photograph: none, same, differs.
    portrait   TEXT   CHECK (portrait IN ('none', 'same', 'differs')),
    decided_at BIGINT,
    outcome    TEXT   CHECK (outcome IN ('issued', 'refused')),
    expires_at BIGINT NOT NULL
);
CREATE INDEX terminal_enrolments_expiry ON terminal_enrolments (expires_at);

-- Whether a ticket enrols nobody before an operator has confirmed it.
ALTER TABLE tickets ADD COLUMN at_terminal BOOLEAN NOT NULL DEFAULT FALSE;

-- Their templates, until they become a resident's.
CREATE TABLE terminal_templates (
    enrolment_id TEXT  COLLATE "C" NOT NULL REFERENCES terminal_enrolments (id) ON DELETE CASCADE,
    model_set    TEXT  COLLATE "C" NOT NULL,
    embedding    BYTEA NOT NULL,
    PRIMARY KEY (enrolment_id, model_set)
);
ALTER TABLE terminal_templates ALTER COLUMN embedding SET STORAGE EXTERNAL;

-- Where residents are reached: encrypted, of one length.
CREATE TABLE contacts (
    resident_id BYTEA  PRIMARY KEY REFERENCES residents (id) ON DELETE CASCADE,
    phone       BYTEA  NOT NULL,
    given_at    BIGINT NOT NULL
) PARTITION BY HASH (resident_id);

DO $$
BEGIN
    FOR remainder IN 0..15 LOOP
        EXECUTE format('CREATE TABLE %I PARTITION OF contacts FOR VALUES WITH (MODULUS 16, REMAINDER %s)',
                       'contacts_' || remainder, remainder);
    END LOOP;
END
$$;
