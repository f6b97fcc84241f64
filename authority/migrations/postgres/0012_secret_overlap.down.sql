DROP INDEX sites_old_secret;
ALTER TABLE sites DROP COLUMN old_secret_until;
ALTER TABLE sites DROP COLUMN old_secret_hash;
