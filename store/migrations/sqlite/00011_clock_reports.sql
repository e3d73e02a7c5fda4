-- +goose Up
-- What reports narrow clocks by stands on their rows: where the lead came from,
-- whether its hand-off counts as an MQL (on the response clock, which is as long
-- as the hand-off), and by which way the move came that stopped it.
ALTER TABLE clocks ADD COLUMN source TEXT NOT NULL DEFAULT '';
ALTER TABLE clocks ADD COLUMN counted BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE clocks ADD COLUMN stopped_via TEXT NOT NULL DEFAULT '';
UPDATE clocks SET asked_at = COALESCE(asked_at, waiting_since, started_at),
    source = COALESCE((SELECT l.source FROM leads l WHERE l.id = clocks.lead_id), ''),
    stopped_via = COALESCE((SELECT h.via FROM history h WHERE h.lead_id = clocks.lead_id AND h.seq = clocks.stopped_seq), '');
UPDATE clocks SET counted = TRUE WHERE kind = 'response'
    AND EXISTS (SELECT 1 FROM history h WHERE h.lead_id = clocks.lead_id AND h.move = 'qualify' AND h.counted AND h.recorded_at = clocks.asked_at);
CREATE INDEX clocks_asked ON clocks (asked_at);

-- +goose Down
DROP INDEX clocks_asked;
ALTER TABLE clocks DROP COLUMN stopped_via;
ALTER TABLE clocks DROP COLUMN counted;
ALTER TABLE clocks DROP COLUMN source;
