-- One attempt to verify or enrol: what the seal is bound to, and how far the attempt has come.
CREATE TABLE sessions (
    id              TEXT    PRIMARY KEY NOT NULL,
    purpose         TEXT    NOT NULL,
    site_key        TEXT    NOT NULL,
    -- NULL while a session minted by the site's back end waits for the frame.
    origin          TEXT,
    action          TEXT    NOT NULL,
    level           TEXT    NOT NULL,
    -- JSON array of questions.
    ask             TEXT    NOT NULL,
    rp_nonce        TEXT,
    bind            TEXT,
    -- The pseudonym that the site expects; another resident's yes becomes a no.
    expected_sub    TEXT,
    session_nonce   BLOB    NOT NULL,
    consent_version TEXT    NOT NULL,
    ticket_id       TEXT,
    -- 'minted' -> 'open' -> 'challenged' -> 'spent'; only conditional updates move it on.
    state           TEXT    NOT NULL,
    -- JSON of the challenge once it is drawn.
    challenge       TEXT,
    expires_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Answers that a site has checked: a second check is refused until the answer has expired anyway.
CREATE TABLE used_answers (
    jti        TEXT    PRIMARY KEY NOT NULL,
    keep_until INTEGER NOT NULL
) STRICT;
CREATE INDEX used_answers_by_age ON used_answers (keep_until);

-- Failures in a row, per claimed ID and site, whether or not anybody is enrolled under the ID.
CREATE TABLE attempts (
    -- HMAC of site key and claimed ID.
    subject     BLOB    PRIMARY KEY NOT NULL,
    failures    INTEGER NOT NULL,
    -- Attempts before this moment are answered "no" without being looked at.
    not_before  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
