-- Enrolled residents. Everything about a person is ciphertext (the vault's AES-256-GCM, bound to table, row and column) or a
-- keyed hash.
--
-- What grows with the people is partitioned by a hash of the subject, here the resident's id: a person's row, templates and
-- recent captures lie in partitions of the same number, and every statement of a verification names the subject, so that it
-- goes to one partition. On one machine that keeps indexes small and lets VACUUM work on a part at a time; an engine that
-- spreads over several finds rows that belong together under one key, and no constraint across them.
CREATE TABLE residents (
    -- 16 random bytes; pseudonyms are made from it, so deleting the row cuts every link.
    id              BYTEA  PRIMARY KEY,
    claimed_id      BYTEA  NOT NULL,
    level           TEXT   NOT NULL,
    -- Encrypted Argon2id hash; NULL if the resident set none.
    passcode        BYTEA,
    consent_version TEXT   NOT NULL,
    consent_at      BIGINT NOT NULL,
    -- Who issued the ticket that enrolled, and which one.
    issuer          TEXT   NOT NULL,
    ticket_id       TEXT   NOT NULL,
    created_at      BIGINT NOT NULL
) PARTITION BY HASH (id);

-- The one way to find a resident: HMAC of the claimed ID. Nobody is enrolled twice, so it must be unique, and a unique
-- constraint of a partitioned table contains the partition key: in `residents` it could only say that no id has the same
-- lookup twice. And `residents` cannot be partitioned by it, because then nothing could refer to an id alone. So the lookups
-- are a table of their own, partitioned by themselves. Inserted before the resident, who is checked for at commit.
CREATE TABLE resident_lookups (
    lookup      BYTEA PRIMARY KEY,
    resident_id BYTEA NOT NULL REFERENCES residents (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED
) PARTITION BY HASH (lookup);
-- For the cascade.
CREATE INDEX resident_lookups_by_resident ON resident_lookups (resident_id);

-- One template per resident and model set; sets are never compared with one another.
CREATE TABLE templates (
    resident_id BYTEA  NOT NULL REFERENCES residents (id) ON DELETE CASCADE,
    model_set   TEXT COLLATE "C" NOT NULL,
    embedding   BYTEA  NOT NULL,
    -- What it was made of.
    source      TEXT   NOT NULL CHECK (source IN ('capture', 'portrait')),
    created_at  BIGINT NOT NULL,
    -- Mean and deviation of the template's largest cohort scores, encrypted; NULL if not computed.
    statistics  BYTEA,
    -- The state of the cohort that they were computed against ('' = none), part of their encryption too.
    cohort      TEXT COLLATE "C" NOT NULL DEFAULT '',
    PRIMARY KEY (resident_id, model_set)
) PARTITION BY HASH (resident_id);
-- Finds those computed against another state without reading every template.
CREATE INDEX templates_by_cohort ON templates (model_set, cohort);

-- The last captures of each resident that were answered with yes, so that none of them counts twice. No times: that
-- somebody confirmed something is known, when is not.
CREATE TABLE recent_captures (
    resident_id BYTEA  NOT NULL REFERENCES residents (id) ON DELETE CASCADE,
    -- 1, 2, …; the lowest is forgotten when there are too many.
    number      BIGINT NOT NULL,
    -- Encrypted sketches, made with a key of this resident: neither embeddings nor landmarks.
    digest      BYTEA  NOT NULL,
    PRIMARY KEY (resident_id, number)
) PARTITION BY HASH (resident_id);
-- Ciphertext does not get smaller; trying costs time with every capture.
ALTER TABLE recent_captures ALTER COLUMN digest SET STORAGE EXTERNAL;
ALTER TABLE templates ALTER COLUMN embedding SET STORAGE EXTERNAL;

-- Failures in a row, per claimed ID and site, whether or not anybody is enrolled under the ID.
CREATE TABLE attempts (
    -- HMAC of site key and claimed ID.
    subject    BYTEA  PRIMARY KEY,
    failures   BIGINT NOT NULL,
    -- Attempts before this moment are answered "no" without being looked at.
    not_before BIGINT NOT NULL
) PARTITION BY HASH (subject);

DO $$
DECLARE
    parent    TEXT;
    remainder INT;
BEGIN
    FOREACH parent IN ARRAY ARRAY['residents', 'resident_lookups', 'templates', 'recent_captures', 'attempts'] LOOP
        FOR remainder IN 0..15 LOOP
            EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES WITH (MODULUS 16, REMAINDER %s)',
                           parent || '_' || remainder, parent, remainder);
        END LOOP;
    END LOOP;
END
$$;
