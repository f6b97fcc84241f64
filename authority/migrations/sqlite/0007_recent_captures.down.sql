DROP TABLE recent_captures;
