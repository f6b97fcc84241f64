-- An attempt that a limit stops is counted as well, so that as much is written as for any other.

-- Attempts since the last yes, those that came too early too.
ALTER TABLE attempts ADD COLUMN tries BIGINT NOT NULL DEFAULT 0;
-- Attempts with this face after this one of which nothing else is kept.
ALTER TABLE sprayed ADD COLUMN tries BIGINT NOT NULL DEFAULT 0;
