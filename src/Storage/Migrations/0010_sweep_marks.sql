-- Up to when something was looked through for what passed unheard: a repository, or all open tasks.
CREATE TABLE sweep_marks (
    what TEXT   NOT NULL PRIMARY KEY,
    at   BIGINT NOT NULL
);
