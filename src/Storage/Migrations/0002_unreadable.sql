-- Why a delivery could not be read. Its body stays, unlike that of one that is done.
ALTER TABLE inbox ADD COLUMN unreadable TEXT;
CREATE INDEX inbox_unreadable ON inbox (seq) WHERE unreadable IS NOT NULL;
