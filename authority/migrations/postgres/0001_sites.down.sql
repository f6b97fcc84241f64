DROP TABLE site_actions;
DROP TABLE site_origins;
DROP TABLE sites;
