-- 1: captures for the site carry sealed pictures of their keyframes ('evidence=crops'), which the authority's
-- nod-evidence looks at and drops. Nothing of them is stored.
ALTER TABLE sites ADD COLUMN evidence INTEGER NOT NULL DEFAULT 0 CHECK (evidence IN (0, 1));
