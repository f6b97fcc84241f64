-- Other people's templates that scores are normalised against. Members refer to stored templates: there
-- is no second copy of a face, and a resident's erasure takes them out.
CREATE TABLE cohorts (
    model_set TEXT    NOT NULL,
    -- 1, 2, …; the highest of a model set is the one in use, the others are history.
    version   INTEGER NOT NULL,
    drawn_at  INTEGER NOT NULL,
    -- How many were drawn; how many are left of them is counted in cohort_members.
    drawn     INTEGER NOT NULL,
    PRIMARY KEY (model_set, version)
) STRICT, WITHOUT ROWID;

-- Members of the version in use only.
CREATE TABLE cohort_members (
    model_set   TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    resident_id BLOB    NOT NULL,
    PRIMARY KEY (model_set, version, resident_id),
    FOREIGN KEY (model_set, version) REFERENCES cohorts (model_set, version) ON DELETE CASCADE,
    FOREIGN KEY (resident_id, model_set) REFERENCES templates (resident_id, model_set)
        ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX cohort_members_by_template ON cohort_members (resident_id, model_set);

-- Mean and deviation of the template's largest cohort scores, encrypted; NULL if not computed.
ALTER TABLE templates ADD COLUMN statistics BLOB;
-- The state of the cohort that they were computed against ('' = none), part of their encryption too.
ALTER TABLE templates ADD COLUMN cohort TEXT NOT NULL DEFAULT '';
-- Finds those computed against another state without reading every template.
CREATE INDEX templates_by_cohort ON templates (model_set, cohort);
