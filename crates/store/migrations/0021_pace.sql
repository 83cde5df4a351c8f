-- `sent`: how many of a broadcast's copies servers accepted or refused, kept as reports come in.
ALTER TABLE broadcasts ADD COLUMN sent BIGINT NOT NULL DEFAULT 0;
UPDATE broadcasts SET sent = (SELECT count(*) FROM copies c WHERE c.source = 'broadcast'
    AND c.subject = CAST(broadcasts.id AS TEXT) AND c.state IN ('sent', 'failed'));
-- `stuck`: whether its audience cannot be frozen further before somebody resumes the broadcast. Those that could not be
-- counted as frozen.
ALTER TABLE broadcasts ADD COLUMN stuck BIGINT NOT NULL DEFAULT 0;
UPDATE broadcasts SET stuck = 1, frozen_at = NULL
    WHERE state = 'paused' AND why LIKE 'its audience could not be completed%';
-- Drafts that nobody has released become too late, too.
CREATE INDEX copies_drafts ON copies (not_after) WHERE state = 'draft';
