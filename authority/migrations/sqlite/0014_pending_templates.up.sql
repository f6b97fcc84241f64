-- Embeddings of a new model set that wait to become templates (docs/model-sets.md).
CREATE TABLE pending_templates (
    resident_id BLOB    NOT NULL REFERENCES residents (id) ON DELETE CASCADE,
    model_set   TEXT    NOT NULL,
    -- Encrypted, the mean of the captures that agreed.
    embedding   BLOB    NOT NULL,
    -- Captures that agreed with the first.
    matches     INTEGER NOT NULL,
    -- When the last one that counted was taken.
    seen_at     INTEGER NOT NULL,
    PRIMARY KEY (resident_id, model_set)
) STRICT, WITHOUT ROWID;
