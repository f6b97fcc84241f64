DROP TABLE cases;
ALTER TABLE sites DROP COLUMN sessions_per_minute;
DROP TABLE request_buckets;
