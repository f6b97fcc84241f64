DROP TABLE import_keys;
DROP TABLE tickets;
