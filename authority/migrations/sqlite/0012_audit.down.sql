DROP TABLE audit_heads;
DROP TRIGGER audit_entries_are_not_removed;
DROP TRIGGER audit_entries_are_not_changed;
DROP TABLE audit_entries;
