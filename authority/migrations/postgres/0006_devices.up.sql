-- Devices that stand for a typed ID number on one site, at the resident's wish (docs/devices.md). They say who is claimed
-- and prove nothing. A verification asks for one by its device alone, so they are partitioned by it.
CREATE TABLE devices (
    -- HMAC of site key and the handle that the device keeps.
    device      BYTEA  PRIMARY KEY,
    resident_id BYTEA  NOT NULL REFERENCES residents (id) ON DELETE CASCADE,
    site_key    TEXT COLLATE "C" NOT NULL,
    since       BIGINT NOT NULL
) PARTITION BY HASH (device);
CREATE INDEX devices_by_owner ON devices (resident_id, site_key, since);
CREATE INDEX devices_by_age ON devices (since);

DO $$
BEGIN
    FOR remainder IN 0..15 LOOP
        EXECUTE format('CREATE TABLE %I PARTITION OF devices FOR VALUES WITH (MODULUS 16, REMAINDER %s)',
                       'devices_' || remainder, remainder);
    END LOOP;
END
$$;
