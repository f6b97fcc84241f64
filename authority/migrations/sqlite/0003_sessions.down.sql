DROP TABLE attempts;
DROP TABLE used_answers;
DROP TABLE sessions;
