DROP INDEX templates_by_cohort;
ALTER TABLE templates DROP COLUMN cohort;
ALTER TABLE templates DROP COLUMN statistics;
DROP TABLE cohort_members;
DROP TABLE cohorts;
