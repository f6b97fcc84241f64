DROP TABLE credential_registrations;
DROP TABLE credentials;
