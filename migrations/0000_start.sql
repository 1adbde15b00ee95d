-- The beginning: an empty database. D1 refuses a migration without a statement, so this one asks for nothing.
SELECT 1;
