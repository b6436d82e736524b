-- What an import needs beyond its first sketch: one process at a time per file
-- (attempt is a fence: a newer process makes the older one stop), the key that a
-- line is about, the line as it came, and why it cannot be taken.

-- +goose Up
SET LOCAL lock_timeout = '2s';

ALTER TABLE import_runs ADD COLUMN attempt bigint NOT NULL DEFAULT 1;

ALTER TABLE import_rows
    ADD COLUMN key    text NOT NULL DEFAULT '',
    ADD COLUMN fields text NOT NULL DEFAULT '[]',
    ADD COLUMN reason text NOT NULL DEFAULT '';
-- Only a dry run asks whether a key stood in the file before.
CREATE INDEX import_rows_key ON import_rows (store_id, run_id, key, line);
