DROP TABLE pending_templates;
