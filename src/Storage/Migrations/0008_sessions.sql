-- What agents remember from run to run of a session. A run's items are one sealed value, because a retry puts them down again as a whole.
CREATE TABLE agent_sessions (
    session TEXT   NOT NULL,
    run_id  TEXT   NOT NULL,
    place   BIGINT NOT NULL,
    items   BYTEA  NOT NULL,
    used_at BIGINT NOT NULL,
    PRIMARY KEY (session, run_id)
);
CREATE UNIQUE INDEX agent_sessions_place ON agent_sessions (session, place);
CREATE INDEX agent_sessions_used ON agent_sessions (used_at);
