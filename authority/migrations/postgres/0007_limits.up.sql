-- Limits on requests (docs/limits.md). Each address, site and device has a bucket, named by a keyed hash: of an address by another
-- one each day. A bucket that is full again says nothing, and is removed. Unlogged: to lose what a minute has counted when the
-- server crashes is no harm, and no request waits for the disk on its account.
CREATE UNLOGGED TABLE request_buckets (
    subject BYTEA  PRIMARY KEY,
    -- Microseconds since 1970: when nothing is missing any more.
    full_at BIGINT NOT NULL
);
CREATE INDEX request_buckets_by_time ON request_buckets (full_at);

-- One face on many claimed IDs (docs/limits.md): attempts that were answered no, for a day, by a sketch of the face under a key of
-- the day, which goes two days later. Sketches and keys are encrypted, and unlogged: they are in no write-ahead log, no standby and no
-- base backup, so that with the key the sketches are gone for good.
CREATE UNLOGGED TABLE spraying_keys (
    -- Days since 1970.
    day BIGINT PRIMARY KEY,
    key BYTEA  NOT NULL
);
CREATE UNLOGGED TABLE sprayed (
    -- In their order, which other processes follow.
    id        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        BIGINT NOT NULL,
    day       BIGINT NOT NULL,
    model_set TEXT   NOT NULL,
    -- HMAC of the claimed ID under the day's key.
    claim     BYTEA  NOT NULL,
    sketch    BYTEA  NOT NULL
);
CREATE INDEX sprayed_by_age ON sprayed (at);

-- A site's own limit; NULL: the one of the settings.
ALTER TABLE sites ADD COLUMN sessions_per_minute BIGINT;

-- Every answer that was a no, whatever the reason, for thirty days: what an operator finds by the number that the frame shows.
-- Partitioned by the number, which is random.
CREATE TABLE cases (
    number   TEXT COLLATE "C" PRIMARY KEY,
    at       BIGINT NOT NULL,
    site_key TEXT   NOT NULL,
    -- The limit that stopped the attempt: 'claimed_id' or 'face'; '' where none did.
    stopped  TEXT   NOT NULL,
    -- HMAC of the claimed ID, whether anybody is enrolled under it or not.
    claim    BYTEA  NOT NULL,
    -- What the failure was counted under (attempts.subject).
    subject  BYTEA  NOT NULL
) PARTITION BY HASH (number);
CREATE INDEX cases_by_claim ON cases (claim, at);
CREATE INDEX cases_by_age ON cases (at);

DO $$
BEGIN
    FOR remainder IN 0..15 LOOP
        EXECUTE format('CREATE TABLE %I PARTITION OF cases FOR VALUES WITH (MODULUS 16, REMAINDER %s)',
                       'cases_' || remainder, remainder);
    END LOOP;
END
$$;
