-- Keys of the REST API. Of a key only its digest is here: it is 32 random bytes, so nobody finds it by trying. Revoked ones stay, so that
-- what was done with them can still be told.
CREATE TABLE api_keys (
    id         TEXT   NOT NULL PRIMARY KEY,
    name       TEXT   NOT NULL,
    role       TEXT   NOT NULL,
    digest     BYTEA  NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    used_at    BIGINT
);
CREATE UNIQUE INDEX api_keys_name ON api_keys (name);
