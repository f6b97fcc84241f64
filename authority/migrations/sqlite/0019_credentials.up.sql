-- Device keys (WebAuthn; docs/device-keys.md): a second factor, in place of the passcode.

CREATE TABLE credentials (
    resident_id BLOB    NOT NULL REFERENCES residents (id) ON DELETE CASCADE,
    -- HMAC of the credential's id.
    lookup      BLOB    NOT NULL,
    -- Encrypted, in steps of 256 bytes: the public key, the id.
    record      BLOB    NOT NULL,
    -- The authenticator's counter when it was last right; 0 where it counts nothing.
    sign_count  INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    -- Days since 1970 when it was last right.
    used_day    INTEGER,
    -- Assertions that were held against this row, right or wrong: each changes it, or those that are wrong would be answered sooner.
    tries       INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (resident_id, lookup)
) STRICT, WITHOUT ROWID;
CREATE INDEX credentials_by_lookup ON credentials (lookup);

-- Who may register one now: a resident who has just enrolled, or whose card is open.
CREATE TABLE credential_registrations (
    -- HMAC of the secret.
    secret      BLOB    PRIMARY KEY NOT NULL,
    resident_id BLOB    NOT NULL REFERENCES residents (id) ON DELETE CASCADE,
    expires_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX credential_registrations_by_owner ON credential_registrations (resident_id);
CREATE INDEX credential_registrations_by_expiry ON credential_registrations (expires_at);
