DROP TABLE cases;
DROP TABLE sprayed;
DROP TABLE spraying_keys;
ALTER TABLE sites DROP COLUMN sessions_per_minute;
DROP TABLE request_buckets;
