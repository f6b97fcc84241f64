-- Relying parties: who may ask, from which pages, for what. Small, read seldom (authorities keep them for seconds), and so
-- in one piece; a distributed engine may keep a copy on every machine.
--
-- Keys and whatever is sorted compare by their bytes (COLLATE "C"), as they do in SQLite, whatever the server's language is.
CREATE TABLE sites (
    site_key    TEXT COLLATE "C" PRIMARY KEY,
    -- Shown to the resident in the consent.
    name        TEXT    NOT NULL,
    -- HMAC of the back end's secret; the secret itself is shown once and not kept.
    secret_hash BYTEA   NOT NULL UNIQUE,
    -- Address of the way without a face: every site has one.
    alternative TEXT    NOT NULL,
    -- 'light' or 'full': sessions are never below it.
    level       TEXT    NOT NULL,
    -- Whether residents who cannot move their head may verify without movement.
    still       BOOLEAN NOT NULL,
    -- A kiosk; answers carry no pseudonym.
    kiosk       BOOLEAN NOT NULL,
    -- Whether captures for the site carry sealed pictures of their keyframes ('evidence=crops'), which the authority's
    -- nod-evidence looks at and drops. Nothing of them is stored.
    evidence    BOOLEAN NOT NULL,
    created_at  BIGINT  NOT NULL
);

-- Exact origins whose pages may embed the frame.
CREATE TABLE site_origins (
    site_key TEXT COLLATE "C" NOT NULL REFERENCES sites (site_key) ON DELETE CASCADE,
    origin   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (site_key, origin)
);

-- What a site may ask a resident to confirm, in the words that the consent shows.
CREATE TABLE site_actions (
    site_key     TEXT COLLATE "C" NOT NULL REFERENCES sites (site_key) ON DELETE CASCADE,
    action       TEXT   NOT NULL,
    -- Order of registration; the first action is the default.
    position     BIGINT NOT NULL,
    purpose_text TEXT   NOT NULL,
    PRIMARY KEY (site_key, action)
);
