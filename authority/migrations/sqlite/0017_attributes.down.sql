DROP TABLE site_questions;
DROP TABLE resident_attributes;
