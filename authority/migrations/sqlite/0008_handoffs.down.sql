DROP INDEX sessions_by_handoff;
ALTER TABLE sessions DROP COLUMN handoff;
DROP TABLE handoffs;
