DROP TABLE tickets;
DROP TABLE templates;
DROP TABLE residents;
