-- The way from a claimed ID to its resident under the name that it has in PostgreSQL too, where it is a table of its own
-- (migrations/postgres/0002_residents.up.sql): statements are written once for both.
CREATE VIEW resident_lookups AS SELECT lookup, id AS resident_id FROM residents;
