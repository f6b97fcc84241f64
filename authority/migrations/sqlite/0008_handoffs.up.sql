-- Continuing on a phone (docs/handoff.md). Handle, secrets and code are keyed hashes: whoever reads this table can neither
-- open a link nor type a code.
CREATE TABLE handoffs (
    -- HMAC of the link's handle.
    id         BLOB    PRIMARY KEY NOT NULL,
    -- HMAC of the code, together with the id.
    code       BLOB    NOT NULL,
    -- HMAC of each side's secret; the phone's once the link was opened.
    desk       BLOB    NOT NULL UNIQUE,
    phone      BLOB    UNIQUE,
    -- The session that was offered, and the one that the phone has instead.
    offered    TEXT    NOT NULL,
    session    TEXT,
    -- Codes that were typed, right or wrong.
    tries      INTEGER NOT NULL DEFAULT 0,
    -- 'waiting' -> 'opened' -> 'joined' -> 'answered', or 'ended'; only conditional updates move it on.
    state      TEXT    NOT NULL,
    -- The code of protocol/src/codes.rs that says why it ended.
    ending     TEXT,
    -- The answer, encrypted, while it waits for the desk.
    token      BLOB,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX handoffs_by_offer ON handoffs (offered);
CREATE INDEX handoffs_by_expiry ON handoffs (expires_at);

-- Set on a session that a phone has taken over: the hand-off that its answer belongs to.
ALTER TABLE sessions ADD COLUMN handoff BLOB;
CREATE INDEX sessions_by_handoff ON sessions (handoff) WHERE handoff IS NOT NULL;
