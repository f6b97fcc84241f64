-- Device keys (WebAuthn; docs/device-keys.md): a second factor, in place of the passcode. A verification looks among those of whoever is
-- claimed, so they are partitioned by owner.
CREATE TABLE credentials (
    resident_id BYTEA  NOT NULL REFERENCES residents (id) ON DELETE CASCADE,
    -- HMAC of the credential's id.
    lookup      BYTEA  NOT NULL,
    -- Encrypted, in steps of 256 bytes: the public key, the id.
    record      BYTEA  NOT NULL,
    -- The authenticator's counter when it was last right; 0 where it counts nothing.
    sign_count  BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    -- Days since 1970 when it was last right.
    used_day    BIGINT,
    -- Assertions that were held against this row, right or wrong: each changes it, or those that are wrong would be answered sooner.
    tries       BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (resident_id, lookup)
) PARTITION BY HASH (resident_id);
CREATE INDEX credentials_by_lookup ON credentials (lookup);
-- Ciphertext does not get smaller.
ALTER TABLE credentials ALTER COLUMN record SET STORAGE EXTERNAL;

-- Who may register one now: a resident who has just enrolled, or whose card is open.
CREATE TABLE credential_registrations (
    -- HMAC of the secret.
    secret      BYTEA  PRIMARY KEY,
    resident_id BYTEA  NOT NULL REFERENCES residents (id) ON DELETE CASCADE,
    expires_at  BIGINT NOT NULL
);
CREATE INDEX credential_registrations_by_owner ON credential_registrations (resident_id);
CREATE INDEX credential_registrations_by_expiry ON credential_registrations (expires_at);

DO $$
BEGIN
    FOR remainder IN 0..15 LOOP
        EXECUTE format('CREATE TABLE %I PARTITION OF credentials FOR VALUES WITH (MODULUS 16, REMAINDER %s)',
                       'credentials_' || remainder, remainder);
    END LOOP;
END
$$;
