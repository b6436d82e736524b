-- Addresses are changed now, and each change is an event: a row that has events
-- counts its versions.

-- +goose Up
SET LOCAL lock_timeout = '2s';

ALTER TABLE addresses ADD COLUMN version bigint NOT NULL DEFAULT 1;
