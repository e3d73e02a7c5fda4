-- +goose Up
-- Postgres keeps activities by months from here on. SQLite has no partitions and
-- needs none: old rows are deleted, a few at a time (store/partitions.go).
SELECT 1;

-- +goose Down
SELECT 1;
