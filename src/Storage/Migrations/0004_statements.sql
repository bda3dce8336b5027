-- A body that came before is a repeat under whatever delivery id. Rows from before have no hash, and their bodies may come once more.
ALTER TABLE inbox ADD COLUMN body_hash BYTEA;
CREATE UNIQUE INDEX inbox_body_hash ON inbox (body_hash) WHERE body_hash IS NOT NULL;

-- What people said and did, and the delivery that brought it first. Small, and kept for good: what is forgotten could be said again.
CREATE TABLE statements (
    statement TEXT NOT NULL PRIMARY KEY,
    delivery  TEXT NOT NULL
);
