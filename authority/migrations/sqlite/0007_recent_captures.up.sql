-- The last captures of each resident that were answered with yes, so that none of them counts twice. No times: that
-- somebody confirmed something is known, when is not.
CREATE TABLE recent_captures (
    resident_id BLOB    NOT NULL REFERENCES residents (id) ON DELETE CASCADE,
    -- 1, 2, …; the lowest is forgotten when there are too many.
    number      INTEGER NOT NULL,
    -- Encrypted sketches, made with a key of this resident: neither embeddings nor landmarks.
    digest      BLOB    NOT NULL,
    PRIMARY KEY (resident_id, number)
) STRICT;
