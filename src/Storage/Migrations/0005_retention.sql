-- When things were last written or asked for, so that what nobody needs any more can go. Rows of before count as written when the database
-- was brought up to date, which is known by their first tidying.
ALTER TABLE artifacts ADD COLUMN used_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX artifacts_used ON artifacts (used_at);
ALTER TABLE journal_runs ADD COLUMN used_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX journal_runs_used ON journal_runs (used_at);
CREATE INDEX inbox_received ON inbox (received_at);
