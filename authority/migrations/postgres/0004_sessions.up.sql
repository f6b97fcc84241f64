-- One attempt to verify or enrol: what the seal is bound to, and how far the attempt has come. Gone an hour after its end:
-- the table does not grow with the people, and one process after the other finds a session here whichever of them opened it.
CREATE TABLE sessions (
    id              TEXT COLLATE "C" PRIMARY KEY,
    purpose         TEXT   NOT NULL,
    site_key        TEXT   NOT NULL,
    -- NULL while a session minted by the site's back end waits for the frame.
    origin          TEXT,
    action          TEXT   NOT NULL,
    level           TEXT   NOT NULL,
    -- JSON array of questions.
    ask             TEXT   NOT NULL,
    rp_nonce        TEXT,
    bind            TEXT,
    -- The pseudonym that the site expects; another resident's yes becomes a no.
    expected_sub    TEXT,
    session_nonce   BYTEA  NOT NULL,
    consent_version TEXT   NOT NULL,
    ticket_id       TEXT,
    -- Set on a session that a phone has taken over: the hand-off that its answer belongs to.
    handoff         BYTEA,
    -- 'minted' -> 'open' -> 'challenged' -> 'spent'; only conditional updates move it on.
    state           TEXT   NOT NULL,
    -- JSON of the challenge once it is drawn.
    challenge       TEXT,
    expires_at      BIGINT NOT NULL
);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
CREATE INDEX sessions_by_handoff ON sessions (handoff) WHERE handoff IS NOT NULL;

-- Answers that a site has checked: a second check is refused until the answer has expired anyway.
CREATE TABLE used_answers (
    jti        TEXT COLLATE "C" PRIMARY KEY,
    keep_until BIGINT NOT NULL
);
CREATE INDEX used_answers_by_age ON used_answers (keep_until);

-- Continuing on a phone (docs/handoff.md). Handle, secrets and code are keyed hashes: whoever reads this table can neither
-- open a link nor type a code.
CREATE TABLE handoffs (
    -- HMAC of the link's handle.
    id         BYTEA  PRIMARY KEY,
    -- HMAC of the code, together with the id.
    code       BYTEA  NOT NULL,
    -- HMAC of each side's secret; the phone's once the link was opened.
    desk       BYTEA  NOT NULL UNIQUE,
    phone      BYTEA  UNIQUE,
    -- The session that was offered, and the one that the phone has instead.
    offered    TEXT COLLATE "C" NOT NULL,
    session    TEXT COLLATE "C",
    -- Codes that were typed, right or wrong.
    tries      BIGINT NOT NULL DEFAULT 0,
    -- 'waiting' -> 'opened' -> 'joined' -> 'answered', or 'ended'; only conditional updates move it on.
    state      TEXT   NOT NULL,
    -- The code of protocol/src/codes.rs that says why it ended.
    ending     TEXT,
    -- The answer, encrypted, while it waits for the desk.
    token      BYTEA,
    expires_at BIGINT NOT NULL
);
CREATE INDEX handoffs_by_offer ON handoffs (offered);
CREATE INDEX handoffs_by_expiry ON handoffs (expires_at);
