-- Writing a row as it is costs SQLite nothing, not even the way to the disk: an attempt that a limit stops would be answered sooner
-- than others. What stops it counts it here.

-- Attempts since the last yes, those that came too early too.
ALTER TABLE attempts ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
-- Attempts with this face after this one of which nothing else is kept.
ALTER TABLE sprayed ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
