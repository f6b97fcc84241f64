DROP TABLE claim_handles;
