-- The secret that a site's back end had before `site rotate-secret`: it opens as much as the new one until then, so that a site
-- loses nothing while it takes the new one over. HMAC, as the other; both are NULL where there is none.
ALTER TABLE sites ADD COLUMN old_secret_hash BLOB;
ALTER TABLE sites ADD COLUMN old_secret_until INTEGER;
CREATE UNIQUE INDEX sites_old_secret ON sites (old_secret_hash) WHERE old_secret_hash IS NOT NULL;
