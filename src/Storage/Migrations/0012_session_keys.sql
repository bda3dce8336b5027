-- Keys that sign-ins to the pages are protected with, sealed: they outlive a restart, and replicas share them.
CREATE TABLE session_keys (
    id      TEXT  NOT NULL PRIMARY KEY,
    content BYTEA NOT NULL
);
