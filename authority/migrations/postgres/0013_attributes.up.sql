-- Questions beyond identity (docs/questions.md).

-- What is known of residents besides their faces, and asked of nobody but through questions.
CREATE TABLE resident_attributes (
    resident_id BYTEA  PRIMARY KEY REFERENCES residents (id) ON DELETE CASCADE,
    -- Encrypted, of one length.
    record      BYTEA  NOT NULL,
    -- When the operator gave it.
    given_at    BIGINT NOT NULL
) PARTITION BY HASH (resident_id);
ALTER TABLE resident_attributes ALTER COLUMN record SET STORAGE EXTERNAL;

DO $$
BEGIN
    FOR remainder IN 0..15 LOOP
        EXECUTE format('CREATE TABLE %I PARTITION OF resident_attributes FOR VALUES WITH (MODULUS 16, REMAINDER %s)',
                       'resident_attributes_' || remainder, remainder);
    END LOOP;
END
$$;

-- The questions that a site may ask.
CREATE TABLE site_questions (
    site_key TEXT COLLATE "C" NOT NULL REFERENCES sites (site_key) ON DELETE CASCADE,
    question TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (site_key, question)
);
