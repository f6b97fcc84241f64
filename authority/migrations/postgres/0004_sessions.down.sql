DROP TABLE handoffs;
DROP TABLE used_answers;
DROP TABLE sessions;
