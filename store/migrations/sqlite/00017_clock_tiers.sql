-- +goose Up
-- Clocks of leads that had faded below the threshold ran by warm's targets, and are
-- warm's in reports, too.
UPDATE clocks SET tier = 'warm' WHERE tier IN ('none', '');

-- +goose Down
-- Their targets are the same under either name.
SELECT 1;
