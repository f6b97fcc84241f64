DROP VIEW resident_lookups;
