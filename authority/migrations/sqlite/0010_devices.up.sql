-- Devices that stand for a typed ID number on one site, at the resident's wish (docs/devices.md). They say who is claimed
-- and prove nothing.
CREATE TABLE devices (
    -- HMAC of site key and the handle that the device keeps.
    device      BLOB    PRIMARY KEY NOT NULL,
    resident_id BLOB    NOT NULL REFERENCES residents (id) ON DELETE CASCADE,
    site_key    TEXT    NOT NULL,
    since       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX devices_by_owner ON devices (resident_id, site_key, since);
CREATE INDEX devices_by_age ON devices (since);
