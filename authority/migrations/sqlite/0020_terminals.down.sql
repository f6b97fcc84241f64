ALTER TABLE tickets DROP COLUMN at_terminal;
DROP TABLE contacts;
DROP TABLE terminal_templates;
DROP TABLE terminal_enrolments;
DROP TABLE shifts;
DROP TABLE operators;
