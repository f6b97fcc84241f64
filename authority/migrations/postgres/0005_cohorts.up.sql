-- Other people's templates that scores are normalised against. Members refer to stored templates: there is no second copy of
-- a face, and a resident's erasure takes them out. At most 20,000 for each model set, however many residents there are.
CREATE TABLE cohorts (
    model_set TEXT COLLATE "C" NOT NULL,
    -- 1, 2, …; the highest of a model set is the one in use, the others are history.
    version   BIGINT NOT NULL,
    drawn_at  BIGINT NOT NULL,
    -- How many were drawn; how many are left of them is counted in cohort_members.
    drawn     BIGINT NOT NULL,
    PRIMARY KEY (model_set, version)
);

-- Members of the version in use only.
CREATE TABLE cohort_members (
    model_set   TEXT COLLATE "C" NOT NULL,
    version     BIGINT NOT NULL,
    resident_id BYTEA  NOT NULL,
    PRIMARY KEY (model_set, version, resident_id),
    FOREIGN KEY (model_set, version) REFERENCES cohorts (model_set, version) ON DELETE CASCADE,
    FOREIGN KEY (resident_id, model_set) REFERENCES templates (resident_id, model_set) ON DELETE CASCADE
);
CREATE INDEX cohort_members_by_template ON cohort_members (resident_id, model_set);
