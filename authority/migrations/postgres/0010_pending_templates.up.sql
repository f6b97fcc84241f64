-- Embeddings of a new model set that wait to become templates (docs/model-sets.md).
CREATE TABLE pending_templates (
    resident_id BYTEA  NOT NULL REFERENCES residents (id) ON DELETE CASCADE,
    model_set   TEXT COLLATE "C" NOT NULL,
    -- Encrypted, the mean of the captures that agreed.
    embedding   BYTEA  NOT NULL,
    -- Captures that agreed with the first.
    matches     BIGINT NOT NULL,
    -- When the last one that counted was taken.
    seen_at     BIGINT NOT NULL,
    PRIMARY KEY (resident_id, model_set)
) PARTITION BY HASH (resident_id);
ALTER TABLE pending_templates ALTER COLUMN embedding SET STORAGE EXTERNAL;

DO $$
BEGIN
    FOR remainder IN 0..15 LOOP
        EXECUTE format('CREATE TABLE %I PARTITION OF pending_templates FOR VALUES WITH (MODULUS 16, REMAINDER %s)',
                       'pending_templates_' || remainder, remainder);
    END LOOP;
END
$$;
