-- The span in which a delivery came, as W3C's traceparent: who drains the inbox, after whatever happened, goes on with that trace.
ALTER TABLE inbox ADD COLUMN trace_parent TEXT;

-- Since when a task is in its state. Rows of before have only the last change to go by.
ALTER TABLE tasks ADD COLUMN state_since BIGINT NOT NULL DEFAULT 0;
UPDATE tasks SET state_since = updated_at;
CREATE INDEX tasks_open ON tasks (state, state_since) WHERE state NOT IN ('Merged', 'Closed', 'Stopped', 'Failed');

-- What metrics count, written with the change of the task that it is, so that none is lost or counted twice. Small, and kept for good:
-- a counter must not fall.
CREATE TABLE task_milestones (
    seq        BIGINT NOT NULL PRIMARY KEY,
    task       TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    what       TEXT   NOT NULL,
    detail     TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    seconds    BIGINT NOT NULL,
    has_pull   INT    NOT NULL,
    reviews    INT    NOT NULL,
    cost_micro BIGINT NOT NULL,
    at         BIGINT NOT NULL
);
CREATE INDEX task_milestones_task ON task_milestones (task, created_at);
