-- Questions beyond identity (docs/questions.md).

-- What is known of residents besides their faces, and asked of nobody but through questions.
CREATE TABLE resident_attributes (
    resident_id BLOB    PRIMARY KEY NOT NULL REFERENCES residents (id) ON DELETE CASCADE,
    -- Encrypted, of one length.
    record      BLOB    NOT NULL,
    -- When the operator gave it.
    given_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The questions that a site may ask.
CREATE TABLE site_questions (
    site_key TEXT NOT NULL REFERENCES sites (site_key) ON DELETE CASCADE,
    question TEXT NOT NULL,
    PRIMARY KEY (site_key, question)
) STRICT, WITHOUT ROWID;
