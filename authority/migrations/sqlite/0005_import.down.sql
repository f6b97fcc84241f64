ALTER TABLE templates DROP COLUMN source;
ALTER TABLE tickets DROP COLUMN import_key;
ALTER TABLE tickets DROP COLUMN kind;
DROP TABLE import_keys;
