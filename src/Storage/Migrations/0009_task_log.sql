-- What happens in tasks, as it happens, for people who watch. Entries are sealed: they quote repositories, models and tools.
CREATE TABLE task_log (
    seq   BIGINT NOT NULL PRIMARY KEY,
    task  TEXT   NOT NULL,
    at    BIGINT NOT NULL,
    entry BYTEA  NOT NULL
);
CREATE INDEX task_log_task ON task_log (task, seq);
CREATE INDEX task_log_at ON task_log (at);
