-- In which repository it was, as tasks are searched by; and of the end of a task with a pull request: which, after how many seconds it was ready for
-- the first time, what share of the lines (in thousandths) tests ran before the change and with it, and after how many seconds from its merge it was reverted.
ALTER TABLE task_milestones ADD COLUMN repo TEXT NOT NULL DEFAULT '';
ALTER TABLE task_milestones ADD COLUMN pull BIGINT;
ALTER TABLE task_milestones ADD COLUMN ready_seconds BIGINT;
ALTER TABLE task_milestones ADD COLUMN coverage_before INT;
ALTER TABLE task_milestones ADD COLUMN coverage_after INT;
ALTER TABLE task_milestones ADD COLUMN reverted_seconds BIGINT;

UPDATE task_milestones SET repo = COALESCE((
    SELECT lower(COALESCE(json_extract(summary, '$.elsewhere.forge'), json_extract(summary, '$.id.repo.forge')) || ':' ||
                 COALESCE(json_extract(summary, '$.elsewhere.owner'), json_extract(summary, '$.id.repo.owner')) || '/' ||
                 COALESCE(json_extract(summary, '$.elsewhere.name'), json_extract(summary, '$.id.repo.name')))
    FROM tasks WHERE tasks.id = task_milestones.task), '');
UPDATE task_milestones SET pull = (SELECT json_extract(summary, '$.pull') FROM tasks WHERE tasks.id = task_milestones.task AND tasks.created_at = task_milestones.created_at)
WHERE what = 'Ended' AND has_pull = 1;
UPDATE task_milestones SET ready_seconds = (
    SELECT MIN(ready.seconds) FROM task_milestones ready WHERE ready.task = task_milestones.task AND ready.created_at = task_milestones.created_at AND ready.what = 'Ready')
WHERE what = 'Ended';

-- What happened in some weeks, without a look at the rest; with all that is counted in it, which halves the time of a year.
CREATE INDEX task_milestones_at ON task_milestones (
    what, at, detail, has_pull, kind, repo, seconds, ready_seconds, reviews, cost_micro, coverage_before, coverage_after, reverted_seconds);
-- Which repositories there are, and whose a pull request was.
CREATE INDEX task_milestones_pull ON task_milestones (repo, pull) WHERE what = 'Ended';
