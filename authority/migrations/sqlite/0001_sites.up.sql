-- Relying parties: who may ask, from which pages, for what.
CREATE TABLE sites (
    site_key    TEXT    PRIMARY KEY NOT NULL,
    -- Shown to the resident in the consent.
    name        TEXT    NOT NULL,
    -- HMAC of the back end's secret; the secret itself is shown once and not kept.
    secret_hash BLOB    NOT NULL UNIQUE,
    -- Address of the way without a face: every site has one.
    alternative TEXT    NOT NULL,
    -- 'light' or 'full': sessions are never below it.
    level       TEXT    NOT NULL,
    -- 1: residents who cannot move their head may verify without movement.
    still       INTEGER NOT NULL,
    -- 1: a kiosk; answers carry no pseudonym.
    kiosk       INTEGER NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT;

-- Exact origins whose pages may embed the frame.
CREATE TABLE site_origins (
    site_key TEXT NOT NULL REFERENCES sites (site_key) ON DELETE CASCADE,
    origin   TEXT NOT NULL,
    PRIMARY KEY (site_key, origin)
) STRICT, WITHOUT ROWID;

-- What a site may ask a resident to confirm, in the words that the consent shows.
CREATE TABLE site_actions (
    site_key     TEXT    NOT NULL REFERENCES sites (site_key) ON DELETE CASCADE,
    action       TEXT    NOT NULL,
    -- Order of registration; the first action is the default.
    position     INTEGER NOT NULL,
    purpose_text TEXT    NOT NULL,
    PRIMARY KEY (site_key, action)
) STRICT, WITHOUT ROWID;
