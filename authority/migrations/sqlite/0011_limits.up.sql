-- Limits on requests (docs/limits.md). Each address, site and device has a bucket, named by a keyed hash: of an address by another
-- one each day. A bucket that is full again says nothing, and is removed.
CREATE TABLE request_buckets (
    subject BLOB    PRIMARY KEY NOT NULL,
    -- Microseconds since 1970: when nothing is missing any more.
    full_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX request_buckets_by_time ON request_buckets (full_at);

-- One face on many claimed IDs (docs/limits.md): attempts that were answered no, for a day, by a sketch of the face under a key of
-- the day, which goes two days later. Sketches and keys are encrypted.
CREATE TABLE spraying_keys (
    -- Days since 1970.
    day INTEGER PRIMARY KEY NOT NULL,
    key BLOB    NOT NULL
) STRICT;
CREATE TABLE sprayed (
    -- In their order, which other processes follow; never given again.
    id        INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    at        INTEGER NOT NULL,
    day       INTEGER NOT NULL,
    model_set TEXT    NOT NULL,
    -- HMAC of the claimed ID under the day's key.
    claim     BLOB    NOT NULL,
    sketch    BLOB    NOT NULL
) STRICT;
CREATE INDEX sprayed_by_age ON sprayed (at);

-- A site's own limit; NULL: the one of the settings.
ALTER TABLE sites ADD COLUMN sessions_per_minute INTEGER;

-- Every answer that was a no, whatever the reason, for thirty days: what an operator finds by the number that the frame shows.
CREATE TABLE cases (
    number   TEXT    PRIMARY KEY NOT NULL,
    at       INTEGER NOT NULL,
    site_key TEXT    NOT NULL,
    -- The limit that stopped the attempt: 'claimed_id' or 'face'; '' where none did.
    stopped  TEXT    NOT NULL,
    -- HMAC of the claimed ID, whether anybody is enrolled under it or not.
    claim    BLOB    NOT NULL,
    -- What the failure was counted under (attempts.subject).
    subject  BLOB    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX cases_by_claim ON cases (claim, at);
CREATE INDEX cases_by_age ON cases (at);
