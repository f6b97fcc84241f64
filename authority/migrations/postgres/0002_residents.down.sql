DROP TABLE attempts;
DROP TABLE recent_captures;
DROP TABLE templates;
DROP TABLE resident_lookups;
DROP TABLE residents;
