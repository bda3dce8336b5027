-- Inbox bodies and artifacts are sealed from here on. The id of the key that sealed a row stands beside it; rows from before have none and
-- are read as they are.
ALTER TABLE inbox ADD COLUMN key_id BYTEA;
ALTER TABLE artifacts ADD COLUMN key_id BYTEA;

-- Every key that has ever sealed something that may still be here, so that a missing one is known before work begins.
CREATE TABLE sealing_keys (
    id BYTEA NOT NULL PRIMARY KEY
);
INSERT INTO sealing_keys (id) SELECT DISTINCT substr(response, 2, 4) FROM journal_turns;
