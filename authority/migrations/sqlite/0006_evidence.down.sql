ALTER TABLE sites DROP COLUMN evidence;
