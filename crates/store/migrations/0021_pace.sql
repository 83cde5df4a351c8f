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
-- How often the interval between e-mails was multiplied by the playbook's factor (below zero: divided), and when it last
-- changed either way: of stages, as LADDER/STAGE, and of leads.
CREATE TABLE stage_paces (stage {text} PRIMARY KEY, level BIGINT NOT NULL, last_slower BIGINT, last_faster BIGINT);
CREATE TABLE lead_paces (
    bucket BIGINT NOT NULL, lead BIGINT NOT NULL, level BIGINT NOT NULL, last_slower BIGINT, last_faster BIGINT,
    PRIMARY KEY (bucket, lead)
) {tree};
-- Each change of a pace: of a stage, or of a lead. `document`: the intervals and the numbers that moved it.
CREATE TABLE pace_changes (
    id BIGINT PRIMARY KEY, at BIGINT NOT NULL, stage {text}, lead BIGINT, direction {text} NOT NULL,
    document {text} NOT NULL, undone_at BIGINT, undone_by {text}
);
CREATE INDEX pace_changes_lead ON pace_changes (lead) WHERE lead IS NOT NULL;
-- What left lately is judged once a day.
CREATE INDEX copies_left ON copies (bucket, sent_at) WHERE state = 'sent';
