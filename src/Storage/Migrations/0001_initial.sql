-- Runs on SQLite and on Postgres. Times are milliseconds since 1970 UTC. BYTEA has no meaning of its own to SQLite, which keeps
-- bytes as bytes in a column of any name. Keys that compare without case are stored in lower case.

CREATE TABLE inbox (
    id          TEXT   NOT NULL PRIMARY KEY,
    seq         BIGINT NOT NULL UNIQUE,
    forge       TEXT   NOT NULL,
    event_name  TEXT   NOT NULL,
    body        BYTEA  NOT NULL,
    received_at BIGINT NOT NULL,
    tries       INT    NOT NULL DEFAULT 0,
    last_error  TEXT,
    outcome     TEXT
);
CREATE INDEX inbox_pending ON inbox (seq) WHERE outcome IS NULL;

CREATE TABLE issue_links (
    repo      TEXT   NOT NULL,
    issue     BIGINT NOT NULL,
    task      TEXT   NOT NULL,
    PRIMARY KEY (repo, issue)
);

CREATE TABLE pull_links (
    repo      TEXT   NOT NULL,
    pull      BIGINT NOT NULL,
    task      TEXT   NOT NULL,
    PRIMARY KEY (repo, pull)
);

CREATE TABLE head_links (
    repo      TEXT   NOT NULL,
    head_sha  TEXT   NOT NULL,
    task      TEXT   NOT NULL,
    PRIMARY KEY (repo, head_sha)
);

CREATE TABLE tasks (
    id         TEXT   NOT NULL PRIMARY KEY,
    run_id     TEXT   NOT NULL,
    version    BIGINT NOT NULL,
    state      TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    summary    TEXT   NOT NULL
);
CREATE INDEX tasks_newest ON tasks (created_at DESC, id);

CREATE TABLE journal_runs (
    run_id  TEXT NOT NULL PRIMARY KEY,
    attempt INT  NOT NULL
);

CREATE TABLE journal_turns (
    run_id   TEXT  NOT NULL,
    turn     INT   NOT NULL,
    response BYTEA NOT NULL,
    outputs  BYTEA,
    snapshot TEXT,
    PRIMARY KEY (run_id, turn)
);

CREATE TABLE artifacts (
    id      TEXT   NOT NULL PRIMARY KEY,
    size    BIGINT NOT NULL,
    content BYTEA  NOT NULL
);
